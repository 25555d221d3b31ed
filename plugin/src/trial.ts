// Checking the plugin on the user's own library: it looks at scenes whose performers are known as if they
// were not, and compares. Nothing is written, and nothing leaves the browser.

import { kindOf } from "./engine/client.ts";
import { framesOf } from "./engine/frames.ts";
import { session } from "./engine/session.ts";
import { judged, type Outcome } from "./judge.ts";
import { Listeners } from "./listeners.ts";
import { about } from "./queue.ts";
import type { Step } from "./run.ts";
import { base } from "./stash/api.ts";
import { checked } from "./stash/endpoints.ts";
import { scenes, type Scene } from "./stash/library.ts";
import { sentence } from "./words.ts";

/** So many scenes are looked at. */
export const MOST_SCENES = 50;
const PAGE = 100;
/** Among so many scenes they are looked for. */
const MOST_PAGES = 20;

class Trial {
  state: "idle" | "working" | "done" = "idle";
  step: Step | undefined;
  done = 0;
  total = 0;
  /** Scenes that could not be looked at. */
  failed = 0;
  outcome: Outcome = { verdicts: [], tagged: 0 };
  problem = "";
  readonly changes = new Listeners();
  #stop: AbortController | undefined;

  async start(): Promise<void> {
    if (this.state === "working") return;
    const stop = new AbortController();
    this.#stop = stop;
    Object.assign(this, { state: "working", step: undefined, done: 0, total: 0, failed: 0, outcome: { verdicts: [], tagged: 0 }, problem: "" });
    this.changes.tell();
    try {
      const sample = await known(stop.signal);
      this.total = sample.length;
      for (const scene of sample) {
        if (stop.signal.aborted) return;
        await this.#look(scene, stop.signal);
      }
      this.state = "done";
    } catch (thrown) {
      if (stop.signal.aborted) return;
      this.problem = sentence(thrown);
      this.state = this.done > 0 ? "done" : "idle";
    }
    this.changes.tell();
  }

  /** Ends it; what has been found so far is shown. */
  cancel(): void {
    this.#stop?.abort();
    this.state = this.done > 0 ? "done" : "idle";
    this.changes.tell();
  }

  forget(): void {
    this.#stop?.abort();
    Object.assign(this, { state: "idle", done: 0, outcome: { verdicts: [], tagged: 0 }, problem: "" });
    this.changes.tell();
  }

  async #look(scene: Scene, signal: AbortSignal): Promise<void> {
    const progress = (step: Step): void => { this.step = step; this.changes.tell(); };
    const { rollcall } = await session({ progress });
    try {
      // Without a word on whom to expect.
      const { answer } = await rollcall.identifyScene(await framesOf(scene, { base: base.href, signal }), { signal, progress });
      const { verdicts, tagged } = this.outcome;
      this.outcome = { verdicts: [...verdicts, ...judged(about(scene), answer, scene.performers)], tagged: tagged + scene.performers.length };
    } catch (thrown) {
      if (signal.aborted || kindOf(thrown) === "closed") throw thrown;
      this.failed += 1;
    }
    if (signal.aborted) return;
    this.done += 1;
    this.changes.tell();
  }
}

/** Scenes, any of them, whose performers are all linked: of these it is known who they are. */
async function known(signal: AbortSignal): Promise<Scene[]> {
  const found: Scene[] = [];
  const sort = `random_${1 + Math.floor(Math.random() * 99_999_999)}`;
  for (let page = 1; page <= MOST_PAGES && found.length < MOST_SCENES && !signal.aborted; page += 1) {
    const some = (await scenes({ performer_count: { value: 0, modifier: "GREATER_THAN" } }, page, PAGE, sort)).scenes;
    found.push(...some.filter(({ performers }) => performers.every(({ stash_ids }) => checked(stash_ids).length > 0)));
    if (some.length < PAGE) break;
  }
  return found.slice(0, MOST_SCENES);
}

/** One for the visit: it goes on while the user is on other pages of Stash. */
export const trial = new Trial();
