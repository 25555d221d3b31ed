//! Batch normalisation and its kin, folded away.
//!
//! `BatchNormalization`, and `Mul`, `Div`, `Add`, `Sub` by a constant a channel, all are
//! `scale * x + shift`. Behind a convolution or matrix product that nobody else reads, they change
//! its weights. In front of a matrix product, or of a convolution without padding, they change
//! the weights there. In front of a padded convolution a shift cannot be folded exactly, for the
//! padding would have to be shifted too: then they become a 1x1 depthwise convolution.

use std::sync::Arc;

use crate::{
    Conv, Op, ValueId, Window,
    constant::{Constant, change, new_tensor},
    error::Fault,
    network::Step,
};

use super::{Builder, Known};

/// `scale * x + shift` for each channel (axis 1). Kept in 64 bits until it meets the weights.
#[derive(Clone, Debug)]
pub(super) struct Affine {
    pub(super) scale: Vec<f64>,
    pub(super) shift: Vec<f64>,
}

impl Affine {
    /// Scale and shift of each channel.
    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.scale.iter().copied().zip(self.shift.iter().copied())
    }

    /// `self` first, `next` on its result.
    fn then(&self, next: &Self) -> Self {
        Self {
            scale: self.scale.iter().zip(&next.scale).map(|(a, b)| a * b).collect(),
            shift: self.shift.iter().zip(next.pairs()).map(|(s, (b, c))| s * b + c).collect(),
        }
    }

    fn shifts(&self) -> bool {
        self.shift.iter().any(|&s| s != 0.0)
    }
}

/// `BatchNormalization` with its running mean and variance (ONNX `BatchNormalization-9`):
/// `(x - mean) / sqrt(variance + epsilon) * gamma + beta`.
pub(super) fn batch_normalisation(builder: &mut Builder<'_>, step: &Step) -> Result<Affine, Fault> {
    step.only("training_mode", 0)?;
    step.only("spatial", 1)?;
    let epsilon = f64::from(step.float("epsilon", 1e-5)?);
    let channels = builder.channels(step)?;
    let row = |place| match builder.input(step, place)? {
        Known::Constant(Constant::Floats(t)) if t.shape() == [channels] => Ok(t.clone()),
        _ => Err(step.unsupported("its statistics are no constants, one a channel")),
    };
    let (gamma, beta, mean, variance) = (row(1)?, row(2)?, row(3)?, row(4)?);
    builder.weights.take(channels, 2 * size_of::<f64>())?;
    let statistics =
        variance.data().iter().zip(gamma.data()).zip(mean.data().iter().zip(beta.data()));
    let (scale, shift) = statistics
        .map(|((&variance, &gamma), (&mean, &beta))| {
            let scale = f64::from(gamma) / (f64::from(variance) + epsilon).sqrt();
            (scale, f64::from(beta) - f64::from(mean) * scale)
        })
        .unzip();
    let affine = Affine { scale, shift };
    if affine.scale.iter().chain(&affine.shift).all(|v| v.is_finite()) {
        Ok(affine)
    } else {
        Err(step.unsupported("its statistics are no numbers"))
    }
}

impl Builder<'_> {
    /// The channels of a step's first input.
    pub(super) fn channels(&self, step: &Step) -> Result<usize, Fault> {
        let (Known::Value(id) | Known::Scaled(id, _)) = self.input(step, 0)? else {
            return Err(step.unsupported("of a constant"));
        };
        match self.graph.shape(*id) {
            [_, channels, ..] => Ok(*channels),
            shape => Err(step.unsupported(format!("of an input shaped {shape:?}"))),
        }
    }

    /// Applies `affine` to what `name` stands for.
    pub(super) fn scaled(&mut self, name: &str, affine: Affine) -> Result<Known, Fault> {
        match self.known.get(name).cloned() {
            Some(Known::Scaled(id, first)) => Ok(Known::Scaled(id, Arc::new(first.then(&affine)))),
            Some(Known::Value(id)) => {
                let only_reader = self.uses.get(name) == Some(&1);
                if only_reader && self.fold_backward(id, &affine)? {
                    Ok(Known::Value(id))
                } else {
                    Ok(Known::Scaled(id, Arc::new(affine)))
                }
            }
            _ => Err(Fault::unsupported("BatchNormalization", "of a constant")),
        }
    }

    /// Folds `affine` into the node that computes `id`, if it is one with weights.
    fn fold_backward(&mut self, id: ValueId, affine: &Affine) -> Result<bool, Fault> {
        let Some(node) = self.producers[id.0] else { return Ok(false) };
        let (weight, bias) = match &mut self.graph.nodes[node].op {
            Op::Conv(conv) => (&mut conv.weight, &mut conv.bias),
            Op::Gemm { weight, bias } => (weight, bias),
            _ => return Ok(false),
        };
        // A convolution's outputs are the weight's first axis, a matrix product's the last.
        let shape = weight.shape().to_vec();
        let outputs = affine.scale.len();
        let stride = if shape.len() == 2 { 1 } else { shape[1..].iter().product() };
        change(weight, &mut self.weights, |values| {
            for (at, value) in values.iter_mut().enumerate() {
                *value = (f64::from(*value) * affine.scale[at / stride % outputs]) as f32;
            }
        })?;
        change(bias, &mut self.weights, |values| {
            for (value, (scale, shift)) in values.iter_mut().zip(affine.pairs()) {
                *value = (f64::from(*value) * scale + shift) as f32;
            }
        })?;
        Ok(true)
    }

    /// What an input stands for, as a value some node computes.
    pub(super) fn computed(&mut self, step: &Step, place: usize) -> Result<ValueId, Fault> {
        match self.input(step, place)?.clone() {
            Known::Value(id) => Ok(id),
            Known::Scaled(id, affine) => {
                let id = self.materialise(&step.op, id, &affine)?;
                if let Some(known) = self.known.get_mut(step.inputs[place].as_str()) {
                    *known = Known::Value(id);
                }
                Ok(id)
            }
            Known::Constant(_) => {
                Err(step.unsupported(format!("its input number {place} is a constant")))
            }
        }
    }

    /// Computes `affine` as a 1x1 depthwise convolution.
    pub(super) fn materialise(
        &mut self,
        op: &str,
        id: ValueId,
        affine: &Affine,
    ) -> Result<ValueId, Fault> {
        let shape = self.graph.shape(id).to_vec();
        let [_, channels, _, _] = shape[..] else {
            return Err(Fault::unsupported(op, "after a BatchNormalization of something flat"));
        };
        self.weights.take(channels, 2 * size_of::<f32>())?;
        let round = |values: &[f64]| values.iter().map(|&v| v as f32).collect();
        let conv = Conv {
            weight: new_tensor(vec![channels, 1, 1, 1], round(&affine.scale))?,
            bias: new_tensor(vec![channels], round(&affine.shift))?,
            group: channels,
            window: Window { kernel: [1, 1], strides: [1, 1], pads: [0; 4], dilations: [1, 1] },
        };
        self.push(Op::Conv(conv), vec![id], shape)
    }

    /// Folds `affine`, which stands in front of it, into a convolution; says if it could.
    pub(super) fn fold_into_conv(
        &mut self,
        conv: &mut Conv,
        affine: &Affine,
    ) -> Result<bool, Fault> {
        if affine.shifts() && conv.window.pads != [0; 4] {
            return Ok(false);
        }
        let &[outputs, inputs, height, width] = conv.weight.shape() else { return Ok(false) };
        let outputs_in_group = outputs / conv.group;
        self.weights.take(outputs, size_of::<f64>())?;
        let mut shifts = vec![0.0; outputs];
        change(&mut conv.weight, &mut self.weights, |weights| {
            for (plane, values) in weights.chunks_mut(height * width).enumerate() {
                let (output, input) = (plane / inputs, plane % inputs);
                let channel = output / outputs_in_group * inputs + input;
                for value in values {
                    shifts[output] += f64::from(*value) * affine.shift[channel];
                    *value = (f64::from(*value) * affine.scale[channel]) as f32;
                }
            }
        })?;
        change(&mut conv.bias, &mut self.weights, |biases| {
            for (bias, shift) in biases.iter_mut().zip(&shifts) {
                *bias = (f64::from(*bias) + shift) as f32;
            }
        })?;
        Ok(true)
    }
}

/// Folds `affine`, which stands in front of it, into a matrix product: `weights` is `[k, n]`.
pub(super) fn fold_into_gemm(weights: &mut [f32], biases: &mut [f32], affine: &Affine) {
    let mut sums: Vec<f64> = biases.iter().map(|&b| f64::from(b)).collect();
    for (row, (scale, shift)) in
        weights.chunks_mut(biases.len()).zip(affine.scale.iter().zip(&affine.shift))
    {
        for (weight, sum) in row.iter_mut().zip(&mut sums) {
            *sum += f64::from(*weight) * shift;
            *weight = (f64::from(*weight) * scale) as f32;
        }
    }
    for (bias, sum) in biases.iter_mut().zip(sums) {
        *bias = sum as f32;
    }
}
