// Drives the real page with real photos on both engines, as issue "the main job" asks:
//
//   node tests/browser/demo-check.mjs --url http://127.0.0.1:7878 --samples DIR --shots DIR [--engine cpu|gpu]
//
// DIR of the samples is what `rollcall samples fetch` makes: probes/<person>/ and strangers/.
// The GPU is Chromium's software one. Prints one line of JSON last and exits with 0 only if all is
// well. Its keys:
//   ok           everything below is ok
//   browser      name and version
//   cpu, gpu     one object an engine:
//     engine, adapter, software_adapter, dispatches, why    as the last answer reported them
//     start_milliseconds       from opening the page to "ready"
//     known        [{ file, person, name, similarity, confidence, milliseconds, ok }]
//     known_worst  the lowest similarity of those
//     strangers    [{ file, faces, named, best_similarity, milliseconds, ok }]
//     strangers_best   the highest similarity of those
//     ok           right engine (on the GPU: wonnx, an adapter, dispatches), all known named above .6,
//                  all strangers unknown and below .45
//   requests     { count, bytes_sent, other_hosts, not_get, ok }: what left the browser
//   screenshots  the files written
//   failures     sentences; empty if ok

import { mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { GPU_PATIENCE, PATIENCE, launch } from "./lib/browser.mjs";

/** What the same person must reach, and what a stranger may not: see models.md of the design. */
const SAME = 0.6;
const OTHER = 0.45;
/** On a software GPU each photo takes a minute: those with the fewest faces are taken. */
const GPU_STRANGERS = 5;

const { values: options } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:7878" }, shots: { type: "string" },
    samples: { type: "string" }, engine: { type: "string", multiple: true, default: ["cpu", "gpu"] },
  },
});
if (!options.shots || !options.samples) throw new Error("give --shots DIR and --samples DIR");
const shots = resolve(options.shots);
mkdirSync(shots, { recursive: true });

const probes = files(join(options.samples, "probes"));
const strangers = files(join(options.samples, "strangers"));
const failures = [];
const screenshots = [];
const result = { ok: false, browser: "" };
if (probes.length < 4 || strangers.length < GPU_STRANGERS) {
  failures.push(`there are only ${probes.length} probes and ${strangers.length} strangers in ${options.samples}`);
}

const browser = await launch("chromium", { gpu: true });
result.browser = browser.version;
try {
  let photos = strangers;
  for (const engine of options.engine) {
    try {
      result[engine] = await check(engine, photos);
    } catch (error) {
      failures.push(`${engine}: ${error.message}`);
    }
    photos = fewestFaces(result[engine]);
  }
  if (options.engine.includes("cpu")) await look();
} finally {
  await browser.close();
}
result.requests = requests();
result.screenshots = screenshots;
result.failures = failures;
result.ok = failures.length === 0;
console.log(JSON.stringify(result));
process.exit(result.ok ? 0 : 1);

/** All pictures below a folder; `person` is the name of the folder they lie in. */
function files(folder, person = null) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry) => entry.isDirectory()
      ? files(join(folder, entry.name), entry.name)
      : /\.(jpe?g|png|webp)$/i.test(entry.name) ? [{ file: entry.name, path: join(folder, entry.name), person }] : []);
}

function fewestFaces(run) {
  if (!run) return strangers.slice(0, GPU_STRANGERS);
  const faces = new Map(run.strangers.map((one) => [one.file, one.faces]));
  return strangers.filter(({ file }) => faces.get(file) > 0)
    .sort((a, b) => faces.get(a.file) - faces.get(b.file)).slice(0, GPU_STRANGERS);
}

async function check(engine, photos) {
  const began = performance.now();
  const page = await browser.open(`${options.url}/?engine=${engine}`);
  page.patience = engine === "gpu" ? GPU_PATIENCE : PATIENCE;
  await page.ready();
  const run = { start_milliseconds: Math.round(performance.now() - began), known: [], strangers: [] };
  let report;
  for (const { file, path, person } of probes) {
    const { answer, timings } = await page.identify(path);
    report = answer.engine;
    const best = answer.matches[0] ?? { unknown: true };
    const ok = best.name === person && best.similarity > SAME;
    if (!ok) failures.push(`${engine}: ${file} is ${best.name ?? "unknown"} at ${best.similarity}, not ${person} above ${SAME}`);
    run.known.push({
      file, person, name: best.name ?? null, similarity: best.similarity ?? null,
      confidence: best.confidence ?? null, milliseconds: Math.round(timings.total), ok,
    });
    await shoot(page, `${engine}-${file}`);
    say(`${engine}: ${file}: ${best.name ?? "unknown"}, ${best.similarity?.toFixed(3)}, ${Math.round(timings.total)} ms`);
  }
  for (const { file, path } of photos) {
    const { answer, timings } = await page.identify(path);
    report = answer.engine;
    const similarities = answer.matches.flatMap((match) => match.candidates.map((one) => one.similarity));
    const best = Math.max(-1, ...similarities);
    const named = answer.matches.filter((match) => !match.unknown).length;
    const ok = answer.matches.length > 0 && similarities.length > 0 && named === 0 && best < OTHER;
    if (!ok) failures.push(`${engine}: of ${answer.matches.length} strangers in ${file}, ${named} got a name; best ${best}`);
    run.strangers.push({
      file, faces: answer.matches.length, named, best_similarity: best, milliseconds: Math.round(timings.total), ok,
    });
    await shoot(page, `${engine}-${file}`);
    say(`${engine}: ${file}: ${answer.matches.length} strangers, best ${best.toFixed(3)}, ${Math.round(timings.total)} ms`);
  }
  const right = engine === "gpu"
    ? report.name === "wonnx" && Boolean(report.adapter) && report.dispatches > 0
    : report.name === "simd";
  if (!right) failures.push(`${engine}: the answers come from ${JSON.stringify(report)}`);
  failures.push(...page.errors.map((error) => `${engine}: the page threw ${error}`));
  await page.close();
  return {
    engine: report.name, adapter: report.adapter, software_adapter: report.software_adapter,
    dispatches: report.dispatches, why: report.why, ...run,
    known_worst: Math.min(...run.known.map((one) => one.similarity ?? -1)),
    strangers_best: Math.max(...run.strangers.map((one) => one.best_similarity)),
    ok: right && [...run.known, ...run.strangers].every((one) => one.ok),
  };
}

/** How the page looks in the dark and on a phone. */
async function look() {
  const [{ path }] = probes;
  for (const [name, how] of [
    ["dark", { dark: true }],
    ["narrow", { viewport: { width: 375, height: 740, deviceScaleFactor: 2 } }],
  ]) {
    const page = await browser.open(`${options.url}/?engine=cpu`, how);
    await page.ready();
    await page.identify(path);
    await shoot(page, name);
    await page.close();
  }
}

async function shoot(page, name) {
  const path = join(shots, `${name.replace(/\.\w+$/, "")}.png`);
  await page.page.screenshot({ path, fullPage: true });
  screenshots.push(path);
}

function requests() {
  const all = browser.proxy.requests;
  const own = new URL(options.url).host;
  const counts = {
    count: all.length,
    bytes_sent: all.reduce((sum, { bytes }) => sum + bytes, 0),
    other_hosts: all.filter(({ url }) => !URL.canParse(url) || new URL(url).host !== own).length,
    not_get: all.filter(({ method }) => method !== "GET").length,
  };
  const ok = counts.count > 0 && counts.bytes_sent + counts.other_hosts + counts.not_get === 0;
  if (!ok) failures.push(`the browser sent what it should not: ${JSON.stringify(counts)}`);
  return { ...counts, ok };
}

function say(line) {
  console.error(line);
}
