//! The confidence, fitted to people whose names are known.
//!
//! A logistic regression from the evidence for a first candidate to whether it is right. In photos, known
//! people and strangers weigh half each; people in scenes count as they come. What it is worth is told
//! by cross-validation over people: each fifth of them is judged by what was fitted to the others, so
//! that nobody is judged by a curve that knew them; strangers are parted by photo.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::{Calibration, Evidence, MEASURED_WITH};
use serde::Serialize;

use super::{
    openset::{Look, Who},
    reliability::{Reliability, Stated, weights},
};
use crate::logistic::{Example, Logistic, RIDGE};

/// Parts of the people in cross-validation.
const FOLDS: usize = 5;

/// What `--calibrate` writes, as TOML: `[calibration]` is meant for a pack of `models/`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fitted {
    /// Performers of the database, made-up ones included.
    pub performers: u64,
    /// First candidates in photos: of known people, and of strangers.
    pub photos: [usize; 2],
    /// First candidates in scenes.
    pub in_scenes: usize,
    /// Who they are, by id, strangers by the photo's SHA-256 or the scene: figures on these are not to be
    /// believed.
    pub fitted_on: BTreeSet<String>,
    /// The curve.
    pub calibration: Calibration,
    /// On people it was not fitted to.
    pub cross_validated: Option<Quality>,
    /// On the very people it was fitted to: too good to be true.
    pub in_sample: Quality,
}

/// How good a fitted curve is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// First candidates judged.
    pub n: usize,
    /// See [`Reliability`].
    pub expected_calibration_error: f64,
    /// See [`Reliability`].
    pub brier_score: f64,
}

/// A first candidate to learn from.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Whom it was looked up for.
    pub(super) who: String,
    pub(super) evidence: Evidence,
    /// Whether the candidate was the right one.
    pub(super) right: bool,
    pub(super) weight: f64,
}

/// The first candidates in photos.
fn in_photos(looks: &[Look]) -> Vec<Known> {
    let weights = weights(looks);
    let known = |look: &Look| {
        let who = look.case.person.as_ref();
        Some(Known {
            who: who.map_or_else(|| look.case.photo.sha256.clone(), ToString::to_string),
            evidence: look.candidates.first()?.evidence,
            right: look.is_right(),
            weight: weights(look),
        })
    };
    looks.iter().filter_map(known).collect()
}

/// The median similarity of strangers' first candidates: of those in photos, where there are any.
fn rival(looks: &[Look], in_scenes: &[Known]) -> f32 {
    let strangers = looks.iter().filter(|look| look.who != Who::Known);
    let mut similarities: Vec<f32> =
        strangers.filter(|look| !look.candidates.is_empty()).map(Look::similarity).collect();
    if similarities.is_empty() {
        let wrong = in_scenes.iter().filter(|known| !known.right);
        similarities = wrong.map(|known| known.evidence.similarity.0).collect();
    }
    similarities.sort_by(f32::total_cmp);
    similarities.get(similarities.len() / 2).copied().unwrap_or_default()
}

/// Fits the confidence. `None` where there are not both right and wrong candidates, or likeness does not
/// speak for them.
pub(super) fn fit(looks: &[Look], in_scenes: &[Known], performers: u64) -> Option<Fitted> {
    let photos = in_photos(looks);
    let asked = |known: bool| {
        let asked = looks.iter().filter(|look| !look.candidates.is_empty());
        asked.filter(|look| (look.who == Who::Known) == known).count()
    };
    let all: Vec<Known> = photos.iter().chain(in_scenes).cloned().collect();
    let rival = rival(looks, in_scenes);
    let (curve, cross_validated, in_sample) = validated(&all, rival)?;
    if curve.weights.first().is_none_or(|&slope| slope <= 0.0) {
        return None;
    }
    Some(Fitted {
        performers,
        photos: [asked(true), asked(false)],
        in_scenes: in_scenes.len(),
        calibration: calibration(&curve, performers, rival),
        fitted_on: all.into_iter().map(|known| known.who).collect(),
        cross_validated,
        in_sample,
    })
}

/// What the confidence depends on, as [`Calibration`] bounds it.
fn example(known: &Known, rival: f32) -> Example {
    let evidence = known.evidence.bounded(rival);
    let expected = f32::from(u8::from(evidence.expected));
    let looks = (evidence.looks as f32).ln();
    let features = [evidence.similarity.0, evidence.margin, looks, expected];
    let features = features.map(f64::from).to_vec();
    Example { features, yes: known.right, weight: known.weight }
}

/// The curve as a pack states it: for [`MEASURED_WITH`] performers.
fn calibration(curve: &Logistic, performers: u64, rival: f32) -> Calibration {
    let crowd = (performers.max(MEASURED_WITH) as f64 / MEASURED_WITH as f64).ln();
    let [slope, margin, looks, expected] =
        [0, 1, 2, 3].map(|i| curve.weights.get(i).copied().unwrap_or(0.0));
    Calibration {
        midpoint: (-(curve.intercept + crowd) / slope) as f32,
        slope: slope as f32,
        margin: margin as f32,
        looks: looks as f32,
        expected: expected as f32,
        rival,
        calibrated: true,
    }
}

/// The curve of all, what it is worth for others, and for those it was fitted to.
fn validated(known: &[Known], rival: f32) -> Option<(Logistic, Option<Quality>, Quality)> {
    let mut people: BTreeMap<&str, usize> = BTreeMap::new();
    let fold = |known: &Known, people: &BTreeMap<&str, usize>| people[&*known.who] % FOLDS;
    for one in known {
        let next = people.len();
        people.entry(&one.who).or_insert(next);
    }
    let fit = |keep: &dyn Fn(&Known) -> bool| {
        let examples: Vec<Example> =
            known.iter().filter(|k| keep(k)).map(|k| example(k, rival)).collect();
        Logistic::fit(&examples, RIDGE)
    };
    let stated = |curve: &Logistic, one: &Known| {
        let confidence = curve.probability(&example(one, rival).features);
        Stated { confidence, right: one.right, weight: one.weight }
    };
    let all = fit(&|_| true)?;
    let held_out: Option<Vec<Vec<Stated>>> = (0..FOLDS)
        .map(|part| {
            let fitted = fit(&|one| fold(one, &people) != part)?;
            let others = known.iter().filter(|one| fold(one, &people) == part);
            Some(others.map(|one| stated(&fitted, one)).collect())
        })
        .collect();
    let in_sample: Vec<Stated> = known.iter().map(|one| stated(&all, one)).collect();
    let in_sample = Quality::of(&in_sample)?;
    Some((all, held_out.and_then(|stated| Quality::of(&stated.concat())), in_sample))
}

impl Quality {
    fn of(stated: &[Stated]) -> Option<Self> {
        let found = Reliability::of(stated);
        Some(Self {
            n: found.n,
            expected_calibration_error: found.expected_calibration_error?,
            brier_score: found.brier_score?,
        })
    }
}

#[cfg(test)]
mod tests {
    use rollcall_core::Similarity;

    use super::*;
    use crate::random::Random;

    #[test]
    fn cross_validation_tells_what_new_people_will_see() {
        let mut random = Random::new(9);
        let truth = Calibration {
            midpoint: 0.5,
            slope: 20.0,
            margin: 5.0,
            looks: 0.5,
            expected: 0.0,
            rival: 0.0,
            calibrated: true,
        };
        let draw = |person: usize| {
            let performers = 10_000;
            let similarity = Similarity((0.55 + 0.15 * random.normal()) as f32);
            let margin = (random.below(100) as f32) / 500.0;
            let looks = 1 + random.below(40);
            let evidence = Evidence { similarity, margin, looks, performers, expected: false };
            let uniform = random.below(1 << 20) as f32 / (1 << 20) as f32;
            let right = uniform < truth.confidence(&evidence).0;
            Known { who: format!("{:05}", person / 4), evidence, right, weight: 1.0 }
        };
        let known: Vec<Known> = (0..8000).map(draw).collect();
        let (curve, held_out, in_sample) = validated(&known, truth.rival).unwrap();
        let fitted = calibration(&curve, 10_000, truth.rival);
        assert!((fitted.slope - 20.0).abs() < 2.5, "{fitted:?}");
        assert!((fitted.midpoint - 0.5).abs() < 0.03, "{fitted:?}");
        assert!((fitted.margin - 5.0).abs() < 2.0, "{fitted:?}");
        assert!((fitted.looks - 0.5).abs() < 0.15, "{fitted:?}");
        let held_out = held_out.unwrap();
        assert_eq!(held_out.n, 8000);
        assert!(held_out.expected_calibration_error < 0.03, "{held_out:?}");
        assert!((held_out.brier_score - in_sample.brier_score).abs() < 0.01);
    }

    #[test]
    fn what_says_nothing_is_not_fitted() {
        assert_eq!(fit(&[], &[], 1000), None);
        // The less alike, the more often right.
        let draw = |n: usize| {
            let similarity = Similarity(n as f32 / 100.0);
            let evidence =
                Evidence { similarity, margin: 0.1, looks: 1, performers: 1000, expected: false };
            Known { who: n.to_string(), evidence, right: n < 50 + n % 7, weight: 1.0 }
        };
        let known: Vec<Known> = (0..100).map(draw).collect();
        assert_eq!(fit(&[], &known, 1000), None);
    }
}
