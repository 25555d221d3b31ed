// The shapes of what goes in and comes out. `Answer` and what it is made of match
// crates/core/src/answer.rs field by field.

export type EngineChoice = "auto" | "gpu" | "cpu";

export interface RollcallOptions {
  /** Folder with rollcall_cpu.js, rollcall_gpu.js and their .wasm files; relative to the page. */
  assets: string;
  /** Folder of one model pack: pack.json and the prepared graphs it names. */
  models: string;
  /** Whether this browser keeps the pack, so that its host is not needed the next time. Default: false,
   *  as the browser's own cache does for what lies beside the page. */
  keepModels?: boolean | undefined;
  /** Folder of a database. Without one, faces are found and everybody is unknown. */
  database?: string | undefined;
  /** Public keys (64 hex digits): only databases that one of them signed are used. Default: whoever
   *  signed on the first visit. */
  trustedKeys?: readonly string[] | undefined;
  /** The manifest of a `RollcallError` of kind `unconfirmed`, once the user has agreed to it. */
  confirmedManifest?: string | undefined;
  /** Whether made-up searches hide the real ones from the database's host. Default: unless the host
   *  is this page's own, or at home. */
  decoys?: boolean | undefined;
  /** Whether this browser keeps the database's files. Default: true. */
  keepDatabase?: boolean | undefined;
  /** Default `auto`: the GPU where it is real, right and faster, otherwise the CPU. */
  engine?: EngineChoice | undefined;
  /** Below this confidence (0 to 1) in the best candidate a person is unknown. Default: 0.5. */
  minConfidence?: number | undefined;
  /** How many candidates a person gets at most. Default: 5. */
  maxResults?: number | undefined;
  /** How many frames of a scene are searched for faces at most. Default: 81. */
  frames?: number | undefined;
  /** How many workers look at the frames of a scene where the CPU does it, 1 to 4. What they find does
   *  not depend on it. Default: one less than there are cores; 1 on a touch screen. */
  workers?: number | undefined;
}

/** One request of the worker. Where another host hides the size, `bytes` is 0; where the browser
 *  does not tell it, `status` is 0. */
export interface RequestRecord {
  url: string;
  bytes: number;
  milliseconds: number;
  cached?: boolean;
  status: number;
}

export type Stage = "engine" | "models" | "database" | "decode" | "detect" | "embed" | "search";

/** `done` of `total` steps (bytes, for models); `total` 0 where nobody knows it beforehand. */
export interface Progress {
  stage: Stage;
  done: number;
  total: number;
  /** Bytes downloaded so far. */
  bytes?: number;
}

export interface Listeners {
  progress?: ((progress: Progress) => void) | undefined;
  request?: ((request: RequestRecord) => void) | undefined;
}

export interface IdentifyListeners {
  /** Hears a first answer while the rest of the database is on its way. */
  provisional?: ((identification: Identification) => void) | undefined;
  progress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** The frames of a scene: a sprite sheet, single pictures, or both. */
export interface SceneFrames {
  /** The sheet, as Stash makes it: one picture with a tile for each moment. */
  sheet?: Blob | undefined;
  /** The text of the VTT file that says which tile shows what. */
  vtt?: string | undefined;
  /** What the video's file is called: `_LR`, `_180` and the like say that it is stereo. */
  name?: string | undefined;
  /** Pictures of single moments; `time` in seconds, null where nobody knows it. */
  pictures?: readonly { picture: Blob; time: number | null }[] | undefined;
  /** Performers (`host:uuid`) that something speaks for, such as a tag on the scene. */
  expected?: readonly string[] | undefined;
  /** Whether the identification brings `kept`. */
  keep?: boolean | undefined;
}

/** What was seen in a scene, in bytes that only Rollcall reads: biometric data. */
export interface Kept {
  /** Who has a name. */
  named: Uint8Array;
  /** Who has none; absent where that was not kept. */
  unknown?: Uint8Array;
  /** How many those are. */
  without?: number;
}

/** A scene to be named again. */
export interface KeptScene {
  named: Uint8Array;
  unknown?: Uint8Array | undefined;
  expected: readonly string[];
  /** The performers (`host:uuid`) it had names of. */
  before: readonly string[];
}

export interface Renamed {
  answer: Answer;
  /** Who had a name once is among the named. */
  kept: Kept;
  /** Whoever still has no name: their places among those who had none before, in the new order. */
  still: readonly number[];
}

/** Somebody without a name, in one of the scenes that were given. */
export interface Member {
  /** The scene's place among those. */
  scene: number;
  /** The person's place in the scene. */
  person: number;
  appearances: number;
  faces: AnswerFace[];
  face_thumbnail: string | null;
}

/** Somebody of the user's own library. */
export interface Known {
  /** The performer's number in the user's Stash; answers say `local:00000000-0000-8000-8000-` and
   *  its twelve hexadecimal digits. */
  id: number;
  name: string;
  disambiguation: string | null;
  /** Ids at stash-boxes, by host. */
  stash_ids: Record<string, string>;
}

export interface EngineReport {
  /** `simd` (CPU) or `wonnx` (GPU). */
  name: string;
  adapter: string | null;
  software_adapter: boolean;
  /** Compute passes given to the GPU so far; 0 on the CPU. */
  dispatches: number;
  /** Why this engine, in a sentence for the user. */
  why: string;
}

/** What a database says of itself, and how this browser meets it. */
export interface DatabaseFacts {
  version: string;
  /** Seconds since 1970. */
  created: number;
  expires: number | null;
  performers: number;
  faces: number;
  shards: number;
  bytes: number;
  sketch_bytes: number;
  /** Fingerprint of the key that signed it, for people to compare. */
  signer: string | null;
  models: { name: string; sha256: string; dimension: number; planes: number; preprocessing: string }[];
  sources: Record<string, { performers: number; faces: number }>;
  /** Whether it looks like somebody's own collection: of no stash-box, signed by nobody. */
  own: boolean;
  first_visit: boolean;
  /** Whether whoever signed it also did so before. */
  known_signer: boolean;
  kept: boolean;
  decoys: boolean;
}

export interface Identification {
  answer: Answer;
  timings: Timings;
  /** Pixels of the upright picture. */
  width: number;
  height: number;
  /** What was seen in a scene, where that was asked for. */
  kept?: Kept;
}

/** Milliseconds. */
export interface Timings {
  decode: number;
  detect: number;
  embed: number;
  search: number;
  total: number;
}

export interface Answer {
  performers_detected: number;
  matches: Match[];
  /** Part of the database could not be used. */
  partial: boolean;
  /** Part of the database is still on its way. */
  provisional: boolean;
  engine: EngineReport;
  models: string[];
  database: { version: string; performers: number } | null;
  calibrated: boolean;
  /** What was looked at, for a scene. */
  scene?: SceneFacts;
}

/** One person. A named one has the best candidate's keys beside its own. */
export type Match = UnknownMatch | NamedMatch;

export interface SceneFacts {
  frames: number;
  searched: number;
  /** Frames like one that was searched. */
  repeated: number;
  missing: number;
  faces: number;
  /** Faces too small or too poor to compare. */
  too_poor: number;
}

/** What a name rests on: core's `Evidence`. */
export interface Why {
  similarity: number;
  /** How far the next performer is behind, in units of cosine. */
  margin: number;
  looks: number;
  performers: number;
  expected: boolean;
  shard: string | null;
}

interface Seen {
  appearances: number;
  faces: AnswerFace[];
  candidates: AnswerCandidate[];
  /** `data:image/jpeg;base64,…` */
  face_thumbnail?: string;
}

export interface UnknownMatch extends Seen {
  unknown: true;
}

export interface NamedMatch extends Seen, AnswerCandidate {
  why: Why;
  unknown?: never;
}

export interface AnswerCandidate {
  /** `endpoint:uuid` */
  performer_id: string;
  stashdb_id: string | null;
  /** Text from strangers: never markup. */
  name: string;
  disambiguation: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string | null;
  /** Probability that this is right, 0 to 1. */
  confidence: number;
  /** Cosine, -1 to 1. */
  similarity: number;
  stash_ids: Record<string, string | null>;
  /** `endpoint:uuid`: what an endpoint has merged into one of these, and older libraries may still have. */
  merged_ids?: string[];
  image_url: string | null;
  stashdb_url: string | null;
}

/** Pixels of the upright picture; a box may reach beyond its edges. */
export interface BoundingBox {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface AnswerFace {
  box: BoundingBox;
  frame: number;
  /** Seconds from the start, for a scene. */
  time: number | null;
  /** The detector's score, 0 to 1. */
  score: number;
}
