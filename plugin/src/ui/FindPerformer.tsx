// On the page of a performer: who they are at the stash-boxes. Links by writing the id, in the endpoint the
// user has; never by name.

import { certaintyOf } from "../../../web/client/certainty.ts";
import { later } from "../engine/later.ts";
import type { Found, Linkable } from "../find.ts";
import { React, useState } from "../stash/api.ts";
import { performerPage } from "../stash/endpoints.ts";
import { refresh } from "../stash/graphql.ts";
import { link, newRun } from "../stash/writes.ts";
import { percent, sentence, t } from "../words.ts";
import { Grade } from "./Grade.tsx";
import { useLanguage } from "./language.tsx";
import { Progress } from "./Progress.tsx";
import type { Step } from "../run.ts";

export function FindPerformer({ performer }: { performer: Linkable }): JSX.Element {
  useLanguage();
  const [state, setState] = useState<"idle" | "working" | "done">("idle");
  const [step, setStep] = useState<Step>();
  const [found, setFound] = useState<Found[]>([]);
  const [problem, setProblem] = useState("");
  const [said, say] = useState("");
  const search = async (): Promise<void> => {
    setState("working");
    setProblem("");
    say("");
    try {
      setFound(await (await later()).find(performer, setStep));
    } catch (thrown) {
      setFound([]);
      setProblem(sentence(thrown));
    }
    setState("done");
  };
  const choose = async ({ endpoint, uuid, host }: Found): Promise<void> => {
    try {
      await link(newRun(), performer.id, endpoint, uuid);
      say(t("linked", { host }));
      setFound((all) => all.filter((one) => one.host !== host));
      await refresh("FindPerformer");
    } catch (thrown) {
      setProblem(sentence(thrown));
    }
  };
  return (
    <div className="rollcall rollcall-find" data-state={state}>
      {state === "working"
        ? <Progress step={step} />
        : <button type="button" className="btn btn-secondary btn-sm" onClick={() => void search()}>{t("findOnStashDb")}</button>}
      {problem && <p className="text-danger">{problem}</p>}
      <div aria-live="polite">{said}</div>
      {state === "done" && found.length === 0 && !problem && !said && <p className="text-muted">{t("findNobody")}</p>}
      <ul className="list-unstyled mt-2">
        {found.map((one) => (
          <li key={`${one.host}:${one.uuid}`} className="mb-1">
            {one.name} <small className="text-muted">{one.disambiguation ?? ""} {one.host}</small>{" "}
            {one.confidence !== undefined && <><Grade proposal={{ grade: certaintyOf(one.confidence) }} /> <small>{percent(one.confidence)}</small>{" "}</>}
            {one.note && <small className="text-muted">{one.note} </small>}
            <button type="button" className="btn btn-primary btn-sm" onClick={() => void choose(one)}>{t("link")}</button>{" "}
            <a className="btn btn-link btn-sm" href={performerPage(one.host, one.uuid)} target="_blank" rel="noopener noreferrer">{t("viewOn", { host: one.host })}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}
