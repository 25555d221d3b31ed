/** How much to believe a name; the words for it are the page's. */
export type Certainty = "sure" | "likely" | "look";

// The same as everywhere: crates/core/src/calibration.rs, `Verdict::of`.
const SURE = 0.95;
const LIKELY = 0.7;

/** Puts a confidence (0 to 1) into one of three grades. */
export function certaintyOf(confidence: number): Certainty {
  if (confidence >= SURE) return "sure";
  return confidence >= LIKELY ? "likely" : "look";
}
