// The worker's side. `workerMain` is turned into text and becomes a blob worker's whole source
// (the only kind a Stash page allows), so it may use nothing from outside its own braces but types.

import type { Basics, Scope } from "./basics.ts";
import type { Failure, FromWorker, Kit, Outcome, Outcomes, ToWorker, Work, WorkerOptions } from "./messages.ts";
import type { Pool } from "./pool.ts";
import type { DatabaseFacts, EngineReport, Identification, KeptScene, Known, Progress, SceneFrames, Stage } from "./types.ts";

interface Session {
  engine(): EngineReport;
  embedders(): string[];
  database(): DatabaseFacts | null;
  fetchDatabase(): Promise<void>;
  identify(picture: Blob): Promise<Identification>;
  identifyScene(what: SceneFrames): Promise<Identification>;
  learn(known: Known, picture: Blob): Promise<Float32Array | null>;
  know(known: Known, embeddings: Float32Array): void;
  nameKept(scenes: readonly KeptScene[]): Promise<Outcomes["renamed"]>;
  groupKept(scenes: readonly Uint8Array[]): Outcomes["groups"];
  idsOf(id: string): Promise<Outcomes["ids"]>;
}

/** What wasm-bindgen's `no-modules` script leaves behind: a function that instantiates the module
 *  and carries its exports. */
interface Module {
  (from: { module_or_path: WebAssembly.Module }): Promise<unknown>;
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
  keepModels(models: [string, Uint8Array<ArrayBuffer>][]): void;
  helpers: Pool;
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

export function workerMain(scope: Scope<ToWorker>, { post, die, words, importScript }: Basics, makePool: (silent: (helper: number) => void) => Pool): void {
  const queue: { job: number; what: Work }[] = [];
  const cancelled = new Set<number>();
  const channel = new MessageChannel();
  /** Who waits for the next turn of the event loop. */
  const breathing: (() => void)[] = [];
  const pool = makePool((helper) => post({ type: "helper-silent", helper }));
  /** Models for workers that help. */
  let models: [string, Blob][] = [];
  let session: Session | null = null;
  let running: number | null = null;

  const failure = (thrown: unknown): Failure => {
    const known = typeof thrown === "object" && thrown !== null && "kind" in thrown;
    return known ? (thrown as Failure) : { kind: "crashed", message: words(thrown) };
  };
  /** Turns what was thrown into a message, or dies of it when the module itself is broken. */
  const fail = (job: number | null, thrown: unknown): void => {
    if (thrown instanceof WebAssembly.RuntimeError) return die(words(thrown));
    post({ type: "failed", job, error: failure(thrown) });
  };

  const fetchModule = async (url: string): Promise<WebAssembly.Module> => {
    const response = await fetch(url).catch((thrown: unknown) => {
      throw { kind: "network", message: `could not reach ${url} (${words(thrown)}); check that the host runs` };
    });
    if (!response.ok) throw { kind: "network", message: `${url} answered ${response.status}; check that the host serves this file` };
    // Compiling while it comes is only allowed where the host says what it is.
    const known = response.headers.get("Content-Type") === "application/wasm";
    return known ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
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

  const hooks = (assets: string, keep: boolean): Hooks => ({
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
        breathing.push(resolve);
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
    keepModels(files) {
      if (keep) models = files.map(([name, bytes]) => [name, new Blob([bytes])]);
    },
    helpers: pool,
  });
  channel.port1.onmessage = () => breathing.shift()?.();

  const start = async (options: WorkerOptions): Promise<void> => {
    post({ type: "progress", job: null, progress: { stage: "engine", done: 0, total: 0 } });
    const facts = options.engine === "cpu" ? null : await probe();
    importScript(`${options.assets}rollcall_cpu.js`);
    const module = await fetchModule(`${options.assets}rollcall_cpu_bg.wasm`);
    await rollcall_cpu({ module_or_path: module });
    rollcall_cpu.onPanic(die);
    const opened = await rollcall_cpu.Session.open({ ...options, facts }, hooks(options.assets, options.helpers));
    session = opened;
    const ready = (kit: Kit | null): FromWorker => ({ type: "ready", engine: opened.engine(), embedders: opened.embedders(), database: opened.database(), kit });
    try {
      post(ready(options.helpers ? { module, models } : null));
    } catch {
      post(ready(null)); // this browser keeps a module where it is
    }
  };

  const work = async (session: Session, what: Work): Promise<Outcome> => {
    if ("picture" in what) return { identification: await session.identify(what.picture) };
    if ("scene" in what) return { identification: await session.identifyScene(what.scene) };
    if ("kept" in what) return { renamed: await session.nameKept(what.kept) };
    if ("unknown" in what) return { groups: session.groupKept(what.unknown) };
    if ("id" in what) return { ids: await session.idsOf(what.id) };
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
      pool.forget();
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
    } else if (message.type === "helper") {
      pool.add(message.helper, message.port);
    } else if (message.type === "helper-gone") {
      pool.lose(message.helper);
    } else {
      cancel(message.job);
    }
  });
}
