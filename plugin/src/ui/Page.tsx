// `/plugin/rollcall`: bulk scan and review, and settings.

import { React, useEffect, useState } from "../stash/api.ts";
import { configure } from "../engine/session.ts";
import { sentence, t, type Key } from "../words.ts";
import { Bulk } from "./Bulk.tsx";
import { Settings } from "./Settings.tsx";

const TABS: [string, Key, () => JSX.Element][] = [["scan", "bulk", Bulk], ["settings", "settings", Settings]];

export function Page(): JSX.Element {
  const [tab, setTab] = useState("scan");
  const [ready, setReady] = useState(false);
  const [problem, setProblem] = useState("");
  // Its texts wait for the language.
  useEffect(() => { configure().then(() => setReady(true), (thrown: unknown) => setProblem(sentence(thrown))); }, []);
  if (problem) return <div className="alert alert-danger rollcall-page" role="alert">{problem}</div>;
  if (!ready) return <></>;
  const Shown = TABS.find(([key]) => key === tab)?.[2] ?? Bulk;
  return (
    <div className="rollcall-page">
      <h3>Rollcall</h3>
      <ul className="nav nav-tabs mb-3" role="tablist">
        {TABS.map(([key, title]) => (
          <li key={key} className="nav-item" role="presentation">
            <button type="button" role="tab" aria-selected={tab === key} className={`nav-link btn-link ${tab === key ? "active" : ""}`} onClick={() => setTab(key)}>{t(title)}</button>
          </li>
        ))}
      </ul>
      <Shown />
    </div>
  );
}
