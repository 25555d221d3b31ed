// How a scene, an image and a gallery are identified.

import type { Identification, IdentifyListeners } from "../../web/client/index.ts";
import { file, framesOf } from "./engine/frames.ts";
import { playerFrame } from "./engine/player.ts";
import { identified, type Still } from "./engine/stills.ts";
import type { On, Subject } from "./run.ts";
import { base } from "./stash/api.ts";
import { gallery, image, picturesOf, scene } from "./stash/library.ts";
import { rebase } from "./stash/paths.ts";
import { certain, Told } from "./words.ts";

/** A gallery is searched in so many pictures at most. */
const MOST_PICTURES = 200;
/** And in so many bytes of them, since all are held at once. */
const MOST_BYTES = 300e6;

export function sceneSubject(id: string): Subject {
  return {
    place: `scene:${id}`,
    performers: async () => (await scene(id)).performers,
    async identify({ rollcall }, expected, on) {
      on.progress({ stage: "frames", done: 0, total: 0 });
      const hear = (done: number, total: number): void => on.progress({ stage: "frames", done, total });
      const frames = await framesOf(await scene(id), { base: base.href, signal: on.signal, hear });
      on.frames(frames);
      return (await rollcall.identifyScene({ ...frames, expected }, heard(on))).answer;
    },
    still: playerFrame,
    identifyStill: ({ rollcall }, still, expected, on) => identified(still, on, async (picture, on) =>
      (await rollcall.identifyScene({ pictures: [{ picture, time: still.time }], expected }, heard(on))).answer),
  };
}

export function imageSubject(id: string): Subject {
  const still = async (signal?: AbortSignal): Promise<Still> => ({ picture: certain(await pictureOf((await image(id)).paths, signal), "noPicture"), time: null });
  const identifyStill: Subject["identifyStill"] = ({ rollcall }, still, _, on) =>
    identified(still, on, async (picture, on) => (await rollcall.identify(picture, heard(on))).answer);
  return {
    place: `image:${id}`,
    performers: async () => (await image(id)).performers,
    identify: async (session, expected, on) => identifyStill(session, await still(on.signal), expected, on),
    still,
    identifyStill,
  };
}

export function gallerySubject(id: string): Subject {
  return {
    place: `gallery:${id}`,
    performers: async () => (await gallery(id)).performers,
    async identify({ rollcall }, expected, on) {
      const pictures = [];
      let bytes = 0;
      const images = await picturesOf(id, MOST_PICTURES);
      for (const { paths } of images) {
        on.progress({ stage: "frames", done: pictures.length, total: images.length });
        const picture = await pictureOf(paths, on.signal);
        if (!picture) continue;
        pictures.push({ picture, time: null });
        bytes += picture.size;
        if (bytes > MOST_BYTES) break;
      }
      if (pictures.length === 0) throw new Told("noPicture");
      return (await rollcall.identifyScene({ pictures, expected }, heard(on))).answer;
    },
  };
}

/** What the client is to tell, in its own shape. */
function heard({ signal, progress, provisional }: On): IdentifyListeners {
  return { signal, progress, provisional: ({ answer }: Identification) => provisional(answer) };
}

/** The picture itself: faces in thumbnails are too small. */
export async function pictureOf(paths: { image: string | null; thumbnail: string | null }, signal?: AbortSignal): Promise<Blob | null> {
  const whole = paths.image ? await file(rebase(paths.image, base.href), signal) : null;
  return whole ?? (paths.thumbnail ? file(rebase(paths.thumbnail, base.href), signal) : null);
}
