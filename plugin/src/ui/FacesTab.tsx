// Who is on a page: the button, the progress, one card a person, and what was written.

import { namesOf, type Place } from "../decisions.ts";
import { addable } from "../people.ts";
import type { Run } from "../run.ts";
import { React, useEffect, useState } from "../stash/api.ts";
import { bytes, t } from "../words.ts";
import { BoxDialog } from "./BoxDialog.tsx";
import { FirstRun } from "./FirstRun.tsx";
import { useLanguage } from "./language.tsx";
import { databaseLine, engineLine } from "./lines.ts";
import { NewerDatabase } from "./NewerDatabase.tsx";
import { PersonCard } from "./PersonCard.tsx";
import { ProblemCard } from "./ProblemCard.tsx";
import { Progress } from "./Progress.tsx";
import { useRun } from "./runs.ts";
import { Unseen } from "./Unseen.tsx";

export function FacesTab({ place }: { place: Place }): JSX.Element {
  useLanguage();
  const run = useRun(place);
  useEffect(() => { if (run.phase === "idle") void run.recall(); }, [run]);
  const first = run.session && <FirstRun session={run.session} retry={() => void run.start()} />;
  // Who lives well with their own library alone wants to see people first.
  const namesOwn = (run.session?.library.known ?? 0) > 0 && run.session?.trouble === undefined && run.seen !== undefined;
  return (
    <div className="rollcall" data-phase={run.phase}>
      <Head run={run} />
      <div aria-live="polite" className="rollcall-said">{run.said}</div>
      {run.problem && <ProblemCard run={run} />}
      {!namesOwn && first}
      {run.seen && <People run={run} />}
      {namesOwn && first}
      {run.phase === "idle" && !run.problem && <p className="text-muted">{t("intro")}</p>}
    </div>
  );
}

function Head({ run }: { run: Run }): JSX.Element {
  const { seen, writes, busy, mayWrite } = run;
  const sure = seen ? addable(seen.people) : [];
  const looking = run.phase === "working";
  return (
    <div className="rollcall-head">
      {looking
        ? <button type="button" className="btn btn-secondary" onClick={() => run.cancel()}>{t("cancel")}</button>
        : <button type="button" className="btn btn-primary" onClick={() => void run.start()}>{t(run.answer ? "identifyAgain" : "identify")}</button>}
      {!looking && run.subject.still && <Still run={run} still={run.subject.still} />}
      {mayWrite && sure.length > 0 && (
        <button type="button" className="btn btn-success" disabled={busy} onClick={() => void run.add(sure)}>
          {t("addAllSure", { n: sure.length })}
        </button>
      )}
      {mayWrite && writes && (
        <button type="button" className="btn btn-secondary" disabled={busy || looking} onClick={() => void run.undo()}
          title={namesOf(writes)}>
          {t("undo", { n: writes.writes.length })}
        </button>
      )}
      {looking && <Progress step={run.step} />}
    </div>
  );
}

/** The picture that the page shows now: all of it, or what is in a box. */
function Still({ run, still }: { run: Run; still: NonNullable<Run["subject"]["still"]> }): JSX.Element {
  const [drawing, setDrawing] = useState(false);
  return (
    <>
      {run.subject.place.startsWith("scene:") && (
        <button type="button" className="btn btn-secondary" title={t("thisFrameTitle")} onClick={() => void run.start(still)}>{t("thisFrame")}</button>
      )}
      <button type="button" className="btn btn-secondary" title={t("drawBoxTitle")} onClick={() => setDrawing(true)}>{t("drawBox")}</button>
      {drawing && (
        <BoxDialog still={still} close={() => setDrawing(false)} choose={(boxed) => { setDrawing(false); void run.start(() => Promise.resolve(boxed)); }} />
      )}
    </>
  );
}

function People({ run }: { run: Run }): JSX.Element {
  const { answer, seen } = run;
  if (!answer || !seen) return <></>;
  const done = run.phase !== "working";
  return (
    <>
      {seen.people.length === 0 && done && <p className="rollcall-none">{t("noFace")}</p>}
      <ol className="rollcall-people list-unstyled">
        {seen.people.map((person) => <PersonCard key={person.key} run={run} person={person} />)}
      </ol>
      {done && <Unseen performers={seen.unseen} />}
      <Facts run={run} />
      {done && run.session && <NewerDatabase session={run.session} retry={() => void run.start()} />}
    </>
  );
}

/** What was looked at, with what, and against what. */
function Facts({ run }: { run: Run }): JSX.Element {
  const { answer, session, read } = run;
  if (!answer || !session) return <></>;
  const { scene, engine, database } = answer;
  const lines = [
    scene && t("looked", { n: scene.searched, faces: scene.faces, poor: scene.too_poor }),
    read && read.streamed > 0 && t("streamed", { size: bytes(read.streamed) }),
    read?.unplayable !== undefined && t("unplayable", { codec: read.unplayable }),
    databaseLine(session.rollcall.database),
    session.library.known > 0 && t("askedOwn", { n: session.library.known }),
    answer.partial && t("partial"),
    !answer.calibrated && database && t("notCalibrated"),
    engineLine(engine),
  ].filter((line) => typeof line === "string");
  return <p className="rollcall-facts text-muted small">{lines.join(" · ")}</p>;
}
