//! Windows that slide: convolution and pooling.

use crate::{Window, error::Fault, network::Step};

/// Reads the window of a `Conv` or a pool over `size`, `[height, width]`; `kernel` is what the
/// weights say.
pub(super) fn window(
    step: &Step,
    kernel: Option<[usize; 2]>,
    size: [usize; 2],
) -> Result<Window, Fault> {
    let declared = step.lengths("kernel_shape", kernel.unwrap_or([0, 0]))?;
    if kernel.is_some_and(|kernel| kernel != declared) {
        return Err(step.unsupported("kernel_shape is not that of its weights"));
    }
    let mut window = Window {
        kernel: declared,
        strides: step.lengths("strides", [1, 1])?,
        pads: step.lengths("pads", [0; 4])?,
        dilations: step.lengths("dilations", [1, 1])?,
    };
    let positive =
        [window.kernel, window.strides, window.dilations].iter().flatten().all(|&n| n > 0);
    if !positive {
        return Err(step.unsupported("a window of nothing"));
    }
    let ways = ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"];
    let way = step.text("auto_pad", "NOTSET", &ways)?;
    if way != "NOTSET" {
        window.pads = [0; 4];
    }
    if way.starts_with("SAME") {
        for (axis, length) in size.into_iter().enumerate() {
            // So many that there are as many places as strides fit into the picture.
            let stride = window.strides[axis];
            let last = length.div_ceil(stride).saturating_sub(1) * stride;
            let end = reach(step, &window, axis)?.saturating_add(last);
            let pads = end.saturating_sub(length);
            let fewer = pads / 2;
            let (begin, end) =
                if way == "SAME_UPPER" { (fewer, pads - fewer) } else { (pads - fewer, fewer) };
            (window.pads[axis], window.pads[axis + 2]) = (begin, end);
        }
    }
    Ok(window)
}

/// How many pixels a window spans.
fn reach(step: &Step, window: &Window, axis: usize) -> Result<usize, Fault> {
    let reach = (window.kernel[axis] - 1).checked_mul(window.dilations[axis]);
    let reach = reach.and_then(|reach| reach.checked_add(1));
    reach.ok_or_else(|| step.unsupported("its window is impossibly large"))
}

/// How many places a window finds in a picture of `[height, width]`.
pub(super) fn places(step: &Step, window: &Window, size: [usize; 2]) -> Result<[usize; 2], Fault> {
    let mut result = [0; 2];
    for axis in 0..2 {
        let room = size[axis]
            .checked_add(window.pads[axis])
            .and_then(|room| room.checked_add(window.pads[axis + 2]));
        let room = room.ok_or_else(|| step.unsupported("its window is impossibly large"))?;
        let reach = reach(step, window, axis)?;
        let slack = room.checked_sub(reach).ok_or_else(|| {
            Fault::WrongInput(format!("{size:?} pixels are too few for a {}", step.op))
        })?;
        // Rounding up makes a difference only where windows do not fit exactly.
        if !slack.is_multiple_of(window.strides[axis]) {
            step.only("ceil_mode", 0)?;
        }
        result[axis] = slack / window.strides[axis] + 1;
    }
    Ok(result)
}
