// `/plugin/rollcall`: bulk scan and review, and settings.

import { React, useState } from "../stash/api.ts";
import { t, type Key } from "../words.ts";
import { Bulk } from "./Bulk.tsx";
import { Settings } from "./Settings.tsx";
import { Unknown } from "./Unknown.tsx";

const TABS: [string, Key, () => JSX.Element][] = [["scan", "bulk", Bulk], ["unknown", "unknownPeople", Unknown], ["settings", "settings", Settings]];

export function Page(): JSX.Element {
  const [tab, setTab] = useState("scan");
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
