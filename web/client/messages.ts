// What the client and its worker say to each other.

import type { RollcallErrorKind } from "./error.ts";
import type {
  DatabaseFacts,
  EngineChoice,
  EngineReport,
  Identification,
  Progress,
  RequestRecord,
  SpriteSheet,
} from "./types.ts";

/** All URLs are absolute: a blob worker has no folder of its own. Folders end in `/`. */
export interface WorkerOptions {
  assets: string;
  models: string;
  database: DatabaseOptions | null;
  engine: EngineChoice;
  /** Why the page asks for this engine, where it is not the user's wish but follows from a failure. */
  because: string | null;
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

export type ToWorker =
  | { type: "start"; options: WorkerOptions }
  | { type: "identify"; job: number; what: Picture | SpriteSheet }
  | { type: "fetch-database" }
  | { type: "cancel"; job: number };

export interface Failure {
  kind: RollcallErrorKind;
  message: string;
  manifest?: string;
}

/** Where `job` is null, it is about the start. */
export type FromWorker =
  | { type: "ready"; engine: EngineReport; database: DatabaseFacts | null }
  | { type: "progress"; job: number | null; progress: Progress }
  | { type: "request"; request: RequestRecord }
  | { type: "provisional"; job: number; identification: Identification }
  | { type: "database-fetched"; error: Failure | null }
  | { type: "answer"; job: number; identification: Identification }
  | { type: "failed"; job: number | null; error: Failure }
  /** The module has stopped for good: the worker must be replaced. */
  | { type: "dead"; message: string };
