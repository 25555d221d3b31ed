// What changes the library, with Stash's own semantics: lists of an update REPLACE, `BulkUpdateIds`
// SET, ADD or REMOVE, `configurePlugin` overwrites the whole.

import { generate, start } from "./jobs.mjs";
import { galleryView, imageView, performerView, sceneView, tagView } from "./views.mjs";

const LISTS = { performer_ids: "performers", tag_ids: "tags", gallery_ids: "galleries" };

/** `sceneUpdate` and its like: what is given takes the place of what was. */
const update = (kind, view) => ({ input }, { library }) => {
  const { id, custom_fields: custom, clientMutationId: _, ...fields } = input;
  const item = library[kind].get(id);
  if (!item) throw new Error(`${kind.slice(0, -1)} with id ${id} not found`);
  for (const [name, value] of Object.entries(fields)) {
    if (LISTS[name]) known(library, name, value ?? []);
    item[name] = value;
  }
  return view(touched(item, custom));
};

const bulk = (kind, view) => ({ input }, { library }) => {
  const { ids, custom_fields: custom, clientMutationId: _, ...fields } = input;
  const items = (ids ?? []).map((id) => library[kind].get(id));
  if (items.includes(undefined)) throw new Error(`${kind.slice(0, -1)} with id ${ids[items.indexOf(undefined)]} not found`);
  for (const [name, value] of Object.entries(fields)) if (LISTS[name]) known(library, name, value?.ids ?? []);
  return items.map((item) => {
    for (const [name, value] of Object.entries(fields)) {
      item[name] = value && typeof value === "object" ? changed(item[name] ?? [], value) : value;
    }
    return view(touched(item, custom));
  });
};

function changed(have, { ids, values, mode }) {
  const given = ids ?? values ?? [];
  if (mode === "SET") return [...new Set(given)];
  if (mode === "REMOVE") return have.filter((one) => !given.includes(one));
  return [...new Set([...have, ...given])];
}

/** The database refuses links to what is not there. */
function known(library, field, ids) {
  if (ids.some((id) => !library[LISTS[field]].has(id))) throw new Error("FOREIGN KEY constraint failed");
}

function touched(item, custom) {
  const { full, partial, remove } = custom ?? {};
  if (full) item.custom_fields = { ...full };
  if (partial) item.custom_fields = { ...item.custom_fields, ...partial };
  for (const name of remove ?? []) delete item.custom_fields[name];
  item.updated_at = new Date().toISOString();
  return item;
}

async function createPerformer({ input }, { library }) {
  const { image, custom_fields: custom, stash_ids: ids, ...fields } = input;
  unique(library, fields.name, fields.disambiguation);
  if (fields.tag_ids) known(library, "tag_ids", fields.tag_ids);
  const picture = image ? await pictureOf(library, image) : null;
  return performerView(library.addPerformer({ ...fields, stash_ids: plain(ids), picture, custom_fields: { ...custom } }));
}

async function updatePerformer({ input }, { library }) {
  const { id, image, custom_fields: custom, stash_ids: ids, ...fields } = input;
  const performer = library.performers.get(id);
  if (!performer) throw new Error(`performer with id ${id} not found`);
  unique(library, fields.name ?? performer.name, fields.disambiguation ?? performer.disambiguation, id);
  if (image !== undefined) performer.picture = image ? await pictureOf(library, image) : null;
  const before = performer.stash_ids;
  Object.assign(performer, fields);
  touched(performer, custom);
  if (ids) {
    // One that was there keeps its time unless it is given a new one.
    const time = (one) => one.updated_at ?? before.find((old) => old.stash_id === one.stash_id)?.updated_at ?? performer.updated_at;
    performer.stash_ids = plain(ids).map((one) => ({ ...one, updated_at: time(one) }));
  }
  return performerView(performer);
}

const plain = (ids) => (ids ?? []).map((one) => ({ ...one }));

/** Name and disambiguation together are unique. */
function unique(library, name, disambiguation, but) {
  const same = [...library.performers.values()].some((one) =>
    one.id !== but && one.name === name && (one.disambiguation ?? "") === (disambiguation ?? ""));
  if (!same) return;
  const more = disambiguation ? ` and disambiguation '${disambiguation}'` : "";
  throw new Error(`performer with name '${name}'${more} already exists`);
}

/** A data URL is decoded; another is fetched by the server, and the whole mutation fails with it. */
async function pictureOf(library, image) {
  const [, type, data] = /^data:([^;,]+);base64,(.*)$/s.exec(image) ?? [];
  if (data) return { type, bytes: Buffer.from(data, "base64") };
  if (!/^https?:\/\//.test(image)) throw new Error("illegal base64 data at input byte 0");
  const answer = await library.fetchPicture(image);
  if (answer.status >= 400) throw new Error(`error processing image: http error ${answer.status}`);
  return { type: answer.type, bytes: answer.bytes };
}

function createTag({ input }, { library }) {
  const taken = (tag) => tag.name.toLowerCase() === input.name.toLowerCase() || tag.aliases.includes(input.name);
  if ([...library.tags.values()].some(taken)) throw new Error(`tag with name '${input.name}' already exists`);
  const { custom_fields: custom, image: _, ...fields } = input;
  return tagView(library.addTag({ ...fields, custom_fields: { ...custom } }));
}

export const mutations = {
  sceneUpdate: update("scenes", sceneView),
  imageUpdate: update("images", imageView),
  galleryUpdate: update("galleries", galleryView),
  bulkSceneUpdate: bulk("scenes", sceneView),
  bulkImageUpdate: bulk("images", imageView),
  bulkGalleryUpdate: bulk("galleries", galleryView),
  performerCreate: createPerformer,
  performerUpdate: updatePerformer,
  performerDestroy: ({ input }, { library }) => {
    library.removePerformer(input.id);
    return true;
  },
  tagCreate: createTag,
  configurePlugin: ({ plugin_id: id, input }, { library }) => {
    library.pluginSettings[id] = { ...input };
    return library.pluginSettings[id];
  },
  setPluginsEnabled: ({ enabledMap }, { library }) => {
    for (const [id, enabled] of Object.entries(enabledMap)) {
      if (enabled) library.disabledPlugins.delete(id);
      else library.disabledPlugins.add(id);
    }
    return true;
  },
  metadataGenerate: ({ input }, { library }) => start(library, "Generating...", () => generate(library, input)),
  backupDatabase: ({ input }, { library, base }) => {
    library.backups.push({ ...input });
    return input.download ? `${base}/downloads/backup/stash.sqlite` : null;
  },
};
