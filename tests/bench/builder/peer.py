#!/usr/bin/env python3
"""The builder's work by onnxruntime: peer.py DETECTOR EMBEDDER JOBS PHOTO...
Reads, finds, aligns and embeds all faces of each photo, in JOBS processes of one thread each;
then embeds one face again and again with JOBS threads. Prints a line of JSON. Decoding is Pillow's, the
rest make_reference.py's."""
import json, multiprocessing, pathlib, statistics, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "reference"))
import make_reference as reference
import onnxruntime

DETECTOR, EMBEDDER, JOBS, *PHOTOS = sys.argv[1:]


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    return onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])


def ready(threads=1):
    global detector, embedder
    detector, embedder = session(DETECTOR, threads), session(EMBEDDER, threads)


def embed(crop):
    return embedder.run(None, {embedder.get_inputs()[0].name: reference.planes(crop)})


def look(photo):
    picture = reference.load_photo(pathlib.Path(photo).read_bytes())
    for face in reference.detect(detector, picture):
        embed(reference.align(picture, face))


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    with multiprocessing.Pool(int(JOBS), ready) as pool:
        pool.map(look, PHOTOS[: int(JOBS)], 1)
        start = time.perf_counter()
        pool.map(look, PHOTOS, 1)
        seconds = time.perf_counter() - start
    ready(int(JOBS))
    picture = reference.load_photo(pathlib.Path(PHOTOS[0]).read_bytes())
    crop, runs = reference.align(picture, reference.detect(detector, picture)[0]), []
    while sum(runs) < 2 or len(runs) < 5:
        begun = time.perf_counter()
        embed(crop)
        runs.append(time.perf_counter() - begun)
    print(json.dumps({"seconds": seconds, "seconds_per_face": statistics.median(runs)}))
