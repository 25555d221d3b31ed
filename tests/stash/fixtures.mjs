// A library of real photos, from what make_library.mjs made.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Library } from "./library.mjs";

/** The stash-box that the double is configured for, as Stash writes its endpoint. */
export const STASHDB = "https://stashdb.org/graphql";

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const photo = (name) => /\.(jpe?g|png|webp)$/i.test(name);
const list = (folder) => (existsSync(folder) ? readdirSync(folder).sort() : []);

/**
 * Everybody of the gallery but those in `without` is a performer with a stash id (none if
 * `linked` is false); nobody is on a scene yet. `stashdb` knows everybody.
 * `films` says how many there are: where the folder has fewer they come again, each a scene of its own.
 * `scene.truth` is what make_scenes.py says of a scene: who is in it, when, and where.
 */
export function photoLibrary(folder, { without = [], linked = true, tile = 160, films } = {}) {
  const library = new Library();
  const gallery = join(folder, "made", "gallery");
  const people = list(gallery).map((name) => {
    const { id } = read(join(gallery, name, "performer.json"));
    const picture = join(gallery, name, list(join(gallery, name)).find(photo));
    return { name, picture, stash_id: id.split(":")[1] };
  });
  for (const { name, picture, stash_id: id } of people) {
    if (!without.includes(name)) library.addPerformer({ name, picture, stash_ids: linked ? [{ endpoint: STASHDB, stash_id: id }] : [] });
  }
  library.stashBoxes.push({
    endpoint: STASHDB, name: "stashdb",
    performers: people.map(({ name, stash_id: id }) => ({ name, remote_site_id: id, images: [], gender: null })),
  });
  const room = join(folder, "made", "scenes", String(tile)), names = list(room);
  for (let place = 0; place < (films ?? names.length); place += 1) {
    const name = names[place % names.length], again = Math.floor(place / names.length);
    addFilm(library, join(room, name), again ? `${name} (${again + 1})` : name);
  }
  const images = list(join(folder, "images")).filter(photo).map((name) =>
    library.addImage({ title: name, media: { image: join(folder, "images", name) }, file: { path: `/library/images/${name}` } }).id);
  library.addGallery({ title: "Groups", image_ids: images });
  return library;
}

/** Names that take over a page which takes them for anything but text. */
export const HOSTILE = [
  "<img src=x onerror=\"window.owned='img'\">", "<script>window.owned='script'</script>", "\"><svg/onload=window.owned='svg'>",
  "javascript:window.owned='link'", "{{constructor.constructor('window.owned=1')()}}", "${window.owned='template'}",
  "'); DROP TABLE performers;--", "\u202egnp.exe", "a\u0000b\n\r\tc", "Z\u0351\u036b\u0343a\u0329\u034el\u0321go", "n".repeat(5000), " ", "__proto__",
];

/** Gives everything in a library hostile names, each its own, and performers hostile links; a test then
 *  asserts that `window.owned` is not there. */
export function hostile(library) {
  let number = 0;
  const name = () => `${HOSTILE[number++ % HOSTILE.length]} ${number}`;
  for (const kind of ["scenes", "images", "galleries", "markers"]) for (const item of library[kind].values()) item.title = name();
  for (const tag of library.tags.values()) tag.name = name();
  for (const performer of library.performers.values()) {
    Object.assign(performer, { name: name(), disambiguation: name(), alias_list: [name()], urls: ["javascript:window.owned='url'"] });
  }
  for (const box of library.stashBoxes) {
    for (const one of box.performers ?? []) Object.assign(one, { name: name(), images: ["javascript:window.owned='picture'"] });
  }
  return library;
}

/** A film with its sheet and cues, and its video where make_scenes.py made one. */
function addFilm(library, folder, title) {
  const truth = read(join(folder, "truth.json"));
  const there = (name) => (existsSync(join(folder, name)) ? join(folder, name) : null);
  const video = there("video.mp4"), sheet = { sprite: there("sprite.jpg"), vtt: there("thumbs.vtt") };
  const [width, height] = truth.video_size ?? truth.tile.map((side) => 8 * side);
  const scene = library.addScene({
    title,
    file: { path: `/library/scenes/${title}.mp4`, duration: truth.duration, width, height },
    media: { ...sheet, stream: video, preview: video, screenshot: there("frames/0000.jpg") },
    markers: video ? [0.25, 0.75].map((share) => marker(truth, share, there)) : [],
  });
  scene.later = sheet;
  scene.truth = truth;
}

/** A marker at a share of the film, with the frame that is seen then. */
function marker(truth, share, there) {
  const frame = Math.floor(share * truth.frames);
  const seconds = (frame + 0.5) / truth.frames * truth.duration;
  return { title: `At ${Math.round(100 * share)} %`, seconds, picture: there(`frames/${String(frame).padStart(4, "0")}.jpg`) };
}
