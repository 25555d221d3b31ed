// A Stash with the plugin, a browser on it, and what tests do with both.
//
// run.mjs puts the folders into ROLLCALL_PLUGIN_TESTS: { plugin, library, database, shots }.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { stashSchema } from "../../graphql/schemas.mjs";
import { launch } from "../../browser/lib/browser.mjs";
import { photoLibrary } from "../../stash/fixtures.mjs";
import { startStash } from "../../stash/server.mjs";

const given = process.env.ROLLCALL_PLUGIN_TESTS;
/** Folders, or null where the tests were started without them. */
export const folders = given ? JSON.parse(given) : null;
/** Why tests are skipped, or false. */
export const skip = folders ? false : "no folders were given; see tests/plugin/README.md";

/** How long a scene may take on a busy machine. */
export const PATIENCE = 240_000;

/** Starts a Stash that has the plugin. `database`: served at /custom/rollcall, or nowhere. */
export async function stashWith({ database = true, library = photoLibrary(folders.library), version = "0.31", ...options } = {}) {
  const custom = database ? { "/rollcall": folders.database } : {};
  const stash = await startStash({ library, schema: stashSchema(version), plugins: [folders.plugin], custom, ...options });
  if (Object.keys(stash.refused).length > 0) throw new Error(JSON.stringify(stash.refused));
  stash.origin = `http://localhost:${stash.port}`;
  return stash;
}

export { launch };

/** Waits for something of the server's. */
export async function waitFor(what) {
  for (let i = 0; i < 300 && !what(); i += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  if (!what()) throw new Error(`it did not happen: ${what}`);
}

/** A page of Stash as a user has it. */
export class Visit {
  constructor({ page, errors }) {
    this.page = page;
    this.errors = errors;
    this.console = [];
    page.on("console", (message) => { if (message.type() === "error") this.console.push(message.text()); });
  }

  static async open(browser, url, options) {
    return new Visit(await browser.open(url, options));
  }

  /** Clicks the first button, link or tab with this text (a string is all of it) once it is there. */
  async click(text, within = "body") {
    const found = await this.page.waitForFunction((text, within) => {
      const all = [...document.querySelectorAll(`${within} button, ${within} a, ${within} [role=tab]`)];
      const wanted = (element) => element.textContent.trim() === text || element.getAttribute("aria-label") === text;
      return all.find((element) => wanted(element) && !element.disabled);
    }, { timeout: 30_000 }, text, within);
    await found.click();
  }

  /** Waits until this text can be read. */
  sees(text, within = "body", timeout = 30_000) {
    return this.page.waitForFunction((text, within) => [...document.querySelectorAll(within)].some((element) => element.innerText.includes(text)), { timeout }, text, within);
  }

  text(selector) {
    return this.page.$eval(selector, (element) => element.innerText);
  }

  /** Waits until the faces are there, or it went wrong. */
  async answered() {
    await this.page.waitForFunction(() => ["done", "failed"].includes(document.querySelector(".rollcall")?.dataset.phase), { timeout: PATIENCE, polling: 100 });
    return this.page.$eval(".rollcall", (element) => element.dataset.phase);
  }

  /** Names and words of the people, as they are read. */
  people() {
    return this.page.$$eval(".rollcall-person", (cards) => cards.map((card) => ({
      name: card.getAttribute("aria-label"),
      badges: [...card.querySelectorAll(".badge")].map((badge) => badge.textContent),
    })));
  }

  /** A picture of the page, with what `selector` names in view. */
  async shot(name, selector) {
    mkdirSync(folders.shots, { recursive: true });
    if (selector) await this.page.$eval(selector, (element) => element.scrollIntoView({ block: "center" }));
    await this.page.screenshot({ path: join(folders.shots, `${name}.png`) });
  }
}

/** Who is known in a film: the first of those its truth names who are in the database. */
export function starOf(library, scene = "1") {
  return library.scenes.get(scene).truth.people.find(({ in_gallery: known }) => known).name;
}

/** The first films of the library of real photos. */
export function films(options, count) {
  return photoLibrary(folders.library, { ...options, films: count });
}
