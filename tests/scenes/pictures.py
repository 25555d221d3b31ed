"""What frames are made of: people cut out of photos, and backgrounds that show nobody."""

import cv2
import numpy as np

# Pixels of the largest cut-out face, and of a background's side.
TALLEST, BACKGROUND = 256, 512
# How far a cut-out reaches from the middle of the face, in heights of it: sideways, up, down.
ASIDE, UP, DOWN = 1.3, 1.0, 1.7


class Cutout:
    """A face with its hair and shoulders, as BGRA in halving sizes; the face is upright in the photo's sense."""

    def __init__(self, face):
        picture = cv2.imread(str(face.photo), cv2.IMREAD_COLOR)
        x, y, width, height = face.box
        scale = min(1.0, TALLEST / height)
        self.face = (width * scale, height * scale)
        self.middle = (ASIDE * height * scale, UP * height * scale)
        size = (round(2 * ASIDE * height * scale), round((UP + DOWN) * height * scale))
        left, top = x + width / 2 - ASIDE * height, y + height / 2 - UP * height
        place = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
        colours = cv2.warpAffine(shrunk(picture, scale, place), place, size, flags=cv2.INTER_LINEAR,
                                 borderMode=cv2.BORDER_REPLICATE)
        inside = np.full(picture.shape[:2], 255, np.uint8)
        inside = cv2.warpAffine(shrunk(inside, scale, place), place, size, flags=cv2.INTER_LINEAR)
        self.levels = halving(np.dstack([colours, self.mask(face, inside, left, top, scale)]))

    def mask(self, face, inside, left, top, scale):
        """Opaque over head and shoulders, nothing where the photo ends or another face is."""
        width, height = self.face
        across, down = self.middle
        mask = np.zeros(inside.shape, np.uint8)
        ellipse(mask, across, down - 0.08 * height, 0.85 * width, 0.78 * height, 255)
        ellipse(mask, across, down + 1.35 * height, 1.15 * height, 0.72 * height, 255)
        mask = np.minimum(mask, cv2.erode(inside, np.ones((3, 3), np.uint8), iterations=2))
        mask[0, :], mask[-1, :], mask[:, 0], mask[:, -1] = 0, 0, 0, 0
        for x, y, w, h in face.others:
            middle = ((x + w / 2 - left) * scale, (y + h / 2 - top) * scale)
            ellipse(mask, *middle, 0.75 * w * scale, 0.75 * h * scale, 0)
        # The body fades out where the cut-out ends, instead of ending in a line.
        rows = (len(mask) - 1 - np.arange(len(mask))) / (0.45 * height)
        soft = cv2.GaussianBlur(mask, (0, 0), 0.05 * height)
        # Soft inwards only, so that nothing of what was left out shines through.
        inner = np.where(mask > 0, np.clip(2 * soft.astype(np.float32) - 255, 0, 255), 0)
        return (inner * np.clip(rows, 0, 1)[:, None]).astype(np.uint8)

    def draw(self, canvas, look, size):
        """Pastes the person onto float `canvas`; `look` says how, `size` is the height of the face in pixels."""
        level = 0
        while level + 1 < len(self.levels) and size < self.face[1] / 2 ** (level + 1):
            level += 1
        cutout = self.levels[level]
        scale = size * 2**level / self.face[1]
        height, width = cutout.shape[:2]
        middle = np.array(self.middle) / 2**level
        pull = look.corners * [width, height]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]])
        bend = cv2.getPerspectiveTransform(corners.astype(np.float32), (corners + pull).astype(np.float32))
        bend = shift(*(middle - project(bend, middle))) @ bend
        turn = np.radians(look.turn)
        flip = -1 if look.mirror else 1
        around = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        grow = np.diag([flip * scale * look.squeeze, scale, 1])
        whole = shift(*look.middle) @ around @ grow @ shift(*-middle) @ bend
        drawn = cv2.warpPerspective(cutout, whole, (canvas.shape[1], canvas.shape[0]), flags=cv2.INTER_LINEAR)
        alpha = drawn[:, :, 3:].astype(np.float32) * (1 / 255)
        canvas += alpha * (drawn[:, :, :3] - canvas)


def shift(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], float)


def project(matrix, point):
    x, y, w = matrix @ [*point, 1]
    return np.array([x / w, y / w])


def ellipse(mask, x, y, across, down, value):
    cv2.ellipse(mask, (round(x), round(y)), (round(across), round(down)), 0, 0, 360, value, -1)


def shrunk(picture, scale, place):
    """Halves a picture until `scale` is no less than a half; `place` is scaled up with it, in place."""
    while scale < 0.5:
        picture = cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2), interpolation=cv2.INTER_AREA)
        scale, place[:, :2] = scale * 2, place[:, :2] * 2
    return picture


def halving(picture):
    levels = [picture]
    while min(levels[-1].shape[:2]) >= 32:
        half = (levels[-1].shape[1] // 2, levels[-1].shape[0] // 2)
        levels.append(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA))
    return levels


def backgrounds(finder, photos, count, random):
    """Pictures in which the detector finds no face: pieces of photos beside the faces, and gradients."""
    made = []
    for photo in photos:
        picture = cv2.imread(str(photo), cv2.IMREAD_COLOR)
        if picture is None:
            continue
        boxes = [(x - w, y - h, 3 * w, 3 * h) for x, y, w, h in finder.rows(picture)[:, :4]]
        pieces = 0
        for _ in range(40):
            height, width = picture.shape[:2]
            side = random.uniform(0.25, 0.6) * min(width, height)
            x, y = random.uniform(0, width - side), random.uniform(0, height - side)
            apart = all(x + side < b[0] or x > b[0] + b[2] or y + side < b[1] or y > b[1] + b[3] for b in boxes)
            piece = picture[round(y) : round(y + side), round(x) : round(x + side)]
            if apart and piece.std() > 12:
                made.append(cv2.resize(piece, (BACKGROUND, BACKGROUND), interpolation=cv2.INTER_CUBIC))
                pieces += 1
            if pieces == 3:
                break
    random.shuffle(made)
    made = made[: 4 * count // 5]
    made += [gradient(random) for _ in range(count - len(made))]
    return [picture for picture in made if shows_nobody(finder, picture)]


def shows_nobody(finder, picture):
    return all(len(finder.rows(picture, longest)) == 0 for longest in (128, 320, 640))


def gradient(random):
    """A wall with some furniture: two colours, a few rectangles, some unevenness."""
    ramp = np.linspace(0, 1, BACKGROUND, dtype=np.float32)
    weight = np.add.outer(ramp * random.uniform(-1, 1), ramp * random.uniform(-1, 1))[:, :, None]
    colours = (random.uniform(30, 210, (2, 1)) + random.normal(0, 18, (2, 3))).astype(np.float32)
    picture = colours[0] + (colours[1] - colours[0]) * (weight - weight.min())
    for _ in range(random.integers(3, 10)):
        (x, y), (w, h) = random.integers(0, BACKGROUND, 2), random.integers(40, 300, 2)
        picture[y : y + h, x : x + w] *= random.uniform(0.5, 1.4) + random.normal(0, 0.06, 3).astype(np.float32)
    for cells, spread in ((8, 8), (128, 2)):
        uneven = random.normal(0, spread, (cells, cells, 1)).astype(np.float32)
        picture += cv2.resize(uneven, (BACKGROUND, BACKGROUND), interpolation=cv2.INTER_CUBIC)[:, :, None]
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 1.5), 0, 255).astype(np.uint8)
