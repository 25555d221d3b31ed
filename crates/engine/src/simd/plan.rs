//! From a graph to steps with packed weights.

use rollcall_core::EngineError;

use super::{
    conv::{Activation, Conv, lanes},
    depthwise::Depthwise,
    map::LANES,
};
use crate::{
    Graph,
    graph::{self, Node, Op, Window},
};

/// What one step does.
#[derive(Clone, Debug)]
pub(super) enum Kernel {
    /// Dense convolution after padding; adds the second input, if there is one.
    Conv {
        conv: Conv,
        pads: [usize; 4],
        pixel: usize,
    },
    Depthwise(Depthwise),
    MaxPool(Window),
    Resize([usize; 2]),
    Add,
    Activation(Activation),
    Sigmoid,
    Clip(f32, f32),
    Gemm(Conv),
    /// Along this axis.
    Concat(usize),
    /// Over so many numbers at a time.
    Softmax(usize),
    Transpose(Vec<usize>),
    /// The same numbers, channel by channel, under another shape.
    Reshape,
}

/// A kernel with the values it reads and writes.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) kernel: Kernel,
    pub(super) inputs: Vec<usize>,
    pub(super) output: usize,
    /// Values that nobody reads after this step.
    pub(super) spent: Vec<usize>,
}

/// A graph for one picture, ready to run.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) input: usize,
    pub(super) outputs: Vec<usize>,
    pub(super) steps: Vec<Step>,
    /// The shape of each value.
    pub(super) shapes: Vec<Vec<usize>>,
}

impl Plan {
    /// Packs the weights of `graph`, which must be specialised to a batch of one.
    pub(super) fn new(graph: &Graph) -> Result<Self, EngineError> {
        let mut steps: Vec<Step> = Vec::new();
        let mut done = vec![false; graph.nodes.len()];
        for (i, node) in graph.nodes.iter().enumerate() {
            if !done[i] {
                let kernel = kernel_of(graph, node)?;
                let inputs = node.inputs.iter().map(|id| id.index()).collect();
                let mut step =
                    Step { kernel, inputs, output: node.output.index(), spent: Vec::new() };
                fuse(graph, i, &mut step, &mut done);
                steps.push(step);
            }
        }
        let outputs: Vec<usize> = graph.outputs.iter().map(|id| id.index()).collect();
        let mut needed = vec![false; graph.values.len()];
        outputs.iter().for_each(|&value| needed[value] = true);
        for step in steps.iter_mut().rev() {
            for &value in &step.inputs {
                if !std::mem::replace(&mut needed[value], true) {
                    step.spent.push(value);
                }
            }
        }
        let shapes = graph.values.iter().map(|value| value.shape.clone()).collect();
        Ok(Self { input: graph.input.index(), outputs, steps, shapes })
    }
}

/// Draws what follows a convolution into it: a sum with something computed before, then an
/// activation.
fn fuse(graph: &Graph, mut at: usize, step: &mut Step, done: &mut [bool]) {
    let start = at;
    while let Some(next) = only_reader(graph, at) {
        let node = &graph.nodes[next];
        let activation = match (&mut step.kernel, &node.op) {
            (Kernel::Conv { .. }, Op::Add) if step.inputs.len() == 1 => {
                let Some(&other) = node.inputs.iter().find(|id| id.index() != step.output) else {
                    return;
                };
                let computed_later = graph.nodes[start..].iter().any(|node| node.output == other);
                if computed_later {
                    return;
                }
                step.inputs.push(other.index());
                None
            }
            (Kernel::Conv { conv: Conv { activation, .. }, .. }, op)
            | (Kernel::Depthwise(Depthwise { activation, .. }), op) => {
                let Some(fused) = activation_of(op) else { return };
                *activation = fused;
                Some(())
            }
            _ => return,
        };
        step.output = node.output.index();
        done[next] = true;
        at = next;
        if activation.is_some() {
            return;
        }
    }
}

/// The one node that reads what node `at` computes, unless that is an output of the graph.
fn only_reader(graph: &Graph, at: usize) -> Option<usize> {
    let value = graph.nodes[at].output;
    let mut readers =
        (at + 1..graph.nodes.len()).filter(|&i| graph.nodes[i].inputs.contains(&value));
    let first = readers.next()?;
    (readers.next().is_none() && !graph.outputs.contains(&value)).then_some(first)
}

fn activation_of(op: &Op) -> Option<Activation> {
    match op {
        Op::Relu => Some(Activation::Relu),
        Op::PRelu { slope } => Some(Activation::PRelu(lanes(slope.data(), slope.data().len()))),
        _ => None,
    }
}

fn kernel_of(graph: &Graph, node: &Node) -> Result<Kernel, EngineError> {
    if let Some(activation) = activation_of(&node.op) {
        return Ok(Kernel::Activation(activation));
    }
    Ok(match &node.op {
        Op::Conv(conv) => return convolution(graph, node, conv),
        Op::Gemm { weight, bias } => {
            let [k, n] = [weight.shape()[0], weight.shape()[1]];
            let transposed: Vec<f32> =
                (0..n * k).map(|i| weight.data()[(i % k) * n + i / k]).collect();
            Kernel::Gemm(Conv::new([n, k, 1, 1], k, [1, 1], &transposed, bias.data()))
        }
        Op::MaxPool(window) if window.dilations == [1, 1] => Kernel::MaxPool(*window),
        Op::MaxPool(_) => return Err(unsupported(graph, "MaxPool with dilations")),
        Op::Resize { scale } => Kernel::Resize(*scale),
        Op::Add => Kernel::Add,
        Op::Sigmoid => Kernel::Sigmoid,
        Op::Clip { low, high } => Kernel::Clip(*low, *high),
        Op::Concat { axis } => Kernel::Concat(*axis),
        Op::Softmax => Kernel::Softmax(graph.shape(node.output).last().copied().unwrap_or(1)),
        Op::Transpose { perm } => Kernel::Transpose(perm.clone()),
        Op::Reshape | Op::Flatten => Kernel::Reshape,
        Op::Relu | Op::PRelu { .. } => return Err(unsupported(graph, "this activation")),
    })
}

fn convolution(graph: &Graph, node: &Node, conv: &graph::Conv) -> Result<Kernel, EngineError> {
    let &[outputs, inputs, kh, kw] = conv.weight.shape() else {
        return Err(unsupported(graph, "a convolution that is not over pictures"));
    };
    let Window { strides, pads, dilations, .. } = conv.window;
    let channels = graph.shape(node.inputs[0])[1];
    if dilations != [1, 1] {
        return Err(unsupported(graph, "a dilated convolution"));
    }
    let (weights, bias) = (conv.weight.data(), conv.bias.data());
    if conv.group == 1 {
        // Few channels (the picture itself) are laid close together instead of in groups of four.
        let pixel = if channels < LANES { channels } else { channels.next_multiple_of(LANES) };
        let conv = Conv::new([outputs, inputs, kh, kw], pixel, strides, weights, bias);
        Ok(Kernel::Conv { conv, pads, pixel })
    } else if conv.group == channels && outputs == channels {
        let begin = [pads[0], pads[1]];
        Ok(Kernel::Depthwise(Depthwise::new(channels, [kh, kw], strides, begin, weights, bias)))
    } else {
        Err(unsupported(graph, "a convolution in groups of several channels"))
    }
}

fn unsupported(graph: &Graph, what: &str) -> EngineError {
    crate::models::unsupported(&graph.name, format!("it has {what}"))
}
