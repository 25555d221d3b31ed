// A dialog to draw a box on a picture, with mouse, finger or keys. Escape closes it.

import { between, MIDDLE, nudged, type Box } from "../box.ts";
import { MOST_PIXELS, type Still } from "../engine/stills.ts";
import { Modal, React, useEffect, useRef, useState } from "../stash/api.ts";
import { sentence, t } from "../words.ts";

type Pointer = React.PointerEvent<HTMLDivElement>;

export function BoxDialog({ still, choose, close }: { still(): Promise<Still>; choose(still: Still): void; close(): void }): JSX.Element {
  const [shown, show] = useState<Still>();
  const [problem, setProblem] = useState("");
  const [box, setBox] = useState<Box>(MIDDLE);
  useEffect(() => { still().then(show, (thrown: unknown) => setProblem(sentence(thrown))); }, []);
  const done = (): void => { if (shown) choose({ ...shown, box }); };
  return (
    <Modal show onHide={close} size="xl" aria-labelledby="rollcall-box" className="rollcall-box-dialog">
      <Modal.Header><h5 id="rollcall-box" className="modal-title">{t("drawBox")}</h5></Modal.Header>
      <Modal.Body>
        {problem && <p className="text-danger">{problem}</p>}
        {shown && <Area picture={shown.picture} box={box} setBox={setBox} done={done} fail={(thrown) => setProblem(sentence(thrown))} />}
        <p id="rollcall-box-keys" className="small text-muted mb-0">{t("drawBoxKeys")}</p>
      </Modal.Body>
      <Modal.Footer>
        <button type="button" className="btn btn-primary" disabled={!shown} onClick={done}>{t("identifyBox")}</button>
        <button type="button" className="btn btn-secondary" onClick={close}>{t("close")}</button>
      </Modal.Footer>
    </Modal>
  );
}

function Area({ picture, box, setBox, done, fail }: { picture: Blob; box: Box; setBox(box: Box): void; done(): void; fail(thrown: unknown): void }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [from, setFrom] = useState<readonly [number, number]>();
  // Stash's page shows no blobs as pictures.
  useEffect(() => {
    paint(picture, canvas.current).then(() => frame.current?.focus(), fail);
  }, [picture]);
  const place = ({ clientX, clientY, currentTarget }: Pointer): readonly [number, number] => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  };
  const down = (event: Pointer): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    setFrom(place(event));
  };
  const move = (event: Pointer): void => {
    const drawn = from && between(...from, ...place(event));
    if (drawn) setBox(drawn);
  };
  const press = (event: React.KeyboardEvent): void => {
    const next = nudged(box, event.key, event.shiftKey);
    if (next) setBox(next);
    else if (event.key === "Enter") done();
    else return;
    event.preventDefault();
  };
  const share = (part: number): string => `${100 * part}%`;
  return (
    <div className="rollcall-box-area" onPointerDown={down} onPointerMove={move} onPointerUp={() => setFrom(undefined)}>
      <canvas ref={canvas} />
      <div ref={frame} className="rollcall-box" role="application" aria-label={t("drawBox")} aria-describedby="rollcall-box-keys" tabIndex={0} onKeyDown={press}
        style={{ left: share(box.x), top: share(box.y), width: share(box.width), height: share(box.height) }} />
    </div>
  );
}

async function paint(picture: Blob, canvas: HTMLCanvasElement | null): Promise<void> {
  const bitmap = await createImageBitmap(picture);
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / 4 / (bitmap.width * bitmap.height)));
  if (canvas) {
    [canvas.width, canvas.height] = [Math.floor(bitmap.width * scale), Math.floor(bitmap.height * scale)];
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  }
  bitmap.close();
}
