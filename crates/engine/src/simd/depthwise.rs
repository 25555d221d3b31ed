//! Depthwise convolution: every channel has a filter of its own.

use wide::f32x4;

use super::{
    conv::{Activation, lanes},
    map::{LANES, Map},
};

/// A depthwise convolution.
#[derive(Clone, Debug)]
pub(super) struct Depthwise {
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    /// Padding above and to the left; what lies beyond any edge is zero.
    pub(super) begin: [usize; 2],
    /// `[kh][kw][groups]`
    weights: Vec<f32x4>,
    bias: Vec<f32x4>,
    pub(super) activation: Activation,
}

/// Neighbouring output pixels computed together: they share each weight.
const PIXELS: usize = 4;

impl Depthwise {
    /// Packs `weights` given as `[channels, 1, kh, kw]`.
    pub(super) fn new(
        channels: usize,
        kernel: [usize; 2],
        stride: [usize; 2],
        begin: [usize; 2],
        weights: &[f32],
        bias: &[f32],
    ) -> Self {
        let taps = kernel[0] * kernel[1];
        let weights = (0..taps)
            .flat_map(|tap| {
                let of_tap: Vec<f32> = (0..channels).map(|c| weights[c * taps + tap]).collect();
                lanes(&of_tap, channels)
            })
            .collect();
        Self {
            kernel,
            stride,
            begin,
            weights,
            bias: lanes(bias, channels),
            activation: Activation::None,
        }
    }

    /// Convolves `input` into `output`, whose size says how much padding there is at the end.
    pub(super) fn run(&self, input: &Map, output: &mut Map) {
        let groups = input.groups();
        let row = output.width * groups;
        // The output pixels whose whole kernel row lies inside the picture.
        let first = self.begin[1].div_ceil(self.stride[1]).min(output.width);
        let inside = (input.width + self.begin[1] + self.stride[1]).saturating_sub(self.kernel[1])
            / self.stride[1];
        let last = inside.clamp(first, output.width);
        for (y, out) in output.data.chunks_exact_mut(row).enumerate() {
            let rows = self.rows(y, input.height);
            let mut x = 0;
            while x < output.width {
                if x >= first && x + PIXELS <= last {
                    let out = &mut out[x * groups..(x + PIXELS) * groups];
                    // The usual width as a constant, so that its loop is unrolled.
                    match self.kernel[1] {
                        3 => self.inner(3, input, y, &rows, x, out),
                        kw => self.inner(kw, input, y, &rows, x, out),
                    }
                    x += PIXELS;
                } else {
                    self.edge(input, y, &rows, x, &mut out[x * groups..(x + 1) * groups]);
                    x += 1;
                }
            }
        }
    }

    /// The kernel rows that lie inside a picture of `height` rows, for output row `y`.
    fn rows(&self, y: usize, height: usize) -> std::ops::Range<usize> {
        let top = y * self.stride[0];
        let first = self.begin[0].saturating_sub(top).min(self.kernel[0]);
        let last = (height + self.begin[0]).saturating_sub(top).min(self.kernel[0]);
        first..last.max(first)
    }

    /// [`PIXELS`] output pixels whose kernels, `kw` wide, lie inside the row.
    #[inline(always)]
    fn inner(
        &self,
        kw: usize,
        input: &Map,
        y: usize,
        rows: &std::ops::Range<usize>,
        x: usize,
        out: &mut [f32x4],
    ) {
        let groups = input.groups();
        let step = self.stride[1] * groups;
        let left = x * self.stride[1] - self.begin[1];
        let needed = (PIXELS - 1) * step + kw * groups;
        for group in 0..groups {
            let mut sums = [self.bias[group]; PIXELS];
            for ky in rows.clone() {
                let from =
                    ((y * self.stride[0] + ky - self.begin[0]) * input.width + left) * groups;
                let values = &input.data[from..][..needed];
                let weights = &self.weights[ky * kw * groups..][..kw * groups];
                for kx in 0..kw {
                    let weight = weights[kx * groups + group];
                    for (p, sum) in sums.iter_mut().enumerate() {
                        *sum += values[p * step + kx * groups + group] * weight;
                    }
                }
            }
            for (p, &sum) in sums.iter().enumerate() {
                out[p * groups + group] = self.activation.apply(group, sum);
            }
        }
    }

    /// One output pixel that may need padding.
    fn edge(
        &self,
        input: &Map,
        y: usize,
        rows: &std::ops::Range<usize>,
        x: usize,
        out: &mut [f32x4],
    ) {
        let groups = input.groups();
        let kw = self.kernel[1];
        for (group, out) in out.iter_mut().enumerate() {
            let mut sum = self.bias[group];
            for ky in rows.clone() {
                let from = (y * self.stride[0] + ky - self.begin[0]) * input.width;
                for kx in 0..kw {
                    let column = (x * self.stride[1] + kx).wrapping_sub(self.begin[1]);
                    if column < input.width {
                        sum += input.data[(from + column) * groups + group]
                            * self.weights[(ky * kw + kx) * groups + group];
                    }
                }
            }
            *out = self.activation.apply(group, sum);
        }
    }
}

const _: () = assert!(LANES == 4, "f32x4 has four lanes");
