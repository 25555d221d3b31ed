import { base, Link, React } from "../stash/api.ts";
import type { Performer } from "../stash/library.ts";
import { rebase } from "../stash/paths.ts";
import { t } from "../words.ts";

/** Performers who are tagged and were seen nowhere. Nothing is done about it. */
export function Unseen({ performers }: { performers: readonly Performer[] }): JSX.Element {
  if (performers.length === 0) return <></>;
  return (
    <section className="rollcall-unseen">
      <h6>{t("unseen")}</h6>
      <ul className="list-unstyled">
        {performers.map(({ id, name, image_path: path }) => (
          <li key={id}>
            {path && <img src={rebase(path, base.href)} alt="" loading="lazy" />}
            <Link to={`/performers/${id}`}>{name}</Link> <span className="badge badge-secondary">{t("notSeen")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
