// Model packs other than the plugin's own: the host of the database has them, and this browser keeps the
// one that the user has chosen.

import { fields, items, number } from "../shapes.ts";
import { Told } from "../words.ts";
import type { Trial } from "./places.ts";
import { smallJson } from "./small.ts";
import { keptModels } from "./store.ts";

/** Those that `rollcall models` knows beside it: a host has no list of what it serves. */
const KNOWN = ["opencv-mbf", "buffalo_l", "buffalo_s", "auraface"];

export interface Pack {
  name: string;
  /** Its folder, absolute, with `/` at its end. */
  url: string;
  bytes: number;
  /** SHA-256 of the networks that make embeddings. */
  embedders: string[];
}

/** The folder of the pack that the user has chosen, from its host or as this browser has kept it. */
export async function folderOf(name: string, trials: readonly Trial[]): Promise<string> {
  const folders = foldersOf(name, trials);
  for (const url of folders) if (await packAt(name, url)) return url;
  const kept = await keptModels();
  const there = folders.find((url) => kept.includes(url));
  if (there === undefined) throw new Told("packMissing", { name, folder: folders[0] ?? `models/${name}/` });
  return there;
}

/** A pack of the database's host that makes some of these embeddings. */
export async function packFor(embedders: readonly string[], trials: readonly Trial[]): Promise<Pack | undefined> {
  const found = await Promise.all(KNOWN.flatMap((name) => foldersOf(name, trials).map((url) => packAt(name, url))));
  return found.find((pack) => pack?.embedders.some((model) => embedders.includes(model)));
}

/** Where a pack may be: beside the database, as `rollcall-server` has it, or in its folder; of the places
 *  that were asked, only the one that is used, or those where nothing answered. */
function foldersOf(name: string, trials: readonly Trial[]): string[] {
  if (!/^[\w-]{1,64}$/.test(name)) throw new Told("packName", { name });
  const used = trials.filter(({ outcome }) => outcome === "database" || outcome === "kept");
  const places = used.length > 0 ? used : trials.filter(({ outcome }) => outcome === "nothing");
  return places.flatMap(({ url }) => [`../models/${name}/`, `models/${name}/`].map((path) => new URL(path, url).href));
}

async function packAt(name: string, url: string): Promise<Pack | undefined> {
  const { detector, embedders } = await smallJson(`${url}pack.json`);
  const models = [detector, ...items(embedders)].map((spec) => fields(fields(spec)["model"]));
  const hashes = models.slice(1).map(({ sha256 }) => String(sha256));
  return hashes.length > 0 ? { name, url, bytes: models.reduce((sum, { bytes }) => sum + number(bytes, 0, 1e9), 0), embedders: hashes } : undefined;
}
