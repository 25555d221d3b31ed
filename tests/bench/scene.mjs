// `cargo xtask bench scene`: a sprite sheet of 60 frames from the click to the names, in Chromium.
//
// The same page asks, in turns, our client with one worker, our client with two, and one worker with our
// session in which onnxruntime-web runs the networks: decoding, cropping, clustering and search are
// the same code. Then a click is followed in a browser that has nothing and in one that has everything.

import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { cuesOf, framesOf, sheetOf } from "../browser/lib/sheets.mjs";
import { WATCH, inWorkers, keepWorkers } from "../browser/lib/workers.mjs";
import { median, readOptions, spread } from "./lib/measure.mjs";
import { ASSETS, openPeer } from "./lib/peer-page.mjs";
import { measureClicks } from "./scene/clicks.mjs";
import { keepPictures, keepScene, look } from "./scene/page.mjs";

/** The pack of the plugin. */
const PACK = "opencv";
/** As Stash makes its sheets, but for the number of columns. */
const TILE = { width: 160, height: 90, columns: 8, type: "image/jpeg" };
/** Times are shares of the peer's (issue E, and for a stage issue A), or milliseconds. */
const GOALS = { one: 1.3, two: 0.75, detect: 1.5, embed: 1.2, decode: 5, search: 5, task: 50, warm: 2000, cold: 10_000, bytes: 30, memory: 250 };

const options = readOptions();
/** A quick run is one of the tests' stages, and must not take a minute. */
const [FRAMES, runs, clicks] = options.quick ? [12, 1, 1] : [60, 5, 5];
const rows = [];
const peer = await openPeer(options, PACK, {
  searching: true,
  before: async (page) => {
    await keepWorkers(page);
    await inWorkers(WATCH)(page);
  },
});
let scene;
try {
  const { page } = peer;
  const photos = JSON.parse(readFileSync(join(options.samples, "index.json"), "utf8")).map(({ file }) => `${ASSETS}samples/${file}`);
  scene = { sheet: await page.evaluate(sheetOf, framesOf(photos, FRAMES), TILE), vtt: cuesOf(FRAMES, TILE) };
  await page.evaluate(keepScene, scene);
  const sides = {
    peer: () => page.evaluate(() => window.askPeer({ scene: window.scene })),
    one: () => page.evaluate(look, { base: ASSETS, pack: PACK, workers: 1 }),
    two: () => page.evaluate(look, { base: ASSETS, pack: PACK, workers: 2 }),
  };
  const seen = { peer: [], one: [], two: [] };
  for (let run = -1; run < runs; run += 1) {
    for (const [side, ask] of Object.entries(sides)) {
      const one = await ask();
      if (run >= 0) seen[side].push(one);
    }
    if (run < 0) continue;
    agree(seen.one.at(-1), seen.two.at(-1), true);
    agree(seen.one.at(-1), seen.peer.at(-1), false);
  }
  compare(seen);
  const modules = async () => Math.max(...(await page.evaluate(() => window.ask(4))).map(({ bytes }) => bytes)) / 1e6;
  row("memory of a worker's module, sprite sheet", await modules(), "MB", GOALS.memory);
  await page.evaluate(keepPictures, { width: 1920, height: 1080, count: 24 });
  const large = await page.evaluate(look, { base: ASSETS, pack: PACK, workers: 2, pictures: true });
  row("memory of a worker's module, frames of 1920x1080", await modules(), "MB", GOALS.memory, { details: { people: large.answer.performers_detected, milliseconds: large.time } });
} finally {
  await peer.close();
}
const { cold, warm } = await measureClicks(options, PACK, scene, clicks);
const named = warm.map(({ named }) => named);
row("warm click to the first name, the worker's start included", median(named), "ms", GOALS.warm, { n: warm.length, spread: spread(named), details: { warm, load: loadavg()[0] } });
row(`cold click to the first name, 50 Mbit/s, ${cold.slower.toFixed(1)} times slower`, cold.named, "ms", GOALS.cold, { details: { cold } });
row("bytes of a cold click", cold.bytes / 1e6, "MB", GOALS.bytes, { details: { requests: cold.requests } });
console.log(JSON.stringify({ rows }));

/** Two sides must have found the same people in the same frames; one engine finds them equally sure. */
function agree({ answer: a }, { answer: b }, exactly) {
  const people = ({ matches }) => matches.map(({ name, appearances, similarity, faces }) => JSON.stringify(
    exactly ? { name, appearances, similarity, faces } : { name, appearances }));
  const [ours, theirs] = [a, b].map((answer) => people(answer).sort());
  if (ours.length === 0 || String(ours) !== String(theirs)) throw new Error(`not the same people: ${ours} and ${theirs}`);
}

function compare({ peer, one, two }) {
  const theirs = median(peer.map(({ time }) => time));
  for (const [words, side, goal] of [["one worker", one, GOALS.one], ["two workers", two, GOALS.two]]) {
    const times = side.map(({ time }) => time);
    against(`scene of ${FRAMES} frames, ${words}`, median(times), theirs, goal, { n: side.length, spread: spread(times), details: { facts: side[0].answer.scene, people: side[0].answer.performers_detected } });
  }
  const stage = (side, name) => median(side.map(({ timings }) => timings[name] / FRAMES));
  for (const name of ["detect", "embed"]) {
    against(`${name} a frame, one worker`, stage(one, name), stage(peer, name), GOALS[name], { n: one.length });
  }
  for (const name of ["decode", "search"]) row(`${name} a frame, one worker`, stage(one, name), "ms", GOALS[name], { n: one.length });
  const first = [...one, ...two].map(({ first }) => first);
  row("click to the first name, the worker being there", median(first), "ms", GOALS.warm, { n: first.length, spread: spread(first) });
  row("longest task of the page", Math.max(...[...one, ...two].map(({ task }) => task)), "ms", GOALS.task, { n: one.length + two.length });
}

function against(name, ours, peer, goal, extra) {
  rows.push({ name, ours, peer, peer_name: "onnxruntime-web", unit: "ms", better: "lower", spread: null, goal, ...extra });
}

function row(name, ours, unit, goal, extra = {}) {
  rows.push({ name, ours, peer: null, peer_name: null, unit, better: "lower", n: 1, spread: null, goal, ...extra });
}
