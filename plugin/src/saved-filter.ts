// A filter that the user has saved in Stash, as what Stash takes to find scenes. It is saved as Stash's page
// thinks of it, which differs; what cannot be turned into the other is refused by its name, never left out.

import { fields, items } from "./shapes.ts";
import { isUuid } from "./stash/endpoints.ts";
import type { SceneFilter } from "./stash/library.ts";
import { Told } from "./words.ts";

export interface SavedFilter {
  id: string;
  name: string;
  find_filter: { q: string | null } | null;
  object_filter: unknown;
}

/** What a scan asks Stash for. */
export interface Chosen {
  name: string;
  scene: SceneFilter;
  /** The search words. */
  q: string;
}

type Criterion = { value: unknown; modifier: string };
/** Gives undefined for what makes no sense. */
type Convert = (criterion: Criterion) => unknown;

const EMPTY = ["IS_NULL", "NOT_NULL"];
const EQUAL = ["EQUALS", "NOT_EQUALS"];
const RANGE = ["BETWEEN", "NOT_BETWEEN"];
const LIST = ["INCLUDES_ALL", "INCLUDES", "EXCLUDES", "EQUALS", "NOT_EQUALS"];
const TEXT = [...EQUAL, "INCLUDES", "EXCLUDES", "MATCHES_REGEX", "NOT_MATCHES_REGEX"];
const MOST_TEXT = 2000;
const MOST_IDS = 1000;

const text: Convert = ({ value, modifier }) => {
  if (EMPTY.includes(modifier)) return { value: "", modifier };
  return TEXT.includes(modifier) && isText(value) ? { value, modifier } : undefined;
};

/** A value and another one, of which each fits; the value may stand for itself. */
const range = (fits: (value: unknown) => boolean, none: unknown): Convert => ({ value, modifier }) => {
  if (EMPTY.includes(modifier)) return { value: none, modifier };
  const { value: one, value2: two } = typeof value === "object" ? fields(value) : { value, value2: undefined };
  if (RANGE.includes(modifier)) return fits(one) && fits(two) ? { value: one, value2: two, modifier } : undefined;
  return [...EQUAL, "GREATER_THAN", "LESS_THAN"].includes(modifier) && fits(one) ? { value: one, modifier } : undefined;
};
const amount = range((value) => Number.isSafeInteger(value), 0);
const moment: Convert = (criterion) => {
  const found = range((value) => isText(value) && /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d)?$/.test(value.trim()), "")(criterion);
  return found && Object.fromEntries(Object.entries(found).map(([key, value]) => [key, key === "modifier" ? value : String(value).trim().replace(" ", "T")]));
};

const yes: Convert = ({ value }) => (value === "true" || value === true ? true : value === "false" || value === false ? false : undefined);
const word: Convert = ({ value }) => (isText(value) && /^\w+$/.test(value) ? value : undefined);

/** `deep`: with what is below them (tags, studios). */
const list = (deep: boolean): Convert => ({ value, modifier }) => {
  const { items: included = value, excluded, depth } = Array.isArray(value) ? {} : fields(value);
  const [value_, excludes] = [included, excluded].map(ids);
  if (!value_ || !excludes) return undefined;
  const below = deep ? { depth: modifier === "EQUALS" || !Number.isSafeInteger(depth) ? 0 : depth } : {};
  if (EMPTY.includes(modifier)) return { value: [], modifier, ...below };
  const some = value_.length + excludes.length > 0 || modifier === "EQUALS";
  return LIST.includes(modifier) && some ? { value: value_, modifier, ...(excludes.length > 0 ? { excludes } : {}), ...below } : undefined;
};

function ids(of: unknown): string[] | undefined {
  const all = items(of ?? [], MOST_IDS + 1).map((item) => String(fields(item)["id"] ?? item));
  return all.length <= MOST_IDS && all.every((id) => /^\d{1,12}$/.test(id)) ? all : undefined;
}

const HEIGHTS = new Map(Object.entries({
  "144p": "VERY_LOW", "240p": "LOW", "360p": "R360P", "480p": "STANDARD", "540p": "WEB_HD", "720p": "STANDARD_HD", "1080p": "FULL_HD",
  "1440p": "QUAD_HD", "4k": "FOUR_K", "5k": "FIVE_K", "6k": "SIX_K", "7k": "SEVEN_K", "8k": "EIGHT_K", "Huge": "HUGE",
}));
const resolution: Convert = ({ value, modifier }) => {
  const height = isText(value) ? HEIGHTS.get(value) : undefined;
  return height && [...EQUAL, "GREATER_THAN", "LESS_THAN"].includes(modifier) ? { value: height, modifier } : undefined;
};
const orientation: Convert = ({ value }) => {
  const all = items(value, 4).map((one) => String(one).toUpperCase());
  return all.length > 0 && all.every((one) => ["LANDSCAPE", "PORTRAIT", "SQUARE"].includes(one)) ? { value: all } : undefined;
};
const phash: Convert = ({ value, modifier }) => {
  const { value: hash, distance } = fields(value);
  if (EMPTY.includes(modifier)) return { value: "", modifier };
  return EQUAL.includes(modifier) && isText(hash) ? { value: hash, modifier, ...(Number.isSafeInteger(distance) ? { distance } : {}) } : undefined;
};
/** Only without an endpoint: Stash puts that into its SQL as it is. */
const stashId: Convert = ({ value, modifier }) => {
  const { endpoint, stashID } = typeof value === "string" ? { endpoint: "", stashID: value } : fields(value);
  if (endpoint) return undefined;
  if (EMPTY.includes(modifier)) return { modifier };
  return EQUAL.includes(modifier) && isUuid(stashID) ? { stash_id: stashID, modifier } : undefined;
};

const of = (convert: Convert, ...names: (keyof SceneFilter)[]): [string, Convert][] => names.map((name) => [name, convert]);
const KNOWN = new Map<string, Convert>([
  ...of(text, "title", "code", "path", "details", "director", "oshash", "checksum", "video_codec", "audio_codec", "url"),
  ...of(amount, "rating100", "o_counter", "framerate", "bitrate", "duration", "resume_time", "play_duration", "play_count", "tag_count",
    "performer_count", "performer_age", "interactive_speed", "file_count", "stash_id_count"),
  ...of(moment, "date", "created_at", "updated_at", "last_played_at"),
  ...of(yes, "organized", "performer_favorite", "interactive"),
  ...of(word, "has_markers", "is_missing"),
  ...of(list(true), "tags", "performer_tags", "studios", "groups"),
  ...of(list(false), "performers", "galleries", "movies"),
  ...of(resolution, "resolution"), ...of(orientation, "orientation"), ...of(phash, "phash_distance"), ...of(stashId, "stash_id_endpoint"),
]);

/** Throws a sentence that names what cannot be used. */
export function chosen({ name, find_filter: find, object_filter: object }: SavedFilter): Chosen {
  const scene: Record<string, unknown> = {}, refused: string[] = [];
  for (const [key, criterion] of Object.entries(fields(object))) {
    const { value, modifier } = fields(criterion);
    const input = KNOWN.get(key)?.({ value, modifier: typeof modifier === "string" ? modifier : "EQUALS" });
    if (input === undefined) refused.push(key.slice(0, 60).replaceAll("_", " "));
    else scene[key] = input;
  }
  if (refused.length > 0) throw new Told("filterRefused", { name, criteria: refused.join(", ") });
  return { name, scene: scene as SceneFilter, q: find?.q ?? "" };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MOST_TEXT;
}
