import { RollcallError } from "./error.ts";
import { Helpers, workersOf } from "./helpers.ts";
import { WorkerLink, sources } from "./link.ts";
import type { DatabaseOptions, Failure, FromWorker, Kit, Outcome, Outcomes, ToWorker, Work, WorkerOptions } from "./messages.ts";
import type {
  DatabaseFacts,
  EngineReport,
  Identification,
  IdentifyListeners,
  KeptScene,
  Known,
  Listeners,
  Member,
  Progress,
  Renamed,
  RollcallOptions,
  SceneFrames,
} from "./types.ts";

/** A worker that has something to do and says nothing for so long hangs, or the browser has ended it
 *  without a word: a single run of a network takes well under a second. */
const PATIENCE = 60_000;
/** A program that acts as a GPU (only in tests) is a hundred times slower. */
const SOFTWARE_GPU_PATIENCE = 600_000;
/** A cancelled job ends between two runs of a network; after this long we end it by force. */
const CANCEL_PATIENCE = 5_000;
/** A picture that was in work when this many workers died is given up. */
const MAX_ATTEMPTS = 2;
/** So many workers dying in a row, without an answer between them, are not the picture's fault. */
const MAX_DEATHS = 3;

interface Job {
  what: Work;
  on: IdentifyListeners;
  resolve(outcome: Outcome): void;
  reject(error: RollcallError): void;
  attempts: number;
}

/** Says who is in a picture. Everything happens in a worker of this page; no picture leaves it. */
export class Rollcall {
  readonly #on: Listeners;
  readonly #jobs = new Map<number, Job>();
  /** What a new worker must be told, in place of one that died. */
  readonly #lessons: { known: Known; from: Float32Array }[] = [];
  /** Jobs the worker has been told to give up, with what happens if it does not. */
  readonly #cancelling = new Map<number, ReturnType<typeof setTimeout>>();
  #options: WorkerOptions;
  #link: WorkerLink<ToWorker> | null = null;
  readonly #helpers: Helpers;
  readonly #workers: number;
  #ready = false;
  /** What workers that help need, where they may come. */
  #kit: Kit | null = null;
  #engine: EngineReport | null = null;
  #embedders: readonly string[] = [];
  #database: DatabaseFacts | null = null;
  #fetching: { resolve(): void; reject(error: RollcallError): void } | null = null;
  #started: { resolve(): void; reject(error: RollcallError): void } | null = null;
  #lastJob = 0;
  #deaths = 0;
  #closed = false;

  private constructor(options: WorkerOptions, workers: number, on: Listeners) {
    this.#options = options;
    this.#workers = workers;
    this.#on = on;
    this.#helpers = new Helpers((request) => on.request?.(request));
  }

  /** Starts the worker, downloads models, opens the database. Rejects with a `RollcallError`. */
  static async start(options: RollcallOptions, on: Listeners = {}): Promise<Rollcall> {
    const workers = workersOf(options.workers);
    const rollcall = new Rollcall({ ...absolute(options), helpers: workers > 1 }, workers, on);
    await new Promise<void>((resolve, reject) => {
      rollcall.#started = { resolve, reject };
      rollcall.#launch();
    });
    return rollcall;
  }

  /** Which engine runs, and why; `dispatches` is as of the last answer. */
  get engine(): EngineReport {
    return this.#engine ?? { name: "", adapter: null, software_adapter: false, dispatches: 0, why: "not started" };
  }

  /** How many workers look at the frames of a scene. */
  get workers(): number {
    return this.engine.name === "simd" && this.#kit ? this.#workers : 1;
  }

  /** SHA-256 of the networks that make embeddings: what tells those of one pack from another's. */
  get embedders(): readonly string[] {
    return this.#embedders;
  }

  /** What is known of the database, once it is open. */
  get database(): DatabaseFacts | null {
    return this.#database;
  }

  /** Fetches the whole database into this browser, so that its host is not needed any more; progress
   *  comes with the stage `database`. Rejects with a `RollcallError`; what was fetched is kept. */
  fetchDatabase(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#ready || this.#fetching) {
        return reject(new RollcallError("database", "the database is not open, or is being fetched already; wait and try again"));
      }
      this.#fetching = { resolve, reject };
      this.#link?.send({ type: "fetch-database" });
    });
  }

  /** Finds the faces in a picture file and says who they are. Rejects with a `RollcallError`. */
  identify(picture: Blob, on: IdentifyListeners = {}): Promise<Identification> {
    return this.#result("identification", { picture }, on);
  }

  /** Says who is in a scene. First names come as provisional answers while later frames are still
   *  being looked at. Rejects with a `RollcallError`. */
  identifyScene(scene: SceneFrames, on: IdentifyListeners = {}): Promise<Identification> {
    return this.#result("identification", { scene }, on);
  }

  /** Learns somebody of the user's library for as long as the worker lives, from a picture with one
   *  clear face. Gives what `know` takes the next time, or null if there is no such face. */
  async learn(known: Known, picture: Blob): Promise<Float32Array | null> {
    const embeddings = await this.#result("embeddings", { known, from: picture });
    if (embeddings) this.#lessons.push({ known, from: embeddings });
    return embeddings;
  }

  /** The same without a picture. Rejects where the embeddings are of other models. */
  async know(known: Known, embeddings: Float32Array): Promise<void> {
    await this.#ask({ known, from: embeddings });
    this.#lessons.push({ known, from: embeddings });
  }

  /** Names the people of scenes that were kept again, by this session's database, without a frame: those
   *  whose names are others than before, null for the rest, false for what cannot be read. */
  nameKept(kept: readonly KeptScene[], on: IdentifyListeners = {}): Promise<(Renamed | null | false)[]> {
    return this.#result("renamed", { kept }, on);
  }

  /** Brings people without a name together, one `Kept.unknown` for each scene: groups of two or more who
   *  are one person as far as faces tell, the largest first. */
  groupUnknown(unknown: readonly Uint8Array[], on: IdentifyListeners = {}): Promise<Member[][]> {
    return this.#result("groups", { unknown }, on);
  }

  /** All ids, by host, of whom the database has under this one (`host:uuid`); null where it has nobody. */
  idsOf(id: string): Promise<Record<string, string> | null> {
    return this.#result("ids", { id });
  }

  async #result<K extends keyof Outcomes>(key: K, what: Work, on: IdentifyListeners = {}): Promise<Outcomes[K]> {
    const outcome = (await this.#ask(what, on)) as Partial<Outcomes>;
    if (key in outcome) return outcome[key] as Outcomes[K];
    throw new RollcallError("crashed", "the worker gave another answer than asked for; reload the page");
  }

  #ask(what: Work, on: IdentifyListeners = {}): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new RollcallError("closed", "Rollcall was closed; start it again"));
      if (on.signal?.aborted) return reject(cancelledError());
      const id = ++this.#lastJob;
      this.#jobs.set(id, { what, on, resolve, reject, attempts: 0 });
      on.signal?.addEventListener("abort", () => this.#cancel(id), { once: true });
      if (this.#link === null) this.#launch();
      else if (this.#ready) this.#give(id, what);
      this.#watch();
    });
  }

  /** Ends the worker. Jobs not yet answered are rejected. */
  close(): void {
    this.#closed = true;
    this.#drop();
    this.#failAll({ kind: "closed", message: "Rollcall was closed; start it again" });
  }

  #launch(): void {
    try {
      this.#link = new WorkerLink(sources.main, (message) => this.#hear(message));
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      return this.#failAll({ kind: "browser", message: `this page may not start workers (${reason})` });
    }
    this.#link.send({ type: "start", options: this.#options });
  }

  /** Gives the worker a job. Who helps with a scene comes with the first one. */
  #give(job: number, what: Work): void {
    if (!this.#link) return;
    if ("scene" in what && this.#kit && this.workers > 1) this.#helpers.call(this.workers, this.#link, this.#options.assets, this.#kit);
    this.#link.send({ type: "identify", job, what });
  }

  #fetched(error: Failure | null): void {
    if (error) this.#fetching?.reject(toError(error));
    else this.#fetching?.resolve();
    this.#fetching = null;
  }

  #drop(): void {
    this.#fetched({ kind: "closed", message: "the worker was ended before the database was here; fetch it again" });
    this.#link?.stop();
    this.#helpers.stop();
    this.#link = null;
    this.#ready = false;
    for (const timer of this.#cancelling.values()) clearTimeout(timer);
    this.#cancelling.clear();
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.#database = message.database;
        this.#embedders = message.embedders;
        this.#kit = message.kit;
        return this.#begin(message.engine);
      case "progress":
        return this.#progress(message.job, message.progress);
      case "request":
        return this.#on.request?.(message.request);
      case "provisional":
        return this.#jobs.get(message.job)?.on.provisional?.(message.identification);
      case "database-fetched":
        return this.#fetched(message.error);
      case "answer":
        if ("identification" in message.outcome) this.#engine = message.outcome.identification.answer.engine;
        this.#deaths = 0;
        return this.#settle(message.job, (job) => job.resolve(message.outcome));
      case "failed":
        if (message.job === null) {
          this.#drop();
          return this.#failAll(message.error);
        }
        return this.#settle(message.job, (job) => job.reject(toError(message.error)));
      case "helper-silent":
        return this.#helpers.end(message.helper);
      case "dead":
        return this.#replace(message.message);
    }
  }

  #begin(engine: EngineReport): void {
    this.#ready = true;
    this.#engine = engine;
    // Numbers of no job: nobody waits for these.
    for (const what of this.#lessons) this.#link?.send({ type: "identify", job: 0, what });
    for (const [job, { what }] of this.#jobs) this.#give(job, what);
    this.#watch();
    this.#started?.resolve();
    this.#started = null;
  }

  #progress(id: number | null, progress: Progress): void {
    // Looking for a graphics adapter can hang in a bad driver; downloads may take as long as they like.
    if (!this.#ready && this.#options.engine !== "cpu") {
      const patience = this.#options.engine === "gpu" ? SOFTWARE_GPU_PATIENCE : PATIENCE;
      this.#link?.expectWithin(progress.stage === "engine" ? patience : null);
    }
    if (id === null) this.#on.progress?.(progress);
    else this.#jobs.get(id)?.on.progress?.(progress);
  }

  #settle(id: number, how: (job: Job) => void): void {
    clearTimeout(this.#cancelling.get(id));
    this.#cancelling.delete(id);
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    this.#watch();
    if (job) how(job);
  }

  /** A worker at work must say something from time to time. */
  #watch(): void {
    if (!this.#ready) return;
    const working = this.#jobs.size + this.#cancelling.size > 0;
    const patience = this.engine.software_adapter ? SOFTWARE_GPU_PATIENCE : PATIENCE;
    this.#link?.expectWithin(working ? patience : null);
  }

  #cancel(id: number): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    const inWork = this.#inWork() === id;
    this.#jobs.delete(id);
    if (this.#ready) {
      this.#link?.send({ type: "cancel", job: id });
      // Those that only wait are taken from the worker's queue as soon as it looks there.
      if (inWork) this.#cancelling.set(id, setTimeout(() => this.#restart(), CANCEL_PATIENCE));
    }
    job.reject(cancelledError());
  }

  /** The job the worker is busy with: it takes them in order. */
  #inWork(): number | undefined {
    if (!this.#ready) return undefined;
    return [...this.#cancelling.keys(), ...this.#jobs.keys()].sort((a, b) => a - b)[0];
  }

  /** The worker died. A new one goes on with the CPU, and gets the unfinished jobs again. */
  #replace(reason: string): void {
    const { engine } = this.#options;
    const id = this.#inWork();
    const job = id === undefined ? undefined : this.#jobs.get(id);
    const gpu = this.#ready ? this.engine.name === "wonnx" : engine !== "cpu";
    const failure: Failure = {
      kind: "crashed",
      message: `Rollcall's worker stopped (${reason}); reload the page, and report this if it happens again`,
    };
    this.#drop();
    this.#deaths += 1;
    // Who asks for the GPU by name wants to hear that it does not start.
    const startOver = this.#started === null || engine === "auto";
    if (!startOver || this.#deaths >= MAX_DEATHS) {
      this.#deaths = 0;
      return this.#failAll(failure);
    }
    if (id !== undefined && job !== undefined && ++job.attempts >= MAX_ATTEMPTS) {
      this.#settle(id, () => job.reject(toError(failure)));
    }
    const because = gpu
      ? `The graphics card's worker stopped (${reason}), so the CPU took over. No picture was lost.`
      : `The CPU does the work; its worker had to be started again (${reason}).`;
    this.#options = { ...this.#options, engine: "cpu", because };
    this.#launch();
  }

  /** Ends a worker that does not let go of a cancelled job. */
  #restart(): void {
    this.#drop();
    this.#launch();
  }

  #failAll(failure: Failure): void {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    this.#started?.reject(toError(failure));
    this.#started = null;
    for (const job of jobs) job.reject(toError(failure));
  }
}

function absolute(options: RollcallOptions): Omit<WorkerOptions, "helpers"> {
  const folder = (url: string): string => new URL(url.endsWith("/") ? url : `${url}/`, document.baseURI).href;
  return {
    assets: folder(options.assets),
    models: folder(options.models),
    keep_models: options.keepModels ? `rollcall models ${folder(options.models)}` : null,
    database: options.database === undefined ? null : databaseOptions(folder(options.database), options),
    engine: options.engine ?? "auto",
    because: null,
    answer: {
      min_confidence: options.minConfidence ?? null,
      max_results: options.maxResults ?? null,
      frames: options.frames ?? null,
    },
  };
}

function databaseOptions(url: string, options: RollcallOptions): DatabaseOptions {
  return {
    url,
    trusted_keys: options.trustedKeys ?? [],
    confirmed: options.confirmedManifest ?? null,
    decoys: options.decoys ?? !isOwn(new URL(url).hostname),
    cache: options.keepDatabase === false ? null : `rollcall ${url}`,
  };
}

/** Whether the host is the page's own or at home: then nobody is to be kept from knowing. */
function isOwn(host: string): boolean {
  const address = /^((127|10)(\.\d+){3}|192\.168(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}|169\.254(\.\d+){2}|\[(::1|f[cde].*)\])$/;
  const name = /(^|\.)(local|localhost|lan|home\.arpa)$/;
  return host === location.hostname || address.test(host) || name.test(host);
}

function toError(failure: Failure): RollcallError {
  return new RollcallError(failure.kind, failure.message, failure.manifest, failure.models);
}

function cancelledError(): RollcallError {
  return new RollcallError("cancelled", "cancelled");
}
