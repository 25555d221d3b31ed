// People without a name, over many scenes: kept only if the user says so, brought together, named once.

import { nameless, type Group } from "../unknown.ts";
import { Link, React, useEffect, useState } from "../stash/api.ts";
import { t } from "../words.ts";
import { PerformerPicker } from "./PerformerPicker.tsx";
import { Progress } from "./Progress.tsx";
import { useRedraw } from "./redraw.ts";

const USUAL_DAYS = 30;
const MOST_FACES = 8;

export function Unknown(): JSX.Element {
  useRedraw(nameless.changes);
  useEffect(() => void nameless.load(), []);
  const { days, state, step, groups, said, problem } = nameless;
  return (
    <div className="rollcall rollcall-unknown" data-state={state}>
      {days !== undefined && (
        <section className="card mb-3">
          <div className="card-body">
            <h5>{t("unknownPeople")}</h5>
            <p>{t("unknownIntro")}</p>
            {days === 0 ? <Keep /> : (
              <>
                <p>{t("unknownKept", { n: days })}</p>
                {state === "working" ? <Progress step={step} /> : (
                  <div className="rollcall-head">
                    <button type="button" className="btn btn-primary" onClick={() => void nameless.group()}>{t("unknownGroup")}</button>
                    <button type="button" className="btn btn-secondary" onClick={() => void nameless.keep(0)}>{t("unknownStop")}</button>
                  </div>
                )}
              </>
            )}
          </div>
        </section>
      )}
      {problem && <div className="alert alert-warning" role="alert">{problem}</div>}
      <div aria-live="polite" className="rollcall-said">{said}</div>
      {groups.map((group) => <One key={group.map(({ scene, person }) => `${scene.id}-${person}`).join(" ")} group={group} />)}
    </div>
  );
}

function Keep(): JSX.Element {
  const [days, setDays] = useState(USUAL_DAYS);
  return (
    <div className="rollcall-head">
      <label className="mb-0">{t("unknownDays")} <input type="number" className="form-control d-inline-block text-input rollcall-days" min={1} max={3650} value={days} onChange={(event) => setDays(Number(event.target.value))} /></label>
      <button type="button" className="btn btn-primary" disabled={!(days >= 1 && days <= 3650)} onClick={() => void nameless.keep(Math.round(days))}>{t("unknownKeep")}</button>
    </div>
  );
}

function One({ group }: { group: Group }): JSX.Element {
  const [picking, setPicking] = useState(false);
  const scenes = [...new Map(group.map(({ scene }) => [scene.id, scene])).values()];
  const act = (what: Promise<void>): void => { setPicking(false); void what; };
  return (
    <section className="card mb-3 rollcall-group">
      <div className="card-body">
        <div className="rollcall-faces">
          {group.slice(0, MOST_FACES).map((person) => person.thumbnail && <img key={`${person.scene.id}-${person.person}`} src={person.thumbnail} alt={t("faceHere")} title={person.scene.title} />)}
        </div>
        <div>
          <details>
            <summary>{t("unknownScenes", { n: scenes.length })}</summary>
            <ul className="small">{scenes.map(({ id, title }) => <li key={id}><Link to={`/scenes/${id}`}>{title}</Link></li>)}</ul>
          </details>
          <div className="rollcall-actions">
            <button type="button" className="btn btn-primary btn-sm" onClick={() => setPicking(true)}>{t("unknownName")}</button>
            <button type="button" className="btn btn-secondary btn-sm" onClick={() => act(nameless.leave(group))}>{t("unknownLeave")}</button>
          </div>
        </div>
        {picking && (
          <PerformerPicker close={() => setPicking(false)} pick={(performer) => act(nameless.name(group, performer))}
            {...(nameless.lookOnly ? {} : { create: (name: string) => act(nameless.create(group, name)) })} />
        )}
      </div>
    </section>
  );
}
