// Naming the people of scanned scenes again, by the database of now, without reading a frame. Who has another
// name than before is put into the review; nothing else is changed.

import type { Answer, Renamed } from "../../web/client/index.ts";
import { scanning } from "./bulk.ts";
import { candidateIds } from "./engine/ids.ts";
import { directory, type Directory } from "./engine/known.ts";
import { session } from "./engine/session.ts";
import { waitingFor } from "./from-file.ts";
import { Listeners } from "./listeners.ts";
import { about, type Item } from "./queue.ts";
import type { Step } from "./run.ts";
import { dropSeen, keepRenamed, seenCount, seenScenes, type Seen } from "./seen.ts";
import { scenesOf } from "./stash/library.ts";
import { decide } from "./stash/state.ts";
import { sentence, t, Told } from "./words.ts";

/** What is different in a scene. */
export interface Change {
  scene: Item["scene"];
  added: string[];
  gone: string[];
}

interface Other extends Seen { renamed: Renamed }

/** So many scenes come with one answer of Stash's. */
const PAGE = 100;
/** More than anybody reads. */
const MOST_CHANGES = 500;

class Rematch {
  state: "idle" | "working" | "done" = "idle";
  /** How many scenes are kept; undefined until that is known. */
  kept: number | undefined;
  step: Step | undefined;
  changes: Change[] = [];
  said = "";
  problem = "";
  readonly listeners = new Listeners();
  #stop: AbortController | undefined;

  async load(): Promise<void> {
    this.kept = await seenCount();
    this.listeners.tell();
  }

  cancel(): void {
    this.#stop?.abort();
    this.state = "idle";
    this.listeners.tell();
  }

  /** Ends it; what the browser kept is the caller's to delete. */
  forget(): void {
    this.cancel();
    Object.assign(this, { kept: 0, changes: [], said: "", problem: "" });
    this.listeners.tell();
  }

  async start(): Promise<void> {
    if (this.state === "working") return;
    const stop = new AbortController();
    this.#stop = stop;
    Object.assign(this, { state: "working", step: undefined, changes: [], said: "", problem: "" });
    this.listeners.tell();
    try {
      this.said = await this.#all(stop.signal);
      this.state = "done";
    } catch (thrown) {
      if (stop.signal.aborted) return;
      this.problem = sentence(thrown);
      this.state = "idle";
    }
    await this.load();
  }

  /** Names all scenes that are kept; says what came of it. */
  async #all(signal: AbortSignal): Promise<string> {
    const hear = (step: Step): void => { this.step = step; this.listeners.tell(); };
    const { rollcall, library, configuration: { settings: { minConfidence } } } = await session({ progress: hear });
    if (!rollcall.database && library.known === 0) throw new Told("rematchNobody");
    const version = rollcall.database?.version ?? "";
    const { rejected } = await decide((decisions) => decisions);
    const total = await seenCount(), waited = scanning.scan.queue.length;
    const began = performance.now();
    let done = 0, changed = 0, forgot = 0, find: Directory | undefined;
    for await (const batch of seenScenes()) {
      const named = await rollcall.nameKept(batch.map(({ scene, unknown }) => (
        { named: scene.named, unknown: unknown?.unknown, expected: scene.expected, before: Object.keys(scene.names) }
      )), { signal });
      const other = batch.flatMap((seen, place) => { const renamed = named[place]; return renamed ? [{ ...seen, renamed }] : []; });
      if (other.length > 0) find ??= await directory();
      // The queue first: what is lost in between would otherwise never be told.
      const there = find ? await this.#tell(other, find, { rejected, minConfidence }) : [];
      for (const { renamed, ...seen } of there) await keepRenamed(seen, renamed);
      await dropSeen(batch.flatMap(({ scene }, place) => (named[place] === false ? [scene] : [])));
      forgot += batch.filter(({ scene, unknown }) => scene.without > 0 && !unknown && scene.version !== version).length;
      changed += other.length;
      done += batch.length;
      hear({ stage: "search", done, total });
    }
    const seconds = Math.max(1, Math.round((performance.now() - began) / 1000));
    const waiting = scanning.scan.queue.length - waited;
    return [t("rematched", { n: done, seconds }), t("rematchChanged", { n: changed, waiting }), ...(forgot > 0 ? [t("rematchForgot", { n: forgot })] : [])].join(" ");
  }

  /** Puts people with new names into the review, and lists what is different. Gives those that are still in
   *  Stash; the rest is forgotten. */
  async #tell(other: readonly Other[], find: Directory, beside: Parameters<typeof waitingFor>[2]): Promise<Other[]> {
    const byId = new Map(other.map((one) => [one.scene.id, one]));
    for await (const page of scenesOf([...byId.keys()], PAGE)) {
      const items: Item[] = [];
      for (const scene of page) {
        const one = byId.get(scene.id);
        if (!one) continue;
        byId.delete(scene.id);
        const before = one.scene.names, news = fresh(one.renamed.answer, before);
        if (!scene.organized) items.push(...waitingFor(scene, news, beside, find));
        const here = new Set(one.renamed.answer.matches.flatMap((match) => (match.unknown ? [] : candidateIds(match))));
        const added = news.flatMap((match) => (match.unknown ? [] : [match.name]));
        const gone = Object.entries(before).flatMap(([id, name]) => (here.has(id) ? [] : [name]));
        if (this.changes.length < MOST_CHANGES && added.length + gone.length > 0) this.changes.push({ scene: about(scene), added, gone });
      }
      await scanning.take(items);
    }
    await dropSeen([...byId.values()].map(({ scene }) => scene));
    return other.filter(({ scene }) => !byId.has(scene.id));
  }
}

/** The people of an answer whose name is new. */
function fresh({ matches }: Answer, before: Record<string, string>): Parameters<typeof waitingFor>[1] {
  // Under any of their ids: a newer database may file the same person under another one.
  return matches.flatMap((match) => (match.unknown || candidateIds(match).some((id) => id in before) ? [] : [match]));
}

/** One for the visit: it goes on while the user is on other pages of Stash. */
export const rematch = new Rematch();
