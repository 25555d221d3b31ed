import type { FromWorker, ToWorker } from "./messages.ts";
import { workerMain } from "./worker.ts";

/** One worker, from its start to its end. After "dead" it says nothing more. */
export class WorkerLink {
  readonly #hear: (message: FromWorker) => void;
  readonly #url: string;
  readonly #worker: Worker;
  #patience: number | null = null;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /** Throws where the page may not start blob workers. */
  constructor(hear: (message: FromWorker) => void) {
    this.#hear = hear;
    const source = `(${workerMain.toString()})(self)`;
    this.#url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    this.#worker = new Worker(this.#url);
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => this.#die(event.message || "the browser did not start it");
    this.#worker.onmessageerror = () => this.#die("a message could not be read");
  }

  send(message: ToWorker): void {
    this.#worker.postMessage(message);
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
    this.#watchdog = setTimeout(() => this.#die(`no answer for ${Math.round(patience / 1000)} seconds`), patience);
  }
}
