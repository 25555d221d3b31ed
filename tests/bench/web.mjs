// `cargo xtask bench web`: in one Chromium page, our CPU engine against onnxruntime-web (wasm, one
// thread), for every model and for `identify` as a whole.
//
// Both run in the same blob worker, in turns, so that a noisy machine disturbs them alike. The peer
// is given the float graph of each input shape (`rollcall models export`), all its optimisations and
// a warm start. For the whole, our session is opened with the peer in the place of its GPU engine:
// decoding, letterboxing, alignment and search are the same code.

import { readdirSync } from "node:fs";
import { median, readOptions, spread } from "./lib/measure.mjs";
import { openPeer } from "./lib/peer-page.mjs";

/** Ours may take this much of the peer's time (issue A). */
const GOALS = { embedding: 1.2, detection: 1.5, whole: 1.3 };

const options = readOptions();
const runs = options.quick ? 3 : 30;
const peer = await openPeer(options, "opencv-mbf");
try {
  const rows = [];
  for (const { name, side, shape, kind } of peer.networks) {
    rows.push(row(`${name} ${side}x${side}`, GOALS[kind], await peer.ask({ model: name, shape, runs })));
  }
  const photos = readdirSync(options.samples).filter((file) => /(^|-)(obama2|t1)\./.test(file));
  if (photos.length !== 2) throw new Error(`the sample photos obama2 and t1 are missing in ${options.samples}`);
  for (const photo of photos) {
    rows.push(row(`identify_image ${photo}`, GOALS.whole, await peer.ask({ photo, runs: Math.ceil(runs / 2) })));
  }
  console.log(JSON.stringify({ rows }));
} finally {
  await peer.close();
}

function row(name, goal, { ours, peer }) {
  return {
    name, goal, ours: median(ours), peer: median(peer), peer_name: "onnxruntime-web", unit: "ms",
    better: "lower", n: ours.length, spread: spread(ours),
  };
}
