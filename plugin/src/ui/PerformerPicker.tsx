// A dialog to choose any performer of the library. Escape closes it.

import { base, Modal, React, useEffect, useState } from "../stash/api.ts";
import { performersByName, type Performer } from "../stash/library.ts";
import { rebase } from "../stash/paths.ts";
import { sentence, t } from "../words.ts";

interface Props {
  pick(performer: Performer): void;
  close(): void;
  /** Makes somebody new of this name; nobody can be made where it is left out. */
  create?(name: string): void;
}

export function PerformerPicker({ pick, close, create }: Props): JSX.Element {
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<Performer[]>([]);
  const [problem, setProblem] = useState("");
  const name = query.trim();
  useEffect(() => {
    let stale = false;
    // Not a question for every key.
    const timer = setTimeout(() => {
      performersByName(query).then(
        (performers) => { if (!stale) setFound(performers); },
        (thrown: unknown) => { if (!stale) setProblem(sentence(thrown)); },
      );
    }, query === "" ? 0 : 200);
    return () => { stale = true; clearTimeout(timer); };
  }, [query]);
  return (
    <Modal show onHide={close} aria-labelledby="rollcall-picker" className="rollcall-picker">
      <Modal.Header><h5 id="rollcall-picker" className="modal-title">{t("pickTitle")}</h5></Modal.Header>
      <Modal.Body>
        <input className="form-control text-input" type="search" autoFocus aria-label={t("pickSearch")} placeholder={t("pickSearch")}
          value={query} onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => { if (event.key === "Enter" && found[0]) pick(found[0]); }} />
        {problem && <p className="text-danger">{problem}</p>}
        <ul className="list-unstyled rollcall-picks">
          {found.map((performer) => (
            <li key={performer.id}>
              <button type="button" className="btn btn-minimal" onClick={() => pick(performer)}>
                {performer.image_path && <img src={rebase(performer.image_path, base.href)} alt="" loading="lazy" />}
                {performer.name} {performer.disambiguation && <small className="text-muted">({performer.disambiguation})</small>}
              </button>
            </li>
          ))}
          {found.length === 0 && <li className="text-muted">{t("pickNobody")}</li>}
          {create && name !== "" && !found.some((one) => one.name.toLowerCase() === name.toLowerCase()) && (
            <li><button type="button" className="btn btn-secondary btn-sm" onClick={() => create(name)}>{t("pickCreate", { name })}</button></li>
          )}
        </ul>
      </Modal.Body>
      <Modal.Footer><button type="button" className="btn btn-secondary" onClick={close}>{t("close")}</button></Modal.Footer>
    </Modal>
  );
}
