// Scripts that are loaded when they are first needed: Stash's whole page waits for the main one.

import { assets } from "../stash/api.ts";
import { Told } from "../words.ts";

/** Gives the module in a file of the plugin's assets. */
export function lazily<T>(file: string): () => Promise<T> {
  let module: Promise<T> | undefined;
  return () => {
    module ??= (import(new URL(file, assets).href) as Promise<T>).catch(() => {
      module = undefined; // a browser asks again only if we do
      throw new Told("partMissing");
    });
    return module;
  };
}
