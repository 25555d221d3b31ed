// Sprite sheets made of photos, as Stash would make them of a video.

/**
 * In a page: a sheet with a tile for each frame; a PNG, so that every decoder sees the same.
 * A frame is a photo, its height `zoom` times that of the tile, moved by `x` and `y` shares of the tile.
 */
export async function sheetOf(frames, { width, height, columns = frames.length, type = "image/png" }) {
  const canvas = document.createElement("canvas");
  canvas.width = width * columns;
  canvas.height = height * Math.ceil(frames.length / columns);
  const context = canvas.getContext("2d", { alpha: false });
  const pictures = new Map();
  for (const [number, { photo, zoom = 1, x = 0, y = 0 }] of frames.entries()) {
    if (!pictures.has(photo)) pictures.set(photo, await createImageBitmap(await (await fetch(photo)).blob()));
    const picture = pictures.get(photo);
    const [left, top] = [width * (number % columns), height * Math.floor(number / columns)];
    const shown = Math.min(width, (picture.width * height) / picture.height) * zoom;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.drawImage(picture, left + (width - shown) / 2 + x * width, top + y * height, shown, (shown * picture.height) / picture.width);
    context.restore();
  }
  return canvas.toDataURL(type, 0.95).split(",")[1];
}

/** The VTT file that belongs to it: a frame shows `seconds`. */
export function cuesOf(count, { width, height, columns = count }, seconds = 2) {
  const at = (time) => new Date(1000 * time).toISOString().slice(11, 23);
  const cue = (number) => `${at(seconds * number)} --> ${at(seconds * (number + 1))}\n`
    + `sheet.png#xywh=${width * (number % columns)},${height * Math.floor(number / columns)},${width},${height}\n\n`;
  return `WEBVTT\n\n${Array.from({ length: count }, (_, number) => cue(number)).join("")}`;
}

/** Frames of a scene: each photo in turn, a little nearer and moved a little each time. */
export function framesOf(photos, count) {
  return Array.from({ length: count }, (_, number) => {
    const round = Math.floor(number / photos.length);
    return { photo: photos[number % photos.length], zoom: 1 + 0.06 * (round % 4), x: 0.03 * ((round * 2) % 7) - 0.09, y: -0.02 * (round % 5) };
  });
}
