// The server of the double: policy, plugins, sessions, sub-paths, files, faults.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cut, failing, slow } from "./faults.mjs";
import { Library } from "./library.mjs";
import { start } from "./lib.mjs";
import { refusal } from "./plugins.mjs";
import { startPrefix } from "./prefix.mjs";

const MANIFEST = `
name: Faces
description: Says who is there
version: 0.1.0
url: https://example.org
ui:
  javascript: [a.js, b.js]
  css: [a.css]
  assets:
    /: assets
    /more: elsewhere
    never: assets
  csp:
    connect-src: ["http://localhost:7878", "http://*:7878"]
settings:
  minConfidence: {type: NUMBER, displayName: Least confidence}
`;
const FILES = {
  "faces.yml": MANIFEST, "a.js": "var a = 1;\n", "b.js": "var b = a;\n", "a.css": "p { color: red }\n",
  "assets/x.wasm": "0123456789", "assets/x.json": "{}", "elsewhere/y.bin": "y",
};

describe("manifests are read strictly", () => {
  test("a good one", () => assert.equal(refusal(MANIFEST), null));
  for (const [what, change, reason] of [
    ["an unknown key", (text) => `${text}author: me\n`, "unknown key author"],
    ["a worker-src", (text) => text.replace("connect-src", "worker-src"), "unknown key ui.csp.worker-src"],
    ["a key of the prototype", (text) => `${text}constructor: x\n`, "unknown key constructor"],
    ["a default of a setting", (text) => text.replace("type: NUMBER", "type: NUMBER, default: 5"), "unknown key settings.minConfidence.default"],
    ["a type of setting that there is not", (text) => text.replace("NUMBER", "ENUM"), "settings.minConfidence.type has the wrong type"],
    ["a script that is no list", (text) => text.replace("[a.js, b.js]", "a.js"), "ui.javascript has the wrong type"],
    ["no name", (text) => text.replace("name: Faces", ""), "no name"],
  ]) {
    test(`${what} refuses the plugin`, () => assert.equal(refusal(change(MANIFEST)), reason));
  }
  test("what is twice there, or no YAML", () => {
    assert.match(refusal(`${MANIFEST}name: again\n`), /^not YAML/);
    assert.match(refusal("name: [\n"), /^not YAML/);
  });
});

describe("plugins", () => {
  let stash;
  before(async () => { stash = await start({ plugins: { folder: FILES, bad: { "bad.yml": "name: Bad\nauthor: me\n" } } }); });
  after(() => stash?.stop());
  const get = (path, headers = {}) => fetch(stash.url + path, { headers });

  test("the id is the manifest's name, and one that does not load says why", () => {
    assert.deepEqual(stash.plugins.map(({ id }) => id), ["faces"]);
    assert.deepEqual(stash.refused, { bad: "unknown key author" });
  });

  test("the page's policy has what plugins add, and nothing else is changed", async () => {
    const { headers } = await get("/scenes/1");
    assert.equal(headers.get("content-security-policy"),
      "default-src data: 'self' 'unsafe-inline'; connect-src data: 'self' ws: wss: http://localhost:7878 http://*:7878; "
      + "img-src data: *; script-src 'self' http://www.gstatic.com https://www.gstatic.com 'unsafe-inline' 'unsafe-eval'; "
      + "style-src 'self' 'unsafe-inline'; media-src blob: 'self'; worker-src blob:; child-src 'none'; object-src 'none'; form-action 'self';");
    assert.equal(headers.get("referrer-policy"), "same-origin");
    assert.equal(headers.get("cross-origin-opener-policy"), null);
  });

  test("scripts come as one, assets by the prefix of their keys, which begin with a slash", async () => {
    const script = await get("/plugin/faces/javascript");
    assert.equal(await script.text(), "var a = 1;\nvar b = a;\n");
    assert.match(script.headers.get("content-type"), /javascript/);
    assert.equal(await (await get("/plugin/faces/css")).text(), FILES["a.css"]);
    const wasm = await get("/plugin/faces/assets/x.wasm");
    assert.deepEqual(["content-type", "x-content-type-options", "cache-control"].map((name) => wasm.headers.get(name)), ["application/wasm", "nosniff", null]);
    assert.equal(await (await get("/plugin/faces/assets/more/y.bin")).text(), "y");
    for (const path of ["/plugin/faces/assets/nothing", "/plugin/faces/assets/..%2ffaces.yml", "/plugin/bad/javascript", "/plugin/none/assets/x"]) {
      assert.equal((await get(path)).status, 404, path);
    }
  });

  test("ranges, and what a browser has already", async () => {
    const part = await get("/plugin/faces/assets/x.wasm", { Range: "bytes=2-4" });
    assert.deepEqual([part.status, part.headers.get("content-range"), await part.text()], [206, "bytes 2-4/10", "234"]);
    assert.equal(await (await get("/plugin/faces/assets/x.wasm", { Range: "bytes=-3" })).text(), "789");
    assert.equal((await get("/plugin/faces/assets/x.wasm", { Range: "bytes=10-" })).status, 416);
    const since = part.headers.get("last-modified");
    assert.equal((await get("/plugin/faces/assets/x.wasm", { "If-Modified-Since": since })).status, 304);
  });

  test("GraphQL lists them with paths from the request's host; a disabled one adds nothing", async () => {
    const { data } = await stash.ask("{ plugins { id enabled paths { javascript css } settings { name type } } }");
    assert.deepEqual(data.plugins, [{
      id: "faces", enabled: true, settings: [{ name: "minConfidence", type: "NUMBER" }],
      paths: { javascript: [`${stash.url}/plugin/faces/javascript`], css: [`${stash.url}/plugin/faces/css`] },
    }]);
    await stash.ask("mutation { setPluginsEnabled(enabledMap: {faces: false}) }");
    assert.doesNotMatch((await get("/")).headers.get("content-security-policy"), /7878/);
  });
});

describe("with credentials", () => {
  const credentials = { username: "u", password: "p", apiKey: "secret-key" };
  let stash;
  before(async () => {
    const library = new Library();
    library.addScene({});
    stash = await start({ library, credentials });
  });
  after(() => stash?.stop());
  const get = (path, headers = {}) => fetch(stash.url + path, { headers, redirect: "manual" });

  test("nobody in particular gets 401 from GraphQL and files, and the login page elsewhere", async () => {
    assert.deepEqual(await stash.ask("{ version { version } }"), { status: 401 });
    assert.equal((await get("/scene/abc_sprite.jpg")).status, 401);
    assert.equal((await get("/assets/index.js")).status, 200, "the page's own files are for everybody");
    const page = await get("/scenes/1?x=1");
    assert.deepEqual([page.status, page.headers.get("location")], [302, "/login?returnURL=%2Fscenes%2F1%3Fx%3D1"]);
  });

  test("the key opens it, as a header or in the query; the log never has it", async () => {
    assert.ok((await stash.ask("{ version { version } }", {}, { ApiKey: "secret-key" })).data);
    assert.equal((await get("/scene/1/screenshot?apikey=secret-key")).status, 200);
    assert.equal((await get("/scene/1/screenshot?apikey=wrong")).status, 302);
    const { data } = await stash.ask("{ findScene(id: 1) { paths { stream } } }", {}, { ApiKey: "secret-key" });
    assert.equal(data.findScene.paths.stream, `${stash.url}/scene/1/stream?apikey=secret-key`);
    assert.doesNotMatch(JSON.stringify(stash.log), /secret-key/);
  });

  test("a login gives a session, which can end at any time", async () => {
    const login = await fetch(`${stash.url}/login?returnURL=/scenes/1`, {
      method: "POST", body: new URLSearchParams({ username: "u", password: "p" }), redirect: "manual",
    });
    assert.equal(login.headers.get("location"), "/scenes/1");
    const [cookie, ...rest] = login.headers.get("set-cookie").split("; ");
    assert.deepEqual(rest, ["Path=/", "HttpOnly", "SameSite=Lax"]);
    assert.equal((await get("/scenes/1", { cookie })).status, 200);
    stash.sessions.expire();
    assert.equal((await get("/scenes/1", { cookie })).status, 302);
  });
});

describe("below a path of another server", () => {
  let stash, proxy;
  before(async () => {
    const library = new Library();
    library.addScene({ updated_at: "2026-01-01T00:00:00Z", performer_ids: [library.addPerformer({ name: "A", updated_at: "2026-01-01T00:00:00Z" }).id] });
    stash = await start({ library, credentials: { username: "u", password: "p", apiKey: "k" } });
    proxy = await startPrefix({ "/stash": stash.port }, { proto: "https" });
  });
  after(() => { stash?.stop(); proxy?.close(); });

  test("the page has its base, the login its path, and GraphQL's URLs both, and the proxy's scheme", async () => {
    const origin = `http://127.0.0.1:${proxy.port}`;
    assert.match(await (await fetch(`${origin}/stash/scenes/1?apikey=k`)).text(), /<base href="\/stash\/">/);
    const refused = await fetch(`${origin}/stash/scenes/1`, { redirect: "manual" });
    assert.equal(refused.headers.get("location"), "/stash/login?returnURL=%2Fstash%2Fscenes%2F1");
    const response = await fetch(`${origin}/stash/graphql`, {
      method: "POST", headers: { ApiKey: "k" },
      body: JSON.stringify({ query: "{ findScene(id: 1) { paths { screenshot vtt } performers { image_path } } }" }),
    });
    const { findScene } = (await response.json()).data;
    const base = `https://127.0.0.1:${proxy.port}/stash`, { hash } = stash.library.scenes.get("1").file;
    assert.equal(findScene.paths.screenshot, `${base}/scene/1/screenshot?t=1767225600`);
    assert.equal(findScene.paths.vtt, `${base}/scene/${hash}_thumbs.vtt`);
    assert.equal(findScene.performers[0].image_path, `${base}/performer/1/image?t=1767225600&default=true`);
  });
});

describe("faults and the user's own folders", () => {
  let stash;
  before(async () => { stash = await start({ plugins: { faces: FILES } }); });
  after(() => stash?.stop());

  test("a folder of custom_served_folders is below /custom", async () => {
    const other = await start({ custom: { "/": `${stash.folder}/faces/assets`, "/faces": `${stash.folder}/faces/elsewhere` } });
    assert.equal(await (await fetch(`${other.url}/custom/x.wasm`)).text(), "0123456789");
    assert.equal(await (await fetch(`${other.url}/custom/faces/y.bin`)).text(), "y");
    assert.equal((await fetch(`${other.url}/custom/faces/../../faces.yml`)).status, 404);
    other.stop();
  });

  test("a fault counts as often as it says, and can be taken away", async () => {
    const status = async () => (await fetch(`${stash.url}/plugin/faces/css`)).status;
    stash.faults.add(failing(/css$/, 503, 2));
    assert.deepEqual([await status(), await status(), await status()], [503, 503, 200]);
    const mend = stash.faults.add(cut(/css$/));
    await assert.rejects(status());
    mend();
    stash.faults.add(slow(/css$/, 50));
    const begun = performance.now();
    assert.equal(await status(), 200);
    assert.ok(performance.now() - begun >= 49);
  });
});
