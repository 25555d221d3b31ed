// What was seen in scanned scenes, kept in this browser: with it everybody can be named again, by another
// database, without reading a frame. People without a name are kept by themselves and by the day, so that
// they go when their time is over.

import type { Answer, Kept, Renamed } from "../../web/client/index.ts";
import { modelsOf } from "./engine/client.ts";
import type { Session } from "./engine/session.ts";
import { kept } from "./engine/store.ts";
import { fields, items } from "./shapes.ts";
import { base } from "./stash/api.ts";

/** A scene of which something is kept. */
export interface SeenScene {
  /** Its id in Stash. */
  id: string;
  /** The database it was named by when it was looked at. */
  version: string;
  /** Performers that were on it when it was looked at, as answers call them. */
  expected: string[];
  /** Names that were found: `host:uuid` and what they are called. */
  names: Record<string, string>;
  named: Uint8Array;
  /** How many people had no name. */
  without: number;
  /** The day under which these are kept, if they are. */
  day: number | undefined;
}

/** Who has no name in a scene. */
export interface Unknown {
  id: string;
  day: number;
  unknown: Uint8Array;
  /** Those of them, by their place, whom the user has named since. */
  done: number[];
}

const ALL = `seen ${base.pathname} `;
const SCENES = `${ALL}scene `;
const UNKNOWN = `${ALL}unknown `;
const INFO = `${ALL}info`;
const DAY = 24 * 3600 * 1000;
/** So many scenes are read at a time. The more of them are named at once, the less of a database that is in
 *  files is read again and again. */
const BATCH = 2000;

const today = (): number => Math.floor(Date.now() / DAY);
const padded = (n: number | string, digits: number): string => String(n).padStart(digits, "0");
const sceneKey = (id: string): string => SCENES + padded(id, 10);
const unknownKey = (day: number, id: string): string => `${UNKNOWN}${padded(day, 6)} ${padded(id, 10)}`;

/** The names of an answer. */
export function namesOf({ matches }: Pick<Answer, "matches">): Record<string, string> {
  return Object.fromEntries(matches.flatMap((match) => (match.unknown ? [] : [[match.performer_id, match.name] as const])));
}

/** Keeps what was seen in a scene, as far as the user's settings say. */
export async function keepSeen({ configuration: { settings }, rollcall }: Session, id: string, expected: string[], answer: Answer, bytes: Kept): Promise<void> {
  if (!settings.keepSeen) return;
  // What other models have seen says nothing to these.
  const models = modelsOf(rollcall);
  if (fields(await kept.get(INFO))["models"] !== models) {
    await kept.without(ALL);
    await kept.put(INFO, { models });
  }
  await put({ id, version: rollcall.database?.version ?? "", expected, names: namesOf(answer), bytes, keepUnknown: settings.keepUnknown > 0 });
}

interface Put { id: string; version: string; expected: string[]; names: Record<string, string>; bytes: Kept; keepUnknown: boolean }

async function put({ id, version, expected, names, bytes: { named, unknown, without = 0 }, keepUnknown }: Put): Promise<void> {
  const before = sceneOf(await kept.get(sceneKey(id)), id);
  const day = keepUnknown && without > 0 ? today() : undefined;
  const gone = before?.day !== undefined && before.day !== day ? [unknownKey(before.day, id)] : [];
  const scene: SeenScene = { id, version, expected, names, named, without, day };
  const puts: [string, unknown][] = [[sceneKey(id), scene]];
  if (day !== undefined && unknown) puts.push([unknownKey(day, id), { id, day, unknown, done: [] } satisfies Unknown]);
  await kept.change(puts, gone);
}

/** After a scene was named again. Whoever has no name still stays no longer than before. */
export async function keepRenamed({ scene, unknown: before }: Seen, { answer, kept: { named, unknown, without = scene.without }, still }: Renamed): Promise<void> {
  const puts: [string, unknown][] = [[sceneKey(scene.id), { ...scene, names: namesOf(answer), named, without } satisfies SeenScene]];
  const done = before ? still.flatMap((place, now) => (before.done.includes(place) ? [now] : [])) : [];
  if (before && unknown) puts.push([unknownKey(before.day, scene.id), { ...before, unknown, done } satisfies Unknown]);
  await kept.change(puts);
}

export async function dropSeen(scenes: readonly SeenScene[]): Promise<void> {
  await kept.change([], scenes.flatMap(({ id, day }) => [sceneKey(id), ...(day === undefined ? [] : [unknownKey(day, id)])]));
}

export interface Seen { scene: SeenScene; unknown: Unknown | undefined }

/** All scenes, some at a time, each with who has no name in it where that is kept. */
export async function* seenScenes(): AsyncGenerator<Seen[]> {
  for (let after = "", more = true; more;) {
    const found = await kept.next(SCENES, after, BATCH);
    const scenes = found.flatMap(([key, value]) => sceneOf(value, idOf(key)) ?? []);
    const unknown = await kept.several(scenes.map(({ id, day }) => (day === undefined ? "none" : unknownKey(day, id))));
    yield scenes.map((scene, place) => ({ scene, unknown: unknownOf(unknown[place]) }));
    after = found.at(-1)?.[0] ?? "";
    more = found.length === BATCH;
  }
}

/** Who has no name, newest first, at most so many scenes. */
export async function unknowns(most: number): Promise<Unknown[]> {
  const all: Unknown[] = [];
  for (let after = "", more = true; more;) {
    const found = await kept.next(UNKNOWN, after, BATCH);
    all.push(...found.flatMap(([, value]) => unknownOf(value) ?? []));
    // Of more the oldest give way.
    if (all.length > 2 * most) all.splice(0, all.length - most);
    after = found.at(-1)?.[0] ?? "";
    more = found.length === BATCH;
  }
  return all.reverse().slice(0, most);
}

/** Leaves people whom the user has named out from now on. */
export async function markDone(people: readonly { id: string; day: number; person: number }[]): Promise<void> {
  const keys = [...new Set(people.map(({ day, id }) => unknownKey(day, id)))];
  const values = (await kept.several(keys)).map(unknownOf);
  await kept.change(keys.flatMap((key, place) => {
    const value = values[place];
    if (!value) return [];
    const now = people.filter(({ day, id }) => unknownKey(day, id) === key).map(({ person }) => person);
    return [[key, { ...value, done: [...new Set([...value.done, ...now])] } satisfies Unknown] as const];
  }));
}

/** Forgets what the settings do not let be kept (any more). */
export async function tidySeen({ keepSeen, keepUnknown }: { keepSeen: boolean; keepUnknown: number }): Promise<void> {
  if (!keepSeen) await kept.without(ALL);
  else await kept.without(UNKNOWN, `${UNKNOWN}${padded(keepUnknown > 0 ? today() - keepUnknown + 1 : 999_999, 6)}`);
}

export interface Size { scenes: number; unknown: number; bytes: number }

/** How many scenes, how many of them with people without a name, and about how much that is. */
export async function seenSize(): Promise<Size> {
  const size: Size = { scenes: 0, unknown: 0, bytes: 0 };
  for await (const batch of seenScenes()) {
    for (const { scene, unknown } of batch) {
      size.scenes += 1;
      size.unknown += unknown ? 1 : 0;
      size.bytes += scene.named.byteLength + (unknown?.unknown.byteLength ?? 0);
    }
  }
  return size;
}

export const seenCount = (): Promise<number> => kept.count(SCENES);

// Another version of the plugin may have written it.
function sceneOf(value: unknown, id: string): SeenScene | undefined {
  const { version, expected, names, named, without, day } = fields(value);
  const bytes = bytesOf(named);
  if (!bytes || !/^[1-9]\d{0,9}$/.test(id)) return undefined;
  return {
    id, version: typeof version === "string" ? version : "", named: bytes, without: typeof without === "number" ? without : 0,
    expected: items(expected, 1000).filter((one) => typeof one === "string"),
    names: Object.fromEntries(Object.entries(fields(names)).filter(([, name]) => typeof name === "string")) as Record<string, string>,
    day: typeof day === "number" ? day : undefined,
  };
}

function unknownOf(value: unknown): Unknown | undefined {
  const { id, day, unknown, done } = fields(value);
  const bytes = bytesOf(unknown);
  if (!bytes || typeof id !== "string" || typeof day !== "number") return undefined;
  return { id, day, unknown: bytes, done: items(done, 1000).filter((one) => typeof one === "number") };
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}

const idOf = (key: string): string => key.slice(SCENES.length).replace(/^0+/, "");
