// A slower processor. Chromium slows only the main thread of a page down ("Operation is only supported for
// pages, not workers"), and there nothing of ours happens. So the whole process of the page is stopped
// most of the time, as Chromium does with that thread.

import { setTimeout as pause } from "node:timers/promises";

/** How long it may run in one go, in milliseconds. */
const RUN = 10;

/** Whether processes can be stopped here. */
export const canThrottle = process.platform !== "win32";

/** Lets the renderers of a page's browser run one `rate`th of the time, until what it gives is called. */
export async function throttle(page, rate) {
  const session = await page.browser().target().createCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  const tell = (signal) => renderers.forEach((id) => {
    try {
      process.kill(id, signal);
    } catch (error) {
      if (error.code !== "ESRCH") throw error; // it has ended meanwhile
    }
  });
  let on = true;
  const done = (async () => {
    let [ran, stopped] = [0, 0];
    while (on) {
      // Timers are late on a busy machine: what is owed is counted, not assumed.
      let from = performance.now();
      await pause(RUN);
      tell("SIGSTOP");
      ran += performance.now() - from;
      from = performance.now();
      await pause(Math.max(ran * (rate - 1) - stopped, 1));
      tell("SIGCONT");
      stopped += performance.now() - from;
    }
    return (ran + stopped) / ran;
  })();
  return () => {
    on = false;
    return done;
  };
}
