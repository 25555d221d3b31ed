//! A network ready to run: 32-bit floats, every shape known.

use std::sync::Arc;

use rollcall_core::Tensor;

/// A value's place in [`Graph::values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub(crate) usize);

impl ValueId {
    /// The place in [`Graph::values`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

/// Something that flows between nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its name: unique in the graph; inputs and outputs are called as in the model file.
    pub name: String,
    /// The length of each axis, outermost first. None is 0.
    pub shape: Vec<usize>,
}

/// One step of the computation.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it does, with its weights.
    pub op: Op,
    /// What it reads: computed by earlier nodes, or the graph's input.
    pub inputs: Vec<ValueId>,
    /// What it computes. No other node computes the same value.
    pub output: ValueId,
}

/// A network for one input shape, made by [`crate::Network::specialise`].
///
/// Nodes stand in an order they can be run in. There is exactly one input. All numbers are `f32`;
/// batch normalisation, quantisation and everything constant is gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The model's name.
    pub name: String,
    /// The only input, `[batch, channels, height, width]`.
    pub input: ValueId,
    /// The outputs in the order of the model file.
    pub outputs: Vec<ValueId>,
    /// The steps, in order.
    pub nodes: Vec<Node>,
    /// The input and what each node computes.
    pub values: Vec<Value>,
}

/// What a node does. Pictures are `[batch, channels, height, width]`; pairs are `[height, width]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Convolution.
    Conv(Conv),
    /// `x < 0 ? slope[channel] * x : x`; the channel is axis 1, `slope` is shaped `[channels]`.
    PRelu {
        /// One factor a channel.
        slope: Arc<Tensor>,
    },
    /// `max(x, 0)`.
    Relu,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `min(max(x, low), high)`.
    Clip {
        /// The smallest value let through.
        low: f32,
        /// The largest value let through.
        high: f32,
    },
    /// The largest value under a window; padding never wins.
    MaxPool(Window),
    /// Each pixel repeated: `y[.., i, j] = x[.., i / scale[0], j / scale[1]]`.
    Resize {
        /// How often, in each direction.
        scale: [usize; 2],
    },
    /// The sum of two inputs of the same shape.
    Add,
    /// Inputs one after the other along an axis; the other axes are as long in all of them.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// `exp(x) / sum(exp(x))` over the last axis.
    Softmax,
    /// `y.shape[i] = x.shape[perm[i]]`.
    Transpose {
        /// Which axis of the input becomes each axis of the output.
        perm: Vec<usize>,
    },
    /// The same numbers in the same order under the output's shape.
    Reshape,
    /// Like [`Op::Reshape`], to `[batch, everything else]`.
    Flatten,
    /// `x · weight + bias`, with `x` `[rows, k]`.
    Gemm {
        /// `[k, n]`.
        weight: Arc<Tensor>,
        /// `[n]`.
        bias: Arc<Tensor>,
    },
}

/// A convolution (really a cross-correlation, as everywhere in neural networks).
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// `[out, in / group, height, width]`.
    pub weight: Arc<Tensor>,
    /// `[out]`; zeros where the model has none.
    pub bias: Arc<Tensor>,
    /// The channels are cut into this many groups that do not see each other; as many groups as
    /// channels make a depthwise convolution.
    pub group: usize,
    /// Where the window goes. Padding counts as 0.
    pub window: Window,
}

/// How a window slides over a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The window's own size.
    pub kernel: [usize; 2],
    /// How far apart two windows are.
    pub strides: [usize; 2],
    /// Rows and columns added: top, left, bottom, right.
    pub pads: [usize; 4],
    /// How far apart two taps of a window are; 1 for a plain window.
    pub dilations: [usize; 2],
}

impl Graph {
    /// What `id` stands for.
    #[must_use]
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.0]
    }

    /// The shape of `id`.
    #[must_use]
    pub fn shape(&self, id: ValueId) -> &[usize] {
        &self.values[id.0].shape
    }

    /// A float ONNX file that onnxruntime, rten and wonnx read: opset 13, fixed shapes,
    /// `value_info` for every value, `Gemm` with `transB=0`, a bias for every `Conv`.
    #[must_use]
    pub fn to_onnx(&self) -> Vec<u8> {
        crate::onnx::write_graph(self)
    }
}

impl Op {
    /// The operator's ONNX name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conv(_) => "Conv",
            Self::PRelu { .. } => "PRelu",
            Self::Relu => "Relu",
            Self::Sigmoid => "Sigmoid",
            Self::Clip { .. } => "Clip",
            Self::MaxPool(_) => "MaxPool",
            Self::Resize { .. } => "Resize",
            Self::Add => "Add",
            Self::Concat { .. } => "Concat",
            Self::Softmax => "Softmax",
            Self::Transpose { .. } => "Transpose",
            Self::Reshape => "Reshape",
            Self::Flatten => "Flatten",
            Self::Gemm { .. } => "Gemm",
        }
    }
}
