//! What wonnx lacks or does wrongly, written with what it has.

use std::sync::Arc;

use rollcall_core::{ShapeError, Tensor};

use crate::{Conv, Graph, Node, Op, Value, ValueId, Window};

/// The graph for one picture as wonnx computes it rightly, or why it cannot.
///
/// - A matrix product becomes a 1x1 convolution: wonnx computes products of an even number of rows
///   only, and one picture has one.
/// - wonnx joins arrays whole, whatever the axis: right only where no axis before it is longer
///   than 1.
/// - Its `Softmax` takes the logarithm of 0 for minus infinity, which shader compilers refuse.
pub(super) fn rewrite(mut graph: Graph) -> Result<Graph, String> {
    let mut nodes = Vec::with_capacity(graph.nodes.len());
    for node in std::mem::take(&mut graph.nodes) {
        match &node.op {
            Op::Gemm { weight, bias } => {
                let conv = convolution(weight, bias).map_err(|error| error.to_string())?;
                as_pictures(&mut graph, &mut nodes, &node, conv);
            }
            Op::Concat { axis } if graph.shape(node.output)[..*axis].iter().any(|&d| d != 1) => {
                return Err(format!("it joins arrays along axis {axis}, which wonnx cannot"));
            }
            Op::Softmax => return Err("wonnx's Softmax is no valid shader today".to_owned()),
            _ => nodes.push(node),
        }
    }
    graph.nodes = nodes;
    Ok(graph)
}

/// `x · weight + bias` as a convolution of one-pixel pictures.
fn convolution(weight: &Tensor, bias: &Arc<Tensor>) -> Result<Conv, ShapeError> {
    let (k, n) = (weight.shape().first().copied().unwrap_or(0), bias.data().len());
    let mut transposed = Vec::with_capacity(k * n);
    for column in 0..n {
        transposed.extend(weight.data().iter().skip(column).step_by(n));
    }
    Ok(Conv {
        weight: Arc::new(Tensor::new(vec![n, k, 1, 1], transposed)?),
        bias: Arc::clone(bias),
        group: 1,
        window: Window { kernel: [1, 1], strides: [1, 1], pads: [0; 4], dilations: [1, 1] },
    })
}

/// `node`, a matrix product, as `conv` between two changes of shape.
fn as_pictures(graph: &mut Graph, nodes: &mut Vec<Node>, node: &Node, conv: Conv) {
    let mut picture = |of: ValueId| {
        let shape = [graph.shape(of), &[1, 1]].concat();
        let mut name = format!("picture of {}", graph.value(of).name);
        while graph.values.iter().any(|value| value.name == name) {
            name.push('\'');
        }
        graph.values.push(Value { name, shape });
        ValueId(graph.values.len() - 1)
    };
    let (before, after) = (picture(node.inputs[0]), picture(node.output));
    nodes.extend([
        Node { op: Op::Reshape, inputs: node.inputs.clone(), output: before },
        Node { op: Op::Conv(conv), inputs: vec![before], output: after },
        Node { op: Op::Reshape, inputs: vec![after], output: node.output },
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(op: Op, input: &[usize], output: &[usize]) -> Graph {
        let value = |name: &str, shape: &[usize]| Value { name: name.into(), shape: shape.into() };
        Graph {
            name: "g".into(),
            input: ValueId(0),
            outputs: vec![ValueId(1)],
            nodes: vec![Node { op, inputs: vec![ValueId(0)], output: ValueId(1) }],
            values: vec![value("x", input), value("picture of x", output)],
        }
    }

    #[test]
    fn a_matrix_product_becomes_a_convolution_with_the_same_weights() {
        let tensor = |shape: &[usize]| {
            let count = shape.iter().product::<usize>();
            Arc::new(Tensor::new(shape.to_vec(), (0..count).map(|v| v as f32).collect()).unwrap())
        };
        let gemm = Op::Gemm { weight: tensor(&[3, 2]), bias: tensor(&[2]) };
        let rewritten = rewrite(graph(gemm, &[1, 3], &[1, 2])).unwrap();
        let [before, conv, after] = &rewritten.nodes[..] else { panic!("{rewritten:?}") };
        let Op::Conv(conv_op) = &conv.op else { panic!("{conv:?}") };
        assert_eq!(conv_op.weight.shape(), [2, 3, 1, 1]);
        assert_eq!(conv_op.weight.data(), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        assert_eq!(rewritten.shape(before.output), [1, 3, 1, 1]);
        assert_eq!(rewritten.shape(conv.output), [1, 2, 1, 1]);
        assert_eq!((before.inputs[0], after.output), (ValueId(0), ValueId(1)));
        let names: std::collections::BTreeSet<_> =
            rewritten.values.iter().map(|value| &value.name).collect();
        assert_eq!(names.len(), 4, "names are unique: {names:?}");
    }

    #[test]
    fn joining_along_an_inner_axis_is_refused() {
        let along = |axis, shape: &[usize]| rewrite(graph(Op::Concat { axis }, shape, shape));
        assert!(along(1, &[1, 8, 4, 4]).is_ok() && along(0, &[2, 3]).is_ok());
        assert!(along(1, &[2, 8, 4, 4]).is_err() && along(3, &[1, 8, 4, 4]).is_err());
    }
}
