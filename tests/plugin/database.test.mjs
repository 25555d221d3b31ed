// Where the database is, where it is not, and what the plugin says of it.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { inside, sendFile } from "../stash/files.mjs";
import { startPrefix } from "../stash/prefix.mjs";
import { Visit, films, folders, launch, skip, starOf, stashWith } from "./lib/world.mjs";

/** Another host with the database, as a static one is. */
async function hostOf(folder) {
  const server = createServer((request, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    void sendFile(request, response, inside(folder, request.url.split("?")[0].replace("/database/", "")));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://localhost:${server.address().port}`, close: () => { server.close(); server.closeAllConnections(); } };
}

describe("the database", { skip }, () => {
  let browser, star;
  const open = [];
  before(async () => { star = starOf(films({}, 1)); browser = await launch("chromium"); });
  after(async () => { await browser?.close(); for (const one of open) one.close(); });

  /** A Stash, and its first scene after the click. */
  async function identified(options, { change } = {}) {
    const stash = await stashWith({ library: films({}, 1), ...options });
    open.push(stash);
    change?.(stash);
    const visit = await Visit.open(browser, `${stash.origin}/scenes/1`);
    await visit.click("Identify performers");
    await visit.answered();
    return { stash, visit };
  }

  test("none: the own library does, and the card says so", async () => {
    const { visit } = await identified({ database: false });
    assert.deepEqual((await visit.people())[0], { name: star, badges: ["Sure"] });
    await visit.sees("pictures of 18 of your own performers only");
    await visit.shot("first-run");
    await visit.page.close();
  });

  test("over plain http of another name, below a path: the same answer", async () => {
    const stash = await stashWith({ library: films({}, 1) });
    const proxy = await startPrefix({ "/stash": stash.port });
    open.push(stash, proxy);
    const visit = await Visit.open(browser, `http://stash.test:${proxy.port}/stash/scenes/1`);
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done", await visit.text("body"));
    assert.equal((await visit.people())[0].name, star);
    assert.equal(await visit.page.evaluate(() => window.isSecureContext), false);
    await visit.page.close();
  });

  test("on a host that the policy refuses: the line, the file, and the way without", async () => {
    const host = await hostOf(folders.database);
    open.push(host);
    const { visit } = await identified({ database: false }, { change: ({ library }) => { library.pluginSettings.rollcall = { csp_databaseUrl: host.origin }; } });
    await visit.sees(`- ${host.origin}`);
    await visit.sees("plugins/rollcall/rollcall.yml");
    await visit.sees("/custom/rollcall");
    await visit.shot("refused");
    await visit.page.close();
  });

  test("changed by somebody: not used, said so, and the own library still does", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rollcall-forged-"));
    cpSync(folders.database, folder, { recursive: true });
    const manifest = readdirSync(folder).find((name) => name.startsWith("manifest-"));
    writeFileSync(join(folder, manifest), Buffer.concat([readFileSync(join(folder, manifest)), Buffer.from("x")]));
    const { visit } = await identified({ database: false, custom: { "/rollcall": folder } });
    await visit.sees("There is a database, but it is not used");
    assert.equal((await visit.people())[0].name, star);
    rmSync(folder, { recursive: true });
    await visit.page.close();
  });
});
