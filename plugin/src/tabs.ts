// Other tabs of this Stash. They keep what a scan finds in one place, so only one of them may scan.

import { base } from "./stash/api.ts";

/** A tab that scans answers at once, also in the background; milliseconds. */
const PATIENCE = 500;

export class Tabs {
  // Old browsers have none: there the user has to see to it.
  readonly #channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(`rollcall scan ${base.pathname}`) : undefined;
  /** Which of two goes first where both begin at once. */
  readonly #lot = Math.random();
  #asking = false;
  #answered = false;

  /** `scans` says whether this tab does; `forget` is called when another one has forgotten everything. */
  constructor(scans: () => boolean, forget: () => void) {
    this.#channel?.addEventListener("message", ({ data }) => {
      if (data === "I do") this.#answered = true;
      if (data === "forget") forget();
      if (typeof data?.lot === "number") this.#hear(data.lot, scans);
    });
  }

  /** Another tab asks. If this one does, too, the lower lot goes first, whichever has asked before the other
   *  could hear it. */
  #hear(lot: number, scans: () => boolean): void {
    if (!this.#asking) {
      if (scans()) this.#channel?.postMessage("I do");
    } else if (lot < this.#lot) this.#answered = true;
    else if (lot > this.#lot) this.#channel?.postMessage({ lot: this.#lot });
  }

  /** Whether another tab scans, or is about to. */
  async scan(): Promise<boolean> {
    if (!this.#channel) return false;
    [this.#asking, this.#answered] = [true, false];
    this.#channel.postMessage({ lot: this.#lot });
    const end = performance.now() + PATIENCE;
    while (!this.#answered && performance.now() < end) await new Promise((done) => setTimeout(done, 20));
    this.#asking = false;
    return this.#answered;
  }

  /** Tells the others that everything is forgotten. */
  forget(): void {
    this.#channel?.postMessage("forget");
  }
}
