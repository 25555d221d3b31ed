// How sure a name must be, and what another threshold would change on what is known already.

import { scanning } from "../bulk.ts";
import { React, useEffect, useState } from "../stash/api.ts";
import { percent, t } from "../words.ts";
import { useRedraw } from "./redraw.ts";
import { answers } from "./runs.ts";

/** The confidence of the first name of everybody who waits and of everybody in the last answers. */
function confidences(): number[] {
  const waiting = scanning.scan.queue.flatMap(({ person }) => person.best?.candidate.confidence ?? []);
  const seen = answers().flatMap(({ matches }) => matches.flatMap(({ candidates: [first] }) => first?.confidence ?? []));
  return [...waiting, ...seen];
}

export function Threshold({ minConfidence, choose }: { minConfidence: number; choose(threshold: number): void }): JSX.Element {
  useRedraw(scanning.changes);
  useEffect(() => void scanning.load(), []);
  const [wanted, setWanted] = useState(minConfidence);
  useEffect(() => setWanted(minConfidence), [minConfidence]);
  const all = confidences();
  const shown = (least: number): number => all.filter((confidence) => confidence >= least).length;
  return (
    <section className="card mb-3 rollcall-threshold">
      <div className="card-body">
        <h5>{t("threshold")}</h5>
        <p>{t("thresholdIntro")}</p>
        <label className="d-block">
          <input type="range" className="custom-range" min={0.05} max={0.99} step={0.01} value={wanted} aria-valuetext={percent(wanted)}
            aria-label={t("threshold")} onChange={(event) => setWanted(Number(event.target.value))} />
          <span aria-live="polite">
            {all.length === 0 ? t("thresholdNone", { share: percent(wanted) }) : t("thresholdCounts", { share: percent(wanted), n: shown(wanted), total: all.length, now: shown(minConfidence), least: percent(minConfidence) })}
          </span>
        </label>
        <button type="button" className="btn btn-secondary" disabled={wanted === minConfidence} onClick={() => choose(wanted)}>{t("thresholdUse", { share: percent(wanted) })}</button>
      </div>
    </section>
  );
}
