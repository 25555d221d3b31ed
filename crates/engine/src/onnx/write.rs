//! Writes graphs as ONNX files.

use prost::Message;
use rollcall_core::Tensor;

use crate::{Conv, Graph, Node, Op, Value, Window, network::Attribute};

use super::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    ShapeProto, TensorProto, TensorTypeProto, TypeProto, ValueInfoProto, attribute_type, data_type,
};

/// The newest operator set that wonnx 0.5.1 knows all of our operators in.
const FLOAT_OPSET: i64 = 13;

/// A file of one graph.
pub(crate) fn model(opset: i64, graph: GraphProto) -> Vec<u8> {
    let set = OperatorSetIdProto { domain: Some(String::new()), version: Some(opset) };
    // IR version 10 belongs to operator set 21, 7 to 13 (onnx.proto, enum Version).
    let ir_version = Some(if opset >= 21 { 10 } else { 7 });
    let producer_name = Some("rollcall".to_owned());
    ModelProto { ir_version, producer_name, graph: Some(graph), opset_import: vec![set] }
        .encode_to_vec()
}

/// What a value is called and how long its axes are: a number, or a name for any length.
pub(crate) fn value_info(name: &str, shape: &[Result<usize, &str>]) -> ValueInfoProto {
    let dim = shape.iter().map(|d| DimensionProto {
        dim_value: d.ok().map(|d| d as i64),
        dim_param: d.err().map(str::to_owned),
    });
    let shape = Some(ShapeProto { dim: dim.collect() });
    let tensor_type = Some(TensorTypeProto { elem_type: Some(data_type::FLOAT), shape });
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(TypeProto { tensor_type }) }
}

/// An attribute of a node.
pub(crate) fn attribute(name: &str, value: &Attribute) -> AttributeProto {
    let mut proto = AttributeProto { name: Some(name.to_owned()), ..Default::default() };
    proto.r#type = Some(match value {
        Attribute::Int(v) => {
            proto.i = Some(*v);
            attribute_type::INT
        }
        Attribute::Float(v) => {
            proto.f = Some(*v);
            attribute_type::FLOAT
        }
        Attribute::Text(v) => {
            proto.s = Some(v.clone());
            attribute_type::STRING
        }
        Attribute::Ints(v) => {
            proto.ints.clone_from(v);
            attribute_type::INTS
        }
        Attribute::Floats(v) => {
            proto.floats.clone_from(v);
            attribute_type::FLOATS
        }
    });
    proto
}

/// A constant array of floats.
pub(crate) fn float_tensor(name: &str, shape: &[usize], values: &[f32]) -> TensorProto {
    TensorProto {
        dims: shape.iter().map(|&d| d as i64).collect(),
        data_type: Some(data_type::FLOAT),
        raw_data: Some(values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        name: Some(name.to_owned()),
        ..Default::default()
    }
}

/// A constant array of integers. Not as raw bytes: wonnx does not look there for integers.
pub(crate) fn int_tensor(name: &str, shape: &[usize], values: Vec<i64>) -> TensorProto {
    TensorProto {
        dims: shape.iter().map(|&d| d as i64).collect(),
        data_type: Some(data_type::INT64),
        int64_data: values,
        name: Some(name.to_owned()),
        ..Default::default()
    }
}

/// See [`Graph::to_onnx`].
pub(crate) fn write_graph(graph: &Graph) -> Vec<u8> {
    let mut proto = GraphProto { name: Some(graph.name.clone()), ..Default::default() };
    for (number, node) in graph.nodes.iter().enumerate() {
        let node = write_node(graph, number, node, &mut proto.initializer);
        proto.node.push(node);
    }
    for (place, value) in graph.values.iter().enumerate() {
        let list = match place {
            _ if place == graph.input.0 => &mut proto.input,
            _ if graph.outputs.iter().any(|id| id.0 == place) => continue,
            _ => &mut proto.value_info,
        };
        list.push(describe(value));
    }
    proto.output = graph.outputs.iter().map(|&id| describe(graph.value(id))).collect();
    model(FLOAT_OPSET, proto)
}

fn describe(value: &Value) -> ValueInfoProto {
    let shape: Vec<_> = value.shape.iter().map(|&d| Ok(d)).collect();
    value_info(&value.name, &shape)
}

fn write_node(
    graph: &Graph,
    number: usize,
    node: &Node,
    constants: &mut Vec<TensorProto>,
) -> NodeProto {
    let mut proto = NodeProto {
        input: node.inputs.iter().map(|&id| graph.value(id).name.clone()).collect(),
        output: vec![graph.value(node.output).name.clone()],
        // wonnx names its GPU objects after nodes.
        name: Some(format!("n{number}")),
        op_type: Some(node.op.name().to_owned()),
        ..Default::default()
    };
    // A dot keeps these apart from the names of values.
    let mut weight = |proto: &mut NodeProto, part: &str, shape: &[usize], tensor: &Tensor| {
        let name = format!("n{number}.{part}");
        constants.push(float_tensor(&name, shape, tensor.data()));
        proto.input.push(name);
    };
    let set = |proto: &mut NodeProto, name: &str, value: Attribute| {
        proto.attribute.push(attribute(name, &value));
    };
    match &node.op {
        Op::Conv(Conv { weight: w, bias, group, window }) => {
            weight(&mut proto, "w", w.shape(), w);
            weight(&mut proto, "b", bias.shape(), bias);
            write_window(&mut proto, window, true);
            set(&mut proto, "group", Attribute::Int(*group as i64));
        }
        Op::Gemm { weight: w, bias } => {
            weight(&mut proto, "w", w.shape(), w);
            weight(&mut proto, "b", bias.shape(), bias);
        }
        Op::PRelu { slope } => {
            let mut shape = vec![1; graph.shape(node.output).len() - 1];
            shape[0] = slope.data().len();
            weight(&mut proto, "w", &shape, slope);
        }
        Op::Clip { low, high } => {
            for (part, bound) in [("low", low), ("high", high)] {
                let name = format!("n{number}.{part}");
                constants.push(float_tensor(&name, &[], &[*bound]));
                proto.input.push(name);
            }
        }
        Op::MaxPool(window) => write_window(&mut proto, window, false),
        Op::Resize { scale: [down, across] } => {
            let name = format!("n{number}.scales");
            constants.push(float_tensor(&name, &[4], &[1.0, 1.0, *down as f32, *across as f32]));
            proto.input.extend([String::new(), name]);
            let text = |text: &str| Attribute::Text(text.into());
            set(&mut proto, "mode", text("nearest"));
            set(&mut proto, "coordinate_transformation_mode", text("asymmetric"));
            set(&mut proto, "nearest_mode", text("floor"));
        }
        Op::Transpose { perm } => {
            set(&mut proto, "perm", Attribute::Ints(perm.iter().map(|&p| p as i64).collect()));
        }
        Op::Reshape => {
            let name = format!("n{number}.shape");
            let shape: Vec<i64> = graph.shape(node.output).iter().map(|&d| d as i64).collect();
            constants.push(int_tensor(&name, &[shape.len()], shape));
            proto.input.push(name);
        }
        Op::Flatten => set(&mut proto, "axis", Attribute::Int(1)),
        Op::Concat { axis } => set(&mut proto, "axis", Attribute::Int(*axis as i64)),
        Op::Softmax => set(&mut proto, "axis", Attribute::Int(-1)),
        Op::Relu | Op::Sigmoid | Op::Add => {}
    }
    proto
}

fn write_window(proto: &mut NodeProto, window: &Window, dilated: bool) {
    let ints = |values: &[usize]| Attribute::Ints(values.iter().map(|&v| v as i64).collect());
    proto.attribute.push(attribute("kernel_shape", &ints(&window.kernel)));
    proto.attribute.push(attribute("strides", &ints(&window.strides)));
    proto.attribute.push(attribute("pads", &ints(&window.pads)));
    if dilated || window.dilations != [1, 1] {
        proto.attribute.push(attribute("dilations", &ints(&window.dilations)));
    }
}
