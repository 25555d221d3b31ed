import { workerBasics } from "./basics.ts";
import { helperMain } from "./helper.ts";
import type { FromWorker } from "./messages.ts";
import { makePool } from "./pool.ts";
import { workerMain } from "./worker.ts";

const text = (...functions: ((...values: never) => unknown)[]): string[] => functions.map((each) => `(${each.toString()})`);
const [basics, pool, main, helper] = text(workerBasics, makePool, workerMain, helperMain);

/** The scripts of our workers, whole: a blob worker can import nothing by a relative address. */
export const sources = {
  main: `${main}(self, ${basics}(self), ${pool})`,
  helper: `${helper}(self, ${basics}(self))`,
};

/** One worker, from its start to its end. After "dead" it says nothing more. */
export class WorkerLink<To> {
  readonly #hear: (message: FromWorker) => void;
  readonly #url: string;
  readonly #worker: Worker;
  #patience: number | null = null;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /** `source` is one of `sources`. Throws where the page may not start blob workers. */
  constructor(source: string, hear: (message: FromWorker) => void) {
    this.#hear = hear;
    this.#url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    this.#worker = new Worker(this.#url);
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => this.#die(event.message || "the browser did not start it");
    this.#worker.onmessageerror = () => this.#die("a message could not be read");
  }

  send(message: To, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** From now on a silence longer than this many milliseconds is death; null: any silence is fine. */
  expectWithin(milliseconds: number | null): void {
    this.#patience = milliseconds;
    this.#wind();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#watchdog);
    this.#worker.terminate();
    URL.revokeObjectURL(this.#url);
  }

  #receive(message: FromWorker): void {
    if (this.#stopped) return;
    if (message.type === "dead") return this.#die(message.message);
    this.#wind();
    this.#hear(message);
  }

  #die(message: string): void {
    if (this.#stopped) return;
    this.stop();
    this.#hear({ type: "dead", message });
  }

  #wind(): void {
    clearTimeout(this.#watchdog);
    const patience = this.#patience;
    if (patience === null || this.#stopped) return;
    const since = Date.now();
    this.#watchdog = setTimeout(() => {
      // Where we are far too late ourselves, the computer slept, and the worker slept with it.
      if (Date.now() - since > 2 * patience) this.#wind();
      else this.#die(`no answer for ${Math.round(patience / 1000)} seconds`);
    }, patience);
  }
}
