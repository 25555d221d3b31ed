// The database between its host and the browser: what is kept, what is believed, and what happens
// when the host is down, meddles, or the disk is full.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { launch } from "./lib/browser.mjs";
import { config } from "./lib/config.mjs";
import { startStash } from "./lib/stash.mjs";

const HASHED = /^database\/[0-9a-f]{64}$/;

/** In the page: opens the database, names the photo, and tells everything about it. */
async function visit(photo, options) {
  const { Rollcall } = await import("/plugin/rollcall/assets/web/client.js");
  const assets = "/plugin/rollcall/assets/";
  const requests = [];
  try {
    const rollcall = await Rollcall.start(
      { assets: `${assets}web/`, models: `${assets}models/opencv/`, database: `${assets}database/`, engine: "cpu", ...options },
      { request: ({ url }) => requests.push(url) },
    );
    if (options.whole) await rollcall.fetchDatabase();
    const bytes = Uint8Array.from(atob(photo), (c) => c.charCodeAt(0));
    const { answer } = await rollcall.identify(new Blob([bytes], { type: "image/jpeg" }));
    const { database } = rollcall;
    // What is remembered is written when all else is done.
    await new Promise((done) => setTimeout(done, 500));
    rollcall.close();
    return { name: answer.matches[0]?.name ?? null, partial: answer.partial, provisional: answer.provisional, database, requests };
  } catch (error) {
    return { kind: error.kind, message: error.message, manifest: error.manifest, requests };
  }
}

/** In the page: changes what is remembered of the database. */
function remember(change) {
  const name = `rollcall ${new URL("/plugin/rollcall/assets/database/", location.href).href}`;
  return new Promise((done, failed) => {
    const open = indexedDB.open(name);
    open.onerror = () => failed(open.error);
    open.onsuccess = () => {
      const files = open.result.transaction("files", "readwrite").objectStore("files");
      const old = files.get("state.json");
      old.onsuccess = () => {
        const state = { ...JSON.parse(new TextDecoder().decode(old.result)), ...change };
        files.put(new TextEncoder().encode(JSON.stringify(state)), "state.json").onsuccess = () => {
          open.result.close();
          done(state);
        };
      };
    };
  });
}

/** In a worker, before everything else: lets another tab write just before each of ours, and tells of
 *  each write of the state what it has of that. */
function meddleWithWrites() {
  const { transaction } = IDBDatabase.prototype;
  const { put } = IDBObjectStore.prototype;
  const page = new BroadcastChannel("writes");
  const parse = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
  let other = 0;
  IDBDatabase.prototype.transaction = function (names, mode, ...more) {
    if (mode === "readwrite") {
      const files = transaction.call(this, names, mode).objectStore("files");
      const old = files.get("state.json");
      old.onsuccess = () => {
        other += 1;
        const state = { ...(old.result && parse(old.result)), secret: other };
        put.call(files, new TextEncoder().encode(JSON.stringify(state)), "state.json");
      };
    }
    return transaction.call(this, names, mode, ...more);
  };
  IDBObjectStore.prototype.put = function (value, key) {
    const request = put.call(this, value, key);
    if (key === "state.json") {
      const ours = parse(value).secret;
      request.addEventListener("success", () => page.postMessage({ ours, other }));
    }
    return request;
  };
}

/** In the page: lets `script` run in each worker that is to come, and keeps what it tells. */
function spoil(script) {
  globalThis.writes = [];
  new BroadcastChannel("writes").onmessage = ({ data }) => globalThis.writes.push(data);
  globalThis.Blob = class extends Blob {
    constructor(parts, options) {
      super(options?.type === "text/javascript" ? [`(${script})();`, ...parts] : parts, options);
    }
  };
}

for (const kind of ["chromium", "firefox"]) {
  describe(`the database in ${kind}`, () => {
    let host, photo, meddle, asked;
    before(async () => {
      photo = (await readFile(join(config.samples, "obama2.jpg"))).toString("base64");
      const folders = { web: config.web, models: config.models, database: config.database };
      host = await startStash(folders, (path, response, file) => {
        asked.push(path);
        return meddle?.(path, response, file) ?? false;
      });
    });
    after(() => host?.close());
    // A browser each: what one test keeps must not help the next one.
    let browser, page;
    beforeEach(async () => {
      await browser?.close();
      meddle = null;
      asked = [];
      browser = await launch(kind);
      ({ page } = await browser.open(`http://stash.test:${host.port}/scenes/1`));
    });
    after(() => browser?.close());

    const go = (options = {}) => {
      asked.length = 0;
      return page.evaluate(visit, photo, options);
    };
    const ofDatabase = () => asked.filter((path) => path.startsWith("database/"));

    test("a second visit asks for latest.json only, and gives the same name", async () => {
      const first = await go();
      assert.equal(first.name, "Barack Obama", first.message);
      assert.equal(first.database.first_visit, true);
      assert.equal(first.database.kept, true);
      assert.equal(first.database.decoys, false, "the page's own host may know");
      assert.ok(ofDatabase().some((path) => HASHED.test(path)));
      const second = await go();
      assert.equal(second.name, "Barack Obama");
      assert.equal(second.database.first_visit, false);
      assert.deepEqual(ofDatabase(), ["database/latest.json"]);
    });

    test("nothing is kept where the page says so", async () => {
      assert.equal((await go({ keepDatabase: false })).database.kept, false);
      await go({ keepDatabase: false });
      assert.ok(ofDatabase().some((path) => path.startsWith("database/manifest-")));
      assert.deepEqual(await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)), []);
    });

    test("who wants it whole, but may keep nothing, is told", async () => {
      const { kind, message } = await go({ whole: true, keepDatabase: false });
      assert.equal(kind, "database");
      assert.match(message, /could not be kept here; make room/);
    });

    test("fetched whole, it works while its host is down", async () => {
      assert.equal((await go({ whole: true })).name, "Barack Obama");
      meddle = (path, response) => path.startsWith("database/") && response.destroy() !== undefined;
      const offline = await go();
      assert.equal(offline.name, "Barack Obama", offline.message);
      assert.equal(offline.partial, false);
    });

    test("a host that goes down in the middle costs people, and the answer says so", async () => {
      await go();
      const shards = await page.evaluate(forgetShards);
      assert.ok(shards > 0);
      meddle = (path, response) => HASHED.test(path) && response.destroy() !== undefined;
      const answer = await go();
      assert.equal(answer.partial, true);
      assert.equal(answer.name, null);
      meddle = null;
      assert.equal((await go()).name, "Barack Obama", "it is asked again when it is back");
    });

    test("a host that compresses on the fly is no trouble", async () => {
      meddle = (path, response, file) => {
        if (!HASHED.test(path)) return false;
        response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync(readFileSync(file)));
        return true;
      };
      assert.equal((await go()).name, "Barack Obama");
    });

    test("a sign-in page instead of latest.json gets a sentence", async () => {
      meddle = (path, response) => {
        if (path !== "database/latest.json") return false;
        response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Sign in</title>");
        return true;
      };
      const { kind, message } = await go();
      assert.equal(kind, "database");
      assert.match(message, /is no Rollcall database.*check the address.*sign in/);
    });

    test("a sign-in page in the place of every file does not stop what is kept", async () => {
      assert.equal((await go({ whole: true })).name, "Barack Obama");
      for (const page of ["<!doctype html><title>Sign in</title>", "<!doctype html>".repeat(1000), '{"format":1,"vers']) {
        meddle = (path, response) => {
          if (!path.startsWith("database/")) return false;
          response.writeHead(200, { "Content-Type": "text/html" }).end(page);
          return true;
        };
        const answer = await go();
        assert.equal(answer.name, "Barack Obama", answer.message);
        assert.equal(answer.partial, false);
      }
    });

    test("an older version needs the user's word, for this manifest only", async () => {
      assert.equal((await go()).name, "Barack Obama");
      await page.evaluate(remember, { remembered: { signer: null, version: "9999.1.1" } });
      const refused = await go();
      assert.equal(refused.kind, "unconfirmed");
      assert.match(refused.message, /older than 9999\.1\.1/);
      assert.match(refused.manifest, /^[0-9a-f]{64}$/);
      assert.equal((await go({ confirmedManifest: "0".repeat(64) })).kind, "unconfirmed");
      assert.equal((await go({ confirmedManifest: refused.manifest })).name, "Barack Obama");
      assert.equal((await go()).name, "Barack Obama", "from now on it is the known one");
    });

    test("a database of somebody else needs the user's word; one without a pinned key is refused", async () => {
      await go();
      await page.evaluate(remember, { remembered: { signer: "ab".repeat(32), version: "2026.1.1" } });
      const other = await go();
      assert.equal(other.kind, "unconfirmed");
      assert.match(other.message, /signed by nobody/);
      const pinned = await go({ trustedKeys: ["ab".repeat(32)] });
      assert.equal(pinned.kind, "database");
      assert.match(pinned.message, /not by a key you trust/);
    });

    test("two tabs at once", async () => {
      const { page: other } = await browser.open(`http://stash.test:${host.port}/scenes/2`);
      const both = await Promise.all([page, other].map((tab) => tab.evaluate(visit, photo, { whole: true })));
      assert.deepEqual(both.map(({ name }) => name), ["Barack Obama", "Barack Obama"]);
      assert.equal((await go()).name, "Barack Obama");
      assert.deepEqual(ofDatabase(), ["database/latest.json"]);
    });

    test("what another tab writes in between is not lost", async () => {
      await page.evaluate(spoil, String(meddleWithWrites));
      assert.equal((await go()).name, "Barack Obama");
      const writes = await page.evaluate(() => globalThis.writes);
      assert.ok(writes.length >= 2, `${writes.length} writes of the state`);
      for (const { ours, other } of writes) assert.equal(ours, other, "the other tab's word is in ours");
    });

    if (kind === "chromium") {
      test("without room on the disk, it is fetched each time", async () => {
        const session = await page.createCDPSession();
        await session.send("Storage.overrideQuotaForOrigin", { origin: `http://stash.test:${host.port}`, quotaSize: 1000 });
        for (let round = 0; round < 2; round += 1) {
          assert.equal((await go()).name, "Barack Obama");
          assert.ok(ofDatabase().some((path) => HASHED.test(path)));
        }
      });
    }
  });
}

/** In the page: forgets every kept file that is longer than the tables, and says how many. */
function forgetShards() {
  const name = `rollcall ${new URL("/plugin/rollcall/assets/database/", location.href).href}`;
  return new Promise((done) => {
    const open = indexedDB.open(name);
    open.onsuccess = () => {
      const files = open.result.transaction("files", "readwrite").objectStore("files");
      let forgotten = 0;
      files.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) {
          open.result.close();
          return done(forgotten);
        }
        if (new TextDecoder().decode(cursor.value.slice(0, 7)) === "RCSHARD") {
          cursor.delete();
          forgotten += 1;
        }
        cursor.continue();
      };
    };
  });
}
