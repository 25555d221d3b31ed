// The file that `rollcall scan` writes: names for the scenes of a Stash, found by a computer without a
// browser. It comes from elsewhere: nothing in it is believed before its shape was looked at.

import type { AnswerCandidate, AnswerFace, NamedMatch } from "../../web/client/index.ts";
import { isHost, isUuid } from "./stash/endpoints.ts";
import { fields, items, number, text } from "./shapes.ts";
import { bytes, Told } from "./words.ts";

/** A larger file would not fit into the memory of a phone. */
export const MOST_BYTES = 200e6;
const VERSION = 1;
/** A face of 160 pixels is a tenth of this. */
const MOST_THUMBNAIL = 200_000;
const MOST_FACES = 8;
/** The plugin's own most, see settings.ts. */
const MOST_CANDIDATES = 20;
const MOST_MATCHES = 200;

export interface QueueFile {
  /** Seconds since 1970. */
  created: number;
  /** The database that was asked, if any. */
  database: { version: string; performers: number } | null;
  /** What `sceneOf` reads. */
  scenes: unknown[];
}

export interface QueuedScene {
  id: string;
  matches: NamedMatch[];
  /** People whose entry makes no sense. */
  broken: number;
}

/** Reads the file's text. Throws a sentence for the user. */
export function parseQueue(source: string): QueueFile {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    // What begins as such a file was cut off, or changed on its way.
    throw new Told(/^\s*\{\s*"format"\s*:\s*"rollcall-queue"/.test(source) ? "queueCut" : "queueOther");
  }
  const { format, version, created, database, scenes } = fields(value);
  if (format !== "rollcall-queue") throw new Told("queueOther");
  if (typeof version !== "number" || version > VERSION) throw new Told("queueNewer");
  if (!Array.isArray(scenes)) throw new Told("queueCut");
  const { version: of, performers } = fields(database);
  return {
    created: number(created, 0, 1e11),
    database: typeof of === "string" ? { version: text(of, 50), performers: number(performers, 0, 1e9) } : null,
    scenes,
  };
}

/** Reads a file that the user chose. Throws a sentence. */
export async function readQueue(file: File): Promise<QueueFile> {
  if (file.size > MOST_BYTES) throw new Told("queueLarge", { size: bytes(file.size), most: bytes(MOST_BYTES) });
  return parseQueue(await file.text());
}

/** One scene of the file, or nothing where it names none. */
export function sceneOf(value: unknown): QueuedScene | undefined {
  const { id, matches } = fields(value);
  if (typeof id !== "string" || !/^[1-9]\d{0,8}$/.test(id)) return undefined;
  const all = items(matches, MOST_MATCHES).filter((match) => fields(match)["unknown"] !== true);
  const named = all.flatMap((match) => matchOf(fields(match)) ?? []);
  return { id, matches: named, broken: all.length - named.length };
}

function matchOf(match: Record<string, unknown>): NamedMatch | undefined {
  const best = candidateOf(match);
  if (!best) return undefined;
  const others = items(match["candidates"], MOST_CANDIDATES).flatMap((one) => candidateOf(fields(one)) ?? []);
  const thumbnail = match["face_thumbnail"];
  const why = fields(match["why"]);
  return {
    ...best,
    candidates: [best, ...others.filter((one) => one.performer_id !== best.performer_id)],
    appearances: Math.round(number(match["appearances"], 1, 1e6)),
    faces: items(match["faces"], MOST_FACES).map((face) => faceOf(fields(face))),
    ...(typeof thumbnail === "string" && thumbnail.length <= MOST_THUMBNAIL && /^data:image\/jpeg;base64,[\w+/=]*$/.test(thumbnail) ? { face_thumbnail: thumbnail } : {}),
    why: {
      similarity: best.similarity, margin: number(why["margin"], 0, 2), looks: number(why["looks"], 0, 1e6),
      performers: number(why["performers"], 0, 1e9), expected: why["expected"] === true, shard: null,
    },
  };
}

/** `host:uuid` */
function isId(id: unknown): id is string {
  if (typeof id !== "string") return false;
  const [host = "", uuid] = id.split(":");
  return isHost(host) && isUuid(uuid) && id === `${host}:${uuid}`;
}

function candidateOf(from: Record<string, unknown>): AnswerCandidate | undefined {
  const { performer_id: id } = from;
  const name = text(from["name"]).trim();
  if (!isId(id) || name === "") return undefined;
  const ids = Object.entries(fields(from["stash_ids"])).filter(([host, uuid]) => isHost(host) && isUuid(uuid));
  return {
    performer_id: id, name, disambiguation: text(from["disambiguation"]) || null, country: text(from["country"], 2) || null,
    confidence: number(from["confidence"], 0, 1), similarity: number(from["similarity"], -1, 1, 0),
    stash_ids: Object.fromEntries(ids.slice(0, 20)) as Record<string, string>,
    merged_ids: items(from["merged_ids"], 256).filter(isId),
    // Links are built from ids alone, and the review shows the library's pictures only.
    stashdb_id: null, image_url: null, stashdb_url: null,
  };
}

function faceOf(face: Record<string, unknown>): AnswerFace {
  const box = fields(face["box"]);
  const side = (key: string): number => number(box[key], -1e5, 1e5, 0);
  return {
    box: { x: side("x"), y: side("y"), width: side("width"), height: side("height") },
    frame: number(face["frame"], 0, 1e7), time: typeof face["time"] === "number" ? number(face["time"], 0, 1e6) : null, score: number(face["score"], 0, 1),
  };
}
