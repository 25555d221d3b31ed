// The state of a bulk scan: how far it is, and what waits for the user's eye. Pure functions; bulk.ts
// does the work and keeps this in the browser.

import type { Scene, SceneFilter } from "./stash/library.ts";
import { seen, type Beside, type Person } from "./people.ts";
import type { Chosen } from "./saved-filter.ts";
import type { Answer } from "../../web/client/index.ts";

/** One person of one scene who waits. */
export interface Item {
  scene: { id: string; title: string };
  person: Person;
}

export interface Scan {
  version: 2;
  /** Scenes up to this id are done. */
  cursor: number;
  done: number;
  /** How many there are in all, as of the last look. */
  total: number;
  queue: Item[];
  /** Scenes that could not be looked at. */
  failed: { id: string; title: string; why: string }[];
  withPerformers: boolean;
  /** The user's own filter, in place of that. */
  filter?: Chosen | undefined;
}

export const FRESH: Scan = { version: 2, cursor: 0, done: 0, total: 0, queue: [], failed: [], withPerformers: false };
const MOST_FAILED = 200;

/** What Stash is asked for: scenes beyond the cursor, organized ones only where the user's filter speaks of
 *  that. */
export function filterOf(scan: Scan): SceneFilter {
  const beyond: SceneFilter = { id: { value: scan.cursor, modifier: "GREATER_THAN" }, organized: false };
  if (scan.filter) return { ...beyond, ...scan.filter.scene, id: beyond.id };
  return scan.withPerformers ? beyond : { ...beyond, performer_count: { value: 0, modifier: "EQUALS" } };
}

/** After a scene was looked at: whoever has a name, is not on it, and may be tagged by programs, waits. */
export function looked(scan: Scan, scene: Scene, answer: Answer, beside: Beside): Scan {
  return joined(past(scan, scene), waiting(scene, answer, beside));
}

/** Who of a scene waits. */
export function waiting(scene: Scene, answer: Pick<Answer, "matches">, beside: Beside): Item[] {
  const people = seen(answer, beside).people.filter(({ best }) => best && !best.tagged && best.performer?.ignore_auto_tag !== true);
  return people.map((person) => ({ scene: about(scene), person: { ...person, faces: person.faces.slice(0, 8) } }));
}

/** The queue with more people; nobody waits twice. */
export function joined(scan: Scan, more: readonly Item[]): Scan {
  const there = new Set(scan.queue.map(keyOf));
  return { ...scan, queue: [...scan.queue, ...more.filter((item) => !there.has(keyOf(item)))] };
}

/** What tells people who wait apart; in the order of their scenes. */
export function keyOf({ scene, person }: Item): string {
  return `${scene.id.padStart(10, "0")} ${person.key}`;
}

/** After one that could not be looked at. */
export function failed(scan: Scan, scene: Scene, why: string): Scan {
  return { ...past(scan, scene), failed: [...scan.failed, { ...about(scene), why }].slice(-MOST_FAILED) };
}

function past(scan: Scan, scene: Scene): Scan {
  return { ...scan, cursor: Number(scene.id), done: scan.done + 1 };
}

/** What a scene is called: its title, or its file's name. */
export function about({ id, title, files }: Scene): Item["scene"] {
  return { id, title: title || (files[0]?.basename ?? id) };
}

/** The queue without one. */
export function without(scan: Scan, item: Item): Scan {
  const key = keyOf(item);
  return { ...scan, queue: scan.queue.filter((other) => keyOf(other) !== key) };
}

/** What a key means in the review. */
export function meaning(key: string): "accept" | "reject" | "skip" | "undo" | undefined {
  switch (key) {
    case "Enter": case "a": return "accept";
    case "x": return "reject";
    case "s": case "ArrowRight": return "skip";
    case "z": return "undo";
    default: return undefined;
  }
}

/** Reads a scan that was kept, or none. People who wait are kept each by themselves: a key press must not
 *  write thousands. */
export function scanOf(kept: unknown, queue: Iterable<unknown>): Scan {
  // Who waits may have come from a file, before the first scan.
  const scan = (kept ?? FRESH) as Scan;
  return scan.version === FRESH.version ? { ...scan, queue: [...queue] as Item[] } : FRESH;
}
