// The queries of the schema that the plugin and the page ask.

import { pluginView } from "../plugins.mjs";
import { find } from "./filters.mjs";
import { jobView } from "./jobs.mjs";
import {
  configurationView, galleryView, imageView, performerView, sceneView, tagView,
} from "./views.mjs";

const one = (kind, view) => ({ id }, { library }) => {
  const item = library[kind].get(id);
  return item ? view(item) : null;
};

const several = (kind, view, filter) => (args, { library }) => {
  const numbers = args[`${kind.slice(0, -1)}_ids`]?.map(String);
  const { count, items } = find(library, kind, args[filter], args.filter, args.ids ?? numbers);
  return { count, [kind]: items.map(view) };
};

export const queries = {
  findScene: ({ id, checksum }, { library }) => {
    const scene = [...library.scenes.values()].find((item) => (id ? item.id === id : item.file.hash === checksum));
    return scene ? sceneView(scene) : null;
  },
  findScenes: several("scenes", sceneView, "scene_filter"),
  findImage: one("images", imageView),
  findImages: several("images", imageView, "image_filter"),
  findGallery: one("galleries", galleryView),
  findGalleries: several("galleries", galleryView, "gallery_filter"),
  findPerformer: one("performers", performerView),
  findPerformers: several("performers", performerView, "performer_filter"),
  findTag: one("tags", tagView),
  findTags: several("tags", tagView, "tag_filter"),
  findSavedFilters: ({ mode }, { library }) => library.savedFilters.filter((one) => !mode || one.mode === mode),
  configuration: (_, context) => configurationView(context),
  plugins: (_, { stash, library, base }) =>
    stash.plugins.map((plugin) => pluginView(plugin, base, !library.disabledPlugins.has(plugin.id))),
  version: (_, { stash }) => ({ version: stash.version, hash: "00000000", build_time: "2026-01-01 00:00:00" }),
  systemStatus: () => ({ databaseSchema: 75, appSchema: 75, status: "OK", os: "linux" }),
  jobQueue: (_, { library }) => library.jobs.filter(({ status }) => status !== "FINISHED").map(jobView),
  findJob: ({ input }, { library }) => {
    const job = library.jobs.find(({ id }) => id === input.id);
    return job ? jobView(job) : null;
  },
  stats: (_, { library }) => ({
    scene_count: library.scenes.size, image_count: library.images.size, performer_count: library.performers.size,
  }),
  scrapeSinglePerformer: ({ source, input }, { library }) => scrape(library, source.stash_box_endpoint, input.query ?? ""),
};

/** A stash-box answers a UUID with that row, deleted or not, and a name with those who have it. */
function scrape(library, endpoint, query) {
  const box = library.stashBoxes.find((one) => one.endpoint === endpoint);
  if (!box) throw new Error(`stash box with endpoint ${endpoint} not found`);
  const wanted = query.trim().toLowerCase();
  const known = box.performers ?? [];
  const exact = known.filter((one) => one.remote_site_id === wanted);
  if (exact.length > 0) return exact;
  return known.filter((one) => !one.deleted && `${one.name} ${one.aliases ?? ""}`.toLowerCase().includes(wanted));
}
