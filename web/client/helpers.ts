import { WorkerLink, sources } from "./link.ts";
import type { FromWorker, Help, Kit, ToWorker } from "./messages.ts";
import type { RequestRecord } from "./types.ts";

/** More than four gain little: one worker decodes and thinks for all of them. */
const MOST_WORKERS = 4;
/** When so many have died, something here does not bear them, and one worker does it all. */
const MOST_DEATHS = 8;

/** How many workers may run networks at a time. */
export function workersOf(wanted: number | undefined): number {
  // A phone or a tablet gets hot, and a core of it is soon busy with something else.
  const touch = matchMedia("(pointer: coarse)").matches;
  const own = touch ? 1 : (navigator.hardwareConcurrency || 1) - 1;
  return Math.min(Math.max(Math.round(wanted ?? own), 1), MOST_WORKERS);
}

/** The workers that run networks for the main worker. What they do nobody else needs to know: the main
 *  worker speaks with each of them alone. */
export class Helpers {
  readonly #links = new Map<number, WorkerLink<Help>>();
  readonly #hear: (request: RequestRecord) => void;
  #last = 0;
  #deaths = 0;

  /** `hear` is told of their requests. */
  constructor(hear: (request: RequestRecord) => void) {
    this.#hear = hear;
  }

  /** Sees to it that `main` has so many. */
  call(wanted: number, main: WorkerLink<ToWorker>, assets: string, kit: Kit): void {
    while (this.#links.size < wanted && this.#deaths < MOST_DEATHS) {
      const helper = ++this.#last;
      const { port1, port2 } = new MessageChannel();
      try {
        const link = new WorkerLink<Help>(sources.helper, (message) => this.#told(helper, message, main));
        link.send({ assets, kit, port: port2 }, [port2]);
        this.#links.set(helper, link);
      } catch {
        return; // the main worker does it all
      }
      main.send({ type: "helper", helper, port: port1 }, [port1]);
    }
  }

  /** Ends one that says nothing any more. */
  end(helper: number): void {
    this.#links.get(helper)?.stop();
    if (this.#links.delete(helper)) this.#deaths += 1;
  }

  /** Ends all of them. */
  stop(): void {
    for (const link of this.#links.values()) link.stop();
    this.#links.clear();
  }

  #told(helper: number, message: FromWorker, main: WorkerLink<ToWorker>): void {
    if (message.type === "request") this.#hear(message.request);
    if (message.type !== "dead") return;
    this.end(helper);
    main.send({ type: "helper-gone", helper });
  }
}
