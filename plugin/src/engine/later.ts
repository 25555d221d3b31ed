// The second script: everything that no page of Stash's own shows at once.

import { lazily } from "./lazily.ts";

export const later = lazily<typeof import("../later.ts")>("later.js");
