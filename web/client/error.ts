/** What went wrong, for programs; the kinds before `cancelled` come from web/src/error.rs. */
export type RollcallErrorKind =
  | "settings"
  | "network"
  | "models"
  | "engine"
  | "database"
  | "picture"
  | "identify"
  | "browser"
  | "cancelled"
  | "closed"
  | "crashed";

/** An error whose message is a sentence for the user. */
export class RollcallError extends Error {
  readonly kind: RollcallErrorKind;

  constructor(kind: RollcallErrorKind, message: string) {
    super(message);
    this.name = "RollcallError";
    this.kind = kind;
  }
}
