// `cargo xtask bench builder`: pictures a second on all cores, from files to a database, and faces
// embedded a second one after the other, against the same models in onnxruntime. The two take turns.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./lib/build.mjs";
import { readOptions } from "./lib/measure.mjs";

/** Ours does at least this much of what the peer does (issue D). */
const GOALS = { whole: 0.4, embedding: 0.6 };

const options = readOptions();
const [rounds, pictures] = options.quick ? [1, 24] : [5, 200];
const jobs = availableParallelism();
const rollcall = join(dirname(resolve(options.server)), "rollcall");
const environment = { ...process.env, ROLLCALL_CACHE: dirname(resolve(options.models)) };
const run = (file, ...words) => execFileSync(file, words.map(String), { encoding: "utf8", env: environment, stdio: ["ignore", "pipe", "inherit"] });

const work = mkdtempSync(join(tmpdir(), "rollcall-bench-"));
try {
  const [detector, embedder] = [["yunet-2023mar", 640], ["sface-2021dec", 112]].map(([name, side]) => {
    const out = join(work, `${name}.onnx`);
    run(rollcall, "--quiet", "models", "export", name, "--shape", `1,3,${side},${side}`, "--out", out);
    return out;
  });
  const photos = layOut();
  const measured = { ours: [], peers: [] };
  for (let round = 0; round < rounds; round += 1) {
    measured.peers.push(JSON.parse(run(options.python, join(dirname(fileURLToPath(import.meta.url)), "builder", "peer.py"), detector, embedder, jobs, ...photos)));
    measured.ours.push({ seconds: timeOfBuild(), seconds_per_face: JSON.parse(run(rollcall, "doctor", "--json")).cpu.seconds_per_face.value });
  }
  console.log(JSON.stringify({
    rows: [
      row("pictures to a database, all cores", "pictures/s", GOALS.whole, ({ seconds }) => pictures / seconds),
      row("faces embedded one after the other, all cores", "faces/s", GOALS.embedding, ({ seconds_per_face }) => 1 / seconds_per_face),
    ],
  }));

  function row(name, unit, goal, rate) {
    const [ours, peers] = [measured.ours, measured.peers].map((side) => side.map(rate).sort((a, b) => a - b));
    const middle = (rates) => rates[Math.floor(rates.length / 2)];
    const quarter = Math.floor(ours.length / 4);
    const spread = (ours[ours.length - 1 - quarter] - ours[quarter]) / middle(ours);
    return { name, ours: middle(ours), peer: middle(peers), peer_name: "onnxruntime", unit, better: "higher", n: rounds, spread, goal };
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** So many people with a photo each, the samples again and again: their paths. */
function layOut() {
  const folder = join(work, "people");
  const all = readdirSync(options.samples).filter((file) => /\.(jpe?g|png)$/i.test(file)).sort();
  return Array.from({ length: pictures }, (_, number) => {
    const photo = join(folder, `person-${number}`, `photo${extname(all[number % all.length])}`);
    cpSync(join(options.samples, all[number % all.length]), photo, { recursive: true });
    return photo;
  });
}

/** The seconds from the start of the program to the written database. */
function timeOfBuild() {
  const start = performance.now();
  build(rollcall, environment.ROLLCALL_CACHE, join(work, "people"), join(work, "db"), "--engine", "cpu", "--jobs", jobs);
  return (performance.now() - start) / 1000;
}
