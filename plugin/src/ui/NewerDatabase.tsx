// A quiet line where the database's host has a newer one.

import { endSession, type Session } from "../engine/session.ts";
import { newerThan, type Newer } from "../engine/newer.ts";
import { React, useEffect, useState } from "../stash/api.ts";
import { bytes, t } from "../words.ts";

/** Asks once for each answer that is shown; `retry` starts again, with the newer one. */
export function NewerDatabase({ session, retry }: { session: Session; retry(): void }): JSX.Element {
  const [newer, setNewer] = useState<Newer>();
  useEffect(() => {
    let stale = false;
    void newerThan(session).then((found) => { if (!stale) setNewer(found); });
    return () => { stale = true; };
  }, [session]);
  if (!newer) return <></>;
  return (
    <p className="rollcall-newer small">
      <span className="badge badge-info">{t("newer", { version: newer.version })}</span>{" "}
      {newer.bytes !== undefined && <span className="text-muted">{t("newerSize", { size: bytes(newer.bytes) })}</span>}{" "}
      <button type="button" className="btn btn-link btn-sm" onClick={() => void endSession().then(retry)}>{t("newerUse")}</button>
    </p>
  );
}
