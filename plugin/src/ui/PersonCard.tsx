// One person: the face that was seen, who it may be, and what can be done.

import type { Place } from "../decisions.ts";
import { moments, type Person, type Proposal } from "../people.ts";
import type { Run } from "../run.ts";
import { api, Link, React, useState } from "../stash/api.ts";
import { hostOf, performerPage } from "../stash/endpoints.ts";
import { clock, percent, t, type Key } from "../words.ts";
import { Grade } from "./Grade.tsx";
import { PerformerPicker } from "./PerformerPicker.tsx";
import { Reference } from "./Reference.tsx";

const MOST_MOMENTS = 8;

export function PersonCard({ run, person }: { run: Run; person: Person }): JSX.Element {
  const [chosen, choose] = useState<string>();
  const all = person.best ? [person.best, ...person.others] : person.others;
  // Another candidate may be looked at in place of the first.
  const shown = all.find(({ id }) => id === chosen) ?? person.best;
  const name = shown ? shown.candidate.name : t("unknown");
  return (
    <li className={`card rollcall-person ${shown ? shown.grade : "unknown"}`} aria-label={name}>
      <div className="card-body">
        <div className="rollcall-faces">
          <figure>
            {person.thumbnail ? <img src={person.thumbnail} alt={t("faceHere")} /> : <span className="rollcall-no-picture" />}
            <figcaption className="small text-muted">{t("here")}</figcaption>
          </figure>
          {shown && <Reference run={run} proposal={shown} />}
        </div>
        <div className="rollcall-who">
          <h6>
            {name} {shown?.candidate.disambiguation && <small className="text-muted">({shown.candidate.disambiguation})</small>} <Word proposal={shown} />
          </h6>
          <Seen person={person} place={run.subject.place} />
          {shown && <Actions run={run} proposal={shown} person={person} />}
          {!shown && <Elsewhere run={run} />}
          {person.others.length > 0 && <Others person={person} shown={shown} choose={choose} />}
          {person.rejected.length > 0 && (
            <button type="button" className="btn btn-link btn-sm" onClick={() => void run.again(person.rejected)}>
              {t("again", { n: person.rejected.length })}
            </button>
          )}
        </div>
      </div>
    </li>
  );
}

function Word({ proposal }: { proposal: Proposal | undefined }): JSX.Element {
  if (!proposal) return <span className="badge badge-secondary">{t("noMatch")}</span>;
  return (
    <>
      <Grade proposal={proposal} />
      {proposal.tagged && <span className="badge badge-primary ml-1">{t("confirmed")}</span>}
    </>
  );
}

function Seen({ person, place }: { person: Person; place: Place }): JSX.Element {
  const times = moments(person.faces, MOST_MOMENTS);
  if (place.startsWith("image:")) return <></>;
  return (
    <div className="rollcall-seen small">
      <span className="text-muted">{t(place.startsWith("gallery:") ? "inPictures" : "appearances", { n: person.appearances })}</span>
      {times.map((time) => (
        <button key={time} type="button" className="btn btn-link btn-sm" title={t("seek", { time: clock(time) })} onClick={() => seek(time)}>{clock(time)}</button>
      ))}
    </div>
  );
}

function seek(time: number): void {
  const player = api.utils.InteractiveUtils.getPlayer();
  if (player) player.currentTime(time);
  else for (const video of document.querySelectorAll<HTMLVideoElement>("#VideoJsPlayer video")) video.currentTime = time;
}

function Actions({ run, proposal, person }: { run: Run; proposal: Proposal; person: Person }): JSX.Element {
  const [why, setWhy] = useState(false);
  const { performer, tagged, candidate } = proposal;
  const source = performer ? undefined : run.source(proposal);
  return (
    <>
      <div className="rollcall-actions">
        {run.mayWrite && !tagged && performer && (
          <button type="button" className="btn btn-primary btn-sm" disabled={run.busy} onClick={() => void run.add([performer])}>{t("add")}</button>
        )}
        {run.mayWrite && source && (
          <button type="button" className="btn btn-primary btn-sm" disabled={run.busy} onClick={() => void run.createAndAdd(proposal)}
            title={t("createFrom", { host: hostOf(source[0]) })}>{t("createAndAdd")}</button>
        )}
        {run.mayWrite && !tagged && <Elsewhere run={run} />}
        {run.mayWrite && !tagged && (
          <button type="button" className="btn btn-secondary btn-sm" disabled={run.busy} onClick={() => void run.notThis(proposal)}>{t("notThis")}</button>
        )}
        <button type="button" className="btn btn-link btn-sm" aria-expanded={why} onClick={() => setWhy(!why)}>{t("why")}</button>
        {performer && <Link to={`/performers/${performer.id}`} className="btn btn-link btn-sm">{t("openInStash")}</Link>}
        <Pages proposal={proposal} />
      </div>
      {run.mayWrite && !performer && !source && <p className="small text-muted">{t("noStashBox", { name: candidate.name })}</p>}
      {why && <Why proposal={proposal} person={person} run={run} />}
    </>
  );
}

function Pages({ proposal }: { proposal: Proposal }): JSX.Element {
  const pages = Object.entries(proposal.candidate.stash_ids).flatMap(([host, uuid]) => {
    const page = uuid ? performerPage(host, uuid) : undefined;
    return page ? [[host, page] as const] : [];
  });
  return (
    <>
      {pages.map(([host, page]) => (
        <a key={host} className="btn btn-link btn-sm" href={page} target="_blank" rel="noopener noreferrer">
          {t("viewOn", { host: host === "stashdb.org" ? "StashDB" : host })}
        </a>
      ))}
    </>
  );
}

function Why({ proposal, person, run }: { proposal: Proposal; person: Person; run: Run }): JSX.Element {
  const { candidate, id } = proposal;
  const best = person.best?.id === id ? person.why : undefined;
  const rows: [Key, string][] = [
    ["whySimilarity", candidate.similarity.toFixed(2)],
    ["whyConfidence", percent(candidate.confidence)],
    ...(best ? [["whyMargin", best.margin.toFixed(2)], ["whyLooks", String(best.looks)], ["whyPerformers", best.performers.toLocaleString()]] as [Key, string][] : []),
    ...(best?.expected ? [["whyExpected", t("yes")]] as [Key, string][] : []),
  ];
  return (
    <dl className="rollcall-why small">
      {rows.map(([key, value]) => <React.Fragment key={key}><dt>{t(key)}</dt><dd>{value}</dd></React.Fragment>)}
      {!run.answer?.calibrated && <dd className="text-muted">{t("notCalibrated")}</dd>}
    </dl>
  );
}

function Others({ person, shown, choose }: { person: Person; shown: Proposal | undefined; choose(id: string): void }): JSX.Element {
  const [open, setOpen] = useState(false);
  const all = (person.best ? [person.best, ...person.others] : person.others).filter((other) => other !== shown);
  return (
    <div className="rollcall-others small">
      <button type="button" className="btn btn-link btn-sm" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t(person.best ? "others" : "closest", { n: all.length })}
      </button>
      {open && (
        <ul className="list-unstyled">
          {all.map(({ id, candidate, performer }) => (
            <li key={id}>
              <button type="button" className="btn btn-link btn-sm" onClick={() => choose(id)}>{candidate.name}</button>
              <span className="text-muted"> {candidate.disambiguation ?? ""} {t("alike", { similarity: candidate.similarity.toFixed(2) })}{performer ? ` · ${t("inLibrary")}` : ""}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Any performer of the library, by name. */
function Elsewhere({ run }: { run: Run }): JSX.Element {
  const [open, setOpen] = useState(false);
  if (!run.mayWrite) return <></>;
  return (
    <>
      <button type="button" className="btn btn-secondary btn-sm" disabled={run.busy} onClick={() => setOpen(true)}>{t("someoneElse")}</button>
      {open && <PerformerPicker close={() => setOpen(false)} pick={(performer) => { setOpen(false); void run.add([performer]); }} />}
    </>
  );
}
