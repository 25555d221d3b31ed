"""Compares an ONNX file with the references: a prepared model, or a graph written by Graph::to_onnx.

    python check_graph.py --references DIR --model NAME FILE...

`cargo run -p rollcall-engine --example prepare` writes such files. Runs each file with onnxruntime on the cases whose input shape it takes, and fails when an output is
further than LIMIT of its range from the reference, or when no case fits.
"""

import argparse
import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime

# Folding changes roundings only: that is about 2e-6.
LIMIT = 1e-5


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--references", type=pathlib.Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    folder = arguments.references / arguments.model
    cases = json.loads((folder / "index.json").read_text())["cases"]
    fine = [check(file, folder, cases) for file in arguments.files]
    sys.exit(0 if all(fine) else 1)


def check(file, folder, cases):
    onnx.checker.check_model(onnx.load(file), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # As the references are made: what differs then is what preparation changed.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])
    wanted = session.get_inputs()[0].shape
    worst = {}
    for case in cases:
        fits = all(not isinstance(w, int) or w == d for w, d in zip(wanted, case["input"]["shape"]))
        if not fits:
            continue
        outputs = session.run(None, {session.get_inputs()[0].name: load(folder, case["input"])})
        assert [o["name"] for o in case["outputs"]] == [o.name for o in session.get_outputs()]
        pairs = [(load(folder, expected), output) for expected, output in zip(case["outputs"], outputs)]
        assert all(a.shape == b.shape for a, b in pairs), case["name"]
        worst[case["name"]] = max(abs(a - b).max() / numpy.ptp(a) for a, b in pairs)
    print(file, {name: f"{value:.1e}" for name, value in worst.items()})
    return bool(worst) and max(worst.values()) <= LIMIT


def load(folder, array):
    return numpy.fromfile(folder / array["file"], "<f4").reshape(array["shape"])


if __name__ == "__main__":
    main()
