// Addresses as Stash gives them: absolute, from what it believes its own host to be.

/** The address on the page's own origin and below its base path, without the `apikey` that Stash
 *  puts into some. `base` is the folder Stash is in, such as `https://nas/stash/`. */
export function rebase(address: string, base: string): string {
  const root = new URL(base);
  const url = new URL(address, root);
  const path = url.pathname.startsWith(root.pathname) ? url.pathname : root.pathname + url.pathname.slice(1);
  url.searchParams.delete("apikey");
  return root.origin + path + url.search;
}

/** The same address without anything secret, to be shown and kept. */
export function shown(address: string): string {
  return address.replace(/([?&])apikey=[^&#]*&?/gi, "$1").replace(/[?&]+(?=$|#)/, "");
}
