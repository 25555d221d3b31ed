// How good names are in the user's own library.

import { figures, perWord, suggested, type Outcome } from "../judge.ts";
import { Link, React } from "../stash/api.ts";
import { MOST_SCENES, trial } from "../trial.ts";
import { percent, t } from "../words.ts";
import { Grade } from "./Grade.tsx";
import { Progress } from "./Progress.tsx";
import { useRedraw } from "./redraw.ts";

/** So many names that are not tagged are listed. */
const MOST_WRONG = 20;

export function Trial({ minConfidence, choose }: { minConfidence: number; choose(threshold: number): void }): JSX.Element {
  useRedraw(trial.changes);
  const { state, step, done, total, failed, outcome, problem } = trial;
  return (
    <section className="card mb-3 rollcall-trial" data-state={state}>
      <div className="card-body">
        <h5>{t("trial")}</h5>
        <p>{t("trialIntro", { n: MOST_SCENES })}</p>
        {state === "working"
          ? <div className="rollcall-head">
            <button type="button" className="btn btn-secondary" onClick={() => trial.cancel()}>{t("cancel")}</button>
            <span>{t("of", { done, total })}</span>
            <Progress step={step} />
          </div>
          : <button type="button" className="btn btn-primary" onClick={() => void trial.start()}>{t("trialStart")}</button>}
        {problem && <p className="text-danger mt-2">{problem}</p>}
        <div aria-live="polite">
          {state === "done" && (total === 0
            ? <p className="mt-2 mb-0">{t("trialNone")}</p>
            : <p className="mt-2">{t("trialDone", { n: done })} {failed > 0 && t("failures", { n: failed })}</p>)}
        </div>
        {state === "done" && done > failed && <Result outcome={outcome} minConfidence={minConfidence} choose={choose} />}
      </div>
    </section>
  );
}

function Result({ outcome, minConfidence, choose }: { outcome: Outcome; minConfidence: number; choose(threshold: number): void }): JSX.Element {
  const share = (part: number | undefined): string => (part === undefined ? "–" : percent(part));
  const best = suggested(outcome);
  const then = best === undefined ? undefined : figures(outcome, best);
  return (
    <>
      <table className="table table-sm rollcall-figures">
        <thead><tr><th scope="col">{t("trialWord")}</th><th scope="col">{t("trialNames")}</th><th scope="col">{t("trialPrecision")}</th><th scope="col">{t("trialRecall")}</th></tr></thead>
        <tbody>
          {perWord(outcome, minConfidence).map(({ word, figures: { names, precision, recall } }) => (
            <tr key={word} data-word={word}><th scope="row"><Grade proposal={{ grade: word }} /></th><td>{names}</td><td>{share(precision)}</td><td>{share(recall)}</td></tr>
          ))}
        </tbody>
      </table>
      {best !== undefined && then
        ? <p>
          {t("trialSuggest", { share: percent(best), precision: share(then.precision), recall: share(then.recall) })}{" "}
          {best !== minConfidence && <button type="button" className="btn btn-secondary btn-sm" onClick={() => choose(best)}>{t("thresholdUse", { share: percent(best) })}</button>}
        </p>
        : <p>{t("trialNoSuggest")}</p>}
      <Wrong outcome={outcome} minConfidence={minConfidence} />
    </>
  );
}

/** Names that nobody has tagged: they may be wrong, or a tag may be missing. */
function Wrong({ outcome, minConfidence }: { outcome: Outcome; minConfidence: number }): JSX.Element {
  const wrong = outcome.verdicts.filter(({ right, confidence }) => !right && confidence >= minConfidence).sort((a, b) => b.confidence - a.confidence);
  if (wrong.length === 0) return <></>;
  return (
    <details>
      <summary>{t("trialWrong", { n: wrong.length })}</summary>
      <ul className="small">
        {wrong.slice(0, MOST_WRONG).map(({ scene, name, confidence }) => (
          <li key={`${scene.id} ${name}`}><Link to={`/scenes/${scene.id}`}>{scene.title}</Link>: {name}, {percent(confidence)}</li>
        ))}
      </ul>
    </details>
  );
}
