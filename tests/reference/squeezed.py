"""Small faces by onnxruntime: how often the right person is the most alike, beside what we say of it.

    python squeezed.py --references DIR --people DIR [--sizes 40,32,24] [--eval JSON]

DIR of --references is what make_reference.py made, --people has one folder of photos per person, JSON
is what `rollcall eval --probes PEOPLE --degrade SIZES --json` printed. Detection, alignment and
networks are onnxruntime's and make_reference.py's; the protocol and the random galleries are those of
crates/builder/src/eval/degrade.rs, so that the figures differ by nothing else. Prints a line of JSON
and fails where one of ours is more than .01 below.
"""

import argparse
import hashlib
import io
import json
import pathlib
import sys
import uuid

import numpy as np
from PIL import Image

import make_reference as reference

# How each embedder wants its crop: see models/*.toml.
EMBEDDERS = {
    "sface-2021dec": lambda crop: reference.planes(crop),
    "mobilefacenet-faceplugin": lambda crop: (reference.planes(crop)[:, ::-1] - 127) / 128,
}
# degrade.rs says why.
QUALITY, GALLERY, SPLITS, SEED, TOLERANCE = 50, 3, 20, 2026, 0.01
PHOTOS = {".jpg", ".jpeg", ".png", ".webp"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--references", type=pathlib.Path, required=True)
    parser.add_argument("--people", type=pathlib.Path, required=True)
    parser.add_argument("--sizes", default="40,32,24")
    parser.add_argument("--eval", type=pathlib.Path)
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    load = lambda model: reference.session((arguments.references / model / "shipped.onnx").read_bytes())
    detector, embedders = load("yunet-2023mar"), {model: load(model) for model in EMBEDDERS}
    photos = read(arguments.people, detector)
    by_person = {}
    for number, (person, _) in enumerate(photos):
        by_person.setdefault(person, []).append(number)
    clean = {model: embed(session, model, [crop for _, crop in photos]) for model, session in embedders.items()}
    figures = {}
    for size in sizes:
        small = [squeezed(crop, size) for _, crop in photos]
        alike = {model: embed(session, model, small) @ clean[model].T for model, session in embedders.items()}
        figures[size] = {model: galleries(by_person, photos, matrix) for model, matrix in alike.items()}
    print(json.dumps({"photos": len(photos), "people": len(by_person), "onnxruntime": figures}))
    if arguments.eval:
        sys.exit(not agrees(figures, json.loads(arguments.eval.read_text())))


def read(people, detector):
    """(person, crop) of every photo, in the order of rollcall's: files by name, each once."""
    known, photos = set(), []
    for folder in sorted(path for path in people.iterdir() if path.is_dir()):
        about = folder / "performer.json"
        person = json.loads(about.read_text()).get("id") if about.is_file() else None
        person = person or f"local:{uuid.uuid5(uuid.NAMESPACE_URL, f'rollcall:local:{folder.name}')}"
        for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTOS):
            data = path.read_bytes()
            if hashlib.sha256(data).digest() in known:
                continue
            known.add(hashlib.sha256(data).digest())
            picture = reference.load_photo(data)
            landmarks = find(detector, picture)
            if landmarks is None:
                sys.exit(f"onnxruntime finds no face in {path}")
            photos.append((person, reference.align(picture, landmarks)))
    return photos


def find(detector, picture):
    """The largest face; with room around it, for faces that fill the picture."""
    for room in (0, max(picture.shape[:2]) // 2):
        padded = np.pad(picture, ((room, room), (room, room), (0, 0)))
        faces = reference.detect(detector, padded)
        if faces:
            return np.array(faces[0]) - room
    return None


def embed(session, model, crops):
    name = session.get_inputs()[0].name
    vectors = np.concatenate([session.run(None, {name: EMBEDDERS[model](crop).astype(np.float32)})[0] for crop in crops])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def squeezed(crop, side):
    small = Image.fromarray(crop).resize((side, side), Image.BILINEAR)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=QUALITY, subsampling=0)
    back = Image.open(file).convert("RGB").resize((reference.CROP, reference.CROP), Image.BILINEAR)
    return np.asarray(back)


def galleries(by_person, photos, alike):
    """The mean share of probes that are most like a clean photo of the right person."""
    random, right, asked = split_mix(SEED), 0, 0
    for _ in range(SPLITS):
        clean, probes = [], []
        for person in sorted(by_person):
            numbers = list(by_person[person])
            for last in range(len(numbers) - 1, 0, -1):
                other = next(random) % (last + 1)
                numbers[last], numbers[other] = numbers[other], numbers[last]
            kept = min(GALLERY, max(len(numbers) - 1, 1))
            clean, probes = clean + numbers[:kept], probes + numbers[kept:]
        best = np.array(clean)[alike[np.ix_(probes, clean)].argmax(1)]
        right += sum(photos[a][0] == photos[b][0] for a, b in zip(probes, best))
        asked += len(probes)
    return right / asked


def split_mix(state):
    """SplitMix64 (Steele, Lea, Flood 2014), as in crates/index/src/rotation.rs."""
    word = (1 << 64) - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & word
        mixed = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & word
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & word
        yield mixed ^ mixed >> 31


def agrees(figures, evaluation):
    """Each of our embedders against onnxruntime's, and all together against the better of them."""
    fine = True
    for degraded in evaluation["degraded"]:
        theirs = figures[degraded["pixels"]]
        for way, measure in degraded["galleries_top1"].items():
            name, peer = (way, theirs[way]) if way in theirs else ("the best of them", max(theirs.values()))
            lost = peer - measure["value"]
            fine &= lost <= TOLERANCE
            print(f"{degraded['pixels']} px, {way}: ours {measure['value']:.4f}, onnxruntime {peer:.4f} ({name})")
    return fine


if __name__ == "__main__":
    main()
