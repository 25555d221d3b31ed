// Starts a browser behind the recording proxy, and drives the Rollcall page in it.

import { accessSync, constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";
import { startProxy } from "./proxy.mjs";
import { launchWebkit } from "./webkit.mjs";

/** How long the CPU engine may take for one picture, with a cold start, on a slow machine. */
export const PATIENCE = 180_000;
/** A software GPU is a hundred times slower than a CPU. */
export const GPU_PATIENCE = 1_500_000;

const CHROMIUM = [
  "--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--no-first-run", "--disable-dev-shm-usage",
];
const SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** The browser's program: named by the environment, or found on the PATH. */
export function program(kind) {
  const named = process.env[kind === "firefox" ? "ROLLCALL_FIREFOX" : "ROLLCALL_CHROMIUM"];
  if (named) return named;
  const names = kind === "firefox" ? ["firefox-esr", "firefox"] : ["chromium", "chromium-browser", "google-chrome"];
  const applications = kind === "firefox"
    ? ["/Applications/Firefox.app/Contents/MacOS/firefox"]
    : ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...applications]
    .find((path) => { try { accessSync(path, constants.X_OK); return true; } catch { return false; } });
  if (!found) throw new Error(`no ${kind} here; install ${names[0]}`);
  return found;
}

/** Starts a browser: `kind` is `chromium`, `firefox` or, with less to it, `webkit`; `gpu` gives Chromium a
 *  software WebGPU. */
export async function launch(kind, { gpu = false } = {}) {
  if (kind === "webkit") return launchWebkit();
  const proxy = await startProxy();
  const driver = await puppeteer.launch({
    browser: kind === "firefox" ? "firefox" : "chrome",
    executablePath: program(kind),
    headless: true,
    // Servers of the tests have certificates of their own making; nobody else's server is reached.
    acceptInsecureCerts: true,
    protocolTimeout: GPU_PATIENCE,
    args: kind === "firefox" ? [] : [...CHROMIUM, ...(gpu ? SOFTWARE_GPU : [])],
    // Lets the preference `services.settings.server` below count outside nightly builds.
    env: { ...process.env, MOZ_REMOTE_SETTINGS_DEVTOOLS: "1" },
    extraPrefsFirefox: kind === "firefox" ? firefoxPreferences(proxy.port) : undefined,
  });
  // Chromium asks its maker for the time and for updates whatever one tells it. Pages, workers and
  // all they ask for are in a context with the proxy; what the program itself asks is not in it.
  const context = kind === "firefox" ? driver : await driver.createBrowserContext({
    proxyServer: `http://127.0.0.1:${proxy.port}`, proxyBypassList: ["<-loopback>"],
  });
  return {
    kind,
    proxy,
    /** Such as `Chrome/156.0.8078.79`. */
    version: await driver.version(),
    /** Opens a page at `url`. `before(page)` runs before the page's own scripts come. */
    async open(url, { viewport = { width: 1280, height: 900 }, dark = false, before } = {}) {
      const page = await context.newPage();
      await page.setViewport(viewport);
      if (dark) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
      await before?.(page);
      const opened = new RollcallPage(page);
      await page.goto(url);
      return opened;
    },
    async close() {
      await driver.close();
      proxy.close();
    },
  };
}

/** For `before` of `open`: `window.refused` lists what the page's policy has refused. */
export function watchPolicy(page) {
  return page.evaluateOnNewDocument(() => {
    window.refused = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      window.refused.push(`${event.effectiveDirective} ${event.blockedURI}`));
  });
}

function firefoxPreferences(port) {
  return {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": port,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": port,
    "network.proxy.no_proxies_on": "",
    "network.proxy.allow_hijacking_localhost": true,
    // Requests of the browser's own making.
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
  };
}

/** The page under test. */
export class RollcallPage {
  constructor(page) {
    this.page = page;
    /** What went wrong in the page and nobody caught. */
    this.errors = [];
    page.on("pageerror", ({ message }) => {
      // Firefox's remark on a broken picture, which nobody threw.
      if (!message.startsWith("Image corrupt or truncated")) this.errors.push(message);
    });
  }

  /** Waits for one of these states: see `data-state` in web/page/main.ts. */
  async state(...wanted) {
    await this.page.waitForFunction(
      (states) => states.includes(document.documentElement.dataset.state),
      { timeout: this.patience ?? PATIENCE, polling: 50 }, wanted,
    );
    return this.page.evaluate(() => document.documentElement.dataset.state);
  }

  /** Waits until the page is ready for a picture; the engine has been started then. */
  async ready() {
    if (await this.state("ready", "error") === "error") throw new Error(await this.problem());
  }

  /** The sentence that says what went wrong. */
  problem() {
    return this.page.evaluate(() => window.rollcallPage.problem);
  }

  /** Gives a picture file by the file chooser and waits for the answer. */
  async identify(file) {
    await this.choose(file);
    return this.answer();
  }

  /** Chooses a file and returns at once. */
  async choose(file) {
    const input = await this.page.$("#file");
    await input.uploadFile(file);
  }

  /** Drops a file on the page, as the operating system would in Chromium, and by events elsewhere. */
  async drop(file) {
    if (this.page.createCDPSession && this.chromium) {
      const session = await this.page.createCDPSession();
      const data = { items: [], files: [file], dragOperationsMask: 1 };
      for (const type of ["dragEnter", "dragOver", "drop"]) {
        await session.send("Input.dispatchDragEvent", { type, x: 300, y: 160, data });
      }
      return session.detach();
    }
    await this.#give(file, "drop");
  }

  /** Pastes a file by an event: no test may touch the machine's clipboard. */
  async paste(file) {
    await this.#give(file, "paste");
  }

  async #give(file, kind) {
    const content = (await readFile(file)).toString("base64");
    await this.page.evaluate((kind, content, name) => {
      const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], name, { type: "image/jpeg" }));
      const event = new Event(kind, { bubbles: true, cancelable: true });
      Object.defineProperty(event, kind === "drop" ? "dataTransfer" : "clipboardData", { value: data });
      document.body.dispatchEvent(event);
    }, kind, content, basename(file));
  }

  /** Waits until the picture is done and gives the `Identification`, or throws the page's words. */
  async answer() {
    if (await this.state("done", "error") === "error") throw new Error(await this.problem());
    return this.page.evaluate(() => window.rollcallPage.last);
  }

  /** What the user reads in an element. */
  text(selector) {
    return this.page.$eval(selector, (element) => element.textContent.trim());
  }

  close() {
    return this.page.close();
  }
}
