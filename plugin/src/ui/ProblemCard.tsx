// What went wrong, and what can be done about it here.

import type { Run } from "../run.ts";
import { React, useState } from "../stash/api.ts";
import { change } from "../stash/graphql.ts";
import { sentence, t } from "../words.ts";
import generateDocument from "../graphql/generate-sprite.graphql";

export function ProblemCard({ run }: { run: Run }): JSX.Element {
  if (!run.problem) return <></>;
  const [kind, id] = run.subject.place.split(":");
  return (
    <div className="alert alert-warning rollcall-problem" role="alert">
      <p className="mb-0">{run.problem.text}</p>
      {run.problem.key?.startsWith("noFrames") && kind === "scene" && id && <Generate scene={id} />}
    </div>
  );
}

/** Has Stash make a sprite sheet: asks first, since it may take minutes of its processor. */
function Generate({ scene }: { scene: string }): JSX.Element {
  const [stage, setStage] = useState<"offer" | "ask" | "asked">("offer");
  const [problem, setProblem] = useState("");
  const go = async (): Promise<void> => {
    try {
      await change(generateDocument, { ids: [scene] });
      setStage("asked");
    } catch (thrown) {
      setProblem(sentence(thrown));
    }
  };
  if (stage === "asked") return <p className="mb-0">{t("generating")}</p>;
  return (
    <div className="mt-2">
      {stage === "offer" && <button type="button" className="btn btn-primary btn-sm" onClick={() => setStage("ask")}>{t("generate")}</button>}
      {stage === "ask" && (
        <>
          <p>{t("generateAsk")}</p>
          <button type="button" className="btn btn-primary btn-sm mr-2" onClick={() => void go()}>{t("generateYes")}</button>
          <button type="button" className="btn btn-secondary btn-sm" onClick={() => setStage("offer")}>{t("cancel")}</button>
        </>
      )}
      {problem && <p className="text-danger">{problem}</p>}
    </div>
  );
}
