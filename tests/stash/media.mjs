// Pictures and videos of scenes, images, galleries and performers, under Stash's own paths.

import { readFile } from "node:fs/promises";
import { notFound, sendBytes, sendFile, typeOf } from "./files.mjs";

/** What Stash shows of things without a picture. */
const DEFAULT = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 3"><path d="M0 0h2v3H0z" fill="#345"/></svg>');

/** Answers `/scene/…`, `/image/…`, `/gallery/…` and `/performer/…`. */
export function serveMedia(library, request, response, url) {
  const [kind, id, ...rest] = url.pathname.slice(1).split("/");
  // A path with `?t=` never changes what it shows.
  const fixed = url.searchParams.has("t") ? "private, max-age=31536000, immutable" : "no-cache";
  const headers = { "Cache-Control": fixed };
  if (kind === "performer") return performerPicture(library.performers.get(id), rest[0], request, response, url, headers);
  if (kind === "scene") return scene(library, id, rest, request, response, headers);
  if (kind === "gallery") {
    const [cover] = library.galleries.get(id)?.image_ids ?? [];
    return orDefault(library.images.get(cover)?.media.thumbnail, request, response, headers);
  }
  const image = library.images.get(id);
  if (!image || !["image", "thumbnail"].includes(rest[0])) return notFound(response);
  return sendFile(request, response, image.media[rest[0]], headers);
}

function scene(library, id, [what, marker], request, response, headers) {
  const [, hash, generated] = /^([0-9a-f]+)_(sprite\.jpg|thumbs\.vtt)$/.exec(id) ?? [];
  if (hash) return sprite(byHash(library, hash), generated, request, response);
  const found = library.scenes.get(id);
  if (!found) return notFound(response);
  switch (what) {
    case "screenshot": return orDefault(found.media.screenshot, request, response, headers);
    case "preview": return sendFile(request, response, found.media.preview, headers);
    case "stream": return sendFile(request, response, found.media.stream, { "Content-Type": typeOf(found.file.path) });
    // A transcode: no length, no ranges.
    case "stream.mp4": return found.media.stream ? transcode(found.media.stream, response) : notFound(response);
    case "scene_marker": return orDefault(library.markers.get(marker)?.picture, request, response, headers);
    default: return notFound(response);
  }
}

const byHash = (library, hash) => [...library.scenes.values()].find((one) => one.file.hash === hash);

/** The sheet, or its cues, which name the sheet relative to themselves. */
async function sprite(found, generated, request, response) {
  if (!found) return notFound(response);
  const headers = { "Cache-Control": "no-cache" };
  if (generated === "sprite.jpg") return sendFile(request, response, found.media.sprite, headers);
  const cues = found.media.vtt && await readFile(found.media.vtt, "utf8").catch(() => null);
  if (!cues) return notFound(response);
  const named = cues.replace(/^[^#\r\n]+(?=#xywh=)/gm, `${found.file.hash}_sprite.jpg`);
  return sendBytes(request, response, Buffer.from(named), "text/vtt");
}

async function transcode(file, response) {
  response.writeHead(200, { "Content-Type": "video/mp4", "Cache-Control": "no-store" }).end(await readFile(file));
}

function orDefault(file, request, response, headers) {
  return file ? sendFile(request, response, file, headers) : sendBytes(request, response, DEFAULT, "image/svg+xml");
}

function performerPicture(performer, what, request, response, url, headers) {
  if (!performer || what !== "image") return notFound(response);
  const { picture } = performer;
  if (!picture || url.searchParams.get("default") === "true") return sendBytes(request, response, DEFAULT, "image/svg+xml");
  if (typeof picture === "string") return sendFile(request, response, picture, headers);
  return sendBytes(request, response, picture.bytes, picture.type);
}
