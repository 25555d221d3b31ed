/** What went wrong, for programs; the kinds before `cancelled` come from web/src/error.rs. */
export type RollcallErrorKind =
  | "settings"
  | "network"
  | "models"
  | "engine"
  | "database"
  | "unconfirmed"
  | "picture"
  | "identify"
  | "browser"
  | "cancelled"
  | "closed"
  | "crashed";

/** An error whose message is a sentence for the user. */
export class RollcallError extends Error {
  readonly kind: RollcallErrorKind;
  /** For `unconfirmed`: what `RollcallOptions.confirmedManifest` takes if the user agrees. */
  readonly manifest: string | undefined;
  /** For a database of other models: their SHA-256. */
  readonly models: readonly string[] | undefined;

  constructor(kind: RollcallErrorKind, message: string, manifest?: string, models?: readonly string[]) {
    super(message);
    this.name = "RollcallError";
    this.kind = kind;
    this.manifest = manifest;
    this.models = models;
  }
}
