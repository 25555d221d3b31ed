// Runs in a blob worker of the bench page, so nothing from outside its braces may be used.

/** Loads our module, opens what it is told, and answers with times and with what was requested. */
export async function searchWorker(scope, { base }) {
  performance.setResourceTimingBufferSize(100_000);
  importScripts(`${base}rollcall_cpu.js`);
  await rollcall_cpu({ module_or_path: await fetch(`${base}rollcall_cpu_bg.wasm`) });
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const hooks = {
    progress() {}, provisional() {}, pause, cancelled: () => false, breathe: async () => {}, now: () => performance.now(),
    startGpu: async () => { throw new Error("no graphics card wanted"); },
    keepModels() {}, helpers: { isReady: () => false, atOnce: () => 1 },
  };
  /** What was asked for between two times. The browser lists it a little later than it answers. */
  const requests = async (from, to = Infinity) => {
    await pause(200);
    return performance.getEntriesByType("resource")
      .filter(({ startTime }) => startTime >= from && startTime <= to)
      .map(({ name, encodedBodySize: bytes, startTime }) => ({ path: new URL(name).pathname, bytes, at: startTime }));
  };
  let searcher = null;
  const tasks = {
    /** From nothing to the first, provisional answer, then all that full answers need. */
    async open({ pack, query }) {
      const from = performance.now();
      searcher = await rollcall_cpu.Searcher.open(`${base}database/`, pack);
      const { provisional } = await searcher.find(new Float32Array(query), 5);
      if (!provisional) throw new Error("a first answer that is not provisional");
      const answered = performance.now();
      await searcher.complete();
      const complete = performance.now();
      const sum = (entries) => entries.reduce((sum, { bytes }) => sum + bytes, 0);
      const early = await requests(from, answered);
      const late = await requests(answered, complete);
      return {
        provisional: { milliseconds: answered - from, requests: early.length, bytes: sum(early) },
        complete: { milliseconds: complete - from, requests: early.length + late.length, bytes: sum(early) + sum(late) },
      };
    },
    /** Each query twice: what the first one fetches, how long the second one takes. */
    async search({ queries }) {
      const spans = [];
      const begin = performance.now();
      for (const query of queries) {
        const values = new Float32Array(query);
        const from = performance.now();
        const first = await searcher.find(values, 5);
        const fetched = performance.now();
        const second = await searcher.find(values, 5);
        const done = performance.now();
        if (first.partial || first.provisional || JSON.stringify(first) !== JSON.stringify(second)) throw new Error("answered partly or in two ways");
        spans.push({ from, fetched, done, name: first.candidates[0][0] });
      }
      const all = await requests(begin);
      return spans.map(({ from, fetched, done, name }) => {
        const between = (a, b) => all.filter(({ at }) => at >= a && at < b);
        const cold = between(from, fetched);
        return {
          name, coldMilliseconds: fetched - from, milliseconds: done - fetched,
          coldRequests: cold.length, coldBytes: cold.reduce((sum, { bytes }) => sum + bytes, 0),
          warmRequests: between(fetched, done).length,
        };
      });
    },
    /** Many people at once, as when kept scenes are named again: seconds for all of `queries`, so many at a
     *  time, and the best of each. */
    async rename({ queries, together, times }) {
      const length = queries[0].length;
      const names = [];
      const begin = performance.now();
      for (let i = 0; i < times; i++) {
        const values = new Float32Array(together * length);
        for (let k = 0; k < together; k++) values.set(queries[(i * together + k) % queries.length], k * length);
        for (const { candidates, partial } of await searcher.findAll(values, 5)) {
          if (partial) throw new Error("answered partly");
          if (names.length < queries.length) names.push(candidates[0][0]);
        }
      }
      return { seconds: (performance.now() - begin) / 1000, names };
    },
    /** All that a first answer costs, in this fresh worker: scripts, models, index, shards. */
    async identify({ pack, photo }) {
      const file = await (await fetch(photo)).blob();
      const session = await rollcall_cpu.Session.open({
        assets: base, models: `${base}models/${pack}/`, engine: "cpu", because: null, facts: null,
        database: { url: `${base}database/`, trusted_keys: [], confirmed: null, decoys: false, cache: null },
      }, hooks);
      const { answer } = await session.identify(file);
      const all = (await requests(0)).filter(({ path }) => !photo.endsWith(path));
      return { people: answer.performers_detected, requests: all };
    },
  };
  scope.onmessage = async ({ data: { task, ...words } }) => {
    try {
      scope.postMessage({ result: await tasks[task](words) });
    } catch (error) {
      scope.postMessage({ error: error?.stack ?? error?.message ?? JSON.stringify(error) });
    }
  };
}
