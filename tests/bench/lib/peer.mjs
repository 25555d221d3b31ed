// Runs in a blob worker of the bench page, so nothing from outside its braces may be used.

/** Loads our CPU module and onnxruntime-web, then times what it is told, in turns. */
export async function peerWorker(scope, { base, pack, embedders, database = null }) {
  const web = `${base}web/`;
  importScripts(`${base}peer/ort.wasm.min.js`);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = `${base}peer/`;
  importScripts(`${web}rollcall_cpu.js`);
  await rollcall_cpu({ module_or_path: await fetch(`${web}rollcall_cpu_bg.wasm`) });

  const sessions = new Map();
  const peerRun = async (model, shape, data) => {
    const key = `${model}-${[...shape].join("x")}`;
    if (!sessions.has(key)) {
      const file = new Uint8Array(await (await fetch(`${base}floats/${key}.onnx`)).arrayBuffer());
      sessions.set(key, await ort.InferenceSession.create(file, { executionProviders: ["wasm"], graphOptimizationLevel: "all" }));
    }
    const session = sessions.get(key);
    const outputs = await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", data, shape) });
    return session.outputNames.map((name) => [new Uint32Array(outputs[name].dims), outputs[name].data]);
  };
  // An embedder's batch of faces, one after the other: ours does the same, and the peer's float
  // graph has a batch of one.
  const peerEngine = {
    report: () => ({ name: "onnxruntime-web", adapter: null, software_adapter: false, dispatches: 0, why: "" }),
    async run(model, shape, data) {
      const one = [1, ...[...shape].slice(1)];
      if (!embedders.includes(model) || shape[0] === 1) return peerRun(model, [...shape], data);
      const size = data.length / shape[0];
      const rows = [];
      for (let face = 0; face < shape[0]; face += 1) {
        rows.push((await peerRun(model, one, data.slice(face * size, (face + 1) * size)))[0]);
      }
      const width = rows[0][1].length;
      const all = new Float32Array(width * rows.length);
      rows.forEach(([, values], face) => all.set(values, face * width));
      return [[new Uint32Array([rows.length, width]), all]];
    },
  };
  const hooks = {
    progress() {}, provisional() {}, pause: () => new Promise((done) => setTimeout(done, 1000)), cancelled: () => false, breathe: async () => {}, now: () => performance.now(),
    startGpu: async () => peerEngine, keepModels() {}, helpers: { isReady: () => false, atOnce: () => 1 },
  };
  const open = (engine, facts) => rollcall_cpu.Session.open({
    assets: web, models: `${base}models/${pack}/`, database, engine, because: null, facts,
  }, hooks);
  const ours = await open("cpu", null);
  const theirs = await open("gpu", { secure_context: true, webgpu: true, adapter: { name: "peer", software: false } });

  const timed = async (work) => {
    const start = performance.now();
    const result = await work();
    return [performance.now() - start, result];
  };
  const inTurns = async (runs, our, their, compare) => {
    const times = { ours: [], peer: [] };
    for (let i = -2; i < runs; i += 1) {
      const [ourTime, ourResult] = await timed(our);
      const [theirTime, theirResult] = await timed(their);
      if (i < 0) compare(ourResult, theirResult);
      else { times.ours.push(ourTime); times.peer.push(theirTime); }
    }
    return times;
  };
  const sameOutputs = (ours, theirs) => {
    if (ours.length !== theirs.length) throw new Error("the engines give different numbers of outputs");
    ours.forEach(([, values], i) => {
      const wanted = theirs[i][1];
      const range = wanted.reduce((top, x) => Math.max(top, x), -Infinity) - wanted.reduce((low, x) => Math.min(low, x), Infinity);
      const worst = values.reduce((worst, x, at) => Math.max(worst, Math.abs(x - wanted[at])), 0);
      // Where an output hardly moves, rounding is all there is to see of it.
      if (!(worst <= Math.max(1e-3 * range, 1e-5))) throw new Error(`output ${i} differs by ${worst} of ${range}`);
    });
  };
  const samePeople = ({ answer: a }, { answer: b }) => {
    if (b.engine.name !== "onnxruntime-web") throw new Error(`the peer did not run: ${b.engine.why}`);
    if (a.performers_detected === 0 || a.performers_detected !== b.performers_detected) {
      throw new Error(`we see ${a.performers_detected} people, the peer ${b.performers_detected}`);
    }
  };
  scope.onmessage = async ({ data: { model, shape, photo, scene, runs } }) => {
    try {
      if (scene) {
        const [time, { answer, timings }] = await timed(() => theirs.identifyScene(scene));
        if (answer.engine.name !== "onnxruntime-web") throw new Error(`the peer did not run: ${answer.engine.why}`);
        scope.postMessage({ time, answer, timings });
        return;
      }
      if (photo) {
        const file = await (await fetch(`${base}samples/${photo}`)).blob();
        scope.postMessage(await inTurns(runs, () => ours.identify(file), () => theirs.identify(file), samePeople));
        return;
      }
      // Real pictures are smooth: waves with some detail on them.
      const side = shape[3];
      const input = Float32Array.from({ length: 3 * side * side }, (_, i) =>
        127.5 + 90 * Math.sin((i % side) * 0.11) * Math.cos((Math.floor(i / side) % side) * 0.07) + ((i * 31) % 29));
      const ourRun = () => ours.runNetwork(model, new Uint32Array(shape), input);
      scope.postMessage(await inTurns(runs, ourRun, () => peerRun(model, shape, input), sameOutputs));
    } catch (error) {
      scope.postMessage({ error: error?.stack ?? error?.message ?? JSON.stringify(error) });
    }
  };
}
