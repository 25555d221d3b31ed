//! Whether a confidence is what it says: of the names given with .8, eight in ten should be right.
//!
//! How many are depends on how many strangers are asked for. Here known people and strangers count
//! half each, whatever their numbers: a name is as likely to be there as not.

use serde::Serialize;

use super::openset::{Look, Who};
use crate::metrics::Measure;

/// Bins of the curve, which hold as many looks each.
const BINS: usize = 10;

/// A confidence, whether the name was right, and how much the look counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stated {
    pub(super) confidence: f64,
    pub(super) right: bool,
    pub(super) weight: f64,
}

/// What the looks' first candidates are said to be worth.
pub(super) fn points(looks: &[Look]) -> Vec<Stated> {
    let weights = weights(looks);
    looks
        .iter()
        .filter_map(|look| {
            let confidence = f64::from(look.candidates.first()?.confidence.0);
            Some(Stated { confidence, right: look.is_right(), weight: weights(look) })
        })
        .collect()
}

/// What makes known people and strangers count half each: the mean weight is 1.
pub(super) fn weights(looks: &[Look]) -> impl Fn(&Look) -> f64 {
    let asked = || looks.iter().filter(|look| !look.candidates.is_empty());
    let known = asked().filter(|look| look.who == Who::Known).count() as f64;
    let all = asked().count() as f64;
    move |look| if look.who == Who::Known { all / known / 2.0 } else { all / (all - known) / 2.0 }
}

/// The figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reliability {
    /// Names, those of known people and of strangers.
    pub n: usize,
    /// The mean distance of the confidence from the share of right names, over the bins.
    pub expected_calibration_error: Option<f64>,
    /// The mean square of the distance of the confidence from 1 for right names, 0 for wrong ones.
    pub brier_score: Option<f64>,
    /// By rising confidence, as many names in each.
    pub bins: Vec<Bin>,
}

/// Names of about the same confidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that is right; known people and strangers weigh half each, the interval is
    /// that of as many equal cases.
    pub right: Measure,
    /// The bin's share of the weight.
    pub weight: f64,
}

impl Reliability {
    pub(super) fn of(stated: &[Stated]) -> Self {
        let mut rising = stated.to_vec();
        rising.sort_by(|a, b| a.confidence.total_cmp(&b.confidence));
        let total: f64 = rising.iter().map(|s| s.weight).sum();
        let per_bin = rising.len().div_ceil(BINS).max(1);
        let bins: Vec<Bin> = rising.chunks(per_bin).map(|bin| Bin::of(bin, total)).collect();
        let some = |value: f64| (!rising.is_empty()).then_some(value);
        let distance =
            |bin: &Bin| bin.weight * (bin.confidence - bin.right.value.unwrap_or_default()).abs();
        let square =
            |s: &Stated| s.weight * (s.confidence - f64::from(u8::from(s.right))).powi(2) / total;
        Self {
            n: rising.len(),
            expected_calibration_error: some(bins.iter().map(distance).sum()),
            brier_score: some(rising.iter().map(square).sum()),
            bins,
        }
    }
}

impl Bin {
    fn of(stated: &[Stated], total: f64) -> Self {
        let weight: f64 = stated.iter().map(|s| s.weight).sum();
        let sum = |of: &dyn Fn(&Stated) -> f64| {
            stated.iter().map(|s| s.weight * of(s)).sum::<f64>() / weight
        };
        let right = sum(&|s| f64::from(u8::from(s.right)));
        let n = stated.len();
        let equal = Measure::rate((right * n as f64).round() as usize, n);
        Self {
            confidence: sum(&|s| s.confidence),
            right: Measure { value: Some(right), ..equal },
            weight: weight / total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(confidence: f64, right: usize, wrong: usize) -> Vec<Stated> {
        let one = |right| Stated { confidence, right, weight: 1.0 };
        [vec![one(true); right], vec![one(false); wrong]].concat()
    }

    #[test]
    fn honest_confidence_has_no_error_and_boasting_has() {
        let honest: Vec<Stated> = (0..10)
            .flat_map(|i| stated(f64::from(i) / 10.0, 10 * i as usize, 100 - 10 * i as usize))
            .collect();
        let found = Reliability::of(&honest);
        assert_eq!((found.n, found.bins.len()), (1000, 10));
        assert!(found.expected_calibration_error.unwrap() < 1e-9, "{found:?}");
        let boasting = Reliability::of(&stated(0.9, 50, 50));
        assert!((boasting.expected_calibration_error.unwrap() - 0.4).abs() < 0.11);
        assert!((boasting.brier_score.unwrap() - 0.41).abs() < 1e-9);
        assert_eq!(Reliability::of(&[]).expected_calibration_error, None);
    }

    #[test]
    fn weights_count() {
        let mut uneven = stated(0.5, 1, 3);
        uneven[0].weight = 3.0;
        let found = Reliability::of(&uneven);
        assert!((found.brier_score.unwrap() - 0.25).abs() < 1e-9);
        let right: f64 = found.bins.iter().map(|b| b.weight * b.right.value.unwrap()).sum();
        assert!((right - 0.5).abs() < 1e-9);
    }
}
