// `cargo xtask bench host`: rollcall-server against nginx, both serving files of 64 KB with hashed
// names on loopback, asked by wrk.
//
// Both run at the same time with their usual settings (nginx: sendfile, one worker per processor, no
// access log) and are asked in turns, who goes first changing each round, so that a noisy machine
// disturbs them alike. Memory is read from /proc, so this runs on Linux only.

import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { median, readOptions, spread } from "./lib/measure.mjs";

/** Of nginx's throughput (issue B). */
const THROUGHPUT = 0.8;
/** MiB that the server may be larger after all these requests than when it had warmed up. */
const GROWTH = 4;
/** MiB in memory after the load, 64 of which shards may take. */
const RESIDENT = 128;
/** ms from the start of the process to the first answer. */
const START = 500;
const FILES = 64;
const BYTES = 64 << 10;
const CONNECTIONS = 32;

const options = readOptions();
const rounds = options.quick ? 3 : 11;
const seconds = options.quick ? 1 : 4;
const manyRequests = options.quick ? 20_000 : 1_000_000;

const folder = mkdtempSync(join(tmpdir(), "rollcall-bench-host-"));
const children = [];
try {
  const script = writeFiles();
  const nginx = await startNginx();
  const starts = [];
  for (let i = 0; i < (options.quick ? 3 : 11); i++) {
    const { child, ms } = await startOurs([]);
    starts.push(ms);
    await stop(child);
  }
  const ours = await startOurs([]);
  const disk = await startOurs(["--memory", "0"]);
  for (const host of [ours, disk, nginx]) await checkAnswer(host);

  const held = compare(ours, nginx, script);
  const read = compare(disk, nginx, script);
  const before = resident(ours.child);
  const asked = load(ours, script, manyRequests);
  const after = resident(ours.child);
  console.log(JSON.stringify({
    rows: [
      throughput("64 KB files, shards held in memory (the default)", THROUGHPUT, held),
      // What --memory 0 costs: each answer changes threads, for a disk may have to be waited for.
      throughput("64 KB files, read anew each time (--memory 0)", 0.25, read),
      single("memory growth", after - before, "MiB", GROWTH, asked, 0),
      single("resident memory", after, "MiB", RESIDENT, 1, 0),
      single("start to first answer", median(starts), "ms", START, starts.length, spread(starts)),
    ],
  }));
} finally {
  for (const child of children) await stop(child);
  rmSync(folder, { recursive: true, force: true });
}

/** Files named by their SHA-256 in database/, and the script with which wrk asks for them in turn. */
function writeFiles() {
  for (const name of ["database", "web", "nginx"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "web", "index.html"), "<!doctype html>");
  const paths = Array.from({ length: FILES }, () => {
    const bytes = randomBytes(BYTES);
    const name = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(folder, "database", name), bytes);
    return `"/database/${name}"`;
  });
  const script = join(folder, "ask.lua");
  writeFileSync(script, `local paths = { ${paths.join(", ")} }
local next = 0
request = function()
  next = next % #paths + 1
  return wrk.format("GET", paths[next])
end
`);
  return script;
}

async function startNginx() {
  const port = await freePort();
  const at = (name) => join(folder, "nginx", name);
  writeFileSync(at("nginx.conf"), `
    daemon off; pid ${at("pid")}; error_log ${at("error.log")}; worker_processes auto;
    events { worker_connections 1024; }
    http {
      access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
      keepalive_timeout 65; keepalive_requests 1000000000;
      default_type application/octet-stream;
      client_body_temp_path ${at("body")}; proxy_temp_path ${at("proxy")}; fastcgi_temp_path ${at("fastcgi")};
      uwsgi_temp_path ${at("uwsgi")}; scgi_temp_path ${at("scgi")};
      server { listen 127.0.0.1:${port}; root ${folder}; }
    }`);
  // Its workers run as another user where we are root.
  execFileSync("chmod", ["-R", "a+rX", folder]);
  const nginx = process.env.ROLLCALL_NGINX || "nginx";
  const child = spawn(nginx, ["-p", at(""), "-c", at("nginx.conf"), "-e", at("error.log")], {
    stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  children.push(child);
  await answers(port);
  return { child, port };
}

/** Starts rollcall-server and waits for an answer. */
async function startOurs(more) {
  const begun = performance.now();
  const child = spawn(resolve(options.server), [
    "--web", join(folder, "web"), "--database", join(folder, "database"),
    "--port", "0", "--metrics", "off", "--log-level", "error", ...more,
  ], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const port = await new Promise((done, failed) => {
    createInterface(child.stdout).once("line", (line) => done(Number(new URL(line).port)));
    child.once("exit", (status) => failed(new Error(`rollcall-server stopped (${status})`)));
  });
  await answers(port);
  return { child, port, ms: performance.now() - begun };
}

/** Ends a program that we started. */
function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  return new Promise((done) => {
    child.once("exit", done);
    child.kill();
  });
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

async function answers(port) {
  for (let tries = 0; tries < 500; tries++) {
    const status = await fetchBytes(port, "/").then(({ status }) => status, () => 0);
    if (status > 0) return;
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Error(`nobody answers on port ${port}`);
}

function fetchBytes(port, path) {
  return new Promise((done, failed) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (answer) => {
      const hash = createHash("sha256");
      answer.on("data", (bytes) => hash.update(bytes));
      answer.on("end", () => done({ status: answer.statusCode, hash: hash.digest("hex") }));
    }).once("error", failed);
  });
}

/** Whoever sends something else is not to be measured. */
async function checkAnswer({ port }) {
  const [, hash] = /database\/(\w+)/.exec(readFileSync(join(folder, "ask.lua"), "utf8"));
  const answer = await fetchBytes(port, `/database/${hash}`);
  if (answer.status !== 200 || answer.hash !== hash) throw new Error(`port ${port} answers ${answer.status}`);
}

/** Requests per second for so many seconds. */
function wrk({ port }, script, duration) {
  const text = execFileSync("wrk", ["-t1", `-c${CONNECTIONS}`, `-d${duration}s`, "-s", script, `http://127.0.0.1:${port}`], { encoding: "utf8" });
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`wrk says:\n${text}`);
  return { persecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]), requests: Number(/(\d+) requests in/.exec(text)[1]) };
}

function compare(ours, nginx, script) {
  const rates = { ours: [], peer: [] };
  for (const host of [ours, nginx]) wrk(host, script, 1);
  for (let round = 0; round < rounds; round++) {
    const turns = [["ours", ours], ["peer", nginx]];
    for (const [side, host] of round % 2 ? turns.reverse() : turns) {
      rates[side].push(wrk(host, script, seconds).persecond);
    }
  }
  return rates;
}

/** At least so many requests; gives back how many. */
function load(host, script, wanted) {
  let asked = 0;
  while (asked < wanted) asked += wrk(host, script, options.quick ? 1 : 10).requests;
  return asked;
}

/** MiB of a process in memory. */
function resident({ pid }) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

function throughput(name, goal, { ours, peer }) {
  const ratios = ours.map((rate, round) => rate / peer[round]);
  // The ratio of the two medians would mix rounds in which the machine was busy with others.
  return {
    name, goal, ours: median(ratios) * median(peer), peer: median(peer), peer_name: "nginx", unit: "requests/s",
    better: "higher", n: ours.length, spread: spread(ratios),
  };
}

function single(name, ours, unit, goal, n, spread) {
  return { name, ours, peer: null, peer_name: null, unit, better: "lower", n, spread, goal };
}
