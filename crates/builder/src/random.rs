//! Numbers drawn from a seed, the same ones on every machine.

use std::f64::consts::TAU;

use rollcall_index::SplitMix64;

/// A source of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(SplitMix64);

impl Random {
    /// The source that starts from `seed`.
    #[must_use]
    pub(crate) fn new(seed: u64) -> Self {
        Self(SplitMix64(seed))
    }

    /// Any 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next().unwrap_or_default()
    }

    /// A whole number below `end` (0 if there is none). Of up to 2^32, none is favoured by more than
    /// one in 2^32.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.bits().checked_rem(end as u64).unwrap_or_default() as usize
    }

    /// A number of the standard normal distribution (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        // 53 bits, as many as an f64 holds; never 0, whose logarithm is none.
        let mut uniform = || ((self.bits() >> 11) as f64 + 1.0) / (1u64 << 53) as f64;
        let radius = (-2.0 * uniform().ln()).sqrt();
        radius * (TAU * uniform()).cos()
    }

    /// `count` numbers of the standard normal distribution.
    pub(crate) fn normals(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.normal()).collect()
    }

    /// The items in another order, each order as likely as any other (Fisher and Yates 1938).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// How often each of `count` items comes up when `count` are drawn with replacement.
    pub(crate) fn resample(&mut self, count: usize) -> Vec<f64> {
        let mut times = vec![0.0; count];
        for _ in 0..count {
            times[self.below(count)] += 1.0;
        }
        times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let drawn = Random::new(1).normals(40_000);
        let mean = drawn.iter().sum::<f64>() / 40_000.0;
        let variance = drawn.iter().map(|x| x * x).sum::<f64>() / 40_000.0;
        let beyond_two = drawn.iter().filter(|x| x.abs() > 2.0).count() as f64 / 40_000.0;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        assert!((beyond_two - 0.0455).abs() < 0.004, "{beyond_two}");
    }

    #[test]
    fn shuffling_and_resampling_lose_nobody() {
        let mut random = Random::new(2);
        let mut items: Vec<usize> = (0..50).collect();
        random.shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
        assert_eq!(random.resample(50).iter().sum::<f64>(), 50.0);
        assert!(random.resample(0).is_empty());
        assert_eq!(random.below(0), 0);
    }
}
