// WebKitGTK behind the recording proxy, driven by WebDriver as W3C has it. Of puppeteer's pages it has what
// the main path of the plugin needs.

import { spawn } from "node:child_process";
import { accessSync, constants, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { startProxy } from "./proxy.mjs";

/** What WebDriver calls an element. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
/** A page may compute for so long before it answers, in milliseconds. */
const PATIENCE = 300_000;

/** Why there is none here, or false. `cargo xtask test` installs it where there is an apt-get. */
export const noWebkit = ["WebKitWebDriver", "Xvfb"].every(isThere) ? false : "no WebKitGTK here: it comes as Debian's packages webkit2gtk-driver and xvfb";

function isThere(name) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try { accessSync(join(folder, name), constants.X_OK); return true; } catch { return false; }
  });
}

/** What `launch` of browser.mjs gives, with one page at a time. It has no screen but one in memory. */
export async function launchWebkit() {
  const proxy = await startProxy();
  const started = [];
  const start = (program, args, options) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "ignore"], ...options });
    started.push(child);
    return new Promise((done, failed) => {
      child.once("spawn", () => done(child));
      child.once("error", failed);
    });
  };
  const end = () => {
    for (const child of started.reverse()) child.kill();
    proxy.close();
  };
  try {
    const screen = await start("Xvfb", ["-displayfd", "3", "-nolisten", "tcp", "-screen", "0", "1400x1100x24"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const display = await new Promise((done, failed) => {
      createInterface(screen.stdio[3]).once("line", done);
      screen.once("exit", () => failed(new Error("Xvfb did not start")));
    });
    const port = await freePort();
    await start("WebKitWebDriver", [`--port=${port}`], { env: { ...process.env, DISPLAY: `:${display}` } });
    const { page, version, quit } = await session(`http://127.0.0.1:${port}`, proxy.port);
    return {
      kind: "webkit",
      proxy,
      version,
      async open(url, { viewport = { width: 1280, height: 900 } } = {}) {
        await page.setViewport(viewport);
        await page.goto(url);
        return { page, errors: [] };
      },
      async close() {
        await quit().finally(end);
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}

async function session(driver, proxyPort) {
  const proxy = `127.0.0.1:${proxyPort}`;
  const capabilities = {
    acceptInsecureCerts: true, timeouts: { script: PATIENCE },
    proxy: { proxyType: "manual", httpProxy: proxy, sslProxy: proxy },
  };
  let made;
  for (let left = 50; !made; left -= 1) {
    // The driver listens a little later than it runs.
    made = await call(`${driver}/session`, "POST", { capabilities: { alwaysMatch: capabilities } }).catch((error) => {
      if (left === 0 || error.cause?.code !== "ECONNREFUSED") throw error;
      return pause(100);
    });
  }
  const root = `${driver}/session/${made.sessionId}`;
  const { browserName, browserVersion } = made.capabilities;
  return { page: new WebkitPage(root), version: `${browserName}/${browserVersion}`, quit: () => call(root, "DELETE") };
}

class WebkitPage {
  #root;

  constructor(root) {
    this.#root = root;
  }

  /** WebDriver tells of nothing by itself. */
  on() {}

  goto(url) {
    return this.#ask("url", { url });
  }

  setViewport({ width, height }) {
    return this.#ask("window/rect", { width, height });
  }

  async evaluate(how, ...args) {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve((${how})(...Array.from(arguments).slice(0, -1))).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await this.#ask("execute/async", { script, args });
    if (error) throw new Error(error);
    return value;
  }

  async waitForFunction(how, { timeout = 30_000, polling = 100 } = {}, ...args) {
    for (const end = Date.now() + timeout; Date.now() < end; await pause(polling)) {
      const found = await this.evaluate(how, ...args);
      if (found) return { click: () => this.#ask(`element/${found[ELEMENT]}/click`, {}) };
    }
    throw new Error(`waiting for ${timeout} ms failed: ${how}`);
  }

  $eval(selector, how) {
    return this.evaluate(`(selector) => (${how})(document.querySelector(selector))`, selector);
  }

  $$eval(selector, how) {
    return this.evaluate(`(selector) => (${how})([...document.querySelectorAll(selector)])`, selector);
  }

  async screenshot({ path }) {
    writeFileSync(path, Buffer.from(await call(`${this.#root}/screenshot`, "GET"), "base64"));
  }

  #ask(what, body) {
    return call(`${this.#root}/${what}`, "POST", body);
  }
}

async function call(url, method, body) {
  const answer = await fetch(url, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
