// Makes the films of the double from photos of real people: see README.md.
//
//     node tests/stash/make_library.mjs --photos DIR --out DIR --python PYTHON
//
// DIR is a folder like `../shared/data/faces-dev` (people/, strangers/, groups/), or what
// `rollcall samples fetch` writes (gallery/, probes/, strangers/).

import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { photos: { type: "string" }, out: { type: "string" }, python: { type: "string" } } });
if (!values.photos || !values.out) throw new Error("--photos and --out are missing");
const photos = resolve(values.photos), out = resolve(values.out), made = join(out, "made"), people = join(out, "people");

/** A stash-box's id for a person, the same at every run. */
function uuid(name) {
  const hex = createHash("sha256").update(`stash double: ${name}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}

const isPhoto = (name) => /\.(jpe?g|png|webp)$/i.test(name);

await rm(out, { recursive: true, force: true });
for (const room of ["people", "gallery", "probes"].map((name) => join(photos, name)).filter(existsSync)) {
  for (const person of (await readdir(room)).sort()) {
    const folder = join(people, person);
    await mkdir(folder, { recursive: true });
    for (const photo of (await readdir(join(room, person))).filter(isPhoto)) await symlink(join(room, person, photo), join(folder, photo));
    await writeFile(join(folder, "performer.json"), JSON.stringify({ id: `stashdb.org:${uuid(person)}`, name: person }));
  }
}
const scenes = join(here, "..", "scenes");
const { status } = spawnSync(values.python ?? "python3", [
  join(scenes, "make_scenes.py"), "--config", join(scenes, "usual.toml"), "--over", join(here, "scenes.toml"),
  "--out", made, "--people", people,
  ...["strangers", "groups"].filter((name) => existsSync(join(photos, name))).flatMap((name) => [`--${name}`, join(photos, name)]),
], { stdio: "inherit" });
if (status !== 0) throw new Error("make_scenes.py failed");

// Group photos are the images of the double; where there are none, strangers are.
const images = join(out, "images");
await mkdir(images);
const room = ["groups", "strangers"].map((name) => join(photos, name)).find(existsSync);
for (const photo of room ? await readdir(room) : []) await copyFile(join(room, photo), join(images, photo));
