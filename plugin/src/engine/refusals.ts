// What the page's policy refuses. The browser tells a failed request no reason; this event does.

/** Addresses that the policy of this page has refused, by origin. */
export class Refusals {
  readonly #origins = new Set<string>();

  constructor(of: EventTarget = document) {
    of.addEventListener("securitypolicyviolation", (event) => {
      const { blockedURI, effectiveDirective } = event as SecurityPolicyViolationEvent;
      if (effectiveDirective === "connect-src" && URL.canParse(blockedURI)) this.#origins.add(new URL(blockedURI).origin);
    });
  }

  /** Whether a request to there was refused. The event may come after the request has failed. */
  async refused(url: URL): Promise<boolean> {
    if (!this.#origins.has(url.origin)) await new Promise((resolve) => setTimeout(resolve, 50));
    return this.#origins.has(url.origin);
  }
}
