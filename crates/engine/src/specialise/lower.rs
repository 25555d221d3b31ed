//! From a node of the file to a typed one, with the shape of what it computes.

use std::sync::Arc;

use rollcall_core::Tensor;

use crate::{
    Conv, Op, ValueId,
    constant::{Constant, new_tensor, owned},
    error::Fault,
    network::Step,
};

use super::{
    Builder, Known,
    fold::{self, Affine},
    pools, shapes, windows,
};

/// Adds what `step` computes to the graph.
pub(super) fn lower<'n>(builder: &mut Builder<'n>, step: &'n Step) -> Result<Known, Fault> {
    match step.op.as_str() {
        "Conv" => conv(builder, step),
        // A matrix product is one without a bias.
        "Gemm" | "MatMul" => gemm(builder, step),
        "BatchNormalization" => {
            let affine = fold::batch_normalisation(builder, step)?;
            builder.scaled(&step.inputs[0], affine)
        }
        "Add" | "Sub" | "Mul" | "Div" => arithmetic(builder, step),
        "PRelu" => {
            let x = builder.computed(step, 0)?;
            let shape = builder.graph.shape(x).to_vec();
            let slopes = per_channel(builder, step, 1, &shape)?;
            builder.prelu(x, slopes.into_iter().map(|v| v as f32).collect())
        }
        "LeakyRelu" => {
            let (channels, alpha) = (builder.channels(step)?, step.float("alpha", 0.01)?);
            let x = builder.computed(step, 0)?;
            builder.weights.take(channels, size_of::<f32>())?;
            builder.prelu(x, vec![alpha; channels])
        }
        "Relu" => builder.computed(step, 0).and_then(|x| builder.same_shape(Op::Relu, x)),
        "Sigmoid" => builder.computed(step, 0).and_then(|x| builder.same_shape(Op::Sigmoid, x)),
        "Clip" => clip(builder, step),
        "MaxPool" => pools::max_pool(builder, step),
        "AveragePool" => pools::average_pool(builder, step),
        "GlobalAveragePool" | "ReduceMean" => pools::mean(builder, step),
        "Softmax" => softmax(builder, step),
        "Concat" => shapes::concat(builder, step),
        "Resize" | "Upsample" => shapes::resize(builder, step),
        "Transpose" => shapes::transpose(builder, step),
        "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => shapes::reshape(builder, step),
        _ => Err(step.unsupported("the operator is not among those it knows")),
    }
}

impl<'n> Builder<'n> {
    fn prelu(&mut self, x: ValueId, slopes: Vec<f32>) -> Result<Known, Fault> {
        let slope = new_tensor(vec![slopes.len()], slopes)?;
        self.same_shape(Op::PRelu { slope }, x)
    }

    fn same_shape(&mut self, op: Op, x: ValueId) -> Result<Known, Fault> {
        let shape = self.graph.shape(x).to_vec();
        self.push(op, vec![x], shape).map(Known::Value)
    }

    /// An input that has to be a constant, or is left out.
    pub(super) fn constant(&self, step: &Step, place: usize) -> Result<Option<&Constant>, Fault> {
        match step.inputs.get(place).map(String::as_str) {
            None | Some("") => Ok(None),
            Some(_) => match self.input(step, place)? {
                Known::Constant(constant) => Ok(Some(constant)),
                _ => Err(step.unsupported(format!("its input number {place} is no constant"))),
            },
        }
    }

    /// Weights for this step alone where it is their only reader.
    fn weights(&mut self, step: &'n Step, place: usize) -> Result<Option<Arc<Tensor>>, Fault> {
        if self.constant(step, place)?.is_none() {
            return Ok(None);
        }
        match self.take(&step.inputs[place]) {
            Some(Known::Constant(Constant::Floats(tensor))) => Ok(Some(tensor)),
            _ => {
                Err(step
                    .unsupported(format!("its input number {place} is no array of 32-bit floats")))
            }
        }
    }
}

fn conv<'n>(builder: &mut Builder<'n>, step: &'n Step) -> Result<Known, Fault> {
    let missing = || step.unsupported("it has no weights");
    let weight = builder.weights(step, 1)?.ok_or_else(missing)?;
    let &[outputs, inputs, height, width] = weight.shape() else {
        return Err(step.unsupported("it is not two-dimensional"));
    };
    let bias = match builder.weights(step, 2)? {
        Some(bias) if bias.shape() == [outputs] => bias,
        Some(_) => return Err(step.unsupported("its bias does not match its weights")),
        None => {
            builder.weights.take(outputs, size_of::<f32>())?;
            new_tensor(vec![outputs], vec![0.0; outputs])?
        }
    };
    let group = usize::try_from(step.int("group", 1)?).unwrap_or_default();
    let (x, affine) = match builder.input(step, 0)?.clone() {
        Known::Scaled(id, affine) => (id, Some(affine)),
        _ => (builder.computed(step, 0)?, None),
    };
    let &[batch, channels, h, w] = builder.graph.shape(x) else {
        return Err(step.unsupported("its input is no picture"));
    };
    let fits = group > 0 && outputs % group == 0 && inputs.checked_mul(group) == Some(channels);
    if !fits {
        let reason = format!("{channels} channels, weights for {inputs} x {group}");
        return Err(step.unsupported(reason));
    }
    let window = windows::window(step, Some([height, width]), [h, w])?;
    let [h, w] = windows::places(step, &window, [h, w])?;
    let mut conv = Conv { weight, bias, group, window };
    let x = match affine {
        Some(affine) if !builder.fold_into_conv(&mut conv, &affine)? => {
            builder.computed(step, 0)?
        }
        _ => x,
    };
    builder.push(Op::Conv(conv), vec![x], vec![batch, outputs, h, w]).map(Known::Value)
}

fn gemm<'n>(builder: &mut Builder<'n>, step: &'n Step) -> Result<Known, Fault> {
    step.only("transA", 0)?;
    let missing = || step.unsupported("it has no weights");
    let weight = builder.weights(step, 1)?.ok_or_else(missing)?;
    let &[rows, columns] = weight.shape() else {
        return Err(step.unsupported("its weights are no matrix"));
    };
    let transposed = step.int("transB", 0)? != 0;
    let (k, n) = if transposed { (columns, rows) } else { (rows, columns) };
    if n == 0 {
        return Err(step.unsupported("its weights are empty"));
    }
    let mut weights = if transposed {
        builder.weights.take(weight.data().len(), size_of::<f32>())?;
        transpose_values(weight.data(), rows, columns)
    } else {
        owned(weight, &mut builder.weights)?
    };
    let (alpha, beta) = (step.float("alpha", 1.0)?, step.float("beta", 1.0)?);
    weights.iter_mut().filter(|_| alpha != 1.0).for_each(|w| *w *= alpha);
    builder.weights.take(n, size_of::<f32>())?;
    let mut biases = match builder.weights(step, 2)? {
        None => vec![0.0; n],
        Some(bias) => match (bias.data(), bias.shape()) {
            (&[one], _) => vec![one * beta; n],
            (all, [.., last]) if all.len() == n && *last == n => {
                all.iter().map(|b| b * beta).collect()
            }
            _ => return Err(step.unsupported("its bias does not match its weights")),
        },
    };
    let x = match builder.input(step, 0)?.clone() {
        Known::Scaled(id, affine) if affine.scale.len() == k => {
            fold::fold_into_gemm(&mut weights, &mut biases, &affine);
            id
        }
        _ => builder.computed(step, 0)?,
    };
    let &[batch, features] = builder.graph.shape(x) else {
        return Err(step.unsupported("its input is no matrix"));
    };
    if features != k {
        return Err(Fault::WrongInput(format!("{features} numbers reach a layer for {k}")));
    }
    let op =
        Op::Gemm { weight: new_tensor(vec![k, n], weights)?, bias: new_tensor(vec![n], biases)? };
    builder.push(op, vec![x], vec![batch, n]).map(Known::Value)
}

/// `[rows, columns]` to `[columns, rows]`.
pub(super) fn transpose_values(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut result = vec![0.0; values.len()];
    for row in 0..rows {
        for (column, value) in values[row * columns..][..columns].iter().enumerate() {
            result[column * rows + row] = *value;
        }
    }
    result
}

/// A constant that has one number a channel of `shape`, or one for all.
fn per_channel(
    builder: &mut Builder<'_>,
    step: &Step,
    place: usize,
    shape: &[usize],
) -> Result<Vec<f64>, Fault> {
    let (rank, Some(&channels)) = (shape.len(), shape.get(1)) else {
        return Err(step.unsupported("of something without channels"));
    };
    let Some(Constant::Floats(constant)) = builder.constant(step, place)? else {
        return Err(
            step.unsupported("the other side is neither computed nor an array of 32-bit floats")
        );
    };
    let constant = constant.clone();
    builder.weights.take(channels, 2 * size_of::<f64>())?;
    // Broadcasting lines shapes up at the end.
    let offset = rank.checked_sub(constant.shape().len());
    let in_place = |offset: usize| {
        constant
            .shape()
            .iter()
            .enumerate()
            .all(|(n, &d)| d == 1 || n + offset == 1 && d == channels)
    };
    match constant.data() {
        &[one] => Ok(vec![one.into(); channels]),
        values if offset.is_some_and(in_place) => Ok(values.iter().map(|&v| v.into()).collect()),
        _ => Err(step.unsupported(format!("with a constant shaped {:?}", constant.shape()))),
    }
}

fn arithmetic<'n>(builder: &mut Builder<'n>, step: &'n Step) -> Result<Known, Fault> {
    let is_constant = |known: &Known| matches!(known, Known::Constant(_));
    let constants = [is_constant(builder.input(step, 0)?), is_constant(builder.input(step, 1)?)];
    if constants == [false, false] {
        let (a, b) = (builder.computed(step, 0)?, builder.computed(step, 1)?);
        let shape = builder.graph.shape(a).to_vec();
        if step.op != "Add" || shape != builder.graph.shape(b) {
            return Err(
                step.unsupported("of two computed values, unless it adds two of the same shape")
            );
        }
        return builder.push(Op::Add, vec![a, b], shape).map(Known::Value);
    }
    let (x, c) = if constants[0] { (1, 0) } else { (0, 1) };
    let (Known::Value(id) | Known::Scaled(id, _)) = builder.input(step, x)? else {
        return Err(step.unsupported("of constants"));
    };
    let shape = builder.graph.shape(*id).to_vec();
    let values = per_channel(builder, step, c, &shape)?;
    let same = |v: f64| vec![v; shape[1]];
    let (scale, shift) = match (step.op.as_str(), c) {
        ("Add", _) => (same(1.0), values),
        ("Sub", 1) => (same(1.0), values.iter().map(|v| -v).collect()),
        ("Sub", _) => (same(-1.0), values),
        ("Mul", _) => (values, same(0.0)),
        ("Div", 1) if values.iter().all(|&v| v != 0.0) => {
            (values.iter().map(|v| 1.0 / v).collect(), same(0.0))
        }
        _ => return Err(step.unsupported("by what may be zero")),
    };
    builder.scaled(&step.inputs[x], Affine { scale, shift })
}

fn clip(builder: &mut Builder<'_>, step: &Step) -> Result<Known, Fault> {
    // The bounds are attributes before opset 11, inputs since.
    let bound = |place, name: &str, default| match builder.constant(step, place)? {
        None => step.float(name, default),
        Some(Constant::Floats(bound)) if bound.data().len() == 1 => Ok(bound.data()[0]),
        Some(_) => Err(step.unsupported(format!("its {name} is not one number"))),
    };
    let (low, high) = (bound(1, "min", f32::MIN)?, bound(2, "max", f32::MAX)?);
    let x = builder.computed(step, 0)?;
    match (low, high) {
        (0.0, f32::MAX..) => builder.same_shape(Op::Relu, x),
        _ if low <= high => builder.same_shape(Op::Clip { low, high }, x),
        _ => Err(step.unsupported("its min is above its max")),
    }
}

/// Over the last axis, where all operator sets mean the same.
fn softmax(builder: &mut Builder<'_>, step: &Step) -> Result<Known, Fault> {
    let x = builder.computed(step, 0)?;
    let rank = builder.graph.shape(x).len();
    let default = if builder.network.opset < 13 { 1 } else { -1 };
    if step.axis(step.int("axis", default)?, rank)? + 1 != rank {
        return Err(step.unsupported("over another axis than the last"));
    }
    builder.same_shape(Op::Softmax, x)
}
