// What the user has set, and what we keep, in Stash's configuration of the plugin.

/** The model pack that the plugin brings. */
export const OWN_PACK = "opencv";

export type EngineWish = "auto" | "gpu" | "cpu";

export interface Settings {
  databaseUrl: string;
  minConfidence: number;
  maxResults: number;
  frames: number;
  engine: EngineWish;
  /** The name of a model pack. */
  modelPack: string;
  /** One worker only, whatever the processor has. */
  gentle: boolean;
  ownLibrary: boolean;
  /** Whether what was seen in scanned scenes is kept. */
  keepSeen: boolean;
  /** For so many days also people without a name; 0: not at all. */
  keepUnknown: number;
  remotePictures: boolean;
  offline: boolean;
  lookOnly: boolean;
}

/** Stash's form has no defaults and no limits: what makes no sense counts as empty. */
export function settingsOf(stored: Record<string, unknown>): Settings {
  const number = (key: string, standard: number, least: number, most: number): number => {
    const value = stored[key];
    return typeof value === "number" && value >= least && value <= most ? value : standard;
  };
  const on = (key: string): boolean => stored[key] === true;
  const text = (key: string): string => (typeof stored[key] === "string" ? stored[key].trim() : "");
  const engine = text("engine").toLowerCase();
  return {
    databaseUrl: text("csp_databaseUrl") || text("sidecarUrl"),
    minConfidence: number("minConfidence", 0.5, 0.01, 1),
    maxResults: Math.round(number("maxResults", 5, 1, 20)),
    frames: Math.round(number("frames", 81, 1, 1000)),
    modelPack: text("modelPack") || OWN_PACK,
    engine: engine === "gpu" || engine === "cpu" ? engine : "auto",
    gentle: on("gentle"),
    ownLibrary: !on("noOwnLibrary"),
    keepSeen: !on("noKeepSeen"),
    keepUnknown: on("noKeepSeen") ? 0 : Math.round(number("keepUnknown", 0, 1, 3650)),
    remotePictures: on("remotePictures") && !on("offline"),
    offline: on("offline"),
    lookOnly: on("lookOnly"),
  };
}
