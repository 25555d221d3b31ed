// On the page of a performer: who they are at the stash-boxes, by the face of their picture. Links by
// writing the id, in the endpoint the user has; never by name.

import type { AnswerCandidate } from "../../../web/client/index.ts";
import { certaintyOf } from "../../../web/client/certainty.ts";
import { file } from "../engine/frames.ts";
import { session, type Session } from "../engine/session.ts";
import { base, React, useState } from "../stash/api.ts";
import { byHost, configured, performerPage, type StashId } from "../stash/endpoints.ts";
import { refresh } from "../stash/graphql.ts";
import { rebase } from "../stash/paths.ts";
import { link, newRun } from "../stash/writes.ts";
import { percent, sentence, t, Told } from "../words.ts";
import { Grade } from "./Grade.tsx";
import { useLanguage } from "./language.tsx";
import { Progress } from "./Progress.tsx";
import type { Step } from "../run.ts";

interface Linkable { id: string; name: string; image_path: string | null; stash_ids: StashId[] }
interface Found { candidate: AnswerCandidate; host: string; uuid: string; endpoint: string }

export function FindPerformer({ performer }: { performer: Linkable }): JSX.Element {
  useLanguage();
  const [state, setState] = useState<"idle" | "working" | "done">("idle");
  const [step, setStep] = useState<Step>();
  const [found, setFound] = useState<Found[]>([]);
  const [problem, setProblem] = useState("");
  const [said, say] = useState("");
  const find = async (): Promise<void> => {
    setState("working");
    setProblem("");
    try {
      setFound(await search(performer, setStep));
    } catch (thrown) {
      setProblem(sentence(thrown));
    }
    setState("done");
  };
  const choose = async ({ endpoint, uuid, host }: Found): Promise<void> => {
    try {
      await link(newRun(), performer.id, endpoint, uuid);
      say(t("linked", { host }));
      setFound([]);
      await refresh("FindPerformer");
    } catch (thrown) {
      setProblem(sentence(thrown));
    }
  };
  return (
    <div className="rollcall rollcall-find" data-state={state}>
      {state === "working"
        ? <Progress step={step} />
        : <button type="button" className="btn btn-secondary btn-sm" onClick={() => void find()}>{t("findOnStashDb")}</button>}
      {problem && <p className="text-danger">{problem}</p>}
      <div aria-live="polite">{said}</div>
      {state === "done" && found.length === 0 && !problem && !said && <p className="text-muted">{t("findNobody")}</p>}
      <ul className="list-unstyled mt-2">
        {found.map((one) => (
          <li key={`${one.host}:${one.uuid}`} className="mb-1">
            {one.candidate.name} <small className="text-muted">{one.candidate.disambiguation ?? ""} {one.host}</small>{" "}
            <Grade proposal={{ grade: certaintyOf(one.candidate.confidence) }} /> <small>{percent(one.candidate.confidence)}</small>{" "}
            <button type="button" className="btn btn-primary btn-sm" onClick={() => void choose(one)}>{t("link")}</button>{" "}
            <a className="btn btn-link btn-sm" href={performerPage(one.host, one.uuid)} target="_blank" rel="noopener noreferrer">{t("viewOn", { host: one.host })}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}

async function search(performer: Linkable, hear: (step: Step) => void): Promise<Found[]> {
  const opened = await session({ progress: hear });
  if (!opened.rollcall.database) throw new Told("findNeedsDatabase");
  const picture = performer.image_path ? await file(rebase(performer.image_path, base.href)) : null;
  if (!picture) throw new Told("noPicture");
  const { answer } = await opened.rollcall.identify(picture, { progress: hear });
  if (answer.matches.length !== 1) throw new Told("findOneFace");
  return linkable(answer.matches[0]?.candidates ?? [], performer, opened);
}

/** Candidates at stash-boxes that the user has and this performer is not linked with. */
function linkable(candidates: readonly AnswerCandidate[], performer: Linkable, { configuration }: Session): Found[] {
  const linked = byHost(performer.stash_ids);
  return candidates.flatMap((candidate) => Object.entries(candidate.stash_ids).flatMap(([host, uuid]) => {
    const endpoint = configured(configuration.boxes, host);
    return uuid && endpoint && !(host in linked) ? [{ candidate, host, uuid, endpoint }] : [];
  }));
}
