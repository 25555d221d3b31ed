// Hooks of `PluginApi` that have no file of their own.

import { useCallback, useEffect, useState } from "react";

const CUE = /^([^#]*)#xywh=(\d+),(\d+),(\d+),(\d+)$/i;
const seconds = (stamp) => stamp.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);

/** The tiles that a VTT names: `{ url, start, end, x, y, w, h }`; undefined until it has come. */
export function useSpriteInfo(vtt) {
  const [tiles, setTiles] = useState();
  useEffect(() => {
    setTiles(undefined);
    if (!vtt) return undefined;
    let gone = false;
    void fetch(vtt).then((response) => (response.ok ? response.text() : "")).then((text) => {
      const lines = text.split(/\r?\n/);
      const found = lines.flatMap((line, place) => {
        const [start, end] = (lines[place - 1] ?? "").split(" --> ");
        const cue = CUE.exec(line);
        if (!cue || !end) return [];
        const [x, y, w, h] = cue.slice(2).map(Number);
        return [{ url: new URL(cue[1], vtt).href, start: seconds(start), end: seconds(end), x, y, w, h }];
      });
      if (!gone && found.length > 0) setTiles(found);
    });
    return () => { gone = true; };
  }, [vtt]);
  return tiles;
}

export const useLightbox = () => useCallback(() => {}, []);
