// The stand-alone page: a picture in, names out, nothing sent anywhere.
//
// What scripts (our tests among them) may look at:
// - `document.documentElement.dataset.state`: starting, ready, working, done, error, or closed where
//   the host's database is not for this page;
// - `window.rollcallPage`: see {@link PageState}.

import { RollcallError, type EngineReport, type Identification, type Progress, type RollcallOptions } from "../client/index.ts";
import { Cards } from "./cards.ts";
import { beside, byId } from "./dom.ts";
import { listen, offerSamples } from "./input.ts";
import { NotPermitted, PermittedRollcall, published, type Permit } from "./permit.ts";
import { Picture, Stage } from "./picture.ts";
import { report } from "./report.ts";
import { RequestList, type ListedRequest } from "./requests.ts";
import { amount, sentence, stage, summary } from "./words.ts";

type State = "starting" | "ready" | "working" | "done" | "error" | "closed";
type EngineChoice = NonNullable<RollcallOptions["engine"]>;

/** The page's state for scripts: the last answer, every request so far, the engine in use. */
export interface PageState {
  readonly last: Identification | null;
  readonly requests: readonly ListedRequest[];
  readonly engine: EngineReport | null;
  readonly permit: Permit | null;
  readonly problem: string | null;
}

declare global {
  interface Window {
    rollcallPage: PageState;
  }
}

const CHOICES: readonly EngineChoice[] = ["auto", "gpu", "cpu"];
/** The model pack, unless the address says `?pack=`. */
const PACK = "opencv";

class Page {
  readonly #requests = new RequestList();
  readonly #stage = new Stage();
  readonly #cards = new Cards();
  readonly #engine = byId("engine", HTMLSelectElement);
  readonly #busyText = byId("busy-text", HTMLElement);
  readonly #busyDetail = byId("busy-detail", HTMLElement);
  readonly #busyBar = byId("busy-bar", HTMLProgressElement);
  readonly #cancel = byId("cancel", HTMLButtonElement);
  readonly #problem = byId("problem", HTMLElement);
  readonly #announcer = byId("announcer", HTMLElement);
  readonly #people = byId("people-title", HTMLElement);

  #starting: Promise<PermittedRollcall> | null = null;
  #rollcall: PermittedRollcall | null = null;
  #picture: Picture | null = null;
  #last: Identification | null = null;
  #said: string | null = null;
  /** A database that is only used if the user says so, and the one they said it of. */
  #offered: string | undefined;
  #confirmed: string | undefined;
  // The job at hand. A new picture, another engine or "Cancel" ends it.
  #job: AbortController | null = null;

  constructor() {
    const asked = new URLSearchParams(location.search).get("engine");
    this.#engine.value = CHOICES.find((choice) => choice === asked) ?? "auto";
    this.#engine.addEventListener("change", () => this.#changeEngine());
    this.#cancel.addEventListener("click", () => this.#cancelJob());
    byId("retry", HTMLButtonElement).addEventListener("click", () => this.#retry());
    const taker = {
      picture: (source: Blob | Promise<Blob>, name: string) => void this.#take(source, name),
      problem: (text: string) => this.#say(text),
    };
    listen(taker);
    void offerSamples(taker);
    const page = this;
    window.rollcallPage = {
      get last() { return page.#last; },
      get requests() { return page.#requests.all; },
      get engine() { return page.#rollcall?.engine ?? null; },
      get permit() { return page.#rollcall?.permit ?? null; },
      get problem() { return page.#said; },
    };
    void this.#start().catch((error: unknown) => this.#fail(error));
  }

  /** Starts the engine once; everybody who needs it waits for the same start. */
  #start(): Promise<PermittedRollcall> {
    if (this.#starting) return this.#starting;
    this.#state("starting");
    this.#busy("Getting ready", "");
    const query = new URLSearchParams(location.search).get("pack") ?? "";
    const pack = /^[a-z0-9-]+$/.test(query) ? query : PACK;
    const engine = CHOICES.find((choice) => choice === this.#engine.value) ?? "auto";
    const starting = PermittedRollcall.start(
      {
        assets: beside("./"), models: beside(`models/${pack}/`), database: beside("database/"), engine,
        confirmedManifest: this.#confirmed,
      },
      { progress: (progress) => this.#progress(progress), request: this.#requests.add },
    ).then((rollcall) => {
      if (this.#starting !== starting) { // another engine was chosen meanwhile
        rollcall.close();
        throw new RollcallError("cancelled", "another engine was chosen");
      }
      this.#rollcall = rollcall;
      this.#open(true);
      report(rollcall.engine, rollcall.database, rollcall.permit, null);
      if (!this.#job) this.#state("ready");
      return rollcall;
    }, (error: unknown) => {
      if (this.#starting === starting) this.#starting = null; // so that "Try again" can
      throw error;
    });
    this.#starting = starting;
    return starting;
  }

  async #take(source: Blob | Promise<Blob>, name: string): Promise<void> {
    this.#job?.abort();
    const job = new AbortController();
    this.#job = job;
    this.#last = null;
    this.#cards.clear();
    this.#problem.hidden = true;
    this.#said = null;
    this.#state(this.#rollcall ? "working" : "starting");
    this.#busy(this.#rollcall ? "Reading the picture" : "Getting ready", "");
    this.#cancel.hidden = false;
    try {
      const picture = await Picture.open(await source, name);
      if (job.signal.aborted) return picture.close();
      this.#picture?.close();
      this.#picture = picture;
      this.#stage.show(picture);
      byId("result", HTMLElement).hidden = picture.image === null;
      this.#headline("Looking…", "");
      const rollcall = await this.#start();
      if (job.signal.aborted) return;
      this.#state("working");
      const found = await rollcall.identify(picture.blob, {
        progress: (progress) => { if (this.#job === job) this.#progress(progress); },
        provisional: (first) => { if (this.#job === job) this.#show(picture, first, rollcall); },
        signal: job.signal,
      });
      if (this.#job === job) this.#done(picture, found, rollcall);
    } catch (error) {
      if (this.#job === job) this.#fail(error);
    } finally {
      if (this.#job === job) this.#job = null;
    }
  }

  #done(picture: Picture, found: Identification, by: PermittedRollcall): void {
    this.#last = found;
    const words = this.#show(picture, found, by);
    this.#state("done");
    this.#announcer.textContent = words;
    this.#people.focus({ preventScroll: true });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    byId("result", HTMLElement).scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }

  /** Shows an answer, which may be provisional, and gives it in a sentence. */
  #show(picture: Picture, found: Identification, { database, permit }: PermittedRollcall): string {
    const { answer } = found;
    byId("result", HTMLElement).hidden = false;
    const toCard = (person: number) => this.#cards.focus(person);
    const toBox = (person: number) => this.#stage.focus(person);
    this.#stage.mark(picture, found, permit, toCard);
    this.#cards.show(picture, found, permit, toBox);
    const words = summary(answer, permit);
    this.#headline(words.replace(/\.$/, ""), answer.matches.length > 0 ? ""
      : "Try a picture in which the face is larger, sharper or turned more towards the camera.");
    report(answer.engine, database, permit, found);
    return words;
  }

  #headline(title: string, note: string): void {
    this.#people.textContent = title;
    byId("people-note", HTMLElement).textContent = note;
  }

  #fail(error: unknown): void {
    if (error instanceof RollcallError && (error.kind === "cancelled" || error.kind === "closed")) return;
    if (error instanceof NotPermitted) return this.#close(error);
    this.#say(sentence(error), error instanceof RollcallError ? error.manifest : undefined);
    if (!this.#last) byId("result", HTMLElement).hidden = true;
    this.#state("error");
  }

  /** The host's database is not for this page: it says so, and takes no pictures. */
  #close({ origin }: NotPermitted): void {
    byId("closed-why", HTMLElement).textContent = published(origin);
    byId("result", HTMLElement).hidden = true;
    this.#open(false);
    this.#state("closed");
    this.#announcer.textContent = "This page does not search here.";
  }

  #open(open: boolean): void {
    byId("closed", HTMLElement).hidden = open;
    byId("drop", HTMLElement).hidden = !open;
  }

  /** Shows a sentence; `offered` is a database that the user may confirm in spite of it. */
  #say(text: string, offered?: string): void {
    this.#said = text;
    this.#offered = offered;
    byId("problem-text", HTMLElement).textContent = text;
    // A picture that is no good stays no good: only a failed start is worth another try.
    const retry = byId("retry", HTMLElement);
    retry.hidden = this.#starting !== null;
    retry.textContent = this.#offered ? "Use this database anyway" : "Try again";
    this.#problem.hidden = false;
  }

  #retry(): void {
    this.#problem.hidden = true;
    this.#said = null;
    this.#confirmed = this.#offered ?? this.#confirmed;
    const picture = this.#picture;
    if (picture) void this.#take(picture.blob, picture.name);
    else void this.#start().catch((error: unknown) => this.#fail(error));
  }

  #cancelJob(): void {
    this.#job?.abort();
    this.#job = null;
    byId("result", HTMLElement).hidden = true;
    this.#state(this.#rollcall ? "ready" : "starting");
    this.#cancel.hidden = true;
    this.#announcer.textContent = "Cancelled.";
    byId("file", HTMLElement).focus();
  }

  #changeEngine(): void {
    this.#rollcall?.close();
    this.#rollcall = null;
    this.#starting = null;
    const again = this.#job || this.#last ? this.#picture : null;
    if (again) void this.#take(again.blob, again.name);
    else void this.#start().catch((error: unknown) => this.#fail(error));
  }

  #progress(progress: Progress): void {
    this.#busy(stage(progress), amount(progress));
    // Below 2 there is nothing to measure: the bar only says that something goes on.
    if (progress.total > 1) {
      this.#busyBar.max = progress.total;
      this.#busyBar.value = progress.done;
    } else {
      this.#busyBar.removeAttribute("value");
    }
  }

  #busy(text: string, detail: string): void {
    if (this.#busyText.textContent !== text) this.#announcer.textContent = text;
    this.#busyText.textContent = text;
    this.#busyDetail.textContent = detail;
  }

  #state(state: State): void {
    document.documentElement.dataset["state"] = state;
    this.#cancel.hidden = this.#job === null;
  }
}

new Page();
