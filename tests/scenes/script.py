"""What happens in a scene, drawn from the seed: shots, who is in them, where and how. No pixels here."""

import dataclasses

import numpy as np

# Pixels of the longer side of a tile that lengths in the configuration are meant for.
UNIT = 160


@dataclasses.dataclass
class Role:
    """A person in a shot. Lengths are in UNITs, two values are the first and the last."""

    person: int
    source: int
    height: np.ndarray
    path: np.ndarray
    turn: np.ndarray
    squeeze: np.ndarray
    corners: np.ndarray
    mirror: bool
    breadth: float
    lean: float


@dataclasses.dataclass
class Shot:
    """Frames `first` until `end`."""

    first: int
    end: int
    roles: list
    background: int
    view: np.ndarray
    gain: np.ndarray
    gamma: float
    noise: float
    gaussian: float


@dataclasses.dataclass
class Scene:
    name: str
    half: str
    seed: list
    frames: int
    seconds: float
    shape: tuple
    people: list
    shots: list
    quality: int


@dataclasses.dataclass
class Look:
    """How a person looks in one frame: the middle of the face in pixels, degrees clockwise."""

    middle: np.ndarray
    height: float
    turn: float
    squeeze: float
    corners: np.ndarray
    mirror: bool


def pick(random, weighted):
    values, weights = zip(*weighted)
    return values[random.choice(len(values), p=np.array(weights) / sum(weights))]


def log_uniform(random, low, high):
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


class Deck:
    """Deals everybody once before anybody twice."""

    def __init__(self, random, cards):
        self.random, self.cards, self.left = random, cards, []

    def deal(self, held):
        for _ in range(2):
            for card in self.left:
                if card not in held:
                    self.left.remove(card)
                    return card
            self.left = [self.cards[i] for i in self.random.permutation(len(self.cards))]
        return None


def write_scenes(config, cast, backgrounds):
    """All scenes: those for tuning, then those for reporting."""
    scenes = []
    for number, half in enumerate(("tune", "report")):
        random = np.random.default_rng([config["seed"], number])
        decks = [Deck(random, [i for i, p in enumerate(cast) if p.half == half and p.in_gallery == known])
                 for known in (True, False)]
        for place in range(config["scenes"][half]):
            scenes.append(write_scene(config, half, place, decks, cast, backgrounds, [config["seed"], number, place]))
    return scenes


def write_scene(config, half, place, decks, cast, backgrounds, seed):
    random = np.random.default_rng(seed)
    known, unknown = decks
    people = []
    for _ in range(pick(random, config["scenes"]["people"])):
        card = (unknown if random.random() < config["scenes"]["extras"] else known).deal(people)
        people += [] if card is None else [card]
    frames = pick(random, config["scenes"]["frames"])
    seconds = float(random.uniform(*config["scenes"]["seconds"]))
    shape = tuple(pick(random, config["scenes"]["shapes"]))
    low, high = config["sprite"]["quality"]
    quality = int(random.integers(low, high + 1))
    scene = Scene(f"{half}-{place:03}", half, seed, frames, seconds, shape, people, [], quality)
    if place < config["video"]["scenes"]:
        scene.seconds = float(random.uniform(*config["video"]["seconds"]))
    first = 0
    while first < scene.frames:
        shortest, longest = config["shots"]["length"]
        end = min(scene.frames, first + int(random.integers(shortest, longest + 1)))
        scene.shots.append(write_shot(random, config, scene, first, end, cast, backgrounds))
        first = end
    return scene


def write_shot(random, config, scene, first, end, cast, backgrounds):
    light, tint = config["light"], config["light"]["tint"]
    shot = Shot(
        first, end, [], int(random.integers(backgrounds)),
        view=np.array([random.uniform(0.5, 1.0), *random.uniform(0, 1, 4)]),
        gain=random.uniform(*light["gain"]) * random.uniform(1 - tint, 1 + tint, 3),
        gamma=float(random.uniform(*light["gamma"])), noise=float(random.uniform(*light["noise"])),
        gaussian=float(random.uniform(*config["blur"]["gaussian"])),
    )
    if random.random() < config["shots"]["empty"]:
        return shot
    there = [person for person in scene.people if random.random() < config["shots"]["present"]]
    for person in there or scene.people[:1]:
        for _ in range(12):
            role = write_role(random, config, scene, person, cast[person])
            if role and all(apart(role, other) for other in shot.roles):
                shot.roles.append(role)
                break
    # The nearest is drawn last.
    shot.roles.sort(key=lambda role: role.height.max())
    return shot


def write_role(random, config, scene, person, about):
    """Somebody somewhere in the tile, with the whole face in it; None where the tile is too small."""
    faces, pose = config["faces"], config["pose"]
    source = int(random.integers(len(about.faces)))
    face = about.faces[source]
    low, high = faces["small"] if random.random() < faces["small_share"] else faces["large"]
    last = log_uniform(random, low, high)
    first = np.clip(last * random.uniform(1 - config["shots"]["zoom"], 1 + config["shots"]["zoom"]), low, high)
    turn = np.clip(random.normal(0, pose["roll"], 2), -pose["most_roll"], pose["most_roll"])
    if random.random() < pose["lying"]:
        turn = random.choice(pose["lying_at"]) + random.uniform(-pose["lying_off"], pose["lying_off"]) + turn / 4
    # Stays within the tile at its largest.
    height = np.array([first, last]) / UNIT
    breadth = float(face.box[2] / face.box[3])
    room = np.array(extent(height.max(), breadth, turn.mean())) / 2
    size = np.array(scene.shape) / UNIT
    if (room * 2 > size).any():
        return None
    start = random.uniform(room, size - room)
    stop = np.clip(start + random.normal(0, config["shots"]["travel"] / 2, 2), room, size - room)
    corners = random.uniform(-pose["perspective"], pose["perspective"], (4, 2))
    return Role(person, source, height, np.array([start, stop]), turn, random.uniform(*pose["squeeze"], 2), corners,
                bool(random.random() < pose["mirror"]), breadth, face.roll)


def extent(height, breadth, turn):
    """Width and height of the box of a face: a detector's boxes are upright, whatever the head does."""
    return (height, breadth * height) if is_lying(turn) else (breadth * height, height)


def is_lying(turn):
    return 45 < turn % 180 < 135


def apart(a, b):
    """Whether neither covers the other's face at the shot's beginning, middle and end."""
    large, small = (a, b) if a.height.max() > b.height.max() else (b, a)
    need = 1.05 * large.height.max() + 0.5 * small.height.max()
    return all(np.linalg.norm(along(large.path, u) - along(small.path, u)) >= need for u in (0, 0.5, 1))


def along(two, u):
    """Between the first and the last value, starting and stopping gently."""
    return two[0] + (two[1] - two[0]) * (u * u * (3 - 2 * u))


def look_at(shot, role, moment, unit):
    """How the person looks at a moment, counted in frames, on a picture with `unit` pixels for each UNIT."""
    u = float(np.clip((moment - shot.first) / max(shot.end - 1 - shot.first, 1), 0, 1))
    turn = along(role.turn, u)
    return Look(along(role.path, u) * unit, along(role.height, u) * unit, turn, along(role.squeeze, u),
                role.corners, role.mirror)


def truth(scene, cast, tile, unit):
    """What `truth.json` says of the people of a scene, in pixels of the tile."""
    times = [(number + 0.5) * scene.seconds / scene.frames for number in range(scene.frames)]
    appearances = {}
    for shot in scene.shots:
        for role in shot.roles:
            for frame in range(shot.first, shot.end):
                look = look_at(shot, role, frame, unit)
                width, height = extent(look.height, role.breadth * look.squeeze, look.turn)
                left, top = look.middle - np.array([width, height]) / 2
                lean = -role.lean if role.mirror else role.lean
                appearances.setdefault(role.person, []).append({
                    "frame": frame, "time": round(times[frame], 3),
                    "box": [round(float(v), 2) for v in (left, top, width, height)],
                    "height": round(float(look.height), 2), "rotation": round(float(look.turn + lean) % 360, 1),
                    "turned": round(float(look.turn) % 360, 1),
                })
    people = [{"id": cast[i].id, "name": cast[i].name, "in_gallery": cast[i].in_gallery,
               "appearances": sorted(appearances[i], key=lambda a: a["frame"])} for i in sorted(appearances)]
    return {"format": 1, "scene": scene.name, "half": scene.half, "seed": scene.seed, "unit": unit, "tile": list(tile),
            "frames": scene.frames, "duration": round(scene.seconds, 3), "people": people}
