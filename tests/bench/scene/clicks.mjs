// How long a user waits for the first name: in a browser that was never here before, and in one that has
// everything.

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../../browser/lib/browser.mjs";
import { startHost } from "../lib/host.mjs";
import { click } from "./page.mjs";
import { canThrottle, throttle } from "./throttle.mjs";

/** Bytes a second, and how many times slower than this machine: issue E. */
const WIRE = 50e6 / 8;
const SLOWER = 4;

/** `cold` is null where processes cannot be slowed down. */
export async function measureClicks(options, pack, { sheet, vtt }, runs) {
  const samples = mkdtempSync(join(tmpdir(), "rollcall-bench-"));
  writeFileSync(join(samples, "sheet.jpg"), Buffer.from(sheet, "base64"));
  writeFileSync(join(samples, "sheet.vtt"), vtt);
  copyFileSync(join(options.samples, "index.json"), join(samples, "index.json"));
  const host = await startHost({ ...options, samples });
  const browser = await launch("chromium");
  /** A document of the host that runs nothing itself, then the click. */
  const visit = async (during = (work) => work()) => {
    const { page } = await browser.open(`http://localhost:${host.port}/icon.svg`);
    try {
      return await during(() => page.evaluate(click, { pack }), page);
    } finally {
      await page.close();
    }
  };
  try {
    const cold = await visit(async (work, page) => {
      browser.proxy.requests.length = 0;
      browser.proxy.rate = WIRE;
      const faster = canThrottle ? await throttle(page, SLOWER) : null;
      const times = await work().finally(() => { browser.proxy.rate = Infinity; });
      const slower = await faster?.();
      const bytes = browser.proxy.requests.reduce((sum, { answered }) => sum + answered, 0);
      return { ...times, slower: slower ?? 1, bytes, requests: browser.proxy.requests.length };
    });
    const warm = [];
    for (let run = 0; run < runs; run += 1) warm.push(await visit());
    return { cold, warm };
  } finally {
    await browser.close();
    host.close();
    rmSync(samples, { recursive: true });
  }
}
