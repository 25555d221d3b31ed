//! Computes nodes that depend on constants alone: quantised weights, and the arithmetic on shapes
//! that exporters leave in their graphs.

use super::lower::transpose_values;
use crate::{
    constant::{Constant, MAX_INTEGERS},
    error::Fault,
    limits::{Budget, elements},
    network::Step,
};

/// The value of `step`, whose inputs all are constants (`None` where one is left out).
pub(crate) fn evaluate(
    step: &Step,
    inputs: Vec<Option<Constant>>,
    memory: &mut Budget,
) -> Result<Constant, Fault> {
    let mut inputs = inputs;
    if step.op == "Concat" {
        return concat(step, &inputs);
    }
    let taken = inputs.first_mut().and_then(Option::take);
    let first = taken.ok_or_else(|| step.unsupported("it has no input"))?;
    let input = |place: usize| inputs.get(place).and_then(Option::as_ref);
    match step.op.as_str() {
        // `first` already is the shape that was asked for.
        "Shape" => slice_of(step, &first, step.int("start", 0)?, step.int("end", i64::MAX)?),
        "DequantizeLinear" => dequantise(step, &first, input(1), input(2), memory),
        "Reshape" => {
            let target = integers(step, input(1))?;
            step.only("allowzero", 0)?;
            let shape = reshape(step, first.shape(), target)?;
            first.reshaped(shape, memory)
        }
        "Transpose" => transpose_matrix(step, &first, memory),
        "Unsqueeze" => {
            let axes = axes(step, input(1))?;
            let shape = unsqueeze(step, first.shape(), axes)?;
            first.reshaped(shape, memory)
        }
        "Squeeze" => {
            let axes = match input(1) {
                None if step.attribute("axes").is_none() => None,
                other => Some(axes(step, other)?),
            };
            let shape = squeeze(step, first.shape(), axes)?;
            first.reshaped(shape, memory)
        }
        // Shapes are kept as 64-bit integers whatever their type.
        "Cast" if matches!(step.int("to", 0)?, 6 | 7) => {
            Constant::integers(first.shape().to_vec(), integers(step, Some(&first))?.to_vec())
        }
        "Gather" => gather(step, &first, integers(step, input(1))?, input(1)),
        "Slice" => {
            let one = |place| match integers(step, input(place))? {
                [value] => Ok(*value),
                _ => Err(step.unsupported("of several axes at once")),
            };
            if input(3).is_some() && one(3)? != 0 || input(4).is_some() && one(4)? != 1 {
                return Err(step.unsupported("of another axis than 0, or with a step"));
            }
            slice_of(step, &first, one(1)?, one(2)?)
        }
        "Add" | "Sub" | "Mul" | "Div" => arithmetic(step, &first, input(1)),
        _ => Err(step.unsupported("on constants")),
    }
}

/// Weights that an exporter turns before it multiplies by them.
fn transpose_matrix(step: &Step, of: &Constant, memory: &mut Budget) -> Result<Constant, Fault> {
    let Constant::Floats(tensor) = of else {
        return Err(step.unsupported("of other constants than 32-bit floats"));
    };
    let (&[rows, columns], None | Some([1, 0])) = (tensor.shape(), step.ints("perm")?) else {
        return Err(step.unsupported("of a constant that is no matrix"));
    };
    memory.take(tensor.data().len(), size_of::<f32>())?;
    Constant::floats(vec![columns, rows], transpose_values(tensor.data(), rows, columns))
}

/// The integers of an input that must have some, few enough to be about shapes.
pub(super) fn integers<'c>(
    step: &Step,
    constant: Option<&'c Constant>,
) -> Result<&'c [i64], Fault> {
    match constant {
        Some(Constant::Integers { values, .. }) if values.len() <= MAX_INTEGERS => Ok(values),
        _ => Err(step.unsupported("an input is not a short list of integers")),
    }
}

/// The axes of `Squeeze` and `Unsqueeze`: an attribute before opset 13, an input since.
pub(super) fn axes<'c>(step: &'c Step, input: Option<&'c Constant>) -> Result<&'c [i64], Fault> {
    match step.ints("axes")? {
        Some(axes) => Ok(axes),
        None => integers(step, input),
    }
}

/// The shape that `Reshape` makes of `shape`: 0 copies an axis, one -1 takes what is left.
pub(super) fn reshape(step: &Step, shape: &[usize], target: &[i64]) -> Result<Vec<usize>, Fault> {
    let total = elements(shape)?;
    let mut rest = None;
    let mut result = Vec::with_capacity(target.len());
    for (place, &length) in target.iter().enumerate() {
        result.push(match length {
            0 => *shape
                .get(place)
                .ok_or_else(|| step.unsupported("it copies an axis that is not there"))?,
            -1 if rest.replace(place).is_none() => 1,
            _ => usize::try_from(length).map_err(|_| step.unsupported("its shape is negative"))?,
        });
    }
    let known = elements(&result)?;
    if let Some(place) = rest
        && known > 0
    {
        result[place] = total / known;
    }
    if elements(&result)? == total {
        Ok(result)
    } else {
        Err(Fault::WrongInput(format!("{shape:?} cannot become {target:?}")))
    }
}

pub(super) fn unsqueeze(step: &Step, shape: &[usize], axes: &[i64]) -> Result<Vec<usize>, Fault> {
    let rank = shape.len() + axes.len();
    let mut inserted = vec![false; rank];
    for &axis in axes {
        let place = step.axis(axis, rank)?;
        if std::mem::replace(&mut inserted[place], true) {
            return Err(step.unsupported("it adds an axis twice"));
        }
    }
    let mut old = shape.iter();
    Ok(inserted.iter().map(|&new| if new { 1 } else { old.next().copied().unwrap_or(1) }).collect())
}

pub(super) fn squeeze(
    step: &Step,
    shape: &[usize],
    axes: Option<&[i64]>,
) -> Result<Vec<usize>, Fault> {
    let mut gone = vec![false; shape.len()];
    match axes {
        None => shape.iter().zip(&mut gone).for_each(|(&d, gone)| *gone = d == 1),
        Some(axes) => {
            for &axis in axes {
                let place = step.axis(axis, shape.len())?;
                if shape[place] != 1 {
                    return Err(step.unsupported("it drops an axis that is longer than 1"));
                }
                gone[place] = true;
            }
        }
    }
    Ok(shape.iter().zip(gone).filter(|(_, gone)| !gone).map(|(&d, _)| d).collect())
}

/// `(q - zero_point) * scale`, with one scale for all, one per slice, or one per block of an axis.
fn dequantise(
    step: &Step,
    quantised: &Constant,
    scale: Option<&Constant>,
    zero_point: Option<&Constant>,
    memory: &mut Budget,
) -> Result<Constant, Fault> {
    let (Constant::Bytes { shape, signed, values }, Some(Constant::Floats(scale))) =
        (quantised, scale)
    else {
        return Err(step.unsupported("other than 8-bit weights with 32-bit scales"));
    };
    let zeros = match zero_point {
        None => None,
        Some(Constant::Bytes { values, signed: s, shape })
            if s == signed && shape == scale.shape() =>
        {
            Some(values)
        }
        Some(_) => return Err(step.unsupported("its zero points do not match its scales")),
    };
    let index = ScaleIndex::new(step, shape, scale.shape())?;
    let number = |byte: u8| if *signed { i32::from(byte as i8) } else { i32::from(byte) };
    memory.take(values.len(), size_of::<f32>())?;
    let mut floats = Vec::with_capacity(values.len());
    for row in 0..index.outer {
        for along in 0..index.scales {
            let end = index.length.min((along + 1) * index.block);
            for position in along * index.block..end {
                let start = (row * index.length + position) * index.inner;
                for inner in 0..index.inner {
                    let at = index.of(row, along, inner);
                    let zero = zeros.map_or(0, |zeros| number(zeros[at]));
                    floats.push((number(values[start + inner]) - zero) as f32 * scale.data()[at]);
                }
            }
        }
    }
    Constant::floats(shape.clone(), floats)
}

/// Where the scale of a weight is, the weights being `[outer, length, inner]`.
struct ScaleIndex {
    outer: usize,
    length: usize,
    inner: usize,
    /// Weights to a scale along the axis.
    block: usize,
    /// Scales along the axis.
    scales: usize,
    /// Whether scales differ along the other axes too.
    blocked: bool,
}

impl ScaleIndex {
    fn new(step: &Step, shape: &[usize], scale: &[usize]) -> Result<Self, Fault> {
        let total = elements(shape)?;
        if elements(scale)? == 1 && (scale.is_empty() || total > 0) {
            // One scale for everything. A block size makes no difference then, and files have it.
            return Ok(Self {
                outer: 1,
                length: total,
                inner: 1,
                block: total,
                scales: 1,
                blocked: false,
            });
        }
        let axis = step.axis(step.int("axis", 1)?, shape.len())?;
        let (outer, length, inner) =
            (elements(&shape[..axis])?, shape[axis], elements(&shape[axis + 1..])?);
        let misfit = || step.unsupported(format!("scales {scale:?} for weights {shape:?}"));
        let block = usize::try_from(step.int("block_size", 0)?).map_err(|_| misfit())?;
        if block == 0 {
            // One scale for each slice of the axis.
            return if scale == [length] {
                Ok(Self { outer, length, inner, block: 1, scales: length, blocked: false })
            } else {
                Err(misfit())
            };
        }
        let mut wanted = shape.to_vec();
        wanted[axis] = length.div_ceil(block);
        if scale != wanted {
            return Err(misfit());
        }
        Ok(Self { outer, length, inner, block, scales: wanted[axis], blocked: true })
    }

    fn of(&self, row: usize, along: usize, inner: usize) -> usize {
        if self.blocked { (row * self.scales + along) * self.inner + inner } else { along }
    }
}

fn gather(
    step: &Step,
    data: &Constant,
    indices: &[i64],
    raw: Option<&Constant>,
) -> Result<Constant, Fault> {
    let values = integers(step, Some(data))?;
    if data.shape().len() != 1 {
        return Err(step.unsupported("from more than a list of integers"));
    }
    let pick = |&index: &i64| step.axis(index, values.len()).map(|place| values[place]);
    let picked = indices.iter().map(pick).collect::<Result<_, _>>()?;
    Constant::integers(raw.map(|c| c.shape().to_vec()).unwrap_or_default(), picked)
}

fn slice_of(step: &Step, data: &Constant, start: i64, end: i64) -> Result<Constant, Fault> {
    let values = integers(step, Some(data))?;
    if data.shape().len() != 1 {
        return Err(step.unsupported("of more than a list of integers"));
    }
    let length = values.len() as i64;
    let place =
        |at: i64| if at < 0 { at.saturating_add(length) } else { at }.clamp(0, length) as usize;
    let part = values.get(place(start)..place(end)).unwrap_or_default();
    Constant::integers(vec![part.len()], part.to_vec())
}

fn concat(step: &Step, inputs: &[Option<Constant>]) -> Result<Constant, Fault> {
    let mut joined = Vec::new();
    for input in inputs {
        let values = integers(step, input.as_ref())?;
        if input.as_ref().is_none_or(|c| c.shape().len() != 1) {
            return Err(step.unsupported("of more than lists of integers"));
        }
        if joined.len() + values.len() > MAX_INTEGERS {
            return Err(step.unsupported("the list is too long for a shape"));
        }
        joined.extend_from_slice(values);
    }
    Constant::integers(vec![joined.len()], joined)
}

/// Integer arithmetic of two lists of the same shape, or of a list and one number.
fn arithmetic(step: &Step, left: &Constant, right: Option<&Constant>) -> Result<Constant, Fault> {
    let (a, b) = (integers(step, Some(left))?, integers(step, right)?);
    let right_shape = right.map(Constant::shape).unwrap_or_default();
    let shape = if a.len() == 1 { right_shape } else { left.shape() };
    if a.len() != 1 && b.len() != 1 && left.shape() != right_shape {
        return Err(step.unsupported("of shapes that do not match"));
    }
    let at = |values: &[i64], n: usize| if values.len() == 1 { values[0] } else { values[n] };
    let result = (0..if a.len() == 1 { b.len() } else { a.len() }).map(|n| {
        let (a, b) = (at(a, n), at(b, n));
        match step.op.as_str() {
            "Add" => a.checked_add(b),
            "Sub" => a.checked_sub(b),
            "Mul" => a.checked_mul(b),
            _ => a.checked_div(b),
        }
    });
    let result: Option<Vec<i64>> = result.collect();
    Constant::integers(
        shape.to_vec(),
        result.ok_or_else(|| step.unsupported("the numbers overflow"))?,
    )
}
