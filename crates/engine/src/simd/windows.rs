//! What moves values about: padding, pooling, repeating, joining, transposing.

use wide::f32x4;

use super::map::{LANES, Map};
use crate::graph::Window;

/// Copies `input` into the middle of `padded`, pixels `pixel` values apart. The border is not
/// touched.
pub(super) fn pad(input: &Map, pads: [usize; 4], pixel: usize, padded: &mut [f32]) {
    let row = (pads[1] + input.width + pads[3]) * pixel;
    let stored = input.groups() * LANES;
    let values: &[f32] = bytemuck::cast_slice(&input.data);
    for (y, from) in values.chunks_exact(input.width * stored).enumerate() {
        let to = &mut padded[(pads[0] + y) * row + pads[1] * pixel..][..input.width * pixel];
        if stored == pixel {
            to.copy_from_slice(from);
        } else {
            for (to, from) in to.chunks_exact_mut(pixel).zip(from.chunks_exact(stored)) {
                to.copy_from_slice(&from[..pixel]);
            }
        }
    }
}

/// The largest value under each window.
pub(super) fn max_pool(window: &Window, input: &Map, out: &mut Map) {
    let (groups, width) = (input.groups(), out.width);
    let inside = |at: usize, tap: usize, pad: usize, size: usize| {
        (at + tap).checked_sub(pad).filter(|&place| place < size)
    };
    for (i, out) in out.data.chunks_exact_mut(groups).enumerate() {
        let (top, left) = (i / width * window.strides[0], i % width * window.strides[1]);
        out.fill(f32x4::splat(f32::NEG_INFINITY));
        for ky in 0..window.kernel[0] {
            let Some(y) = inside(top, ky, window.pads[0], input.height) else { continue };
            for kx in 0..window.kernel[1] {
                let Some(x) = inside(left, kx, window.pads[1], input.width) else { continue };
                let pixel = &input.data[(y * input.width + x) * groups..][..groups];
                for (out, &value) in out.iter_mut().zip(pixel) {
                    *out = out.max(value);
                }
            }
        }
    }
}

/// Repeats each pixel `scale` times in each direction.
pub(super) fn repeat(scale: [usize; 2], input: &Map, out: &mut Map) {
    let (groups, width) = (input.groups(), out.width);
    for (i, out) in out.data.chunks_exact_mut(groups).enumerate() {
        let (y, x) = (i / width / scale[0], i % width / scale[1]);
        out.copy_from_slice(&input.data[(y * input.width + x) * groups..][..groups]);
    }
}

/// The channels of several maps of one size, one after the other.
pub(super) fn join(parts: &[&Map], out: &mut Map) {
    let stored = out.groups() * LANES;
    if out.channels != stored {
        out.data.fill(f32x4::ZERO);
    }
    let values: &mut [f32] = bytemuck::cast_slice_mut(&mut out.data);
    let mut start = 0;
    for part in parts {
        let from: &[f32] = bytemuck::cast_slice(&part.data);
        let pixels = from.chunks_exact(part.groups() * LANES);
        for (to, from) in values.chunks_exact_mut(stored).zip(pixels) {
            to[start..start + part.channels].copy_from_slice(&from[..part.channels]);
        }
        start += part.channels;
    }
}

/// Row-major arrays joined along an axis; each with how many of its numbers lie together.
pub(super) fn join_rows(parts: &[(Vec<f32>, usize)]) -> Vec<f32> {
    let mut runs: Vec<_> = parts.iter().map(|(values, run)| values.chunks_exact(*run)).collect();
    let mut joined = Vec::with_capacity(parts.iter().map(|(values, _)| values.len()).sum());
    let count = runs.first().map_or(0, ExactSizeIterator::len);
    for _ in 0..count {
        runs.iter_mut().filter_map(Iterator::next).for_each(|run| joined.extend_from_slice(run));
    }
    joined
}

/// `exp(x) / sum(exp(x))`, in place. The largest becomes `exp(0)`, so that nothing overflows.
pub(super) fn softmax(values: &mut [f32]) {
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    values.iter_mut().for_each(|v| *v = (*v - largest).exp());
    let sum: f32 = values.iter().sum();
    values.iter_mut().for_each(|v| *v /= sum);
}

/// Swaps axes of a row-major array.
pub(super) fn transpose(values: &[f32], shape: &[usize], perm: &[usize]) -> Vec<f32> {
    let stride_of = |axis: usize| shape[axis + 1..].iter().product::<usize>();
    let mut places = vec![0usize];
    for &axis in perm {
        places = places
            .iter()
            .flat_map(|&at| (0..shape[axis]).map(move |i| at + i * stride_of(axis)))
            .collect();
    }
    places.into_iter().map(|at| values[at]).collect()
}
