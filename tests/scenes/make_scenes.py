"""Scenes with known truth, made from photos of people whose names are known.

    python make_scenes.py --config usual.toml --people DIR --out DIR [--strangers DIR] [--groups DIR]
    python make_scenes.py --config usual.toml --check DIR

The first makes OUT/gallery/<person>/ (for `rollcall build --source folder:OUT/gallery`),
OUT/scenes/<size>/<tune|report>-NNN/ with sprite.jpg, thumbs.vtt and truth.json (some with frames/ and
video.mp4), and OUT/people.json: who is in which half. Either prints what came out, and fails where
it is not what the configuration promises. README.md describes truth.json.
"""

import argparse
import json
import pathlib
import shutil
import sys
import time
import tomllib

import check


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--config", type=pathlib.Path, required=True)
    parser.add_argument("--over", type=pathlib.Path, help="tables whose keys take the place of the configuration's")
    parser.add_argument("--people", type=pathlib.Path, help="one folder of photos per person")
    parser.add_argument("--strangers", type=pathlib.Path, help="photos of people who are not among them")
    parser.add_argument("--groups", type=pathlib.Path, help="photos of several people")
    parser.add_argument("--out", type=pathlib.Path, help="a folder that is not there yet or was made by this")
    parser.add_argument("--check", type=pathlib.Path, help="measure what an earlier run left here")
    arguments = parser.parse_args()
    config = tomllib.loads(arguments.config.read_text())
    for table, keys in tomllib.loads(arguments.over.read_text() if arguments.over else "").items():
        config[table].update(keys)
    if arguments.check:
        sys.exit(not check.keeps_promises(arguments.check, config))
    if not (arguments.people and arguments.out):
        parser.error("--people and --out are needed, or --check")
    make(arguments, config)
    sys.exit(not check.keeps_promises(arguments.out, config))


def make(arguments, config):
    import numpy as np

    import people
    import pictures
    import render
    import script

    begun = time.monotonic()
    out = arguments.out
    if out.exists() and any(out.iterdir()) and not (out / "people.json").is_file():
        sys.exit(f"{out} holds something else; name a folder that is not there yet")
    shutil.rmtree(out, ignore_errors=True)
    finder = people.Finder()
    cast, gallery, notes = people.gather(finder, config, arguments.people, arguments.strangers, arguments.groups)
    write_gallery(out / "gallery", gallery)
    (out / "people.json").write_text(json.dumps({"config": arguments.config.name, **notes}, indent=1) + "\n")
    photos = [p for d in (arguments.people, arguments.strangers, arguments.groups) for p in people.photos_in(d)]
    walls = pictures.backgrounds(finder, photos, 120, np.random.default_rng([config["seed"], 2]))
    scenes = script.write_scenes(config, cast, len(walls))
    print(f"seed {config['seed']}: {len(cast)} people and extras, {len(walls)} backgrounds, {len(scenes)} scenes")
    studio = render.Studio(config, cast, walls)
    for unit in config["scenes"]["tiles"]:
        for scene in scenes:
            place = int(scene.name.rsplit("-", 1)[1])
            first = unit == config["scenes"]["tiles"][0]
            more = [kind for kind in ("frames", "video") if first and place < config[kind]["scenes"]]
            render.write_scene(studio, scene, out / "scenes" / str(unit) / scene.name, unit, more)
        print(f"{len(scenes)} scenes with tiles of {unit} pixels, {time.monotonic() - begun:.0f} s")


def write_gallery(folder, gallery):
    """A folder for each person as `rollcall build --source folder:` reads it."""
    for name, (about, faces) in gallery.items():
        (folder / name).mkdir(parents=True)
        for number, face in enumerate(faces):
            photo = f"photo{number or ''}{face.photo.suffix.lower()}"
            shutil.copyfile(face.photo, folder / name / photo)
        (folder / name / "performer.json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
