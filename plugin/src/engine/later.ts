// The second script: everything that no page of Stash's own shows at once.

import { lazily } from "./lazily.ts";

/** Put in by build.mjs: the file, with a sign of its version. */
declare const LATER: string;

export const later = lazily<typeof import("../later.ts")>(() => LATER);
