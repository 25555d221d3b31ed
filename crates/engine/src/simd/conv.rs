//! Dense convolution, and what is one in disguise (1 x 1 convolution, matrix product).
//!
//! With the channels last, the inputs of one kernel row are neighbours in memory: a `kh x kw`
//! convolution is `kh` matrix products over runs of `kw * channels` values, and nothing has to be
//! gathered first. Weights are packed once, so that the inner loop reads them in order.

use wide::f32x4;

use super::map::{LANES, Map};

/// What happens to a value before it is stored.
#[derive(Clone, Debug)]
pub(super) enum Activation {
    None,
    Relu,
    /// Slopes for negative values, by group of channels.
    PRelu(Vec<f32x4>),
}

impl Activation {
    #[inline(always)]
    pub(super) fn apply(&self, group: usize, value: f32x4) -> f32x4 {
        match self {
            Self::None => value,
            Self::Relu => value.max(f32x4::ZERO),
            Self::PRelu(slopes) => value.max(f32x4::ZERO) + value.min(f32x4::ZERO) * slopes[group],
        }
    }
}

/// A dense convolution with packed weights.
#[derive(Clone, Debug)]
pub(super) struct Conv {
    kernel: [usize; 2],
    stride: [usize; 2],
    /// Values of one kernel row: `kw * channels`.
    run: usize,
    /// Output channels.
    pub(super) outputs: usize,
    /// Per tile of 8 outputs, per kernel value: 2 vectors. A last tile of 4 has 1.
    weights: Vec<f32x4>,
    bias: Vec<f32x4>,
    pub(super) activation: Activation,
}

/// Output groups computed together; with [`PIXELS`] this fills the registers of SSE and simd128
/// (16) with accumulators, weights and one input.
const GROUPS: usize = 2;
/// Output pixels computed together.
const PIXELS: usize = 4;
/// Output pixels whose inputs stay in the cache while all weights pass by.
const BLOCK: usize = 64;

impl Conv {
    /// Packs `weights` given as `[outputs, channels, kh, kw]` for inputs whose pixels are
    /// `pixel` values apart (`channels`, or more when padded).
    pub(super) fn new(
        [outputs, channels, kh, kw]: [usize; 4],
        pixel: usize,
        stride: [usize; 2],
        weights: &[f32],
        bias: &[f32],
    ) -> Self {
        let run = kw * pixel;
        let groups = outputs.div_ceil(LANES);
        let at = |output: usize, ky: usize, k: usize| -> f32 {
            let (kx, channel) = (k / pixel, k % pixel);
            if output >= outputs || channel >= channels {
                return 0.0;
            }
            weights[((output * channels + channel) * kh + ky) * kw + kx]
        };
        let mut packed = Vec::with_capacity(groups * kh * run);
        for tile in (0..groups).step_by(GROUPS) {
            for ky in 0..kh {
                for k in 0..run {
                    for group in tile..(tile + GROUPS).min(groups) {
                        packed.push(f32x4::new(std::array::from_fn(|lane| {
                            at(group * LANES + lane, ky, k)
                        })));
                    }
                }
            }
        }
        Self {
            kernel: [kh, kw],
            stride,
            run,
            outputs,
            weights: packed,
            bias: lanes(bias, outputs),
            activation: Activation::None,
        }
    }

    /// Convolves `input` (already padded: `row` values a row, pixels `pixel` values apart) into
    /// `output`, adding `residual` before the activation if there is one.
    pub(super) fn run(
        &self,
        input: &[f32],
        [row, pixel]: [usize; 2],
        residual: Option<&[f32x4]>,
        output: &mut Map,
    ) {
        let (width, groups) = (output.width, output.groups());
        if self.kernel == [1, 1] && self.stride == [1, 1] {
            // Rows follow each other without a gap: one long row has no ragged ends.
            self.run_row(&[input], pixel, residual, &mut output.data);
            return;
        }
        let mut runs: Vec<&[f32]> = Vec::with_capacity(self.kernel[0]);
        for (y, out) in output.data.chunks_exact_mut(width * groups).enumerate() {
            runs.clear();
            runs.extend((0..self.kernel[0]).map(|ky| &input[(y * self.stride[0] + ky) * row..]));
            let residual = residual.map(|r| &r[y * width * groups..][..width * groups]);
            self.run_row(&runs, self.stride[1] * pixel, residual, out);
        }
    }

    /// One output row; output pixel `x` reads `run` values from `x * step` on of each of `runs`.
    fn run_row(&self, runs: &[&[f32]], step: usize, residual: Option<&[f32x4]>, out: &mut [f32x4]) {
        let groups = self.bias.len();
        for start in (0..out.len() / groups).step_by(BLOCK) {
            let end = (start + BLOCK).min(out.len() / groups);
            let mut weights = &self.weights[..];
            for group in (0..groups).step_by(GROUPS) {
                let count = (groups - group).min(GROUPS);
                let (tile, rest) = weights.split_at(runs.len() * self.run * count);
                weights = rest;
                let place = Place { group, groups, residual };
                if count == GROUPS {
                    self.run_tile::<GROUPS>(runs, step, start..end, tile, &place, out);
                } else {
                    self.run_tile::<1>(runs, step, start..end, tile, &place, out);
                }
            }
        }
    }

    #[inline(always)]
    fn run_tile<const G: usize>(
        &self,
        runs: &[&[f32]],
        step: usize,
        pixels: std::ops::Range<usize>,
        weights: &[f32x4],
        place: &Place<'_>,
        out: &mut [f32x4],
    ) {
        let (weights, _) = weights.as_chunks::<G>();
        let mut x = pixels.start;
        while x + PIXELS <= pixels.end {
            let sums = products::<PIXELS, G>(runs, step, x, self.run, weights);
            self.store(x, &sums, place, out);
            x += PIXELS;
        }
        while x < pixels.end {
            let sums = products::<1, G>(runs, step, x, self.run, weights);
            self.store(x, &sums, place, out);
            x += 1;
        }
    }

    #[inline(always)]
    fn store<const P: usize, const G: usize>(
        &self,
        x: usize,
        sums: &[[f32x4; G]; P],
        place: &Place<'_>,
        out: &mut [f32x4],
    ) {
        for (p, sums) in sums.iter().enumerate() {
            for (g, &sum) in sums.iter().enumerate() {
                let group = place.group + g;
                let at = (x + p) * place.groups + group;
                let mut value = sum + self.bias[group];
                if let Some(residual) = place.residual {
                    value += residual[at];
                }
                out[at] = self.activation.apply(group, value);
            }
        }
    }
}

/// Where a tile's results go.
struct Place<'a> {
    group: usize,
    groups: usize,
    residual: Option<&'a [f32x4]>,
}

/// The sums of products of `P` neighbouring output pixels and `G` groups of outputs.
#[inline(always)]
fn products<const P: usize, const G: usize>(
    runs: &[&[f32]],
    step: usize,
    x: usize,
    run: usize,
    weights: &[[f32x4; G]],
) -> [[f32x4; G]; P] {
    let mut sums = [[f32x4::ZERO; G]; P];
    for (values, weights) in runs.iter().zip(weights.chunks_exact(run)) {
        let inputs: [&[f32]; P] =
            std::array::from_fn(|p| &values[(x + p) * step..][..weights.len()]);
        for (k, weights) in weights.iter().enumerate() {
            for p in 0..P {
                let value = f32x4::splat(inputs[p][k]);
                for g in 0..G {
                    sums[p][g] += value * weights[g];
                }
            }
        }
    }
    sums
}

/// Spreads per-channel values over groups of four, the rest zero.
pub(super) fn lanes(values: &[f32], channels: usize) -> Vec<f32x4> {
    (0..channels.div_ceil(LANES))
        .map(|group| {
            f32x4::new(std::array::from_fn(|lane| {
                values.get(group * LANES + lane).copied().unwrap_or(0.0)
            }))
        })
        .collect()
}
