// What galleries are called and made of, for the benchmarks that share them.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The pack with both embedders, the models of which our galleries pretend to come from. */
export const PACK = "opencv-mbf";

export const words = (count) => (count >= 1e6 ? `${count / 1e6}M` : `${count / 1e3}k`);

/** The pack, or what it is with only the embedder of one dimension. */
export function packWith({ models }, dimension) {
  const pack = JSON.parse(readFileSync(join(models, PACK, "pack.json"), "utf8"));
  return dimension ? { ...pack, name: `only-${dimension}`, embedders: pack.embedders.filter((model) => model.dimension === dimension) } : pack;
}

/** The gallery that peers are compared on: one 512-d model, hard to tell apart. */
export function hard(native, options, people) {
  const queries = options.quick ? 100 : 1000;
  return native.gallery(`hard-512-${words(people)}`, { pack: packWith(options, 512), people, queries, matrices: true });
}
