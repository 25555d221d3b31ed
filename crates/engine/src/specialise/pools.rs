//! Pooling. Averages become depthwise convolutions, which every engine has.

use crate::{
    Conv, Op, ValueId, Window, constant::new_tensor, error::Fault, limits::elements, network::Step,
};

use super::{Builder, Known, evaluate, windows};

pub(super) fn max_pool(builder: &mut Builder<'_>, step: &Step) -> Result<Known, Fault> {
    step.only("storage_order", 0)?;
    if step.outputs.len() > 1 {
        return Err(step.unsupported("it also gives where the largest value was"));
    }
    let (x, [batch, channels, h, w]) = picture(builder, step)?;
    let window = windows::window(step, None, [h, w])?;
    let [h, w] = windows::places(step, &window, [h, w])?;
    builder.push(Op::MaxPool(window), vec![x], vec![batch, channels, h, w]).map(Known::Value)
}

pub(super) fn average_pool(builder: &mut Builder<'_>, step: &Step) -> Result<Known, Fault> {
    let (x, [_, _, h, w]) = picture(builder, step)?;
    let window = windows::window(step, None, [h, w])?;
    if window.pads != [0; 4] && step.int("count_include_pad", 0)? == 0 {
        return Err(step.unsupported("of windows that are partly padding"));
    }
    average(builder, step, x, window)
}

/// The mean of each plane.
pub(super) fn mean(builder: &mut Builder<'_>, step: &Step) -> Result<Known, Fault> {
    let (x, shape) = picture(builder, step)?;
    let [batch, channels, h, w] = shape;
    let mut keeps_axes = true;
    if step.op == "ReduceMean" {
        // Left out, the axes are all of them.
        let axes = match (step.ints("axes")?, builder.constant(step, 1)?) {
            (None, None) => vec![0, 1, 2, 3],
            (_, input) => evaluate::axes(step, input)?.to_vec(),
        };
        let mut axes: Vec<_> =
            axes.iter().map(|&axis| step.axis(axis, shape.len())).collect::<Result<_, _>>()?;
        axes.sort_unstable();
        if axes != [2, 3] {
            return Err(step.unsupported("of other axes than height and width"));
        }
        keeps_axes = step.int("keepdims", 1)? != 0;
    }
    let window = Window { kernel: [h, w], strides: [1, 1], pads: [0; 4], dilations: [1, 1] };
    match average(builder, step, x, window)? {
        Known::Value(means) if !keeps_axes => {
            builder.push(Op::Flatten, vec![means], vec![batch, channels]).map(Known::Value)
        }
        means => Ok(means),
    }
}

fn average(
    builder: &mut Builder<'_>,
    step: &Step,
    x: ValueId,
    window: Window,
) -> Result<Known, Fault> {
    let [batch, channels, h, w] = four(builder, step, x)?;
    let [out_h, out_w] = windows::places(step, &window, [h, w])?;
    let weight = vec![channels, 1, window.kernel[0], window.kernel[1]];
    let (count, taps) = (elements(&weight)?, elements(&window.kernel)?);
    builder.weights.take(count.saturating_add(channels), size_of::<f32>())?;
    let conv = Conv {
        weight: new_tensor(weight, vec![1.0 / taps as f32; count])?,
        bias: new_tensor(vec![channels], vec![0.0; channels])?,
        group: channels,
        window,
    };
    let shape = vec![batch, channels, out_h, out_w];
    builder.push(Op::Conv(conv), vec![x], shape).map(Known::Value)
}

/// The first input, computed, and its shape.
fn picture(builder: &mut Builder<'_>, step: &Step) -> Result<(ValueId, [usize; 4]), Fault> {
    let x = builder.computed(step, 0)?;
    Ok((x, four(builder, step, x)?))
}

fn four(builder: &Builder<'_>, step: &Step, x: ValueId) -> Result<[usize; 4], Fault> {
    let shape = builder.graph.shape(x);
    shape.try_into().map_err(|_| step.unsupported("its input is no picture"))
}
