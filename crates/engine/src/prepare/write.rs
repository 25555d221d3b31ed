//! Writes a network as an ONNX file.

use crate::{
    constant::Constant,
    network::{Network, Step},
    onnx::{self, GraphProto, NodeProto, TensorProto, ValueInfoProto, data_type},
};

use super::tidy::shapes_of_outputs;

/// The names of the axes that a prepared file leaves open.
const AXES: [&str; 4] = ["batch", "channels", "height", "width"];

pub(super) fn write(network: &Network) -> Vec<u8> {
    let axis = |(n, d): (usize, &Option<usize>)| d.ok_or(AXES.get(n).copied().unwrap_or("any"));
    let input: Vec<_> = network.input_shape.iter().enumerate().map(axis).collect();
    onnx::model(
        network.opset,
        GraphProto {
            node: network.nodes.iter().map(node).collect(),
            name: Some(network.name.clone()),
            initializer: network.constants.iter().map(|(name, c)| tensor(name, c)).collect(),
            input: vec![onnx::value_info(&network.input, &input)],
            output: outputs(network),
            value_info: vec![],
        },
    )
}

/// The outputs; an axis that is not the same for every input is left open.
fn outputs(network: &Network) -> Vec<ValueInfoProto> {
    // Any two sizes do, as long as no length is the same in both.
    let shapes = |batch: usize, side: usize| {
        let open = |(n, d): (usize, &Option<usize>)| d.unwrap_or(if n == 0 { batch } else { side });
        let input: Vec<usize> = network.input_shape.iter().enumerate().map(open).collect();
        shapes_of_outputs(network, &input).unwrap_or_default()
    };
    let (some, others) = (shapes(1, 96), shapes(2, 160));
    let describe = |(name, (one, other)): (&String, (&Vec<usize>, &Vec<usize>))| {
        let names: Vec<String> = (0..one.len()).map(|axis| format!("{name}_{axis}")).collect();
        let length = |(axis, (&a, &b)): (usize, (&usize, &usize))| match axis {
            _ if a == b => Ok(a),
            0 => Err(AXES[0]),
            _ => Err(names[axis].as_str()),
        };
        let shape: Vec<_> = one.iter().zip(other).enumerate().map(length).collect();
        onnx::value_info(name, &shape)
    };
    network.outputs.iter().zip(some.iter().zip(&others)).map(describe).collect()
}

fn node(step: &Step) -> NodeProto {
    NodeProto {
        input: step.inputs.clone(),
        output: step.outputs.clone(),
        op_type: Some(step.op.clone()),
        attribute: step.attributes.iter().map(|(name, a)| onnx::attribute(name, a)).collect(),
        ..Default::default()
    }
}

fn tensor(name: &str, constant: &Constant) -> TensorProto {
    match constant {
        Constant::Floats(tensor) => onnx::float_tensor(name, tensor.shape(), tensor.data()),
        Constant::Integers { shape, values } => onnx::int_tensor(name, shape, values.to_vec()),
        Constant::Bytes { shape, signed, values } => TensorProto {
            dims: shape.iter().map(|&d| d as i64).collect(),
            data_type: Some(if *signed { data_type::INT8 } else { data_type::UINT8 }),
            raw_data: Some(values.to_vec()),
            name: Some(name.to_owned()),
            ..Default::default()
        },
        // Nothing that is run looks at it; an empty name keeps the file well-formed.
        Constant::Opaque { kind } => TensorProto {
            data_type: Some(*kind),
            name: Some(name.to_owned()),
            ..Default::default()
        },
    }
}
