// The native side: galleries made by the example `bench_index` of crates/index, and what it and the
// Python peers measure on them. Galleries and all graphs are kept in the cache and used again
// as long as they would come out the same.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../lib/build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../../..");
/** Cosines of two pictures of one person, mean and standard deviation, by dimension. */
const SAME = { easy: { 512: "0.60:0.09", 128: "0.75:0.10" }, hard: { 512: "0.37:0.09", 128: "0.55:0.13" } };

/** Compiles the example and readies a folder; `folders` are those of the benchmark's command line. */
export function openNative({ server, models, python }) {
  const targets = dirname(resolve(server));
  const program = join(targets, "examples", "bench_index");
  const say = (words) => console.error(`${new Date().toISOString().slice(11, 19)} ${words}`);
  say("compiling bench_index");
  execFileSync("cargo", ["build", "--release", "--quiet", "--package", "rollcall-index", "--example", "bench_index"], {
    cwd: root, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, CARGO_TARGET_DIR: dirname(targets) },
  });
  const work = join(dirname(resolve(models)), "bench-index");
  const current = join(work, `galleries-${hash(program)}`);
  // What another version of the writer made is of no use any more.
  for (const old of existsSync(work) ? readdirSync(work) : []) {
    if (old.startsWith("galleries-") && join(work, old) !== current) rmSync(join(work, old), { recursive: true });
  }
  mkdirSync(current, { recursive: true });

  const lines = (file, ...words) => {
    const text = execFileSync(file, words.map(String), { encoding: "utf8", maxBuffer: 1 << 26, stdio: ["ignore", "pipe", "inherit"] });
    return text.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
  };
  const ask = (...words) => lines(program, ...words)[0];

  return {
    work,
    /** Makes a gallery unless it is there: its folder. */
    gallery(name, { pack, people, queries, kind = "hard", matrices = false, real }) {
      const out = join(current, name);
      if (existsSync(join(out, "complete"))) return out;
      say(`making the gallery ${name}`);
      rmSync(out, { recursive: true, force: true });
      mkdirSync(out, { recursive: true });
      writeFileSync(join(out, "asked-pack.json"), JSON.stringify(pack));
      const same = pack.embedders.map(({ dimension }) => SAME[kind][dimension]).join(",");
      execFileSync(program, [
        "generate", "--out", out, "--pack", join(out, "asked-pack.json"), "--people", people, "--queries", queries,
        "--same", same, ...(matrices ? ["--matrices"] : []), ...(real ? ["--real", real] : []),
      ].map(String), { stdio: ["ignore", "inherit", "inherit"] });
      return out;
    },
    /** Removes a gallery that is too large to keep. */
    drop: (folder) => rmSync(folder, { recursive: true, force: true }),
    ours(folder) {
      say(`asking our database, ${folder.split("/").at(-1)}`);
      return ask("measure", "--data", folder);
    },
    graph(folder, queries) {
      say(`asking instant-distance, ${folder.split("/").at(-1)}`);
      return ask("hnsw", "--data", folder, "--kept", keptFor(folder), "--queries", queries);
    },
    crossover(folder, sizes, queries) {
      say("finding the crossover with instant-distance");
      return ask("crossover", "--data", folder, "--kept", keptFor(folder), "--sizes", sizes.join(","), "--queries", queries);
    },
    peers(folder) {
      say(`asking the peers, ${folder.split("/").at(-1)} (their graphs take minutes to build)`);
      return lines(python, join(here, "peers.py"), folder, keptFor(folder));
    },
    /** Templates and probes of real photos by our own builder, for the option `real`. */
    realFaces(photos, pack) {
      const out = join(current, "real");
      if (existsSync(join(out, "truth.npy"))) return out;
      say("embedding real faces");
      rmSync(out, { recursive: true, force: true });
      layOut(photos, out);
      for (const part of ["gallery", "probes"]) {
        build(join(targets, "rollcall"), dirname(resolve(models)), join(out, part), join(out, `${part}-db`), "--pack", pack);
      }
      execFileSync(python, [join(here, "real.py"), join(out, "gallery-db"), join(out, "probes-db"), out], { stdio: ["ignore", "inherit", "inherit"] });
      for (const part of ["gallery", "probes"]) rmSync(join(out, part), { recursive: true });
      return out;
    },
  };

  /** Where all graphs of a gallery are kept, whoever builds them. */
  function keptFor(folder) {
    const kept = join(work, `graphs-${hash(join(folder, "vectors-0.npy"))}`);
    mkdirSync(kept, { recursive: true });
    return kept;
  }
}

/** One folder per person for the gallery (the first half of the photos), one per photo of the rest. */
function layOut(photos, out) {
  for (const who of readdirSync(photos).sort()) {
    const files = readdirSync(join(photos, who)).filter((file) => /\.(jpe?g|png|webp)$/i.test(file)).sort();
    files.forEach((file, i) => {
      const probe = i >= Math.ceil(files.length / 2);
      const folder = probe ? join(out, "probes", `${who} - ${i}`) : join(out, "gallery", who);
      cpSync(join(photos, who, file), join(folder, file), { recursive: true });
    });
  }
}

function hash(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 12);
}
