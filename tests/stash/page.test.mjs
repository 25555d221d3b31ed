// The page of the double in browsers: what its policy lets through, and what a plugin meets there.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, watchPolicy } from "../browser/lib/browser.mjs";
import { Library } from "./library.mjs";
import { start } from "./lib.mjs";
import { startPrefix } from "./prefix.mjs";

/** A plugin that touches every place a plugin of ours touches. */
const PLUGIN = {
  "faces.yml": `
name: Faces
ui:
  javascript: [faces.js]
  css: [faces.css]
  assets: {/: assets}
  csp: {connect-src: ["http://localhost:*"]}
settings:
  minConfidence: {type: NUMBER, displayName: Least confidence}
`,
  "faces.css": ".faces { outline: 3px solid red }",
  "faces.js": `(() => {
    const { React, patch, register, components, libraries: { Bootstrap: { Nav, Tab } } } = PluginApi;
    const h = React.createElement;
    const seen = window.seen = {
      script: document.currentScript.src, components: Object.keys(components), arguments: [], places: [], shown: document.querySelector("#root").innerText,
    };
    PluginApi.Event.addEventListener("stash:location", ({ detail }) => seen.places.push(detail.data.location.pathname));
    const also = (element) => ({ children, ...props }) => [{ ...props, children: h(React.Fragment, null, children, element(props)) }];
    patch.before("ScenePage.Tabs", also(({ scene }) => h(Nav.Item, { key: "f" }, h(Nav.Link, { eventKey: "faces-panel" }, "Faces of " + scene.title))));
    patch.before("ScenePage.TabContent", also(({ scene }) => h(Tab.Pane, { eventKey: "faces-panel", className: "faces" }, scene.performers.length + " people")));
    patch.before("MainNavBar.UtilityItems", also(() => h("b", { id: "badge" }, "1")));
    patch.after("ImageDetailPanel", (...args) => { seen.arguments.push(args.length); return h("div", { id: "around" }, args.at(-1), args[0].image.title); });
    patch.instead("PerformerDetailsPanel", (props, context, next) => h("section", { id: "instead" }, next(props, context)));
    register.route("/plugin/faces", () => {
      const loading = PluginApi.hooks.useLoadComponents([PluginApi.loadableComponents.PerformerSelect]);
      const toast = PluginApi.hooks.useToast();
      return loading ? "loading" : h("div", { id: "bulk" }, h("button", { onClick: () => toast.success("Done it") }, "Do"),
        h(components.PerformerSelect, { onSelect: ([one]) => { seen.chosen = one.name; } }));
    });
  })();`,
  "assets/w.js": "postMessage('ran')", "assets/m.js": "export const value = 5;",
};

function library() {
  const known = new Library();
  for (const name of ["Ann", "Ben"]) known.addPerformer({ name });
  known.addScene({ title: "One", performer_ids: ["1"] });
  known.addScene({ title: "Two" });
  known.addImage({ title: "Picture" });
  known.addGallery({ title: "Album", image_ids: ["1"] });
  return known;
}

/** A Stash and a browser for one test. */
async function both(t, options, kind = "chromium") {
  const stash = await start({ library: library(), ...options });
  t.after(() => stash.stop());
  const browser = await launch(kind);
  t.after(() => browser.close());
  return { stash, browser };
}

/** Runs in the page: tries what plugins want to do, and says what came of it. */
async function attempt(elsewhere) {
  const blob = (...parts) => URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
  const ran = (source, options) => new Promise((resolve) => {
    try {
      const worker = new Worker(source, options);
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => resolve("blocked");
    } catch { resolve("blocked"); }
  });
  const shown = (source) => new Promise((resolve) => {
    Object.assign(new Image(), { onload: () => resolve("shown"), onerror: () => resolve("blocked"), src: source });
  });
  const asset = (name) => new URL(`/plugin/faces/assets/${name}`, location.href).href;
  const pixels = await new Promise((resolve) => document.createElement("canvas").toBlob(resolve));
  const scripted = (source) => new Promise((resolve) => {
    document.head.append(Object.assign(document.createElement("script"), { src: source, onload: () => resolve("ran"), onerror: () => resolve("blocked") }));
  });
  // The smallest module there is.
  const wasm = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const inside = (code) => ran(blob(`(async () => { ${code} })().then(postMessage, () => postMessage("blocked"))`));
  return {
    "01 worker of the same origin": await ran(asset("w.js")),
    "02 worker of a blob": await ran(blob("postMessage('ran')")),
    "03 importScripts in it": await ran(blob(`importScripts("${asset("w.js")}")`)),
    "04 module worker with an import": await ran(blob(`import { value } from "${asset("m.js")}"; postMessage("ran")`), { type: "module" }),
    "05 import in it": await inside(`return (await import("${asset("m.js")}")).value`),
    "07 WebAssembly": await WebAssembly.compile(wasm).then(() => "ran", () => "blocked"),
    "08 import on the page": (await import(asset("m.js"))).value,
    "09 import of a blob": await import(blob("")).then(() => "ran", () => "blocked"),
    "10 fetch from elsewhere": await fetch(elsewhere).then(() => "ran", () => "blocked"),
    "11 fetch from elsewhere in a worker": await inside(`await fetch("${elsewhere}"); return "ran"`),
    "12 a range": (await fetch(asset("m.js"), { headers: { Range: "bytes=0-3" } })).status,
    "14 picture of a blob": await shown(URL.createObjectURL(pixels)),
    "15 picture of a data URL": await shown(document.createElement("canvas").toDataURL()),
    "17 createImageBitmap": (await createImageBitmap(pixels)).width,
    "18 fetch of a blob": await fetch(URL.createObjectURL(pixels)).then(() => "ran", () => "blocked"),
    "24 script from elsewhere": await scripted(new URL("/plugin/faces/javascript", elsewhere).href),
    "26 service worker": await navigator.serviceWorker?.register(asset("w.js")).then(() => "ran", () => "blocked") ?? "blocked",
    isolated: globalThis.crossOriginIsolated, shared: typeof SharedArrayBuffer, secure: globalThis.isSecureContext,
  };
}

for (const kind of ["chromium", "firefox"]) {
  describe(`the policy in ${kind}`, () => {
    let stash, other, browser;
    before(async () => {
      // Without the plugin's own addition: then nothing but Stash may be asked.
      const plugin = { ...PLUGIN, "faces.yml": PLUGIN["faces.yml"].replace(/ {2}csp.*\n/, "") };
      [stash, other, browser] = await Promise.all([start({ library: library(), plugins: { plugin } }), start({ plugins: { faces: PLUGIN } }), launch(kind)]);
    });
    after(async () => { await browser?.close(); stash?.stop(); other?.stop(); });

    for (const [host, secure] of [["localhost", true], ["stash.test", false]]) {
      test(`on http://${host} each row of the table is as in Stash`, async () => {
        const { page } = await browser.open(`http://${host}:${stash.port}/scenes/1`, { before: watchPolicy });
        const found = await page.evaluate(attempt, `http://localhost:${other.port}/scene/1/screenshot`);
        assert.deepEqual(found, {
          "01 worker of the same origin": "blocked", "02 worker of a blob": "ran", "03 importScripts in it": "ran",
          "04 module worker with an import": "blocked", "05 import in it": 5, "07 WebAssembly": "ran", "08 import on the page": 5,
          "09 import of a blob": "blocked", "10 fetch from elsewhere": "blocked", "11 fetch from elsewhere in a worker": "blocked",
          "12 a range": 206, "14 picture of a blob": "blocked", "15 picture of a data URL": "shown", "17 createImageBitmap": 300,
          "18 fetch of a blob": "blocked", "24 script from elsewhere": "blocked", "26 service worker": "blocked",
          isolated: false, shared: "undefined", secure,
        });
        const refused = await page.evaluate(() => window.refused);
        assert.ok(refused.some((entry) => entry.startsWith(`connect-src http://localhost:${other.port}`)), refused.join("\n"));
        await page.close();
      });
    }

    test("what a manifest adds is let through", async () => {
      const { page } = await browser.open(`http://localhost:${other.port}/`);
      const found = await page.evaluate(attempt, `http://localhost:${stash.port}/scene/1/screenshot`);
      assert.equal(found["10 fetch from elsewhere"], "ran");
      await page.close();
    });
  });
}

describe("a plugin", () => {
  let stash, browser, page, errors;
  before(async () => {
    stash = await start({ library: library(), plugins: { faces: PLUGIN } });
    browser = await launch("chromium");
    ({ page, errors } = await browser.open(`http://stash.test:${stash.port}/scenes/1`));
    await page.waitForSelector(".scene-tabs");
  });
  after(async () => { await browser?.close(); stash?.stop(); });
  const text = (selector) => page.$eval(selector, (element) => element.innerText);
  const seen = () => page.evaluate(() => window.seen);
  const click = async (selector) => { await page.waitForSelector(selector); await page.click(selector); };

  test("is loaded before anything is shown, knows where it is, and finds few components at first", async () => {
    const { script, components, shown } = await seen();
    assert.equal(script, `http://stash.test:${stash.port}/plugin/faces/javascript`);
    assert.equal(shown, "Loading plugins…");
    assert.ok(!components.includes("ScenePage") && components.length < 10, components.join());
    assert.ok(await page.evaluate(() => "ScenePage" in PluginApi.components));
    assert.equal(await page.evaluate(() => PluginApi.React.version), "17.0.2");
  });

  test("adds a tab with the scene's properties, and something to the bar", async () => {
    assert.equal(await text("#badge"), "1");
    await click("a[data-rb-event-key=faces-panel]");
    await page.waitForSelector(".faces.active");
    assert.equal(await text(".faces"), "1 people");
    assert.equal(await page.$eval(".faces", (element) => getComputedStyle(element).outlineWidth), "3px");
  });

  test("sees the page follow what it changes through the client, and not what it changes behind it", async () => {
    const change = (people) => stash.ask(`mutation { bulkSceneUpdate(input: {ids: [1], performer_ids: {ids: ${people}, mode: ADD}}) { id } }`);
    await change("[2]");
    assert.equal(await text(".faces"), "1 people");
    await page.evaluate(() => PluginApi.utils.StashService.getClient().mutate({
      mutation: PluginApi.libraries.Apollo.gql`mutation Add($input: BulkSceneUpdateInput!) { bulkSceneUpdate(input: $input) { id performers { id name } } }`,
      variables: { input: { ids: ["1"], performer_ids: { ids: ["2"], mode: "ADD" } } },
    }));
    await page.waitForFunction(() => document.querySelector(".faces").innerText === "2 people");
  });

  test("reaches the toolbar by the DOM alone; the menu is there while it is open", async () => {
    assert.equal(await page.$$eval(".scene-toolbar-group", (groups) => groups.length), 2);
    assert.equal(await page.$("#operation-menu + .dropdown-menu"), null);
    await click("#operation-menu");
    await page.waitForSelector("#operation-menu + .dropdown-menu.show");
    await page.keyboard.press("Escape");
  });

  test("is told of every place without the page being loaded anew", async () => {
    await page.evaluate(() => { window.same = true; });
    await click('a[href="/performers"]');
    await click('.performer-card-link[href="/performers/1"]');
    await page.waitForSelector("#instead .detail-group");
    await click('a[href="/images"]');
    await click('.image-card-link[href="/images/1"]');
    await page.waitForSelector("#around .image-details");
    await page.waitForSelector(".image-toolbar .image-toolbar-group:last-child");
    await click('a[href="/galleries"]');
    await click('.gallery-card-link[href="/galleries/1"]');
    await page.waitForSelector(".gallery-toolbar .gallery-toolbar-group:last-child");
    assert.equal(await page.evaluate(() => window.same), true);
    const { places, arguments: counts } = await seen();
    assert.deepEqual(places, ["/scenes/1", "/performers", "/performers/1", "/images", "/images/1", "/galleries", "/galleries/1"]);
    assert.ok(counts.length > 0 && counts.every((count) => count === 3), "an `after` gets properties, context and result");
  });

  test("has a page of its own, with components that are loaded when asked, and toasts", async () => {
    await page.goto(`http://stash.test:${stash.port}/plugin/faces`);
    await page.waitForSelector("#bulk .performer-select");
    await page.type("#bulk input", "be");
    await page.waitForFunction(() => document.querySelector(".react-select__option")?.innerText === "Ben");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => window.seen.chosen === "Ben");
    await click("#bulk button");
    await page.waitForSelector(".toast.success");
  });

  test("has its settings shown, which are merged by the page and overwritten by the server", async () => {
    stash.library.pluginSettings.faces = { kept: "yes" };
    await page.goto(`http://stash.test:${stash.port}/settings?tab=plugins`);
    await page.waitForSelector("#plugin-faces-minConfidence input");
    await page.type("#plugin-faces-minConfidence input", "7");
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => true);
    while (stash.asked("ConfigurePlugin").length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(stash.library.pluginSettings.faces, { kept: "yes", minConfidence: 7 });
  });

  test("and nothing went wrong on the page", () => assert.deepEqual(errors, []));
});

describe("the edit form", () => {
  test("starts anew when the scene changes under it, and saving REPLACES the performers", async (t) => {
    const { stash, browser } = await both(t);
    const { page } = await browser.open(`http://localhost:${stash.port}/scenes/1`);
    await page.waitForSelector("a[data-rb-event-key=scene-edit-panel]");
    await page.click("a[data-rb-event-key=scene-edit-panel]");
    await page.waitForSelector("#title");
    const disabled = () => page.$eval(".edit-button", (button) => button.disabled);
    assert.equal(await disabled(), true);
    await page.type("#title", " more");
    assert.equal(await disabled(), false);
    await page.click(".edit-button");
    await page.waitForFunction(() => document.querySelector(".scene-header").innerText === "One more");
    assert.deepEqual(stash.asked("SceneUpdate"), [{ input: { id: "1", title: "One more", performer_ids: ["1"] } }]);
    await page.type("#title", " typed");
    await page.evaluate(() => PluginApi.utils.StashService.getClient().mutate({
      mutation: PluginApi.GQL.BulkSceneUpdateDocument, variables: { input: { ids: ["1"], performer_ids: { ids: ["2"], mode: "ADD" } } },
    }));
    await page.waitForFunction(() => document.querySelector("#title").value === "One more");
  });
});

describe("the page without a plugin", () => {
  test("keeps nothing of the pages that were left, so that what is kept is a plugin's", async (t) => {
    const { stash, browser } = await both(t);
    const { page } = await browser.open(`http://localhost:${stash.port}/scenes/1`);
    const debug = await page.createCDPSession();
    const round = async () => {
      for (const [path, there] of [["/scenes/1", ".scene-tabs"], ["/performers/1", "#performer-page"], ["/images/1", ".image-toolbar"], ["/scenes/2", ".scene-tabs"]]) {
        await page.evaluate((to) => { history.pushState({}, "", to); dispatchEvent(new PopStateEvent("popstate")); }, path);
        // A handle would keep the element it stands for.
        await (await page.waitForSelector(there)).dispose();
      }
    };
    const kept = async () => {
      await page.waitForNetworkIdle({ idleTime: 100 });
      await debug.send("HeapProfiler.collectGarbage");
      const { JSEventListeners: listeners, Nodes: nodes } = await page.metrics();
      return { listeners, nodes };
    };
    await round();
    const before = await kept();
    for (let turn = 0; turn < 10; turn += 1) await round();
    // Fewer is well: some of the first round may still have been there.
    const after = await kept();
    assert.ok(after.listeners <= before.listeners && after.nodes <= before.nodes, JSON.stringify({ before, after }));
  });
});

describe("a Stash of v0.30", () => {
  test("has the same page; what is not there says so", async (t) => {
    const { stash, browser } = await both(t, { plugins: { faces: PLUGIN }, schema: "0.30", version: "v0.30.1" });
    const { page, errors } = await browser.open(`http://localhost:${stash.port}/scenes/1`);
    await page.waitForSelector(".scene-tabs");
    await page.goto(`http://localhost:${stash.port}/scenes/99`);
    await page.waitForFunction(() => document.querySelector(".error-message")?.innerText === "Not found");
    assert.deepEqual([errors, stash.log.filter(({ errors: wrong }) => wrong)], [[], []]);
  });
});

describe("on https", () => {
  for (const kind of ["chromium", "firefox"]) {
    test(`in ${kind} the page is secure, all of it is https, and plain http elsewhere is refused whatever the policy says`, async (t) => {
      const faces = { ...PLUGIN, "faces.yml": PLUGIN["faces.yml"].replace("http://localhost:*", "http://stash.test:*") };
      const { stash, browser } = await both(t, { plugins: { faces } }, kind);
      const proxy = await startPrefix({ "": stash.port }, { tls: true });
      t.after(() => proxy.close());
      const origin = `https://stash.test:${proxy.port}`;
      const { page } = await browser.open(`${origin}/scenes/1`, { before: watchPolicy });
      await page.waitForSelector(".scene-tabs");
      const found = await page.evaluate(async (elsewhere) => ({
        secure: isSecureContext, script: window.seen.script, pictures: [...document.images].map(({ src }) => new URL(src).origin),
        elsewhere: await fetch(elsewhere).then(() => "ran", () => "blocked"), refused: window.refused,
      }), `http://stash.test:${stash.port}/scene/1/screenshot`);
      assert.deepEqual(found, { secure: true, script: `${origin}/plugin/faces/javascript`, pictures: [origin], elsewhere: "blocked", refused: [] });
    });
  }
});

describe("below a path, behind a login", () => {
  test("the page, its plugin and its pictures are all there", async (t) => {
    const { stash, browser } = await both(t, { plugins: { faces: PLUGIN }, credentials: { username: "u", password: "p", apiKey: "k" } });
    const proxy = await startPrefix({ "/stash": stash.port });
    t.after(() => proxy.close());
    const { page, errors } = await browser.open(`http://stash.test:${proxy.port}/stash/scenes/1`);
    await page.type("[name=username]", "u");
    await page.type("[name=password]", "p");
    await Promise.all([page.waitForNavigation(), page.click("button")]);
    await page.waitForSelector(".scene-tabs");
    assert.equal(new URL(page.url()).pathname, "/stash/scenes/1");
    assert.equal(await page.evaluate(() => window.seen.script), `http://stash.test:${proxy.port}/stash/plugin/faces/javascript`);
    await page.click('a[href="/stash/performers"]');
    await page.waitForSelector(".performer-card");
    const pictures = await page.$$eval("img", (images) => images.map(({ src }) => src));
    assert.ok(pictures.length > 0 && pictures.every((src) => src.startsWith(`http://stash.test:${proxy.port}/stash/performer/`)), pictures.join());
    assert.deepEqual(errors, []);
    stash.sessions.expire();
    await page.click('a[href="/stash/scenes"]');
    await page.waitForSelector("[name=password]");
    assert.equal(new URL(page.url()).pathname, "/stash/login", "who is no longer logged in is led to the login");
  });
});
