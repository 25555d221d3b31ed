// The Stash of ../../stash with folders of files as the assets of a plugin `rollcall`.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { startStash as startDouble } from "../../stash/server.mjs";

const ASSETS = "/plugin/rollcall/assets/";

/** Starts it on a free port; `folders` maps paths below the plugin's assets to folders of files.
 *  `meddle(path, response, file)` may answer a request for a file in its own way: then it gives true. */
export async function startStash(folders, meddle) {
  const plugin = mkdtempSync(join(tmpdir(), "rollcall-plugin-"));
  writeFileSync(join(plugin, "rollcall.yml"), "name: Rollcall\nui: {assets: {/: assets}}\n");
  const there = Object.entries(folders).filter(([, folder]) => folder).sort(([a], [b]) => b.length - a.length);
  for (const [path, folder] of there) link(join(plugin, "assets", path), resolve(folder), there.some(([other]) => other.startsWith(`${path}/`)));
  const stash = await startDouble({ plugins: [plugin] });
  stash.faults.add({
    when: ({ path }) => path.startsWith(ASSETS),
    answer: ({ path }, response) => {
      // Tests count what a host is asked: the browser's own cache would answer for it.
      response.setHeader("Cache-Control", "no-store");
      const below = decodeURIComponent(path.slice(ASSETS.length));
      return meddle?.(below, response, join(plugin, "assets", below));
    },
  });
  return { port: stash.port, close: () => { stash.close(); rmSync(plugin, { recursive: true, force: true }); } };
}

/** Has `place` show what `folder` holds; one that holds other places is linked entry by entry. */
function link(place, folder, apart) {
  mkdirSync(apart ? place : dirname(place), { recursive: true });
  if (!apart) symlinkSync(folder, place);
  else for (const name of readdirSync(folder)) symlinkSync(join(folder, name), join(place, name));
}
