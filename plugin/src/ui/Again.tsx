// Naming again what was seen in scanned scenes, without reading them.

import { rematch, type Change } from "../rematch.ts";
import { scanning } from "../bulk.ts";
import { Link, React, useEffect } from "../stash/api.ts";
import { t } from "../words.ts";
import { Progress } from "./Progress.tsx";
import { useRedraw } from "./redraw.ts";

export function Again(): JSX.Element {
  useRedraw(rematch.listeners);
  const { state, kept, step, said, problem, changes } = rematch;
  const { state: scan, scan: { done } } = scanning;
  const loading = scan === "loading";
  useEffect(() => { if (!loading) void rematch.load(); }, [done, loading]);
  if (!kept) return <></>;
  return (
    <section className="card mb-3 rollcall-again" data-state={state}>
      <div className="card-body">
        <h5>{t("rematch")}</h5>
        <p>{t("rematchIntro", { n: kept })}</p>
        {state === "working"
          ? <><button type="button" className="btn btn-secondary mb-2" onClick={() => rematch.cancel()}>{t("cancel")}</button><Progress step={step} /></>
          : <button type="button" className="btn btn-secondary" disabled={scan === "running"} onClick={() => void rematch.start()}>{t("rematchStart")}</button>}
        {problem && <p className="text-danger mt-2">{problem}</p>}
        <div aria-live="polite" className="mt-2">{said}</div>
        {changes.length > 0 && <Changes changes={changes} />}
      </div>
    </section>
  );
}

function Changes({ changes }: { changes: readonly Change[] }): JSX.Element {
  return (
    <details>
      <summary>{t("rematchList", { n: changes.length })}</summary>
      <ul className="small">
        {changes.map(({ scene, added, gone }) => (
          <li key={scene.id}>
            <Link to={`/scenes/${scene.id}`}>{scene.title}</Link>
            {added.length > 0 && `, ${t("rematchNew", { names: added.join(", ") })}`}
            {gone.length > 0 && `, ${t("rematchGone", { names: gone.join(", ") })}`}
          </li>
        ))}
      </ul>
    </details>
  );
}
