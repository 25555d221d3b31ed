// Many scenes at once: the scan, and the queue that is gone through with the keyboard.

import { scanning } from "../bulk.ts";
import { room } from "../engine/store.ts";
import { meaning, type Item } from "../queue.ts";
import { moments } from "../people.ts";
import { base, Link, React, useEffect, useState } from "../stash/api.ts";
import { rebase } from "../stash/paths.ts";
import { clock, percent, t } from "../words.ts";
import { FirstRun } from "./FirstRun.tsx";
import { Grade } from "./Grade.tsx";
import { Again } from "./Again.tsx";
import { Progress } from "./Progress.tsx";
import { useRedraw } from "./redraw.ts";

export function Bulk(): JSX.Element {
  useRedraw(scanning.changes);
  useRedraw(room.changes);
  useEffect(() => void scanning.load(), []);
  const { state, scan, problem, said, session } = scanning;
  return (
    <div className="rollcall rollcall-bulk" data-state={state} data-waiting={scan.queue.length}>
      <Scan />
      <Again />
      {problem && <div className="alert alert-warning" role="alert">{problem}</div>}
      {room.missing && <div className="alert alert-warning rollcall-no-room" role="alert">{t("noRoom")}</div>}
      <div aria-live="polite" className="rollcall-said">{said}</div>
      {session && <FirstRun session={session} retry={() => void scanning.go()} />}
      <Review />
      <Failures />
    </div>
  );
}

function Scan(): JSX.Element {
  const { state, scan, step, now } = scanning;
  const [withPerformers, setWith] = useState(false);
  const [filterId, setFilter] = useState("");
  useEffect(() => void scanning.loadFilters(), []);
  const filter = scanning.filters.find(({ id }) => id === filterId);
  if (state === "loading") return <></>;
  const begun = scan.cursor > 0;
  return (
    <section className="card mb-3">
      <div className="card-body">
        <h5>{t("bulk")}</h5>
        <p>{t("bulkIntro")}</p>
        <div className="rollcall-head">
          {state === "running"
            ? <button type="button" className="btn btn-secondary" onClick={() => scanning.pause()}>{t("pause")}</button>
            : <>
              {begun && state === "paused" && <button type="button" className="btn btn-primary" onClick={() => void scanning.go()}>{t("resume")}</button>}
              <button type="button" className={`btn ${begun ? "btn-secondary" : "btn-primary"}`} onClick={() => void scanning.startOver(filter ? { filter } : { withPerformers })}>{t(begun ? "startOver" : "startScan")}</button>
              <OpenQueue />
              {scanning.filters.length > 0 && (
                <select className="form-control input-control rollcall-filter" aria-label={t("filterChoose")} title={t("filterChoose")} value={filterId} onChange={(event) => setFilter(event.target.value)}>
                  <option value="">{t("filterUsual")}</option>
                  {scanning.filters.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
                </select>
              )}
              {!filter && <label className="mb-0"><input type="checkbox" checked={withPerformers} onChange={(event) => setWith(event.target.checked)} /> {t("withPerformers")}</label>}
            </>}
        </div>
        {begun && <p className="mb-1" aria-live="polite">{t("scanned", { done: scan.done, total: Math.max(scan.total, scan.done), waiting: scan.queue.length })} {scan.filter && t("filterOf", { name: scan.filter.name })}</p>}
        {state === "running" && <><p className="mb-1 text-muted">{now}</p><Progress step={step} /></>}
        {state === "finished" && <p className="mb-0">{t("scanDone")}</p>}
      </div>
    </section>
  );
}

/** Opens what `rollcall scan` has written on another computer. */
function OpenQueue(): JSX.Element {
  if (scanning.opening) return <Progress step={scanning.opening} />;
  return (
    <label className="btn btn-secondary mb-0" title={t("openQueueTitle")}>
      {t("openQueue")}
      <input type="file" accept="application/json,.json" className="sr-only" onChange={({ target }) => {
        const file = target.files?.[0];
        // The same file may be chosen again.
        target.value = "";
        if (file) void scanning.open(file);
      }} />
    </label>
  );
}

function Review(): JSX.Element {
  const item = scanning.scan.queue[0];
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const where = event.target instanceof Element ? event.target : null;
      // Enter on a button is that button's; letters in a field are text.
      if (event.ctrlKey || event.metaKey || event.altKey || where?.closest("input, textarea, select, .modal")) return;
      if (event.key === "Enter" && where?.closest("button, a")) return;
      const first = scanning.scan.queue[0];
      const what = meaning(event.key);
      if (what === undefined || (!first && what !== "undo")) return;
      event.preventDefault();
      act(what, first);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  if (!item) return scanning.scan.cursor > 0 ? <p className="text-muted">{t("queueEmpty")}</p> : <></>;
  return (
    <section className="card mb-3 rollcall-review">
      <div className="card-body">
        <h5>{t("review", { n: scanning.scan.queue.length })}</h5>
        {!scanning.backedUp && (
          <div className="alert alert-info">
            <p>{t("backupOffer")}</p>
            <button type="button" className="btn btn-primary btn-sm mr-2" onClick={() => void scanning.backup()}>{t("backup")}</button>
          </div>
        )}
        <One item={item} />
        <p className="small text-muted mb-0">{t("keys")}</p>
      </div>
    </section>
  );
}

function act(what: "accept" | "reject" | "skip" | "undo", item: Item | undefined): void {
  if (what === "undo") void scanning.undoLast();
  else if (item && what === "accept") void scanning.accept(item);
  else if (item && what === "reject") void scanning.refuse(item);
  else if (item) void scanning.skip(item);
}

function One({ item }: { item: Item }): JSX.Element {
  const { scene, person } = item;
  const { best } = person;
  if (!best) return <></>;
  const picture = best.performer?.image_path;
  return (
    <div className={`rollcall-person card ${best.grade}`}>
      <div className="card-body">
        <div className="rollcall-faces">
          <figure>{person.thumbnail ? <img src={person.thumbnail} alt={t("faceHere")} /> : <span className="rollcall-no-picture" />}<figcaption className="small text-muted">{t("here")}</figcaption></figure>
          <figure>
            {picture ? <img src={rebase(picture, base.href)} alt={t("picture", { name: best.candidate.name })} /> : <span className="rollcall-no-picture small text-muted">{t("noPictureHere")}</span>}
            <figcaption className="small text-muted">{t("inStash")}</figcaption>
          </figure>
        </div>
        <div className="rollcall-who">
          <h6>{best.candidate.name} {person.byUser ? <small className="text-muted">{t("byUser")}</small> : <><Grade proposal={best} /> <small className="text-muted">{percent(best.candidate.confidence)}</small></>}</h6>
          <p className="mb-1"><Link to={`/scenes/${scene.id}`}>{scene.title}</Link></p>
          <p className="small text-muted mb-1">{t("appearances", { n: person.appearances })} {moments(person.faces, 6).map(clock).join(" · ")}</p>
          <div className="rollcall-actions">
            <button type="button" className="btn btn-primary btn-sm" onClick={() => act("accept", item)}>{t(best.performer ? "add" : "createAndAdd")} <kbd>a</kbd></button>
            <button type="button" className="btn btn-secondary btn-sm" onClick={() => act("reject", item)}>{t("notThis")} <kbd>x</kbd></button>
            <button type="button" className="btn btn-secondary btn-sm" onClick={() => act("skip", item)}>{t("skip")} <kbd>s</kbd></button>
            <button type="button" className="btn btn-link btn-sm" onClick={() => act("undo", item)}>{t("undoLast")} <kbd>z</kbd></button>
          </div>
        </div>
      </div>
    </div>
  );
}

function Failures(): JSX.Element {
  const { failed } = scanning.scan;
  if (failed.length === 0) return <></>;
  return (
    <details>
      <summary>{t("failures", { n: failed.length })}</summary>
      <ul className="small">{failed.map(({ id, title, why }) => <li key={id}><Link to={`/scenes/${id}`}>{title}</Link>: {why}</li>)}</ul>
    </details>
  );
}
