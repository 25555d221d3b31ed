// The worker's side. `workerMain` is turned into text and becomes a blob worker's whole source
// (the only kind a Stash page allows), so it may use nothing from outside its own braces but types.

import type { Failure, FromWorker, Outcome, ToWorker, Work, WorkerOptions } from "./messages.ts";
import type { DatabaseFacts, EngineReport, Identification, Known, Progress, SceneFrames, Stage } from "./types.ts";

/** The little of `DedicatedWorkerGlobalScope` we use; its own types clash with those of a page. */
interface Scope {
  postMessage(message: FromWorker): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
  addEventListener(type: "error", listener: (event: ErrorEvent) => void): void;
  addEventListener(type: "unhandledrejection", listener: (event: PromiseRejectionEvent) => void): void;
  importScripts(url: string): void;
}

interface Session {
  engine(): EngineReport;
  database(): DatabaseFacts | null;
  fetchDatabase(): Promise<void>;
  identify(picture: Blob): Promise<Identification>;
  identifyScene(what: SceneFrames): Promise<Identification>;
  learn(known: Known, picture: Blob): Promise<Float32Array | null>;
  know(known: Known, embeddings: Float32Array): void;
}

/** What wasm-bindgen's `no-modules` script leaves behind: a function that instantiates the module
 *  and carries its exports. */
interface Module {
  (from: { module_or_path: Response }): Promise<unknown>;
  onPanic(listener: (words: string) => void): void;
}
declare const rollcall_cpu: Module & {
  Session: { open(settings: object, hooks: Hooks): Promise<Session> };
};
declare const rollcall_gpu: Module & {
  GpuEngine: { create(models: [string, Uint8Array][], allowSoftware: boolean): Promise<object> };
};

/** The other half of web/src/hooks.rs. */
interface Hooks {
  progress(stage: Stage, done: number, total: number, bytes: number): void;
  provisional(identification: Identification): void;
  cancelled(): boolean;
  breathe(): Promise<void>;
  pause(milliseconds: number): Promise<void>;
  now(): number;
  startGpu(models: [string, Uint8Array][], allowSoftware: boolean): Promise<object>;
}

/** What choosing an engine goes by; `web/src/session.rs` reads it. */
interface Facts {
  secure_context: boolean;
  webgpu: boolean;
  adapter: { name: string; software: boolean } | null;
}

interface Adapter {
  isFallbackAdapter?: boolean;
  info?: { vendor: string; architecture: string; device: string; description: string; isFallbackAdapter?: boolean };
}

export function workerMain(scope: Scope): void {
  const queue: { job: number; what: Work }[] = [];
  const cancelled = new Set<number>();
  const channel = new MessageChannel();
  let session: Session | null = null;
  let running: number | null = null;
  let dead = false;

  const post = (message: FromWorker): void => {
    if (!dead) scope.postMessage(message);
  };
  const words = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
  const die = (message: string): void => {
    post({ type: "dead", message });
    dead = true;
  };
  // A trap in a promise of the module surfaces as one of these two; the promise itself never settles.
  scope.addEventListener("error", (event) => die(event.message));
  scope.addEventListener("unhandledrejection", (event) => die(words(event.reason)));

  const failure = (thrown: unknown): Failure => {
    const known = typeof thrown === "object" && thrown !== null && "kind" in thrown;
    return known ? (thrown as Failure) : { kind: "crashed", message: words(thrown) };
  };
  /** Turns what was thrown into a message, or dies of it when the module itself is broken. */
  const fail = (job: number | null, thrown: unknown): void => {
    if (thrown instanceof WebAssembly.RuntimeError) return die(words(thrown));
    post({ type: "failed", job, error: failure(thrown) });
  };

  const record = (entry: PerformanceResourceTiming): void => {
    post({
      type: "request",
      request: {
        url: entry.name,
        bytes: entry.encodedBodySize,
        milliseconds: entry.duration,
        cached: entry.transferSize < entry.encodedBodySize,
        status: entry.responseStatus ?? 0,
      },
    });
  };
  // The browser's own list: nothing the worker asks for can be missing from it.
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) record(entry as PerformanceResourceTiming);
  }).observe({ type: "resource", buffered: true });

  const fetchModule = async (url: string): Promise<Response> => {
    const response = await fetch(url).catch((thrown: unknown) => {
      throw { kind: "network", message: `could not reach ${url} (${words(thrown)}); check that the host runs` };
    });
    if (response.ok) return response;
    throw { kind: "network", message: `${url} answered ${response.status}; check that the host serves this file` };
  };
  const importScript = (url: string): void => {
    try {
      scope.importScripts(url);
    } catch (thrown) {
      throw { kind: "network", message: `could not load ${url} (${words(thrown)}); check that the host serves it` };
    }
  };

  const probe = async (): Promise<Facts> => {
    const gpu = (navigator as unknown as { gpu?: { requestAdapter(o: object): Promise<Adapter | null> } }).gpu;
    const found = await gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
    const info = found?.info;
    const name = info?.description || info?.device || [info?.vendor, info?.architecture].filter(Boolean).join(" ");
    // Chromium's SwiftShader does not call itself a fallback when it was asked for by name.
    const fallback = info?.isFallbackAdapter ?? found?.isFallbackAdapter ?? false;
    const software = fallback || /swiftshader|llvmpipe/i.test(`${name} ${info?.architecture}`);
    const adapter = found ? { name: name || "unnamed graphics adapter", software } : null;
    return { secure_context: isSecureContext, webgpu: gpu !== undefined, adapter };
  };

  const hooks = (assets: string): Hooks => ({
    progress(stage, done, total, bytes) {
      const progress: Progress = bytes < 0 ? { stage, done, total } : { stage, done, total, bytes };
      post({ type: "progress", job: running, progress });
    },
    provisional(identification) {
      if (running !== null) post({ type: "provisional", job: running, identification });
    },
    cancelled: () => running !== null && cancelled.has(running),
    breathe: () =>
      new Promise((resolve) => {
        channel.port1.onmessage = () => resolve();
        channel.port2.postMessage(null);
      }),
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    now: () => performance.now(),
    async startGpu(models, allowSoftware) {
      importScript(`${assets}rollcall_gpu.js`);
      await rollcall_gpu({ module_or_path: await fetchModule(`${assets}rollcall_gpu_bg.wasm`) });
      rollcall_gpu.onPanic(die);
      return rollcall_gpu.GpuEngine.create(models, allowSoftware);
    },
  });

  const start = async (options: WorkerOptions): Promise<void> => {
    post({ type: "progress", job: null, progress: { stage: "engine", done: 0, total: 0 } });
    const facts = options.engine === "cpu" ? null : await probe();
    importScript(`${options.assets}rollcall_cpu.js`);
    await rollcall_cpu({ module_or_path: await fetchModule(`${options.assets}rollcall_cpu_bg.wasm`) });
    rollcall_cpu.onPanic(die);
    session = await rollcall_cpu.Session.open({ ...options, facts }, hooks(options.assets));
    post({ type: "ready", engine: session.engine(), database: session.database() });
  };

  const work = async (session: Session, what: Work): Promise<Outcome> => {
    if ("picture" in what) return { identification: await session.identify(what.picture) };
    if ("scene" in what) return { identification: await session.identifyScene(what.scene) };
    if (what.from instanceof Blob) return { embeddings: await session.learn(what.known, what.from) };
    session.know(what.known, what.from);
    return { embeddings: null };
  };

  /** One job after the other: two at a time would only take twice the memory. */
  const pump = async (): Promise<void> => {
    if (running !== null || session === null) return;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      running = next.job;
      try {
        post({ type: "answer", job: next.job, outcome: await work(session, next.what) });
      } catch (thrown) {
        fail(next.job, thrown);
      }
      cancelled.delete(next.job);
      running = null;
    }
  };

  const fetchDatabase = async (): Promise<void> => {
    try {
      await session?.fetchDatabase();
      post({ type: "database-fetched", error: null });
    } catch (thrown) {
      post({ type: "database-fetched", error: failure(thrown) });
    }
  };

  const cancel = (job: number): void => {
    if (job === running) {
      cancelled.add(job);
      return;
    }
    const place = queue.findIndex((waiting) => waiting.job === job);
    if (place >= 0) queue.splice(place, 1);
    post({ type: "failed", job, error: { kind: "cancelled", message: "cancelled" } });
  };

  scope.addEventListener("message", ({ data: message }) => {
    if (message.type === "start") {
      // The page ends a worker that did not start: the request at fault is to be listed before.
      start(message.options).catch((thrown: unknown) => setTimeout(() => fail(null, thrown), 50));
    } else if (message.type === "identify") {
      queue.push(message);
      void pump();
    } else if (message.type === "fetch-database") {
      void fetchDatabase();
    } else {
      cancel(message.job);
    }
  });
}
