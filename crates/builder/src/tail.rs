//! How rarely two strangers are very alike: a distribution whose tail goes on beyond what was seen.

use serde::Serialize;

/// The share of similarities, from the top, that the tail is fitted to: few enough that the limit
/// theorem holds, enough that two numbers can be read off them.
const SHARE: f64 = 0.05;

/// Fewer exceedances say too little; then a larger share is taken, up to [`LARGEST_SHARE`].
const EXCEEDANCES: f64 = 50.0;

/// Beyond this the tail would reach into the middle of the distribution.
const LARGEST_SHARE: f64 = 0.25;

/// Shapes between a bounded tail (cosines end at 1) and an exponential one. What a fit says beyond is
/// noise: heavier tails than exponential are not bounded, and below -.5 the density rises at its end.
const SHAPES: (f64, f64) = (-0.5, 0.0);

/// A generalised Pareto tail (Pickands 1975) of the squares of the distances from the middle: above
/// `threshold` lies the share `rate`, and of it the share `(1 + shape z / scale)^(-1 / shape)` lies above
/// `x`, where `z = (x - centre)^2 - (threshold - centre)^2`.
///
/// Cosines of strangers lie about their middle much as a normal variable does, whose tail is still far
/// from its limit where samples end; its squares are nearly exponential from the start. Fitted to the
/// cosines themselves, the similarity of one in ten million came out a tenth too low.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tail {
    /// The median of all similarities.
    pub centre: f64,
    /// Where it begins, as a similarity.
    pub threshold: f64,
    /// The share of similarities above.
    pub rate: f64,
    /// The shape; 0 is an exponential tail (Gumbel's domain).
    pub shape: f64,
    /// The scale, in squares of similarity.
    pub scale: f64,
}

impl Tail {
    /// The tail of similarities in falling order, each with its weight, by probability-weighted
    /// moments (Hosking and Wallis 1987). `None` where there are too few.
    fn fit(falling: &[(f64, f64)], total: f64) -> Option<Self> {
        let share = SHARE.max(EXCEEDANCES / total).min(LARGEST_SHARE);
        if share * total < EXCEEDANCES {
            return None;
        }
        let mut above = 0.0;
        let end = falling.iter().position(|(_, weight)| {
            above += weight;
            above > share * total
        })?;
        let threshold = falling[end].0;
        let centre = median(falling, total);
        let square = |x: f64| (x - centre).powi(2);
        let tail = &falling[..end];
        let rate: f64 = tail.iter().map(|(_, weight)| weight).sum();
        // a0 is the mean excess, a1 the mean of excess times the share of the tail above it.
        let (mut a0, mut a1, mut seen) = (0.0, 0.0, 0.0);
        for (value, weight) in tail {
            let excess = square(*value) - square(threshold);
            a0 += weight * excess;
            a1 += weight * excess * (seen + weight / 2.0) / rate;
            seen += weight;
        }
        (a0, a1) = (a0 / rate, a1 / rate);
        if !(a0 > 0.0 && a1 > 0.0) {
            return None;
        }
        let shape = (2.0 - a0 / (a0 - 2.0 * a1)).clamp(SHAPES.0, SHAPES.1);
        // The scale that keeps the mean excess, also where the shape was held back.
        Some(Self { centre, threshold, rate: rate / total, shape, scale: a0 * (1.0 - shape) })
    }

    /// The share of similarities above `x`, which lies above the threshold.
    fn above(&self, x: f64) -> f64 {
        let z = ((x - self.centre).powi(2) - self.start()) / self.scale;
        if self.shape.abs() < 1e-9 {
            return self.rate * (-z).exp();
        }
        self.rate * (1.0 + self.shape * z).max(0.0).powf(-1.0 / self.shape)
    }

    /// The similarity that the share `rare`, at most `rate`, lies above.
    fn value(&self, rare: f64) -> f64 {
        let ratio = rare / self.rate;
        let excess = if self.shape.abs() < 1e-9 {
            -ratio.ln()
        } else {
            (ratio.powf(-self.shape) - 1.0) / self.shape
        };
        self.centre + (self.start() + self.scale * excess).sqrt()
    }

    /// The square of the distance at which it begins.
    fn start(&self) -> f64 {
        (self.threshold - self.centre).powi(2)
    }
}

/// The value that half of the weight lies above.
fn median(falling: &[(f64, f64)], total: f64) -> f64 {
    let mut above = 0.0;
    let middle = falling.iter().find(|(_, weight)| {
        above += weight;
        above >= total / 2.0
    });
    middle.map_or(0.0, |(value, _)| *value)
}

/// Similarities of strangers: as they were seen, with a fitted tail.
#[derive(Clone, Debug)]
pub struct Strangers {
    /// In falling order, and the weight of all up to and with each.
    falling: Vec<(f64, f64)>,
    total: f64,
    /// The tail.
    pub tail: Tail,
}

impl Strangers {
    /// The distribution of `falling`: similarities in falling order, each with its weight. `None`
    /// where there are too few to have a tail.
    #[must_use]
    pub fn of(falling: &[(f64, f64)]) -> Option<Self> {
        let falling: Vec<(f64, f64)> =
            falling.iter().copied().filter(|(_, weight)| *weight > 0.0).collect();
        let total = falling.iter().map(|(_, weight)| weight).sum();
        let tail = Tail::fit(&falling, total)?;
        let mut sum = 0.0;
        let summed = falling.into_iter().map(|(value, weight)| {
            sum += weight;
            (value, sum)
        });
        Some(Self { falling: summed.collect(), total, tail })
    }

    /// The share of strangers more alike than `x`.
    #[must_use]
    pub fn above(&self, x: f64) -> f64 {
        if x >= self.tail.threshold {
            return self.tail.above(x);
        }
        let count = self.falling.partition_point(|(value, _)| *value > x);
        count.checked_sub(1).map_or(0.0, |last| self.falling[last].1 / self.total)
    }

    /// The similarity that the share `rare` of strangers lies above.
    #[must_use]
    pub fn value(&self, rare: f64) -> f64 {
        if rare <= self.tail.rate {
            return self.tail.value(rare);
        }
        let place = self.falling.partition_point(|(_, sum)| *sum <= rare * self.total);
        self.falling.get(place).or(self.falling.last()).map_or(-1.0, |(value, _)| *value)
    }

    /// The probability that none of `others` strangers is more alike than `x`.
    #[must_use]
    pub fn none_above(&self, x: f64, others: f64) -> f64 {
        (others * (-self.above(x)).ln_1p()).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn falling(mut values: Vec<f64>) -> Vec<(f64, f64)> {
        values.sort_by(|a, b| b.total_cmp(a));
        values.into_iter().map(|value| (value, 1.0)).collect()
    }

    fn uniform(random: &mut Random) -> f64 {
        (random.below(1 << 30) as f64 + 0.5) / f64::from(1 << 30)
    }

    #[test]
    fn squares_of_a_generalised_pareto_sample_give_its_own_parameters() {
        // Everything is tail: with shape -.2 and scale 1, what lies above z has the shape -.2 too,
        // and the scale 1 - .2 z. Half of the values lie below 0, so above is half of the share.
        let mut random = Random::new(3);
        let square = |share: f64| (share.powf(0.2) - 1.0) / -0.2;
        let values = (0..400_000).map(|i| {
            let distance = square(uniform(&mut random)).sqrt();
            if i % 2 == 0 { distance } else { -distance }
        });
        let strangers = Strangers::of(&falling(values.collect())).unwrap();
        let tail = strangers.tail;
        assert!(tail.centre.abs() < 0.01 && (tail.rate - 0.05).abs() < 1e-3, "{tail:?}");
        assert!((tail.shape + 0.2).abs() < 0.03, "{tail:?}");
        assert!((tail.scale - (1.0 - 0.2 * tail.threshold.powi(2))).abs() < 0.03, "{tail:?}");
        // Far beyond the sample: one in ten million.
        let (found, truth) = (strangers.value(1e-7), square(2e-7).sqrt());
        assert!((found - truth).abs() < 0.05, "{found} {truth}");
    }

    #[test]
    fn a_normal_tail_is_followed_a_hundred_times_beyond_the_sample() {
        let values = Random::new(4).normals(100_000);
        let strangers = Strangers::of(&falling(values)).unwrap();
        for (rare, truth) in [(1e-2, 2.326), (1e-4, 3.719), (1e-5, 4.265), (1e-7, 5.199)] {
            let found = strangers.value(rare);
            assert!((found - truth).abs() < 0.1 * truth, "{rare}: {found}, {truth}");
        }
    }

    #[test]
    fn value_and_share_are_each_others_inverse() {
        let strangers = Strangers::of(&falling(Random::new(5).normals(2000))).unwrap();
        for rare in [0.5, 0.2, 0.06, 0.04, 1e-3, 1e-6] {
            let back = strangers.above(strangers.value(rare));
            assert!((back - rare).abs() < 1e-3 * rare.max(0.5), "{rare}: {back}");
        }
        assert_eq!(strangers.above(-99.0), 1.0);
        assert_eq!(strangers.above(99.0), 0.0);
        assert_eq!(strangers.none_above(99.0, 1e6), 1.0);
        assert!(strangers.none_above(0.0, 1e6) < 1e-300);
    }

    #[test]
    fn weights_are_as_good_as_repetition_and_too_few_have_no_tail() {
        let values = Random::new(6).normals(600);
        let once = falling(values.clone());
        let heavy: Vec<(f64, f64)> = once.iter().map(|(value, _)| (*value, 3.0)).collect();
        let thrice = falling([values.clone(), values.clone(), values].concat());
        let (a, b) = (Strangers::of(&heavy).unwrap(), Strangers::of(&thrice).unwrap());
        assert!((a.value(1e-5) - b.value(1e-5)).abs() < 0.02, "{:?} {:?}", a.tail, b.tail);
        assert!(Strangers::of(&once[..150]).is_none());
        assert!(Strangers::of(&[]).is_none());
        assert!(Strangers::of(&falling(vec![0.5; 1000])).is_none());
    }
}
