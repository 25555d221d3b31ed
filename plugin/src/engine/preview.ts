// Moments of a preview video, where there is no sprite sheet. The video plays in an element that nobody
// sees; a codec the browser does not play gives no moments.

const MOST = 24;
const PATIENCE = 8000;

export async function previewFrames(video: Blob | null, signal: AbortSignal): Promise<{ picture: Blob; time: null }[]> {
  if (!video) return [];
  const element = document.createElement("video");
  element.muted = true;
  element.preload = "auto";
  // `media-src blob:` is the one thing blobs may be shown as on a Stash page.
  const url = URL.createObjectURL(video);
  try {
    element.src = url;
    if (!(await happens(element, "loadeddata"))) return [];
    return await moments(element, signal);
  } finally {
    element.removeAttribute("src");
    element.load();
    URL.revokeObjectURL(url);
  }
}

async function moments(element: HTMLVideoElement, signal: AbortSignal): Promise<{ picture: Blob; time: null }[]> {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const { videoWidth: width, videoHeight: height, duration } = element;
  if (!context || width * height === 0 || !Number.isFinite(duration)) return [];
  [canvas.width, canvas.height] = [width, height];
  const count = Math.min(MOST, Math.max(1, Math.floor(duration * 2)));
  const pictures: { picture: Blob; time: null }[] = [];
  for (let i = 0; i < count && !signal.aborted; i += 1) {
    const sought = happens(element, "seeked");
    element.currentTime = (duration * (i + 0.5)) / count;
    if (!(await sought)) break;
    context.drawImage(element, 0, 0);
    const picture = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
    // When in the scene a moment of its preview is, nobody knows.
    if (picture) pictures.push({ picture, time: null });
  }
  return pictures;
}

/** Whether the element comes so far before it fails or takes too long. */
function happens(element: HTMLVideoElement, event: "loadeddata" | "seeked"): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE);
    const settle = (fine: boolean) => (): void => { clearTimeout(timer); resolve(fine); };
    element.addEventListener(event, settle(true), { once: true });
    element.addEventListener("error", settle(false), { once: true });
  });
}
