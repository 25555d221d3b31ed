// Every request the page and its worker make, for the user to see.

import type { RequestRecord } from "../client/index.ts";
import { byId, el } from "./dom.ts";
import { bytes, count, duration } from "./words.ts";

/** A request and who made it: the worker (through the client) or the page itself. */
export interface ListedRequest extends RequestRecord {
  by: "page" | "worker";
}

/** The list at the foot of the page. */
export class RequestList {
  readonly all: ListedRequest[] = [];
  readonly #rows = byId("request-rows", HTMLTableSectionElement);
  readonly #summary = byId("requests-summary", HTMLElement);

  constructor() {
    this.#watchPage();
    this.#summarise();
  }

  /** Adds what the client reports. */
  readonly add = (record: RequestRecord): void => this.#list({ ...record, by: "worker" });

  /** "Downloaded 12.3 MB; 9.8 MB more came from this browser's cache." */
  #downloaded(): string {
    const fetched = this.all.filter((request) => !request.cached);
    const cached = this.all.filter((request) => request.cached);
    const size = (of: ListedRequest[]) => bytes(of.reduce((sum, one) => sum + one.bytes, 0));
    const parts = KINDS.map(([kind, test]) => [kind, fetched.filter((r) => kindOf(r.url) === test)] as const)
      .filter(([, of]) => of.length > 0)
      .map(([kind, of]) => `${kind} ${size(of)}`);
    const more = cached.length > 0 ? `; ${size(cached)} more came from this browser's cache` : "";
    return `${size(fetched)} (${parts.join(", ")})${more}`;
  }

  // The browser's own list of what the page asked for. The worker has another one: see `add`.
  #watchPage(): void {
    const [visit] = performance.getEntriesByType("navigation");
    if (visit instanceof PerformanceResourceTiming) this.#entry(visit);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (entry instanceof PerformanceResourceTiming) this.#entry(entry);
      }
    }).observe({ type: "resource", buffered: true });
  }

  #entry(entry: PerformanceResourceTiming): void {
    if (!/^https?:/.test(entry.name)) return; // blob: and data: ask nobody
    this.#list({
      url: entry.name,
      bytes: entry.encodedBodySize,
      milliseconds: entry.duration,
      cached: entry.transferSize === 0 && entry.encodedBodySize > 0,
      status: entry.responseStatus ?? 0,
      by: "page",
    });
  }

  #list(request: ListedRequest): void {
    this.all.push(request);
    const status = request.cached ? "cached" : request.status ? String(request.status) : "loaded";
    this.#rows.append(
      el("tr", {},
        el("td", {}, shortened(request.url)),
        el("td", {}, status),
        el("td", { class: "number" }, bytes(request.bytes)),
        el("td", { class: "number" }, duration(request.milliseconds))),
    );
    this.#summarise();
  }

  #summarise(): void {
    const hosts = new Set(this.all.map((request) => new URL(request.url, document.baseURI).host));
    hosts.delete(location.host);
    const where = hosts.size === 0 ? `all to ${location.host}` : `also to ${[...hosts].join(", ")}`;
    byId("downloaded", HTMLElement).textContent = this.#downloaded();
    this.#summary.textContent = `Every request this page made (${count(this.all.length, "request", "requests")}, ${where})`;
  }
}

const KINDS = [
  ["program", "program"],
  ["models", "models"],
  ["database", "database"],
  ["pictures", "pictures"],
] as const;

function kindOf(url: string): (typeof KINDS)[number][1] {
  const path = new URL(url, document.baseURI).pathname;
  if (/\/models\//.test(path)) return "models";
  if (/\/database\//.test(path)) return "database";
  if (/\.(wasm|js|css|html|svg|json)$|\/$/.test(path)) return "program";
  return "pictures";
}

function shortened(url: string): string {
  const full = new URL(url, document.baseURI);
  const same = full.origin === location.origin;
  return same ? `${full.pathname}${full.search}` : full.href;
}
