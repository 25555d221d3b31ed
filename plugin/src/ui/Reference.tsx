// The picture a name is compared with by eye: Stash's own, or the stash-box's when the user says so.

import type { Proposal } from "../people.ts";
import type { Run } from "../run.ts";
import { base, React, useState } from "../stash/api.ts";
import { pictureAt } from "../stash/endpoints.ts";
import { rebase } from "../stash/paths.ts";
import { t } from "../words.ts";

export function Reference({ run, proposal }: { run: Run; proposal: Proposal }): JSX.Element {
  const { performer, candidate } = proposal;
  const settings = run.session?.configuration.settings;
  const [asked, ask] = useState(false);
  const [broken, setBroken] = useState(false);
  const own = performer?.image_path ? rebase(performer.image_path, base.href) : undefined;
  const remote = pictureAt(candidate.image_url, Object.keys(candidate.stash_ids));
  const url = own ?? (asked || settings?.remotePictures ? remote : undefined);
  return (
    <figure>
      {url && !broken && (
        <img key={url} src={url} alt={t("picture", { name: candidate.name })} loading="lazy" referrerPolicy="no-referrer" onError={() => setBroken(true)} />
      )}
      {!url && remote && !settings?.offline && (
        <button type="button" className="btn btn-secondary btn-sm rollcall-no-picture" title={t("showPictureTitle", { host: new URL(remote).host })} onClick={() => ask(true)}>
          {t("showPicture")}
        </button>
      )}
      {(broken || (!url && (!remote || settings?.offline))) && <span className="rollcall-no-picture small text-muted">{t("noPictureHere")}</span>}
      <figcaption className="small text-muted">{own ? t("inStash") : t("reference")}</figcaption>
    </figure>
  );
}
