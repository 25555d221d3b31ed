// The headers of Stash's pages.

/** Byte for byte what `setPageSecurityHeaders` of stashapp/stash (2024-07 to 2026-01) sends where
 *  neither a plugin nor a Handy key adds to it. */
export const STASH_POLICY = pagePolicy();

/** The policy with what plugins add to it; `additions` has the lists `script`, `style` and `connect`. */
export function pagePolicy(additions = {}) {
  const plus = (list) => (list ?? []).map((source) => ` ${source}`).join("");
  return "default-src data: 'self' 'unsafe-inline'; "
    + `connect-src data: 'self' ws: wss:${plus(additions.connect)}; `
    + "img-src data: *; "
    + `script-src 'self' http://www.gstatic.com https://www.gstatic.com 'unsafe-inline' 'unsafe-eval'${plus(additions.script)}; `
    + `style-src 'self' 'unsafe-inline'${plus(additions.style)}; `
    + "media-src blob: 'self'; "
    + "worker-src blob:; child-src 'none'; object-src 'none'; form-action 'self';";
}
