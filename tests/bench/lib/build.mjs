// A database of photos by our own builder.

import { execFileSync } from "node:child_process";

/** Builds one of the folder `photos`; `cache` is that of models, `words` are further arguments. */
export function build(rollcall, cache, photos, out, ...words) {
  try {
    execFileSync(rollcall, ["--quiet", "build", "--source", `folder:${photos}`, "--out", out, ...words.map(String)], {
      stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, ROLLCALL_CACHE: cache },
    });
  } catch (error) {
    if (error.status !== 3) throw error; // 3: some photos have no face
  }
}
