/** Rollcall in a web page: starts the worker that holds the WebAssembly, and speaks with it. */
export { RollcallError, type RollcallErrorKind } from "./error.ts";
export { Rollcall } from "./rollcall.ts";
export type * from "./types.ts";
