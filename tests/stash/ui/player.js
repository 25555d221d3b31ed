// The page's player, with as much of video.js's interface as `InteractiveUtils.getPlayer()` users touch.

let current;

/** Tells which `<video>` the page shows; null when it goes. */
export function setPlayer(video) {
  current = video ? {
    currentTime: (time) => { if (time !== undefined) video.currentTime = time; return video.currentTime; },
    duration: () => video.duration,
    paused: () => video.paused,
    play: () => video.play(),
    pause: () => video.pause(),
    el: () => video.parentElement,
    videoWidth: () => video.videoWidth,
    videoHeight: () => video.videoHeight,
  } : undefined;
}

export const player = () => current;
