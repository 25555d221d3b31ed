// The least of a Stash server that tells whether Rollcall can run in its pages: an index page with
// Stash's own headers, and plugin assets. (The full double is for the plugin's tests.)

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import http from "node:http";
import { extname, join, normalize } from "node:path";

/** Byte for byte what `setPageSecurityHeaders` of stashapp/stash (2024-07 to 2026-01) sends where
 *  neither a plugin nor a Handy key adds to it. */
export const STASH_POLICY = "default-src data: 'self' 'unsafe-inline'; connect-src data: 'self' ws: wss:; "
  + "img-src data: *; script-src 'self' http://www.gstatic.com https://www.gstatic.com 'unsafe-inline' 'unsafe-eval'; "
  + "style-src 'self' 'unsafe-inline'; media-src blob: 'self'; "
  + "worker-src blob:; child-src 'none'; object-src 'none'; form-action 'self';";

const ASSETS = "/plugin/rollcall/assets/";
const TYPES = {
  ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".wasm": "application/wasm", ".json": "application/json",
  ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
};

// The plugin's script would bundle the client; a page's own import of it is allowed as well.
const INDEX = `<!doctype html><meta charset="utf-8"><title>Stash</title><link rel="icon" href="data:,">
<script>
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.refused.push(event.violatedDirective + " " + event.blockedURI));
</script>`;

/** Starts it on a free port; `folders` maps paths below the plugin's assets to folders of files.
 *  `meddle(path, response, file)` may answer a request for a file in its own way: then it gives true. */
export async function startStash(folders, meddle = () => false) {
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://stash");
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (!pathname.startsWith(ASSETS)) {
      response.setHeader("Referrer-Policy", "same-origin");
      response.setHeader("Content-Security-Policy", STASH_POLICY);
      return response.writeHead(200, { "Content-Type": TYPES[".html"] }).end(INDEX);
    }
    const file = locate(normalize(decodeURIComponent(pathname.slice(ASSETS.length))));
    const found = file && await stat(file).catch(() => null);
    if (meddle(pathname.slice(ASSETS.length), response, file)) return undefined;
    if (!found?.isFile()) return response.writeHead(404).end("404 page not found\n");
    response.writeHead(200, {
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Length": found.size,
    });
    createReadStream(file).pipe(response);
  });
  // The longest of the paths counts: "web/models" lies inside "web".
  const locate = (path) => Object.keys(folders).sort((a, b) => b.length - a.length)
    .filter((name) => folders[name] && path.startsWith(`${name}/`))
    .map((name) => join(folders[name], path.slice(name.length)))[0];
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, close: () => { server.close(); server.closeAllConnections(); } };
}
