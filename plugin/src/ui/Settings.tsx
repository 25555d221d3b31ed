// Connection check, journal, what is kept, and how to get rid of it.

import { NOTHING, joined, namesOf, parseDecisions, type Decisions, type Run } from "../decisions.ts";
import { scanning } from "../bulk.ts";
import { forgetFiles, kept } from "../engine/store.ts";
import { configure, endSession, requests, session, type Session } from "../engine/session.ts";
import { React, useEffect, useState } from "../stash/api.ts";
import type { Configuration } from "../stash/state.ts";
import { rematch } from "../rematch.ts";
import { seenSize, type Size } from "../seen.ts";
import { decide, set } from "../stash/state.ts";
import { undo } from "../stash/writes.ts";
import { trial } from "../trial.ts";
import { nameless } from "../unknown.ts";
import { bytes, day, percent, sentence, t } from "../words.ts";
import { DatabaseAddress, Refused, Trouble } from "./FirstRun.tsx";
import { NewerDatabase } from "./NewerDatabase.tsx";
import { databaseLine, engineLine } from "./lines.ts";
import { Progress } from "./Progress.tsx";
import { Threshold } from "./Threshold.tsx";
import { Trial } from "./Trial.tsx";
import type { Step } from "../run.ts";

export function Settings(): JSX.Element {
  const [known, setKnown] = useState<Configuration>();
  const [problem, setProblem] = useState("");
  const [said, say] = useState("");
  const load = (): void => void configure().then(setKnown, (thrown: unknown) => setProblem(sentence(thrown)));
  useEffect(load, []);
  /** Does something, says what became of it, and reads again. */
  const act = (what: () => Promise<string>): void => {
    setProblem("");
    what().then((text) => { say(text); load(); }, (thrown: unknown) => setProblem(sentence(thrown)));
  };
  const choose = (threshold: number): void => act(async () => {
    await set("minConfidence", threshold);
    await endSession();
    return t("thresholdSaved", { share: percent(threshold) });
  });
  return (
    <div className="rollcall">
      <div aria-live="polite" className="rollcall-said">{said}</div>
      {problem && <div className="alert alert-warning" role="alert">{problem}</div>}
      <Check />
      <p className="text-muted">{t("settingsWhere")}</p>
      {known && <Threshold minConfidence={known.settings.minConfidence} choose={choose} />}
      {known && <Trial minConfidence={known.settings.minConfidence} choose={choose} />}
      {known && <Journal runs={known.decisions.journal} act={act} />}
      {known && <Kept decisions={known.decisions} act={act} />}
      <Requests />
    </div>
  );
}

type Act = (what: () => Promise<string>) => void;

/** Starts everything once and says how it went. */
function Check(): JSX.Element {
  const [step, setStep] = useState<Step>();
  const [state, setState] = useState<"idle" | "working">("idle");
  const [result, setResult] = useState<Session>();
  const [problem, setProblem] = useState("");
  const check = async (): Promise<void> => {
    setState("working");
    setProblem("");
    setResult(undefined);
    try {
      await endSession();
      setResult(await session({ progress: setStep }));
    } catch (thrown) {
      setProblem(sentence(thrown));
    }
    setState("idle");
  };
  return (
    <section className="card mb-3">
      <div className="card-body">
        <h5>{t("check")}</h5>
        {state === "working" ? <Progress step={step} /> : <button type="button" className="btn btn-primary" onClick={() => void check()}>{t("checkNow")}</button>}
        {problem && <p className="text-danger mt-2">{problem}</p>}
        {result && <Checked session={result} retry={() => void check()} />}
      </div>
    </section>
  );
}

function Checked({ session, retry }: { session: Session; retry(): void }): JSX.Element {
  const { rollcall: { engine, workers, database }, configuration, trials, models, trouble, library, place } = session;
  const rows: [string, string][] = [
    [t("checkStash"), configuration.stash],
    [t("checkSecure"), t(window.isSecureContext ? "secureYes" : "secureNo")],
    [t("checkEngine"), engineLine(engine)],
    [t("checkWorkers"), String(workers)],
    [t("checkModels"), `${configuration.settings.modelPack} (${models})`],
    [t("checkOwn"), t("askedOwn", { n: library.known })],
    [t("checkDatabase"), databaseLine(database) + (database ? `, ${bytes(database.bytes)}` : "")],
    ...(database ? [
      [t("checkAge"), day(database.created)],
      [t("checkSigner"), database.signer ?? t("unsigned")],
      [t("checkDecoys"), t(database.decoys ? "decoysOn" : "decoysOff")],
    ] as [string, string][] : []),
    [t("checkBoxes"), configuration.boxes.map(({ name, endpoint }) => name || endpoint).join(", ") || t("nothing")],
  ];
  return (
    <>
      <dl className="mt-3">{rows.map(([key, value]) => <React.Fragment key={key}><dt>{key}</dt><dd>{value}</dd></React.Fragment>)}</dl>
      <h6>{t("places")}</h6>
      <ul className="list-unstyled rollcall-places">
        {trials.map(({ url, outcome }) => <li key={url}><code>{url}</code> <span className={`badge ${url === place ? "badge-success" : "badge-secondary"}`}>{t(`place_${outcome}`)}</span></li>)}
      </ul>
      {trouble !== undefined && <Trouble session={session} retry={retry} />}
      <NewerDatabase session={session} retry={retry} />
      {trials.filter(({ outcome }) => outcome === "blocked" || outcome === "mixed").map((trial) => <Refused key={trial.url} trial={trial} />)}
      {!place && <DatabaseAddress retry={retry} />}
    </>
  );
}

function Journal({ runs, act }: { runs: readonly Run[]; act: Act }): JSX.Element {
  return (
    <section className="card mb-3">
      <div className="card-body">
        <h5>{t("journal")}</h5>
        {runs.length === 0 && <p className="text-muted mb-0">{t("journalEmpty")}</p>}
        <ul className="list-unstyled mb-0">
          {runs.map((run) => (
            <li key={run.id} className="mb-1">
              <button type="button" className="btn btn-secondary btn-sm mr-2" onClick={() => act(async () => { await undo(run); return t("undone", { n: run.writes.length }); })}>
                {t("undo", { n: run.writes.length })}
              </button>
              <span className="text-muted">{new Date(run.time).toLocaleString()}</span> {namesOf(run)}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Kept({ decisions, act }: { decisions: Decisions; act: Act }): JSX.Element {
  const [sure, setSure] = useState(false);
  const [size, setSize] = useState<Size>();
  useEffect(() => void seenSize().then(setSize), [decisions]);
  const rejected = Object.values(decisions.rejected).reduce((sum, ids) => sum + ids.length, 0);
  const forget = async (): Promise<string> => {
    scanning.forget();
    rematch.forget();
    nameless.forget();
    trial.forget();
    await endSession();
    const files = await forgetFiles();
    const lessons = await kept.clear();
    await decide(() => NOTHING);
    setSure(false);
    return t("forgotten", { rejected, reviewed: decisions.reviewed.length, runs: decisions.journal.length, lessons, files });
  };
  return (
    <section className="card mb-3">
      <div className="card-body">
        <h5>{t("kept")}</h5>
        <p>{t("keptCounts", { rejected, reviewed: decisions.reviewed.length, runs: decisions.journal.length })}</p>
        {size && <p className="rollcall-kept-seen">{t("keptSeen", { n: size.scenes, unknown: size.unknown, size: bytes(size.bytes) })}</p>}
        <button type="button" className="btn btn-secondary mr-2" onClick={() => save(decisions)}>{t("export")}</button>
        <label className="btn btn-secondary mb-0 mr-2">
          {t("import")}
          <input type="file" accept="application/json,.json" className="sr-only" onChange={(event) => {
            const file = event.target.files?.[0];
            if (file) act(() => take(file));
          }} />
        </label>
        {sure
          ? <><span className="mr-2">{t("forgetAsk")}</span>
            <button type="button" className="btn btn-danger mr-2" onClick={() => act(forget)}>{t("forgetYes")}</button>
            <button type="button" className="btn btn-secondary" onClick={() => setSure(false)}>{t("cancel")}</button></>
          : <button type="button" className="btn btn-danger" onClick={() => setSure(true)}>{t("forget")}</button>}
      </div>
    </section>
  );
}

function save(decisions: Decisions): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(decisions, null, 1)], { type: "application/json" }));
  link.download = "rollcall-decisions.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Adds a file's decisions to those that are there. */
async function take(file: File): Promise<string> {
  if (file.size > 50e6) throw new Error(t("importBad"));
  const theirs = parseDecisions(await file.text());
  if (theirs === NOTHING) throw new Error(t("importBad"));
  await decide((ours) => joined(ours, theirs));
  return t("imported", { n: Object.keys(theirs.rejected).length + theirs.reviewed.length });
}

/** Every request that the worker made in this visit. */
function Requests(): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <section className="card mb-3">
      <div className="card-body">
        <h5>{t("requests")}</h5>
        <button type="button" className="btn btn-secondary" aria-expanded={open} onClick={() => setOpen(!open)}>{t("requestsShow", { n: requests.length })}</button>
        {open && (
          <ul className="list-unstyled mt-2 small">
            {requests.map(({ url, bytes: size, cached }, place) => <li key={place}><code>{url}</code> {cached ? t("cached") : bytes(size)}</li>)}
          </ul>
        )}
      </div>
    </section>
  );
}
