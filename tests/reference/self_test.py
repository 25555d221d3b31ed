"""What the default pack's embedder gives for the pattern of the engines' self-test.

    python self_test.py --downloads DIR > crates/engine/src/self_test.json

The pattern is that of crates/engine/src/choose.rs; the embedder is the shipped file, expanded by
make_reference.py and run by onnxruntime. Only to be run again when the pattern or the model changes.
"""

import argparse
import json
import pathlib

import numpy

import make_reference

MODEL, MEAN, SCALE, SIDE = "sface-2021dec", 0.0, 1.0, 112


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--downloads", type=pathlib.Path, required=True)
    downloads = parser.parse_args().downloads
    archive, path, _ = make_reference.MODELS[MODEL]
    session = make_reference.session(make_reference.member(make_reference.find(downloads, archive), path))
    plane, row, column = numpy.indices((3, SIDE, SIDE))
    pixels = (row * row + 3 * column + 40 * plane + row * column // 7) % 256
    picture = ((pixels - MEAN) * SCALE).astype(numpy.float32)[None]
    (output,) = session.run(None, {session.get_inputs()[0].name: picture})
    print(json.dumps([{"model": MODEL, "output": [float(f"{value:.6g}") for value in output[0]]}]))


if __name__ == "__main__":
    main()
