// What a Stash server knows, in memory: scenes, images, galleries, performers, tags, settings.
// Everything is plain data that a test may read and change between two requests.

import { createHash } from "node:crypto";

const KINDS = ["scenes", "images", "galleries", "performers", "tags", "markers"];

export class Library {
  #last = {};

  constructor() {
    for (const kind of KINDS) this[kind] = new Map();
    /** `configuration.general.stashBoxes`; `performers` are what `scrapeSinglePerformer` finds there:
     *  fields of `ScrapedPerformer`, `remote_site_id` being the UUID. */
    this.stashBoxes = [];
    this.interface = { language: "en-GB", sfwContentMode: false };
    this.ui = {};
    /** The settings of plugins, by id; `configurePlugin` overwrites a plugin's whole. */
    this.pluginSettings = {};
    /** `{ id, mode, name, find_filter, object_filter }`, as Stash's page saves them. */
    this.savedFilters = [];
    this.disabledPlugins = new Set();
    this.jobs = [];
    /** The backups that were made: the inputs of `backupDatabase`. */
    this.backups = [];
    /** Answers what the server itself fetches, as a performer's picture by URL: `{ status, type, bytes }`. */
    this.fetchPicture = fetchFromThisMachine;
  }

  /** Adds a scene. `media` names files, or null: `sprite`, `vtt`, `screenshot`, `preview`, `stream`;
   *  `later` is the media that `metadataGenerate` makes. */
  addScene({ media = {}, file = {}, markers = [], ...fields } = {}) {
    const scene = this.#add("scenes", { ...links(), organized: false, stash_ids: [], ...fields });
    scene.media = { sprite: null, vtt: null, screenshot: null, preview: null, stream: null, ...media };
    const hash = createHash("md5").update(`scene ${scene.id}`).digest("hex").slice(0, 16);
    scene.file = videoFile(scene, { hash, ...file });
    scene.marker_ids = markers.map((marker) => this.#add("markers", { scene_id: scene.id, tag_ids: [], title: "", ...marker }).id);
    return scene;
  }

  /** Adds an image; `media` names files: `image`, `thumbnail` (the image itself where it has none). */
  addImage({ media = {}, file = {}, ...fields } = {}) {
    const image = this.#add("images", { ...links(), organized: false, ...fields });
    image.media = { image: null, thumbnail: media.image ?? null, ...media };
    image.file = { id: `1${image.id}`, path: `/library/images/${image.id}.jpg`, width: 640, height: 480, size: 100000, ...file };
    return image;
  }

  /** Adds a gallery of the images `image_ids`. */
  addGallery({ image_ids = [], ...fields } = {}) {
    return this.#add("galleries", { ...links(), organized: false, image_ids, ...fields });
  }

  /** Adds a performer; `picture` is `{ type, bytes }`, a file, or null for Stash's default picture. */
  addPerformer({ picture = null, ...fields }) {
    const defaults = { disambiguation: "", alias_list: [], urls: [], favorite: false, ignore_auto_tag: false, tag_ids: [] };
    const performer = this.#add("performers", { ...defaults, ...fields, stash_ids: [], picture });
    performer.stash_ids = (fields.stash_ids ?? []).map((id) => ({ updated_at: performer.updated_at, ...id }));
    return performer;
  }

  addTag(fields) {
    return this.#add("tags", { aliases: [], favorite: false, ignore_auto_tag: false, stash_ids: [], ...fields });
  }

  /** Removes a performer as Stash does: from everything they were on, too. */
  removePerformer(id) {
    this.performers.delete(id);
    for (const kind of ["scenes", "images", "galleries"]) {
      for (const item of this[kind].values()) item.performer_ids = item.performer_ids.filter((one) => one !== id);
    }
  }

  /** Those of a kind whose `<field>_ids` hold an id. */
  having(kind, field, id) {
    return [...this[kind].values()].filter((item) => item[field]?.includes(id));
  }

  #add(kind, fields) {
    const now = new Date().toISOString();
    // An id is never given twice, as in SQLite.
    this.#last[kind] = (this.#last[kind] ?? 0) + 1;
    const id = fields.id ?? String(this.#last[kind]);
    const item = { custom_fields: {}, created_at: now, updated_at: now, ...fields, id };
    this[kind].set(id, item);
    return item;
  }
}

const links = () => ({ title: "", performer_ids: [], tag_ids: [], gallery_ids: [], urls: [] });

function videoFile(scene, fields) {
  return {
    id: `2${scene.id}`, path: `/library/scenes/${scene.id}.mp4`, format: "mp4", size: 10_000_000, width: 1280, height: 720,
    duration: 60, video_codec: "h264", audio_codec: "aac", frame_rate: 25, bit_rate: 2_000_000, ...fields,
  };
}

async function fetchFromThisMachine(url) {
  const { hostname } = new URL(url);
  if (!["localhost", "127.0.0.1"].includes(hostname)) return { status: 403, type: "text/plain", bytes: Buffer.alloc(0) };
  const response = await fetch(url);
  return {
    status: response.status, type: response.headers.get("content-type") ?? "", bytes: Buffer.from(await response.arrayBuffer()),
  };
}
