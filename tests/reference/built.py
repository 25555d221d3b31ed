"""Nets whose weights cannot be had, built anew: the layers of the real ones, as torch exports them,
with random weights.

Weights are drawn as He et al. (2015) say, and every batch normalisation gets the mean and variance
that its input has for some photos, so that numbers stay in range through a hundred layers and
different pictures end far apart. The nets are a quarter as wide as the real ones where it says so.
"""

import numpy
import onnx
import onnxruntime
from onnx import helper, numpy_helper

# The operator set of torch's exports of the years these nets come from.
OPSET = 11


class Builder:
    """Adds layers one by one and runs each at once, on the photos."""

    def __init__(self, seed, photos):
        self.random = numpy.random.default_rng(seed)
        self.nodes, self.weights, self.values = [], [], {"input": photos}

    def weight(self, values):
        values = numpy.asarray(values)
        name = f"w{len(self.weights)}"
        kind = numpy.int64 if values.dtype.kind == "i" else numpy.float32
        self.weights.append(numpy_helper.from_array(values.astype(kind), name))
        return name

    def add(self, op, inputs, weights=(), name=None, **attributes):
        """Adds a node that reads values and weights; gives the name of what it computes."""
        name = name or f"v{len(self.nodes)}"
        names = [("" if w is None else self.weight(w)) for w in weights]
        node = helper.make_node(op, [*inputs, *names], [name], **attributes)
        self.nodes.append(node)
        own = [tensor for tensor in self.weights if tensor.name in names]
        (self.values[name],) = run(model([node], own, {i: self.values[i] for i in inputs}, [name]), self.values)
        return name

    def conv(self, x, outputs, kernel, stride=1, pad=0, group=1, bias=False):
        kernel, pad = (n if isinstance(n, tuple) else (n, n) for n in (kernel, pad))
        inputs = self.values[x].shape[1] // group
        sd = (2 / (inputs * kernel[0] * kernel[1])) ** 0.5
        weights = [self.random.normal(0, sd, (outputs, inputs, *kernel))]
        if bias:
            weights.append(self.random.normal(0, 0.1, outputs))
        return self.add("Conv", [x], weights, kernel_shape=kernel, strides=[stride] * 2, pads=[*pad, *pad], group=group)

    def norm(self, x, epsilon=1e-5, name=None):
        values = self.values[x]
        axes = (0, *range(2, values.ndim))
        gamma = self.random.uniform(0.5, 1.5, values.shape[1])
        beta = self.random.normal(0, 0.1, values.shape[1])
        weights = [gamma, beta, values.mean(axes), values.var(axes)]
        return self.add("BatchNormalization", [x], weights, name=name, epsilon=epsilon)

    def prelu(self, x):
        channels = self.values[x].shape[1]
        return self.add("PRelu", [x], [self.random.uniform(0, 0.5, (channels, 1, 1))])

    def model(self, outputs):
        """The whole, for one picture, as torch exports it: the batch is written into every shape."""
        weights = list(self.weights)
        for place, tensor in enumerate(weights):
            if tensor.data_type == onnx.TensorProto.INT64:
                weights[place] = numpy_helper.from_array(numpy.array([1, *numpy_helper.to_array(tensor)[1:]]), tensor.name)
        return model(self.nodes, weights, {"input": self.values["input"][:1]}, outputs, self.values)


def model(nodes, weights, inputs, outputs, values=None):
    info = lambda name, shape: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
    shape = lambda name: None if values is None else [1, *values[name].shape[1:]]
    given = [info(name, array.shape) for name, array in inputs.items()]
    graph = helper.make_graph(nodes, "built", given, [info(name, shape(name)) for name in outputs], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=6)


def run(model, values):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return session.run(None, {i.name: values[i.name] for i in session.get_inputs()})


def iresnet50(photos):
    """ArcFace's backbone (insightface, recognition/arcface_torch/backbones/iresnet.py), a quarter as
    wide, for 112 x 112 pixels."""
    b = Builder(50, photos)
    x = b.prelu(b.norm(b.conv("input", 16, 3, pad=1)))
    for width, blocks in [(16, 3), (32, 4), (64, 14), (128, 3)]:
        for block in range(blocks):
            stride = 2 if block == 0 else 1
            y = b.prelu(b.norm(b.conv(b.norm(x), width, 3, pad=1)))
            y = b.norm(b.conv(y, width, 3, stride, pad=1))
            if block == 0:
                x = b.norm(b.conv(x, width, 1, stride))
            x = b.add("Add", [y, x])
    x = b.add("Flatten", [b.norm(x)], axis=1)
    features = b.values[x].shape[1]
    weights = [b.random.normal(0, features**-0.5, (512, features)), b.random.normal(0, 0.1, 512)]
    x = b.add("Gemm", [x], weights, alpha=1.0, beta=1.0, transB=1)
    return b.model([b.norm(x, name="output")])


def inception_resnet_v1(photos):
    """FaceNet512's net (facenet-pytorch, models/inception_resnet_v1.py), a quarter as wide, for 160 x
    160 pixels."""
    b = Builder(1, photos)
    basic = lambda x, *shape, **kind: b.add("Relu", [b.norm(b.conv(x, *shape, **kind), 1e-3)])
    pool = lambda x: b.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])
    join = lambda *parts: b.add("Concat", parts, axis=1)

    def residual(x, branches, scale, relu=True):
        y = b.conv(join(*branches), b.values[x].shape[1], 1, bias=True)
        y = b.add("Mul", [y], [numpy.float32(scale)])
        y = b.add("Add", [y, x])
        return b.add("Relu", [y]) if relu else y

    x = basic(basic(basic("input", 8, 3, 2), 8, 3), 16, 3, pad=1)
    x = basic(basic(basic(pool(x), 20, 1), 48, 3), 64, 3, 2)
    for _ in range(5):
        y = basic(x, 8, 1)
        z = basic(basic(basic(x, 8, 1), 8, 3, pad=1), 8, 3, pad=1)
        x = residual(x, [basic(x, 8, 1), basic(y, 8, 3, pad=1), z], 0.17)
    y = basic(basic(basic(x, 48, 1), 48, 3, pad=1), 64, 3, 2)
    x = join(basic(x, 96, 3, 2), y, pool(x))
    for _ in range(10):
        y = basic(basic(basic(x, 32, 1), 32, (1, 7), pad=(0, 3)), 32, (7, 1), pad=(3, 0))
        x = residual(x, [basic(x, 32, 1), y], 0.10)
    y, z = basic(basic(x, 64, 1), 96, 3, 2), basic(basic(x, 64, 1), 64, 3, 2)
    w = basic(basic(basic(x, 64, 1), 64, 3, pad=1), 64, 3, 2)
    x = join(y, z, w, pool(x))
    for block in range(6):
        y = basic(basic(basic(x, 48, 1), 48, (1, 3), pad=(0, 1)), 48, (3, 1), pad=(1, 0))
        x = residual(x, [basic(x, 48, 1), y], 0.2 if block < 5 else 1.0, relu=block < 5)
    x = b.add("GlobalAveragePool", [x])
    x = b.add("Reshape", [x], [numpy.array([len(photos), -1])])
    features = b.values[x].shape[1]
    x = b.add("MatMul", [x], [b.random.normal(0, features**-0.5, (features, 512))])
    return b.model([b.norm(x, 1e-3, name="output")])


def retinaface(photos, resnet=False):
    """RetinaFace (biubug6/Pytorch_Retinaface, models/net.py and retinaface.py) with the backbone
    MobileNet 0.25, or with a ResNet of bottlenecks, a quarter as wide as ResNet-50 and with fewer of
    them."""
    b = Builder(2 if resnet else 25, photos)
    out = 64
    leaky = lambda x: b.add("LeakyRelu", [x], alpha=0.0 if resnet else 0.1)
    plain = lambda x, outputs, kernel, stride=1: b.norm(b.conv(x, outputs, kernel, stride, kernel // 2))
    basic = lambda *shape: leaky(plain(*shape))

    def separable(x, outputs, stride):
        inputs = b.values[x].shape[1]
        x = leaky(b.norm(b.conv(x, inputs, 3, stride, 1, group=inputs)))
        return basic(x, outputs, 1)

    def bottleneck(x, width, stride):
        relu = lambda x: b.add("Relu", [x])
        y = relu(plain(relu(plain(x, width, 1)), width, 3, stride))
        y = plain(y, 4 * width, 1)
        if b.values[x].shape != b.values[y].shape:
            x = b.norm(b.conv(x, 4 * width, 1, stride))
        return relu(b.add("Add", [y, x]))

    stages = []
    if resnet:
        x = b.add("Relu", [b.norm(b.conv("input", 16, 7, 2, 3))])
        x = b.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        for width in [16, 32, 64, 128]:
            x = bottleneck(bottleneck(x, width, 1 if width == 16 else 2), width, 1)
            stages.append(x)
        stages = stages[1:]
    else:
        x = basic("input", 8, 3, 2)
        for stage in [[(16, 1), (32, 2), (32, 1), (64, 2), (64, 1)], [(128, 2)] + 5 * [(128, 1)], [(256, 2), (256, 1)]]:
            for outputs, stride in stage:
                x = separable(x, outputs, stride)
            stages.append(x)
    levels = [basic(x, out, 1) for x in stages]
    for upper in [2, 1]:
        # torch writes out the size that it interpolates to.
        size = numpy.array(b.values[levels[upper - 1]].shape)
        kind = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        up = b.add("Resize", [levels[upper]], [numpy.zeros(0), numpy.zeros(0), size], mode="nearest", **kind)
        levels[upper - 1] = basic(b.add("Add", [levels[upper - 1], up]), out, 3)
    heads = {2: [], 4: [], 10: []}
    for x in levels:
        five = basic(x, out // 4, 3)
        seven = plain(basic(five, out // 4, 3), out // 4, 3)
        x = b.add("Concat", [plain(x, out // 2, 3), plain(five, out // 4, 3), seven], axis=1)
        x = b.add("Relu", [x])
        for width, parts in heads.items():
            y = b.add("Transpose", [b.conv(x, 2 * width, 1, bias=True)], perm=[0, 2, 3, 1])
            parts.append(b.add("Reshape", [y], [numpy.array([len(photos), -1, width])]))
    boxes, classes, points = (b.add("Concat", heads[width], axis=1, name=f"out{width}") for width in (4, 2, 10))
    classes = b.add("Softmax", [classes], axis=2, name="probabilities")
    return b.model([boxes, classes, points])
