// The second script, loaded when it is first needed: Stash's whole page waits for the first.

import { assets } from "../stash/api.ts";

type Later = typeof import("../later.ts");

/** Put in by build.mjs: the file, with a sign of its version. */
declare const LATER: string;

let module: Promise<Later> | undefined;

export function later(): Promise<Later> {
  module ??= (import(new URL(LATER, assets).href) as Promise<Later>).catch((thrown: unknown) => {
    module = undefined; // a browser asks again only if we do
    throw thrown;
  });
  return module;
}
