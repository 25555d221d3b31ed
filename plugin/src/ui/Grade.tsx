import type { Proposal } from "../people.ts";
import { React } from "../stash/api.ts";
import { t } from "../words.ts";

const BADGES = { sure: "badge-success", likely: "badge-info", look: "badge-warning" };

/** How much to believe a name, in a word. */
export function Grade({ proposal: { grade } }: { proposal: Pick<Proposal, "grade"> }): JSX.Element {
  return <span className={`badge ${BADGES[grade]}`}>{t(grade)}</span>;
}
