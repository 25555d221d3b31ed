"""Scenes to pixels, and pixels to the files that Stash, a camera's folder and a video would give."""

import json
import math
import subprocess

import cv2
import numpy as np

import pictures
import script


class Studio:
    """Everything that frames are drawn from."""

    def __init__(self, config, cast, backgrounds):
        self.config, self.cast = config, cast
        self.backgrounds = [pictures.halving(picture) for picture in backgrounds]
        self.cutouts = {}

    def cutout(self, role):
        key = (role.person, role.source)
        if key not in self.cutouts:
            self.cutouts[key] = pictures.Cutout(self.cast[role.person].faces[role.source])
        return self.cutouts[key]

    def frame(self, scene, size, unit, moment):
        """The picture at a moment, counted in frames: `size` is (width, height), `unit` its pixels for each UNIT."""
        number = min(max(round(moment), 0), scene.frames - 1)
        random = np.random.default_rng([*scene.seed, number])
        shot = next(shot for shot in scene.shots if number < shot.end)
        canvas = self.background(shot, size, moment)
        for role in shot.roles:
            look = script.look_at(shot, role, moment, unit)
            self.cutout(role).draw(canvas, look, look.height)
        sigma = shot.gaussian * random.uniform(0.7, 1.3)
        if sigma > 0.2:
            canvas = cv2.GaussianBlur(canvas, (0, 0), sigma)
        moving, angle = random.random() < self.config["blur"]["moving"], random.uniform(0, math.pi)
        length = random.uniform(0, self.config["blur"]["motion"]) * unit / script.UNIT
        if moving and length > 1:
            canvas = cv2.filter2D(canvas, -1, streak(length, angle))
        gain = shot.gain * random.uniform(0.95, 1.05)
        canvas = 255 * np.clip(canvas * (gain.astype(np.float32) / 255), 0, 1) ** np.float32(shot.gamma)
        canvas += shot.noise * random.standard_normal((*canvas.shape[:2], 1), np.float32)
        return np.clip(canvas + 0.5, 0, 255).astype(np.uint8)

    def background(self, shot, size, moment):
        """A piece of the background, over which the camera glides."""
        u = (moment - shot.first) / max(shot.end - shot.first, 1)
        zoom, *ends = shot.view
        view = zoom * pictures.BACKGROUND * np.array(size) / max(size)
        corner = script.along(np.array(ends).reshape(2, 2) * 0.2 + 0.4, u) * (pictures.BACKGROUND - view)
        levels, scale = self.backgrounds[shot.background], max(size) / (zoom * pictures.BACKGROUND)
        level = max(0, min(len(levels) - 1, math.floor(-math.log2(scale)))) if scale < 1 else 0
        place = np.array([[scale * 2**level, 0, -corner[0] * scale], [0, scale * 2**level, -corner[1] * scale]])
        return cv2.warpAffine(levels[level], place, size, flags=cv2.INTER_LINEAR,
                              borderMode=cv2.BORDER_REFLECT).astype(np.float32)


def streak(length, angle):
    """What a point leaves behind while the shutter is open."""
    side = 2 * math.ceil(length / 2) + 1
    kernel = np.zeros((side, side), np.float32)
    reach, middle = length / 2, side // 2
    for along in np.linspace(-reach, reach, 4 * side):
        kernel[round(middle + along * math.sin(angle)), round(middle + along * math.cos(angle))] += 1
    return kernel / kernel.sum()


def even(value):
    return 2 * round(value / 2)


def write_scene(studio, scene, folder, unit, extras):
    """Sprite, cues and truth at one size; `extras` are any of "frames" and "video"."""
    folder.mkdir(parents=True)
    tile = tuple(round(side * unit / script.UNIT) for side in scene.shape)
    truth = script.truth(scene, studio.cast, tile, unit)
    columns = math.ceil(math.sqrt(scene.frames))
    sheet = np.zeros((columns * tile[1], columns * tile[0], 3), np.uint8)
    cues = ["WEBVTT\n"]
    for number in range(scene.frames):
        x, y = number % columns * tile[0], number // columns * tile[1]
        sheet[y : y + tile[1], x : x + tile[0]] = studio.frame(scene, tile, unit, number)
        start, end = (stamp(place * scene.seconds / scene.frames) for place in (number, number + 1))
        cues.append(f"{start} --> {end}\nsprite.jpg#xywh={x},{y},{tile[0]},{tile[1]}\n")
    save(folder / "sprite.jpg", sheet, scene.quality)
    (folder / "thumbs.vtt").write_text("\n".join(cues) + "\n", newline="\n")
    for kind in extras:
        size = studio.config[kind]["longer_side"] / max(scene.shape)
        truth[f"{kind}_size"] = [even(side * size) for side in scene.shape]
        write = write_frames if kind == "frames" else write_video
        write(studio, scene, folder, truth[f"{kind}_size"], size * script.UNIT)
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    return truth


def stamp(seconds):
    """hh:mm:ss.mmm, as Stash writes it."""
    thousandths = round(1000 * seconds)
    minutes, rest = divmod(thousandths, 60000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def save(path, picture, quality):
    if not cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, quality]):
        raise OSError(f"cannot write {path}")


def write_frames(studio, scene, folder, size, unit):
    (folder / "frames").mkdir()
    for number in range(scene.frames):
        picture = studio.frame(scene, tuple(size), unit, number)
        save(folder / "frames" / f"{number:04}.jpg", picture, studio.config["frames"]["quality"])


def write_video(studio, scene, folder, size, unit):
    """H.264 in MP4. Frame `n` of the scene is the moment in the middle of its share of the time."""
    video = studio.config["video"]
    crf = int(np.random.default_rng([*scene.seed, 1 << 20]).integers(video["crf"][0], video["crf"][1] + 1))
    encode = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr24"]
    encode += ["-s", f"{size[0]}x{size[1]}", "-r", str(video["fps"]), "-i", "-", "-c:v", "libx264", "-crf", str(crf)]
    encode += ["-pix_fmt", "yuv420p", "-threads", "1", "-bitexact", str(folder / "video.mp4")]
    total = round(scene.seconds * video["fps"])
    with subprocess.Popen(encode, stdin=subprocess.PIPE) as process:
        for number in range(total):
            moment = (number + 0.5) / total * scene.frames - 0.5
            process.stdin.write(studio.frame(scene, tuple(size), unit, moment).tobytes())
        process.stdin.close()
    if process.returncode:
        raise OSError(f"ffmpeg cannot write {folder / 'video.mp4'}")
