//! Windows that slide: convolution and pooling.

use crate::{Window, error::Fault, network::Step};

/// Reads the window of a `Conv` or `MaxPool`; `kernel` is what the weights say.
pub(super) fn window(step: &Step, kernel: Option<[usize; 2]>) -> Result<Window, Fault> {
    step.text("auto_pad", "NOTSET", &["NOTSET"])?;
    let declared = step.lengths("kernel_shape", kernel.unwrap_or([0, 0]))?;
    if kernel.is_some_and(|kernel| kernel != declared) {
        return Err(step.unsupported("kernel_shape is not that of its weights"));
    }
    let window = Window {
        kernel: declared,
        strides: step.lengths("strides", [1, 1])?,
        pads: step.lengths("pads", [0; 4])?,
        dilations: step.lengths("dilations", [1, 1])?,
    };
    let positive =
        [window.kernel, window.strides, window.dilations].iter().flatten().all(|&n| n > 0);
    if positive { Ok(window) } else { Err(step.unsupported("a window of nothing")) }
}

/// How many places a window finds in a picture of `[height, width]`.
pub(super) fn places(step: &Step, window: &Window, size: [usize; 2]) -> Result<[usize; 2], Fault> {
    let mut result = [0; 2];
    for axis in 0..2 {
        let room = size[axis]
            .checked_add(window.pads[axis])
            .and_then(|room| room.checked_add(window.pads[axis + 2]));
        let reach = (window.kernel[axis] - 1)
            .checked_mul(window.dilations[axis])
            .and_then(|reach| reach.checked_add(1));
        let (Some(room), Some(reach)) = (room, reach) else {
            return Err(step.unsupported("its window is impossibly large"));
        };
        let slack = room.checked_sub(reach).ok_or_else(|| {
            Fault::WrongInput(format!("{size:?} pixels are too few for a {}", step.op))
        })?;
        result[axis] = slack / window.strides[axis] + 1;
    }
    Ok(result)
}
