// Shown where no database was found: what works without, and how to get one.

import { otherModels, unconfirmed } from "../engine/client.ts";
import { packFor, type Pack } from "../engine/packs.ts";
import { confirmDatabase, endSession, type Session } from "../engine/session.ts";
import type { Trial } from "../engine/places.ts";
import { Link, pluginId, React, useEffect, useState } from "../stash/api.ts";
import { set } from "../stash/state.ts";
import { bytes, sentence, t } from "../words.ts";

export function FirstRun({ session, retry }: { session: Session; retry(): void }): JSX.Element {
  const { trials, library: { known: own }, trouble, configuration: { settings } } = session;
  if (trouble) return <Trouble session={session} retry={retry} />;
  if (session.rollcall.database) return <></>;
  const refused = trials.find(({ outcome }) => outcome === "blocked" || outcome === "mixed");
  return (
    <div className="card rollcall-first-run">
      <div className="card-body">
        <h6>{t("noDatabase")}</h6>
        <p>{own > 0 ? t("ownOnly", { n: own }) : t(settings.ownLibrary ? "ownNobody" : "ownOff")}</p>
        {refused && (refused.found === "setting"
          ? <Refused trial={refused} />
          // Nobody asked for this place: most people have no host there.
          : <details className="mb-2"><summary>{t("hostHere", { origin: new URL(refused.url).origin })}</summary><Refused trial={refused} /></details>)}
        <DatabaseAddress retry={retry} />
        <p className="small mb-0"><Link to={`/plugin/${pluginId}`}>{t("allSettings")}</Link></p>
      </div>
    </div>
  );
}

/** Changes a setting and begins anew with it; the sentence is what kept it from that. */
function useSetting(key: string, retry: () => void): [save: (value: string) => void, problem: string] {
  const [problem, setProblem] = useState("");
  const save = async (value: string): Promise<void> => {
    try {
      await set(key, value);
      await endSession();
      retry();
    } catch (thrown) {
      setProblem(sentence(thrown));
    }
  };
  return [(value) => void save(value), problem];
}

/** Where the user says where the database is. */
export function DatabaseAddress({ retry }: { retry(): void }): JSX.Element {
  const [url, setUrl] = useState("");
  const [save, problem] = useSetting("csp_databaseUrl", retry);
  return (
    <form className="form-inline rollcall-address" onSubmit={(event) => { event.preventDefault(); save(url.trim()); }}>
      <input className="form-control text-input mr-2" aria-label={t("databaseAddress")} placeholder={`http://${location.hostname}:7878`}
        value={url} onChange={(event) => setUrl(event.target.value)} />
      <button type="submit" className="btn btn-primary" disabled={url.trim() === ""}>{t("useDatabase")}</button>
      {problem && <p className="text-danger">{problem}</p>}
    </form>
  );
}

/** A database that is there and not believed or not whole. One that has changed oddly is used if the user
 *  says so, after reading what is odd. */
export function Trouble({ session, retry }: { session: Session; retry(): void }): JSX.Element {
  const { trouble } = session;
  const manifest = unconfirmed(trouble);
  const accept = async (manifest: string): Promise<void> => {
    await confirmDatabase(manifest);
    retry();
  };
  return (
    <div className="alert alert-warning rollcall-trouble" role="alert">
      <p>{t("databaseTrouble")}</p>
      <p className="mb-0">{sentence(trouble)}</p>
      {manifest && (
        <>
          <p className="mt-2">{t("confirmAsk")}</p>
          <button type="button" className="btn btn-danger btn-sm" onClick={() => void accept(manifest)}>{t("confirmDatabase")}</button>
        </>
      )}
      {otherModels(trouble).length > 0 && <OtherPack session={session} retry={retry} />}
    </div>
  );
}

/** A database of other models: the pack it needs, where its host has that, with its bytes. */
function OtherPack({ session: { trouble, trials }, retry }: { session: Session; retry(): void }): JSX.Element {
  const [pack, setPack] = useState<Pack | null>();
  const [use, problem] = useSetting("modelPack", retry);
  useEffect(() => void packFor(otherModels(trouble), trials).then((found) => setPack(found ?? null)), [trouble]);
  if (pack === undefined) return <></>;
  if (pack === null) return <p className="mt-2 mb-0">{t("packNowhere")}</p>;
  return (
    <>
      <p className="mt-2">{t("packNeeded", { name: pack.name, size: bytes(pack.bytes) })}</p>
      <button type="button" className="btn btn-primary btn-sm" onClick={() => use(pack.name)}>{t("packUse", { size: bytes(pack.bytes) })}</button>
      {problem && <p className="text-danger">{problem}</p>}
    </>
  );
}

/** A place that this page may not talk to: the exact line, and the way that needs none. */
export function Refused({ trial }: { trial: Trial }): JSX.Element {
  const { origin } = new URL(trial.url);
  if (trial.outcome === "mixed") return <p className="rollcall-refused">{t("mixed", { origin })}</p>;
  return (
    <div className="rollcall-refused">
      <p>{t("refused", { origin })}</p>
      <p className="mb-1">{t("refusedLine", { file: `plugins/${pluginId}/${pluginId}.yml` })}</p>
      <pre className="text-reset"><code>{`ui:\n  csp:\n    connect-src:\n      - ${origin}`}</code></pre>
      <p>{t("refusedAfter")}</p>
      <p className="mb-0">{t("refusedSame")}</p>
    </div>
  );
}
