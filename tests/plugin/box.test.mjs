// A box on the frame that the player shows, or on an image: only who is in it is identified.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { bundled } from "./lib/bundle.mjs";
import { Visit, films, launch, skip, starOf, stashWith } from "./lib/world.mjs";

const { between, nudged, padded, within } = await bundled("box.ts");
const rounded = (box) => Object.fromEntries(Object.entries(box).map(([key, value]) => [key, Math.round(100 * value) / 100]));

describe("a box", () => {
  test("lies between two points, whichever was first, within the picture", () => {
    assert.deepEqual(rounded(between(0.8, 0.9, 0.2, 0.4)), { x: 0.2, y: 0.4, width: 0.6, height: 0.5 });
    assert.deepEqual(rounded(between(-3, 0.5, 0.5, 7)), { x: 0, y: 0.5, width: 0.5, height: 0.5 });
    assert.equal(between(0.5, 0.5, 0.505, 0.9), undefined, "a click is no box");
  });

  test("is moved by arrow keys, and with Shift gets another size, never beyond the picture", () => {
    let box = { x: 0.9, y: 0, width: 0.1, height: 0.04 };
    assert.deepEqual(rounded(nudged(box, "ArrowRight", false)), rounded(box));
    assert.deepEqual(rounded(nudged(box, "ArrowLeft", false)), { ...rounded(box), x: 0.88 });
    assert.deepEqual(rounded(nudged(box, "ArrowRight", true)), rounded(box));
    for (let i = 0; i < 9; i += 1) box = nudged(box, "ArrowUp", true);
    assert.equal(rounded(box).height, 0.02);
    assert.equal(nudged(box, "a", false), undefined);
  });

  test("is cut out with padding, and counts without", () => {
    const { cut, inner } = padded({ x: 0.5, y: 0, width: 0.2, height: 0.5 }, 1000, 100);
    assert.deepEqual(cut, { x: 430, y: 0, width: 340, height: 68 });
    assert.deepEqual(inner, { x: 70, y: 0, width: 200, height: 50 });
    const at = (x, y) => ({ faces: [{ box: { x: x - 5, y: y - 5, width: 10, height: 10 } }] });
    const answer = within({ performers_detected: 3, matches: [at(100, 25), at(20, 25), at(100, 60)] }, inner);
    assert.deepEqual([answer.performers_detected, answer.matches], [1, [at(100, 25)]]);
  });
});

describe("drawing a box", { skip }, () => {
  let browser, stash, visit, star;
  before(async () => {
    browser = await launch("chromium");
    stash = await stashWith({ library: films({}, 1) });
    star = starOf(stash.library);
    visit = await Visit.open(browser, `${stash.origin}/scenes/1`);
    await visit.click("Faces");
  });
  after(async () => { await browser?.close(); stash?.close(); });

  const dialog = async () => {
    await visit.click("Draw a box");
    await visit.page.waitForFunction(() => document.activeElement?.matches(".rollcall-box"));
  };
  async function draw(...shares) {
    const { left, top, width, height } = await visit.page.$eval(".rollcall-box-area", (area) => area.getBoundingClientRect().toJSON());
    const [ax, ay, bx, by] = shares.map((share, i) => (i % 2 ? top + share * height : left + share * width));
    await visit.page.mouse.move(ax, ay);
    await visit.page.mouse.down();
    await visit.page.mouse.move(bx, by, { steps: 3 });
    await visit.page.mouse.up();
  }
  const names = async () => {
    assert.equal(await visit.answered(), "done");
    return (await visit.people()).map(({ name }) => name);
  };

  test("on the player's frame finds who is in it, and nobody beside", async () => {
    await dialog();
    await draw(0.67, 0.1, 0.97, 0.85);
    await visit.shot("box");
    await visit.click("Identify who is in the box");
    assert.deepEqual(await names(), [star]);
    await dialog();
    await draw(0.05, 0.1, 0.4, 0.9);
    await visit.click("Identify who is in the box");
    const others = await names();
    assert.equal(others.length, 1);
    assert.notEqual(others[0], star);
  });

  test("works with keys alone; Escape changes nothing", async () => {
    await dialog();
    await visit.page.keyboard.press("Escape");
    await visit.page.waitForSelector(".rollcall-box", { hidden: true });
    assert.equal((await names()).includes(star), false);
    await dialog();
    const press = async (key, times) => { for (let i = 0; i < times; i += 1) await visit.page.keyboard.press(key); };
    await press("ArrowRight", 18);
    await press("ArrowUp", 5);
    await visit.page.keyboard.down("Shift");
    await press("ArrowLeft", 5);
    await press("ArrowDown", 5);
    await visit.page.keyboard.up("Shift");
    await press("ArrowRight", 4);
    await visit.shot("box-keys");
    await visit.page.keyboard.press("Enter");
    assert.deepEqual(await names(), [star]);
  });

  test("on an image does the same, in its dialog", async () => {
    await visit.page.goto(`${stash.origin}/images/1`);
    await visit.click("Identify performers");
    const all = await names();
    await dialog();
    await draw(0, 0, 0.5, 1);
    await visit.shot("box-image");
    await visit.click("Identify who is in the box");
    const some = await names();
    assert.ok(some.length < all.length || all.length === 1, `${some} of ${all}`);
    await visit.page.keyboard.press("Escape");
    await visit.page.waitForSelector(".rollcall-dialog", { hidden: true });
    assert.deepEqual(visit.errors, []);
  });
});
