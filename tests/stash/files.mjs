// Files as Go's http.FileServer sends them behind Stash's compression: Range, If-Modified-Since,
// types by extension, gzip for text where it is accepted.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { createGzip } from "node:zlib";

const TYPES = {
  ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".mjs": "text/javascript; charset=utf-8",
  ".mp4": "video/mp4", ".png": "image/png", ".svg": "image/svg+xml", ".vtt": "text/vtt", ".wasm": "application/wasm",
  ".webm": "video/webm", ".webp": "image/webp",
};
/** What chi's `Compress` touches; .wasm and .bin are sent as they are. */
const COMPRESSED = /^(text\/|application\/(json|javascript)|image\/svg)/;

/** The file below `folder` that a URL's path names, or null where it would lead out of it. */
export function inside(folder, path) {
  let name;
  try { name = decodeURIComponent(path); } catch { return null; }
  const file = normalize(join(folder, name));
  return name.includes("\0") || !`${file}${sep}`.startsWith(normalize(folder + sep)) ? null : file;
}

export function typeOf(name) {
  return TYPES[extname(name).toLowerCase()] ?? "application/octet-stream";
}

/** Answers with a file, whole or the range that was asked for; 404 where there is none. */
export async function sendFile(request, response, file, headers = {}) {
  const found = file ? await stat(file).catch(() => null) : null;
  if (!found?.isFile()) return notFound(response);
  const type = headers["Content-Type"] ?? typeOf(file);
  const modified = new Date(Math.floor(found.mtimeMs / 1000) * 1000);
  const all = { "Last-Modified": modified.toUTCString(), "Accept-Ranges": "bytes", ...headers, "Content-Type": type };
  const since = Date.parse(request.headers["if-modified-since"] ?? "");
  if (since >= modified.getTime()) return response.writeHead(304, all).end();
  const range = rangeOf(request.headers.range, found.size);
  if (range === "unsatisfiable") return response.writeHead(416, { "Content-Range": `bytes */${found.size}` }).end();
  const gzip = !range && COMPRESSED.test(type) && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  const { start, end } = range ?? { start: 0, end: found.size - 1 };
  if (gzip) Object.assign(all, { "Content-Encoding": "gzip", Vary: "Accept-Encoding" });
  else all["Content-Length"] = end - start + 1;
  if (range) all["Content-Range"] = `bytes ${start}-${end}/${found.size}`;
  response.writeHead(range ? 206 : 200, all);
  if (request.method === "HEAD" || found.size === 0) return response.end();
  const bytes = createReadStream(file, { start, end });
  bytes.on("error", () => response.destroy());
  response.on("close", () => bytes.destroy());
  return (gzip ? bytes.pipe(createGzip()) : bytes).pipe(response);
}

/** Answers with bytes in memory, which may change at any time. */
export function sendBytes(request, response, bytes, type) {
  const range = rangeOf(request.headers.range, bytes.length);
  if (range === "unsatisfiable") return response.writeHead(416, { "Content-Range": `bytes */${bytes.length}` }).end();
  const part = range ? bytes.subarray(range.start, range.end + 1) : bytes;
  const headers = { "Content-Type": type, "Cache-Control": "no-cache", "Accept-Ranges": "bytes", "Content-Length": part.length };
  if (range) headers["Content-Range"] = `bytes ${range.start}-${range.end}/${bytes.length}`;
  response.writeHead(range ? 206 : 200, headers).end(request.method === "HEAD" ? undefined : part);
}

export function notFound(response) {
  response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" }).end("404 page not found\n");
}

/** One range; several in a request are answered with the whole, which HTTP allows. */
function rangeOf(header, size) {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === undefined || (from === "" && to === "")) return null;
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return start >= size || end < start ? "unsatisfiable" : { start, end };
}
