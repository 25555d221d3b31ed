// What the client and its worker say to each other.

import type { RollcallErrorKind } from "./error.ts";
import type {
  DatabaseFacts,
  EngineChoice,
  EngineReport,
  Identification,
  Known,
  KeptScene,
  Member,
  Progress,
  Renamed,
  RequestRecord,
  SceneFrames,
} from "./types.ts";
import type { Outputs } from "./pool.ts";

/** All URLs are absolute: a blob worker has no folder of its own. Folders end in `/`. */
export interface WorkerOptions {
  assets: string;
  models: string;
  /** The IndexedDB to keep the models in. */
  keep_models: string | null;
  database: DatabaseOptions | null;
  engine: EngineChoice;
  /** Why the page asks for this engine, where it is not the user's wish but follows from a failure. */
  because: string | null;
  /** Whether others may come to help. */
  helpers: boolean;
  answer: AnswerOptions;
}

/** `AnswerSettings` of web/src/session.rs. */
export interface AnswerOptions {
  min_confidence: number | null;
  max_results: number | null;
  frames: number | null;
}

/** `DatabaseSettings` of web/src/database.rs. */
export interface DatabaseOptions {
  url: string;
  trusted_keys: readonly string[];
  confirmed: string | null;
  decoys: boolean;
  /** The IndexedDB to keep its files in. */
  cache: string | null;
}

/** One picture file. */
export interface Picture {
  picture: Blob;
}

/** A picture of somebody, or what was made of it before. */
export interface Lesson {
  known: Known;
  from: Blob | Float32Array;
}

/** What a worker does one after the other. */
export type Work = Picture | { scene: SceneFrames } | Lesson | { kept: readonly KeptScene[] } | { unknown: readonly Uint8Array[] } | { id: string };

/** What comes of it, each by its own key. */
export interface Outcomes {
  identification: Identification;
  /** Null where a picture of somebody shows no face, or several, and where the page has given them itself. */
  embeddings: Float32Array | null;
  /** For each scene: null if it has the names it had, false if it cannot be read. */
  renamed: (Renamed | null | false)[];
  groups: Member[][];
  /** Ids by host. */
  ids: Record<string, string> | null;
}
export type Outcome = { [K in keyof Outcomes]: Pick<Outcomes, K> }[keyof Outcomes];

export type ToWorker =
  | { type: "start"; options: WorkerOptions }
  | { type: "identify"; job: number; what: Work }
  | { type: "fetch-database" }
  | { type: "helper"; helper: number; port: MessagePort }
  | { type: "helper-gone"; helper: number }
  | { type: "cancel"; job: number };

export interface Failure {
  kind: RollcallErrorKind;
  message: string;
  manifest?: string;
  models?: string[];
}

/** Where `job` is null, it is about the start. */
export type FromWorker =
  | { type: "ready"; engine: EngineReport; embedders: string[]; database: DatabaseFacts | null; kit: Kit | null }
  | { type: "progress"; job: number | null; progress: Progress }
  | { type: "request"; request: RequestRecord }
  | { type: "provisional"; job: number; identification: Identification }
  | { type: "database-fetched"; error: Failure | null }
  | { type: "answer"; job: number; outcome: Outcome }
  | { type: "failed"; job: number | null; error: Failure }
  /** This one did not answer, and is not asked any more. */
  | { type: "helper-silent"; helper: number }
  /** The module has stopped for good: the worker must be replaced. */
  | { type: "dead"; message: string };

/** What a worker needs to run networks, so that it need not be fetched again. */
export interface Kit {
  module: WebAssembly.Module;
  /** By name. The browser keeps a blob's bytes once, however many workers it is sent to. */
  models: [string, Blob][];
}

/** The one message of the page to a worker that helps; everything else comes by the port. */
export interface Help {
  assets: string;
  kit: Kit;
  port: MessagePort;
}

/** What the main worker asks of one that helps. */
export interface ToHelper {
  run: number;
  model: string;
  shape: Uint32Array;
  data: Float32Array;
}

/** `fault` is `Fault` of web/src/wire.rs. */
export type FromHelper = { ready: true } | { run: number; outputs: Outputs } | { run: number; fault: object };
