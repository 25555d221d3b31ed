//! A seeded random rotation that costs `O(n log n)` and nothing to ship.
//!
//! Rounds of random sign flips and a fast Walsh-Hadamard transform spread every vector evenly over
//! its coordinates (Ailon & Chazelle 2006; three rounds as in Andoni et al. 2015), so that one
//! coordinate is worth as many bits as any other.

use crate::manifest::RotationSpec;

/// The rotation for vectors of one dimension.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// Per round, per 64 coordinates: bit `i` of a word flips coordinate `i` of the 64.
    flips: Vec<Vec<u64>>,
    scale: f32,
    size: usize,
}

/// The number of dimensions after padding with zeros: the next power of two, at least 64.
#[must_use]
pub fn padded(dimension: usize) -> usize {
    dimension.next_power_of_two().max(64)
}

/// Steele, Lea & Flood's SplitMix64 (2014): the flips' source, since anyone can write it in four
/// lines of any language.
#[derive(Clone, Debug)]
pub struct SplitMix64(pub u64);

impl Iterator for SplitMix64 {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some(z ^ (z >> 31))
    }
}

impl Rotation {
    /// The rotation of `dimension` dimensions that `spec` describes.
    #[must_use]
    pub fn new(spec: RotationSpec, dimension: usize) -> Self {
        let size = padded(dimension);
        let mut words = SplitMix64(spec.seed);
        let flips = (0..spec.rounds).map(|_| words.by_ref().take(size / 64).collect()).collect();
        Self { flips, scale: (1.0 / (size as f64).sqrt()) as f32, size }
    }

    /// How many dimensions turned vectors have.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Turns `vector`, padded with zeros; the result has [`padded`] dimensions and the same length.
    #[must_use]
    pub fn apply(&self, vector: impl IntoIterator<Item = f32>) -> Vec<f32> {
        let mut x: Vec<f32> = vector.into_iter().take(self.size).collect();
        x.resize(self.size, 0.0);
        for flips in &self.flips {
            for (lanes, word) in x.chunks_exact_mut(64).zip(flips) {
                for (bit, value) in lanes.iter_mut().enumerate() {
                    if word >> bit & 1 == 1 {
                        *value = -*value;
                    }
                }
            }
            hadamard(&mut x);
            for value in &mut x {
                *value *= self.scale;
            }
        }
        x
    }
}

/// Normal numbers (Box and Muller 1958).
pub(crate) struct Normal(pub(crate) SplitMix64);

impl Normal {
    fn uniform(&mut self) -> f32 {
        // 24 bits, as many as an f32 holds; never 0, whose logarithm is none.
        ((self.0.next().unwrap_or_default() >> 40) as f32 + 1.0) / (1u32 << 24) as f32
    }

    pub(crate) fn draw(&mut self) -> f32 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f32::consts::TAU * self.uniform()).cos()
    }
}

/// The Walsh-Hadamard transform, in place, in natural order, without scaling.
fn hadamard(x: &mut [f32]) {
    let mut half = 1;
    while half < x.len() {
        for block in x.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPEC: RotationSpec = RotationSpec { seed: 1, rounds: 3 };

    #[test]
    fn the_generator_is_the_published_one() {
        // Vigna's reference implementation with seed 1234567.
        let first: Vec<u64> = SplitMix64(1_234_567).take(3).collect();
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    proptest! {
        #[test]
        fn keeps_lengths_and_angles(
            a in proptest::collection::vec(-1.0f32..1.0, 100),
            b in proptest::collection::vec(-1.0f32..1.0, 100),
        ) {
            let rotation = Rotation::new(SPEC, 100);
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            let (ra, rb) = (rotation.apply(a.clone()), rotation.apply(b.clone()));
            prop_assert_eq!(ra.len(), 128);
            prop_assert!((dot(&a, &b) - dot(&ra, &rb)).abs() < 1e-3);
            prop_assert!((dot(&a, &a) - dot(&ra, &ra)).abs() < 1e-3);
        }

        #[test]
        fn hadamard_is_the_matrix_of_signs(x in proptest::collection::vec(-9i16..9, 64)) {
            let mut fast: Vec<f32> = x.iter().map(|&v| f32::from(v)).collect();
            hadamard(&mut fast);
            for (row, fast) in fast.iter().enumerate() {
                let slow: i32 = x.iter().enumerate()
                    .map(|(column, &v)| if (row & column).count_ones() % 2 == 0 { i32::from(v) } else { -i32::from(v) })
                    .sum();
                prop_assert_eq!(*fast, slow as f32);
            }
        }
    }

    #[test]
    fn spreads_a_spike() {
        let rotation = Rotation::new(SPEC, 512);
        let turned = rotation.apply((0..512).map(|i| if i == 7 { 1.0 } else { 0.0 }));
        assert!(turned.iter().all(|x| x.abs() < 0.25), "no coordinate carries the vector");
    }
}
