// What the user decided and what we wrote: one text in Stash's configuration of the plugin, so that
// every device has it. Pure functions; stash/state.ts reads and writes it.

import { fields } from "./shapes.ts";

/** What was written to the library, to be taken back. It is noted before it is written, so that it may
 *  never have happened. */
export type Write =
  | { kind: "add"; to: Place; performer: string; name: string; tag?: string }
  /** `performer` is empty until Stash has answered. */
  | { kind: "create"; to: Place; performer: string; name: string; endpoint: string; stash_id: string }
  | { kind: "link"; performer: string; name: string; endpoint: string; stash_id: string };

/** A scene, image or gallery: `scene:12`. */
export type Place = `${"scene" | "image" | "gallery"}:${string}`;

/** What was written with one click, or in one run. */
export interface Run {
  id: string;
  /** ISO 8601. */
  time: string;
  writes: Write[];
}

export interface Decisions {
  version: 1;
  /** Performers (`host:uuid`) that somebody is not, by place. */
  rejected: Record<string, string[]>;
  /** Scenes that have been gone through. */
  reviewed: string[];
  /** The last runs, newest first. */
  journal: Run[];
}

/** More runs than anybody takes back. */
const MOST_RUNS = 50;
/** More places than anybody decides about; the oldest decisions give way. */
const MOST_PLACES = 20_000;

export const NOTHING: Decisions = { version: 1, rejected: {}, reviewed: [], journal: [] };

/** Reads what was kept or imported; what does not fit is left out. */
export function parseDecisions(text: unknown): Decisions {
  if (typeof text !== "string" || text === "") return NOTHING;
  try {
    return checked(JSON.parse(text));
  } catch {
    return NOTHING;
  }
}

function checked(value: unknown): Decisions {
  const { rejected, reviewed, journal } = fields(value);
  const texts = (list: unknown): string[] =>
    Array.isArray(list) ? list.filter((item): item is string => typeof item === "string" && item.length < 300) : [];
  const places = Object.entries(fields(rejected)).filter(([place]) => isPlace(place));
  return {
    version: 1,
    rejected: Object.fromEntries(places.slice(-MOST_PLACES).map(([place, ids]) => [place, texts(ids)])),
    reviewed: texts(reviewed).slice(-MOST_PLACES),
    journal: (Array.isArray(journal) ? journal : []).flatMap(run).slice(0, MOST_RUNS),
  };
}

function run(value: unknown): Run[] {
  const { id, time, writes } = fields(value);
  if (typeof id !== "string" || typeof time !== "string" || !Array.isArray(writes)) return [];
  return [{ id, time, writes: writes.filter(isWrite) }];
}

function isWrite(value: unknown): value is Write {
  const { kind, to, performer, name, tag, endpoint, stash_id } = fields(value);
  const known = typeof performer === "string" && typeof name === "string";
  const there = typeof to === "string" && isPlace(to);
  if (kind === "add") return known && there && (tag === undefined || typeof tag === "string");
  const at = typeof endpoint === "string" && typeof stash_id === "string";
  return known && at && (kind === "link" || (kind === "create" && there));
}

function isPlace(text: string): text is Place {
  return /^(scene|image|gallery):\d+$/.test(text);
}

export function reject(of: Decisions, place: Place, performer: string): Decisions {
  const before = of.rejected[place] ?? [];
  if (before.includes(performer)) return of;
  return { ...of, rejected: { ...of.rejected, [place]: [...before, performer] } };
}

export function allow(of: Decisions, place: Place, performer: string): Decisions {
  const { [place]: before = [], ...others } = of.rejected;
  const left = before.filter((id) => id !== performer);
  return { ...of, rejected: left.length > 0 ? { ...others, [place]: left } : others };
}

export function review(of: Decisions, scene: string): Decisions {
  return { ...of, reviewed: [...of.reviewed.filter((id) => id !== scene), scene].slice(-MOST_PLACES) };
}

/** Adds what is written to the run it belongs to, each once: a second attempt is the same write. */
export function record(of: Decisions, id: string, time: string, writes: Write[]): Decisions {
  if (writes.length === 0) return of;
  const old = of.journal.find((run) => run.id === id);
  const all = new Map([...(old?.writes ?? []), ...writes].map((write) => [JSON.stringify(write), write]));
  const grown: Run = { id, time: old?.time ?? time, writes: [...all.values()] };
  return { ...of, journal: [grown, ...of.journal.filter((run) => run.id !== id)].slice(0, MOST_RUNS) };
}

/** Whom a run is about, each once. */
export function namesOf({ writes }: Run): string {
  return [...new Set(writes.map(({ name }) => name))].join(", ");
}

/** Leaves of a run only what could not be taken back. */
export function forget(of: Decisions, id: string, left: Write[]): Decisions {
  return changed(of, id, () => left);
}

/** Puts what became of a write, or nothing, in its place. */
export function amend(of: Decisions, id: string, write: Write, became: Write[]): Decisions {
  const noted = JSON.stringify(write);
  return changed(of, id, (writes) => writes.flatMap((other) => (JSON.stringify(other) === noted ? became : [other])));
}

function changed(of: Decisions, id: string, how: (writes: Write[]) => Write[]): Decisions {
  const journal = of.journal.map((run) => (run.id === id ? { ...run, writes: how(run.writes) } : run));
  return { ...of, journal: journal.filter((run) => run.writes.length > 0) };
}

/** Two devices' decisions as one: nobody's are lost. */
export function joined(a: Decisions, b: Decisions): Decisions {
  const places = new Set([...Object.keys(a.rejected), ...Object.keys(b.rejected)]);
  const both = (place: string): string[] => [...new Set([...(a.rejected[place] ?? []), ...(b.rejected[place] ?? [])])];
  const runs = [...a.journal, ...b.journal.filter((run) => !a.journal.some((other) => other.id === run.id))];
  return {
    version: 1,
    rejected: Object.fromEntries([...places].map((place) => [place, both(place)])),
    reviewed: [...new Set([...a.reviewed, ...b.reviewed])],
    journal: runs.sort((x, y) => y.time.localeCompare(x.time)).slice(0, MOST_RUNS),
  };
}
