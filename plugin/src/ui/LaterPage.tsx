// `/plugin/rollcall`, which comes with the second script.

import { later } from "../engine/later.ts";
import { configure } from "../engine/session.ts";
import { React, useEffect, useState } from "../stash/api.ts";
import { sentence } from "../words.ts";

export function LaterPage(): JSX.Element {
  const [Page, setPage] = useState<() => JSX.Element>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    // Its texts wait for the language.
    Promise.all([later(), configure()]).then(([{ Page }]) => setPage(() => Page), (thrown: unknown) => setProblem(sentence(thrown)));
  }, []);
  if (problem) return <div className="alert alert-danger rollcall-page" role="alert">{problem}</div>;
  return Page ? <Page /> : <></>;
}
