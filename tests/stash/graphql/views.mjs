// Things of the library as GraphQL shows them. URLs are absolute, from the request's host and prefix,
// as Stash builds them, and are there whether or not the file is.

const seconds = (time) => Math.floor(Date.parse(time) / 1000);
const all = (map, ids) => ids.map((id) => map.get(id)).filter(Boolean);

const performers = (item) => (_, { library }) => all(library.performers, item.performer_ids).map(performerView);
const tags = (item) => (_, { library }) => all(library.tags, item.tag_ids).map(tagView);
const count = (kind, field, id) => (_, { library }) => library.having(kind, field, id).length;
const stashIds = (item) => item.stash_ids.map((id) => ({ updated_at: item.updated_at, ...id }));

export function sceneView(scene) {
  return {
    ...scene,
    __typename: "Scene",
    url: null,
    stash_ids: stashIds(scene),
    files: () => [fileView("VideoFile", scene.file, scene)],
    paths: (_, { base, stash }) => {
      const key = stash.sessions.credentials ? `?apikey=${stash.sessions.credentials.apiKey}` : "";
      const { hash } = scene.file;
      return {
        screenshot: `${base}/scene/${scene.id}/screenshot?t=${seconds(scene.updated_at)}`,
        preview: `${base}/scene/${scene.id}/preview`,
        stream: `${base}/scene/${scene.id}/stream${key}`,
        webp: `${base}/scene/${scene.id}/webp`,
        vtt: `${base}/scene/${hash}_thumbs.vtt`,
        sprite: `${base}/scene/${hash}_sprite.jpg`,
        funscript: `${base}/scene/${scene.id}/funscript`,
        interactive_heatmap: `${base}/scene/${scene.id}/interactive_heatmap`,
        caption: `${base}/scene/${scene.id}/caption`,
      };
    },
    performers: performers(scene),
    tags: tags(scene),
    galleries: (_, { library }) => all(library.galleries, scene.gallery_ids).map(galleryView),
    scene_markers: (_, { library }) => all(library.markers, scene.marker_ids).map(markerView),
    sceneStreams: (_, { base }) => [
      { url: `${base}/scene/${scene.id}/stream`, mime_type: "video/mp4", label: "Direct stream" },
      { url: `${base}/scene/${scene.id}/stream.mp4`, mime_type: "video/mp4", label: "MP4" },
    ],
  };
}

function fileView(type, file, owner) {
  const fingerprints = file.hash ? [{ type: "oshash", value: file.hash }] : [];
  return {
    __typename: type, mod_time: owner.created_at, created_at: owner.created_at, updated_at: owner.updated_at, ...file,
    basename: file.path.split("/").at(-1), fingerprints,
    fingerprint: ({ type: wanted }) => fingerprints.find(({ type: one }) => one === wanted)?.value ?? null,
  };
}

export function markerView(marker) {
  const path = (what) => (_, { base }) => `${base}/scene/${marker.scene_id}/scene_marker/${marker.id}/${what}`;
  return {
    ...marker, stream: path("stream"), preview: path("preview"), screenshot: path("screenshot"), tags: tags(marker),
    scene: (_, { library }) => sceneView(library.scenes.get(marker.scene_id)),
    primary_tag: (_, { library }) => tagView(library.tags.get(marker.tag_ids[0]) ?? { id: "0", name: "", aliases: [], stash_ids: [] }),
  };
}

export function imageView(image) {
  const file = () => fileView("ImageFile", image.file, image);
  return {
    ...image,
    __typename: "Image",
    files: () => [file()],
    visual_files: () => [file()],
    paths: (_, { base }) => {
      const path = (what) => `${base}/image/${image.id}/${what}?t=${seconds(image.updated_at)}`;
      return { thumbnail: path("thumbnail"), preview: path("preview"), image: path("image") };
    },
    performers: performers(image),
    tags: tags(image),
    galleries: (_, { library }) => library.having("galleries", "image_ids", image.id).map(galleryView),
  };
}

export function galleryView(gallery) {
  return {
    ...gallery,
    __typename: "Gallery",
    image_count: gallery.image_ids.length,
    cover: (_, { library }) => all(library.images, gallery.image_ids.slice(0, 1)).map(imageView)[0] ?? null,
    image: ({ index }, { library }) => imageView(library.images.get(gallery.image_ids[index])),
    paths: (_, { base }) => ({ cover: `${base}/gallery/${gallery.id}/cover`, preview: `${base}/gallery/${gallery.id}/preview` }),
    scenes: (_, { library }) => library.having("scenes", "gallery_ids", gallery.id).map(sceneView),
    performers: performers(gallery),
    tags: tags(gallery),
  };
}

export function performerView(performer) {
  const { id } = performer;
  return {
    ...performer,
    __typename: "Performer",
    url: performer.urls[0] ?? null,
    stash_ids: stashIds(performer),
    tags: tags(performer),
    image_path: (_, { base }) =>
      `${base}/performer/${id}/image?t=${seconds(performer.updated_at)}${performer.picture ? "" : "&default=true"}`,
    scene_count: count("scenes", "performer_ids", id),
    image_count: count("images", "performer_ids", id),
    gallery_count: count("galleries", "performer_ids", id),
    scenes: (_, { library }) => library.having("scenes", "performer_ids", id).map(sceneView),
  };
}

export function tagView(tag) {
  return { ...tag, scene_count: count("scenes", "tag_ids", tag.id), performer_count: count("performers", "tag_ids", tag.id) };
}

/** The settings a page or a plugin reads. */
export function configurationView({ library, stash }) {
  return {
    general: {
      stashBoxes: library.stashBoxes.map(({ endpoint, name, api_key = "secret-of-the-double" }) => ({
        endpoint, name, api_key, max_requests_per_minute: 240,
      })),
      apiKey: stash.sessions.credentials?.apiKey ?? "",
      pluginsPath: "/root/.stash/plugins", configFilePath: "/root/.stash/config.yml",
      spriteScreenshotSize: 160, minimumSprites: 10, maximumSprites: 500, spriteInterval: 30, useCustomSpriteInterval: false,
      ...library.general,
    },
    interface: library.interface,
    ui: library.ui,
    plugins: ({ include }) => Object.fromEntries(
      Object.entries(library.pluginSettings).filter(([id]) => !include || include.includes(id))),
  };
}
