// Where this Stash is: its base path may lie below a proxy's.

const base = document.querySelector("base")?.getAttribute("href") ?? "/";

/** Such as `/` or `/stash/`. */
export const basePath = base.endsWith("/") ? base : `${base}/`;
