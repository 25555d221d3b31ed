// What every worker of ours has. The function is turned into text and becomes a part of a blob worker's
// source, so it may use nothing from outside its own braces but types.

import type { FromWorker } from "./messages.ts";

/** The little of `DedicatedWorkerGlobalScope` we use; its own types clash with those of a page. */
export interface Scope<To> {
  postMessage(message: FromWorker): void;
  addEventListener(type: "message", listener: (event: MessageEvent<To>) => void): void;
  addEventListener(type: "error", listener: (event: ErrorEvent) => void): void;
  addEventListener(type: "unhandledrejection", listener: (event: PromiseRejectionEvent) => void): void;
  importScripts(url: string): void;
}

export interface Basics {
  post(message: FromWorker): void;
  /** Tells the page that this worker is to be replaced, and says nothing more. */
  die(message: string): void;
  words(thrown: unknown): string;
  importScript(url: string): void;
}

export function workerBasics(scope: Scope<never>): Basics {
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

  const importScript = (url: string): void => {
    try {
      scope.importScripts(url);
    } catch (thrown) {
      throw { kind: "network", message: `could not load ${url} (${words(thrown)}); check that the host serves it` };
    }
  };
  return { post, die, words, importScript };
}
