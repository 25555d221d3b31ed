//! What moves numbers about without changing them.

use std::sync::Arc;

use crate::{
    Op,
    constant::Constant,
    error::Fault,
    limits::elements,
    network::{Attribute, Step},
};

use super::{Builder, Known, evaluate, fold::Affine};

/// Inputs one after the other along an axis.
pub(super) fn concat(builder: &mut Builder<'_>, step: &Step) -> Result<Known, Fault> {
    let inputs = (0..step.inputs.len()).map(|place| builder.computed(step, place));
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    let Some(&first) = inputs.first() else { return Err(step.unsupported("of nothing")) };
    let mut shape = builder.graph.shape(first).to_vec();
    let axis = step.axis(step.int("axis", 1)?, shape.len())?;
    for &input in inputs.iter().skip(1) {
        let mut other = builder.graph.shape(input).to_vec();
        let length = other.get(axis).copied().unwrap_or_default();
        let joined = shape[axis].checked_add(length);
        if let Some(length) = other.get_mut(axis) {
            *length = shape[axis];
        }
        match joined {
            Some(joined) if other == shape => shape[axis] = joined,
            _ => return Err(Fault::WrongInput(format!("{other:?} does not join {shape:?}"))),
        }
    }
    builder.push(Op::Concat { axis }, inputs, shape).map(Known::Value)
}

/// Only what repeats each pixel a whole number of times.
pub(super) fn resize(builder: &mut Builder<'_>, step: &Step) -> Result<Known, Fault> {
    step.text("mode", "nearest", &["nearest"])?;
    // Before operator set 11 factors came second, before 9 as an attribute, and places were rounded
    // down.
    let first = builder.network.opset < 11;
    let modes = ["asymmetric", "half_pixel", "pytorch_half_pixel"];
    let usual = if first { "asymmetric" } else { "half_pixel" };
    let mode = step.text("coordinate_transformation_mode", usual, &modes)?;
    // With whole factors these are all the same: y[i] = x[i / factor].
    let rounding: &[&str] = if mode == "asymmetric" {
        &["floor"]
    } else {
        &["round_prefer_floor", "round_prefer_ceil"]
    };
    step.text("nearest_mode", if first { "floor" } else { "round_prefer_floor" }, rounding)?;
    let x = builder.computed(step, 0)?;
    let &[batch, channels, h, w] = builder.graph.shape(x) else {
        return Err(step.unsupported("its input is no picture"));
    };
    let scaled = |scales: &[f32]| -> Vec<f64> {
        scales.iter().zip([batch, channels, h, w]).map(|(&s, d)| f64::from(s) * d as f64).collect()
    };
    let wanted =
        match (builder.constant(step, if first { 1 } else { 2 })?, builder.constant(step, 3)?) {
            (_, Some(sizes)) => {
                evaluate::integers(step, Some(sizes))?.iter().map(|&v| v as f64).collect()
            }
            (Some(Constant::Floats(scales)), None) => scaled(scales.data()),
            _ => match step.attribute("scales") {
                Some(Attribute::Floats(scales)) => scaled(scales),
                _ => vec![],
            },
        };
    let factor = |wanted: f64, have: usize| {
        let factor = wanted / have as f64;
        ((1.0..=64.0).contains(&factor) && factor.fract() == 0.0).then_some(factor as usize)
    };
    let factors = match wanted[..] {
        [b, c, wanted_h, wanted_w] if b == batch as f64 && c == channels as f64 => {
            factor(wanted_h, h).zip(factor(wanted_w, w))
        }
        _ => None,
    };
    let (down, across) = factors.ok_or_else(|| step.unsupported("its factors are not whole"))?;
    let sides = h.checked_mul(down).zip(w.checked_mul(across));
    let (h, w) = sides.ok_or_else(|| step.unsupported("its result is impossibly large"))?;
    let shape = vec![batch, channels, h, w];
    builder.push(Op::Resize { scale: [down, across] }, vec![x], shape).map(Known::Value)
}

pub(super) fn transpose(builder: &mut Builder<'_>, step: &Step) -> Result<Known, Fault> {
    let x = builder.computed(step, 0)?;
    let shape = builder.graph.shape(x).to_vec();
    let perm: Vec<usize> = match step.ints("perm")? {
        None => (0..shape.len()).rev().collect(),
        Some(perm) => perm.iter().map(|&p| step.axis(p, shape.len())).collect::<Result<_, _>>()?,
    };
    let mut seen = perm.clone();
    seen.sort_unstable();
    if !seen.into_iter().eq(0..shape.len()) {
        return Err(step.unsupported("its perm is no permutation"));
    }
    let shape = perm.iter().map(|&p| shape[p]).collect();
    builder.push(Op::Transpose { perm }, vec![x], shape).map(Known::Value)
}

pub(super) fn reshape(builder: &mut Builder<'_>, step: &Step) -> Result<Known, Fault> {
    let (x, affine) = match builder.input(step, 0)?.clone() {
        Known::Scaled(id, affine) => (id, Some(affine)),
        _ => (builder.computed(step, 0)?, None),
    };
    let shape = builder.graph.shape(x).to_vec();
    let target = match step.op.as_str() {
        "Flatten" => {
            let axis = step.int("axis", 1)?;
            let axis = if axis == shape.len() as i64 {
                shape.len()
            } else {
                step.axis(axis, shape.len())?
            };
            vec![elements(&shape[..axis])?, elements(&shape[axis..])?]
        }
        "Reshape" => {
            step.only("allowzero", 0)?;
            evaluate::reshape(step, &shape, evaluate::integers(step, builder.constant(step, 1)?)?)?
        }
        "Unsqueeze" => {
            evaluate::unsqueeze(step, &shape, evaluate::axes(step, builder.constant(step, 1)?)?)?
        }
        _ => {
            let axes = match builder.constant(step, 1)? {
                None if step.attribute("axes").is_none() => None,
                other => Some(evaluate::axes(step, other)?),
            };
            evaluate::squeeze(step, &shape, axes)?
        }
    };
    let flattens = matches!((&shape[..], &target[..]), ([a, _, ..], [b, _]) if a == b);
    let op = if flattens { Op::Flatten } else { Op::Reshape };
    let Some(affine) = affine else {
        return builder.push(op, vec![x], target).map(Known::Value);
    };
    if !flattens {
        let x = builder.computed(step, 0)?;
        return builder.push(op, vec![x], target).map(Known::Value);
    }
    // Each channel's factor now counts for all the numbers of its plane.
    let plane = elements(&shape[2..])?;
    builder.weights.take(target[1], 2 * size_of::<f64>())?;
    let spread =
        |values: &[f64]| values.iter().flat_map(|&v| std::iter::repeat_n(v, plane)).collect();
    let spread = Affine { scale: spread(&affine.scale), shift: spread(&affine.shift) };
    let flat = builder.push(op, vec![x], target)?;
    Ok(Known::Scaled(flat, Arc::new(spread)))
}
