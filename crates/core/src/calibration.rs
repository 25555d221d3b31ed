//! From evidence to the words people read. Every threshold of the product is in this file.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::{Confidence, Lookup, Pack, Similarity};

/// Two faces this alike are one person: halfway between what strangers reach (.45) and what photos
/// of one person start from (.6), rounded down, since both faces are in the same picture.
pub const SAME_PERSON: Similarity = Similarity(0.5);

/// Below this best similarity two photos do not show one person. On 46 people and 253 photos it
/// accepts 99.1 % of the known and names 2.1 % of strangers.
pub const UNKNOWN_BELOW: Similarity = Similarity(0.45);

/// The size of database that curves are measured with, in performers.
pub const MEASURED_WITH: u64 = 1000;

/// A margin above this says no more than this.
const MOST_MARGIN: f32 = 0.3;

/// More looks than this say no more than this: they come from the same few shots.
const MOST_LOOKS: usize = 32;

/// What speaks for a name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// How alike the person and the performer are.
    pub similarity: Similarity,
    /// By how much that is more than any other performer's likeness, in units of cosine; negative
    /// for all but the best candidate.
    pub margin: f32,
    /// How many looks at the person the comparison rests on, at least 1.
    pub looks: usize,
    /// How many performers there were to choose from: among more of them, chance finds better
    /// lookalikes.
    pub performers: u64,
    /// Whether something else speaks for this performer, such as a tag on the scene.
    pub expected: bool,
}

impl Evidence {
    /// The same with no more margin and looks than count. A margin counts only as far as the
    /// similarity is over that of a `rival` such as there is among [`MEASURED_WITH`] strangers: in a
    /// small database, or one of which part is missing, somebody is always far ahead of the others.
    #[must_use]
    pub fn bounded(&self, rival: f32) -> Self {
        let margin = self.margin.min(self.similarity.0 - rival);
        Self {
            margin: margin.clamp(-MOST_MARGIN, MOST_MARGIN),
            looks: self.looks.clamp(1, MOST_LOOKS),
            ..*self
        }
    }
}

/// Turns evidence into a probability: a logistic curve.
///
/// The logarithm of the odds is `slope * (similarity - midpoint) + margin * (margin of the evidence) +
/// looks * ln(looks) - ln(performers / 1000)`. The last term is not fitted: the best of `n`
/// strangers lies beyond a high similarity `n` times as often as one does.
///
/// The default is a documented guess, not measured: even odds at [`UNKNOWN_BELOW`] and 95 % at
/// .6, where photos of one person start, hence a slope of 20.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The similarity of even odds, for one look and no margin among [`MEASURED_WITH`] performers.
    pub midpoint: f32,
    /// How fast the odds rise: the logarithm of the odds per unit of similarity.
    pub slope: f32,
    /// What a margin adds, per unit of cosine.
    #[serde(default)]
    pub margin: f32,
    /// What more looks add, per natural logarithm of their number.
    #[serde(default)]
    pub looks: f32,
    /// What it adds that the performer was expected.
    #[serde(default)]
    pub expected: f32,
    /// The similarity that the best of [`MEASURED_WITH`] strangers reaches in the median; see
    /// [`Evidence::bounded`].
    #[serde(default)]
    pub rival: f32,
    /// Whether the numbers come from measurement.
    pub calibrated: bool,
}

impl Default for Calibration {
    fn default() -> Self {
        Self {
            midpoint: UNKNOWN_BELOW.0,
            slope: 20.0,
            margin: 0.0,
            looks: 0.0,
            expected: 0.0,
            rival: 0.0,
            calibrated: false,
        }
    }
}

/// Where the even odds of a curve may lie that came with a database. A host must not be able to make
/// strangers sure: below .3 there are many of them for every embedder in use (SFace's own threshold
/// is .363).
const MIDPOINTS: RangeInclusive<f32> = 0.3..=0.9;

/// The logarithm of the odds at which a name is "sure": 19 to 1.
const SURE_ODDS: f32 = 2.944_439;

/// Below this nobody is sure by a database's word: strangers reach .45.
const SURE_FROM: f32 = 0.5;

/// See [`Calibration::rival`]: SFace's, in a curve that came with a database.
const STRANGERS_REACH: f32 = 0.35;

/// How fast the odds of such a curve may rise. Steeper than 40, half the range of similarities would
/// be certain; flatter than 5, nobody ever.
const SLOPES: RangeInclusive<f32> = 5.0..=40.0;

/// What a margin may add in such a curve: at most the odds of "sure", for the largest margin counted.
const MOST_MARGIN_SLOPE: f32 = SURE_ODDS / MOST_MARGIN;

/// What looks may add in such a curve: at most the odds of "sure", for as many as count.
const MOST_LOOKS_SLOPE: f32 = 0.85;

impl Calibration {
    /// The curves by which names are judged, of which the most cautious one counts: what a database
    /// says of itself can only make its names less sure than the pack does, since who made it may have
    /// an interest.
    #[must_use]
    pub fn that_count(pack: &Pack, lookup: Option<&dyn Lookup>) -> Vec<Self> {
        let own = pack.calibration.into_iter();
        let mut curves: Vec<Self> = own.chain(lookup.and_then(Lookup::calibration)).collect();
        if curves.is_empty() {
            curves.push(Self::default());
        }
        curves
    }

    /// The confidence by the most cautious of `curves`.
    #[must_use]
    pub fn most_cautious(curves: &[Self], evidence: &Evidence) -> Confidence {
        let each = curves.iter().map(|curve| curve.confidence(evidence).0);
        Confidence(each.fold(1.0, f32::min))
    }

    /// A curve that came with a database, kept within what is plausible. `None` for one that falls
    /// or has something that is no number.
    ///
    /// `offset` is the logarithm of the odds at similarity 0; the others are this type's fields.
    #[must_use]
    pub fn measured(slope: f32, offset: f32, margin: f32, looks: f32) -> Option<Self> {
        let midpoint = -offset / slope;
        let finite = [slope, midpoint, margin, looks].iter().all(|x| x.is_finite());
        if !(slope > 0.0 && finite) {
            return None;
        }
        let slope = slope.clamp(*SLOPES.start(), *SLOPES.end());
        let margin = margin.clamp(0.0, MOST_MARGIN_SLOPE);
        let looks = looks.clamp(0.0, MOST_LOOKS_SLOPE);
        // At SURE_FROM, with all the lead and looks that count there, the odds are those of "sure".
        let help = margin * (SURE_FROM - STRANGERS_REACH) + looks * (MOST_LOOKS as f32).ln();
        let midpoint = midpoint
            .clamp(*MIDPOINTS.start(), *MIDPOINTS.end())
            .max(SURE_FROM - (SURE_ODDS - help) / slope);
        Some(Self {
            midpoint,
            slope,
            margin,
            looks,
            expected: 0.0,
            rival: STRANGERS_REACH,
            calibrated: true,
        })
    }

    /// The probability that a name with this evidence is right, kept within .01 and .99: nobody is
    /// ever certain. Not-a-number counts as the least.
    #[must_use]
    pub fn confidence(&self, evidence: &Evidence) -> Confidence {
        let evidence = evidence.bounded(self.rival);
        let crowd = evidence.performers.max(MEASURED_WITH) as f32 / MEASURED_WITH as f32;
        let odds = self.slope * (evidence.similarity.0 - self.midpoint)
            + self.margin * evidence.margin
            + self.looks * (evidence.looks as f32).ln()
            + if evidence.expected { self.expected } else { 0.0 }
            - if self.calibrated { crowd.ln() } else { 0.0 };
        let probability = 1.0 / (1.0 + (-odds).exp());
        Confidence(if probability.is_nan() { 0.01 } else { probability.clamp(0.01, 0.99) })
    }
}

/// A confidence in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nobody we know.
    Unknown,
    /// May be; compare the pictures.
    LookYourself,
    /// Probably.
    Likely,
    /// As good as certain.
    Sure,
}

impl Verdict {
    /// The word for a confidence: sure from .95, likely from .7, unknown below even odds.
    #[must_use]
    pub fn of(confidence: Confidence) -> Self {
        match confidence.0 {
            c if c >= 0.95 => Self::Sure,
            c if c >= 0.7 => Self::Likely,
            c if c >= 0.5 => Self::LookYourself,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn evidence(similarity: f32) -> Evidence {
        let similarity = Similarity(similarity);
        Evidence { similarity, margin: 0.0, looks: 1, performers: 1, expected: false }
    }

    fn word(similarity: f32) -> Verdict {
        Verdict::of(Calibration::default().confidence(&evidence(similarity)))
    }

    #[test]
    fn what_was_measured_gets_the_word_it_deserves() {
        // Genuine pairs start at .6; strangers end at .45.
        assert_eq!(word(0.6), Verdict::Sure);
        assert_eq!(word(0.55), Verdict::Likely);
        assert_eq!(word(UNKNOWN_BELOW.0), Verdict::LookYourself);
        assert_eq!(word(0.44), Verdict::Unknown);
        assert_eq!(word(f32::NAN), Verdict::Unknown);
    }

    #[test]
    fn no_database_makes_strangers_sure() {
        for (slope, offset) in
            [(1000.0, 1000.0), (1e-3, 30.0), (20.0, 1e6), (f32::MAX, 1.0), (40.0, -12.0)]
        {
            let curve = Calibration::measured(slope, offset, 0.0, 0.0).unwrap();
            assert!(curve.confidence(&evidence(0.25)).0 < 0.5, "{curve:?}");
            assert!(curve.confidence(&evidence(0.3)).0 <= 0.5, "{curve:?}");
            let reached_by_strangers = curve.confidence(&evidence(UNKNOWN_BELOW.0));
            assert!(Verdict::of(reached_by_strangers) < Verdict::Sure, "{curve:?}");
            // Neither a lead nor many looks help somebody whom strangers are like.
            let boasting = Calibration::measured(slope, offset, f32::MAX, f32::MAX).unwrap();
            for similarity in [0.25, 0.36, UNKNOWN_BELOW.0] {
                let led = Evidence { margin: 1.0, looks: 1000, ..evidence(similarity) };
                assert!(Verdict::of(boasting.confidence(&led)) < Verdict::Sure, "{boasting:?}");
            }
        }
        for (slope, offset) in [(0.0, 1.0), (-5.0, 1.0), (f32::NAN, 0.0), (1.0, f32::NAN)] {
            assert_eq!(Calibration::measured(slope, offset, 0.0, 0.0), None);
        }
        let honest = Calibration::measured(20.0, -9.0, 0.0, 0.0).unwrap();
        let same = Calibration { rival: 0.35, calibrated: true, ..Calibration::default() };
        assert_eq!(honest, same);
    }

    #[test]
    fn ten_times_as_many_performers_take_ten_times_the_odds() {
        let curve = Calibration { calibrated: true, ..Calibration::default() };
        let among = |performers| {
            let p = curve.confidence(&Evidence { performers, ..evidence(0.5) }).0;
            p / (1.0 - p)
        };
        assert!((among(10_000) / among(100_000) - 10.0).abs() < 1e-3);
        assert_eq!(among(2), among(1000), "a small database proves nothing");
    }

    #[test]
    fn to_be_ahead_of_one_other_person_proves_nothing() {
        let curve = Calibration {
            midpoint: 0.5,
            slope: 27.1,
            margin: 20.9,
            looks: 0.36,
            expected: 0.0,
            rival: 0.35,
            calibrated: true,
        };
        let word = |similarity: f32, margin: f32, performers: u64| {
            let evidence = Evidence { margin, performers, ..evidence(similarity) };
            Verdict::of(curve.confidence(&evidence))
        };
        assert_eq!(word(0.4, 0.3, 2), Verdict::Unknown);
        assert_eq!(word(0.65, 0.3, 2), Verdict::Sure);
    }

    proptest! {
        #[test]
        fn more_alike_is_never_less_sure(a in -1.0f32..=1.0, more in 0.0f32..=1.0) {
            prop_assert!(word(a) <= word(a + more));
        }

        #[test]
        fn any_curve_and_evidence_give_a_probability(
            midpoint: f32, slope: f32, margin: f32, looks: f32, rival: f32, similarity: f32, ahead: f32,
            count: usize, performers: u64,
        ) {
            let curve =
                Calibration { midpoint, slope, margin, looks, expected: margin, rival, calibrated: true };
            let evidence = Evidence {
                similarity: Similarity(similarity), margin: ahead, looks: count, performers,
                expected: true,
            };
            prop_assert!((0.01..=0.99).contains(&curve.confidence(&evidence).0));
        }
    }
}
