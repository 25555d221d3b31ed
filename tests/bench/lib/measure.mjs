// What every benchmark is told by `cargo xtask bench`, and how it sums up what it measures.

import { parseArgs } from "node:util";

/** `{ server, web, models, database, samples, python, quick }`: the host's program, its folders, the
 *  Python of the benchmark if it has one, and whether it is to be a short run. */
export function readOptions() {
  const folder = { type: "string" };
  const { values } = parseArgs({
    options: {
      server: folder, web: folder, models: folder, database: folder, samples: folder, python: folder,
      quick: { type: "boolean", default: false },
    },
  });
  return values;
}

/** The middle one of many. */
export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/** How far the middle half of them is spread, as a share of the middle one. */
export function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[Math.floor(sorted.length * 0.75)] - sorted[Math.floor(sorted.length * 0.25)]) / median(numbers);
}
