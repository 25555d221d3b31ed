//! Known people among strangers: who is named, and who should not have been.
//!
//! Strangers are: every photo of a known person, looked up as if that person were not in the database
//! (one person left out at a time); the strangers' photos; and the faces of groups. In a group there
//! may be somebody known. A face that is like a person's photos on the whole (the mean over at least two
//! of them reaches [`SAME_PERSON`]) is taken for that person, who is then left out for it; every such
//! face is listed, so that nobody has to believe it.

use std::{collections::BTreeSet, path::PathBuf};

use rollcall_core::{BoundingBox, Embedding, PerformerId, Ranked, SAME_PERSON, Verdict};
use serde::Serialize;

use super::{
    judge::{Judge, word_for},
    look::{Case, Kind, SHOWN},
    pairs::Known,
};
use crate::metrics::{Measure, threshold};

/// The share of strangers that may pass the threshold at which misses are counted.
const FPIR: f64 = 0.01;

/// Why somebody is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Known, and to be found.
    Known,
    /// Known, but looked up as if not in the database.
    LeftOut,
    /// Of the strangers' photos.
    Stranger,
    /// Of a group.
    Group,
}

/// A face that was looked up, or a probe without one.
pub(super) struct Look<'a> {
    pub(super) who: Who,
    pub(super) case: &'a Case,
    /// Which face of the photo.
    pub(super) face: Option<usize>,
    /// The person left out of the candidates.
    pub(super) left_out: Option<&'a PerformerId>,
    /// Best first.
    pub(super) candidates: Vec<Ranked>,
}

impl Look<'_> {
    /// Whether the first candidate is the right one.
    pub(super) fn is_right(&self) -> bool {
        self.who == Who::Known
            && self
                .candidates
                .first()
                .is_some_and(|best| Some(&best.performer.id) == self.case.person.as_ref())
    }

    pub(super) fn similarity(&self) -> f32 {
        self.candidates.first().map_or(f32::NEG_INFINITY, |best| best.evidence.similarity.0)
    }
}

/// Every look that the open set is made of.
pub(super) fn looks<'a>(
    cases: &'a [Case],
    gallery: &BTreeSet<String>,
    people: &'a [Known<'a>],
    alike: &dyn Fn(&[Embedding], &[Embedding]) -> f32,
    judge: &Judge,
) -> Vec<Look<'a>> {
    let mut looks = Vec::new();
    for case in cases {
        let mut add = |who, face: Option<usize>, left_out: Option<&'a PerformerId>| {
            let found = face.and_then(|face| case.found.get(face));
            let others = found.into_iter().flatten().filter(|c| Some(&c.performer.id) != left_out);
            let candidates = judge.rank(others.take(SHOWN));
            looks.push(Look { who, case, face, left_out, candidates });
        };
        match case.kind {
            Kind::Probe => {
                let face = case.photo.most_prominent_index();
                if !gallery.contains(&case.photo.sha256) {
                    add(Who::Known, face, None);
                }
                if face.is_some() {
                    add(Who::LeftOut, face, case.person.as_ref());
                }
            }
            Kind::Stranger => {
                (0..case.photo.faces.len()).for_each(|face| add(Who::Stranger, Some(face), None));
            }
            Kind::Group => {
                for (face, seen) in case.photo.faces.iter().enumerate() {
                    let known = taken_for(&seen.embeddings, people, alike);
                    add(Who::Group, Some(face), known);
                }
            }
        }
    }
    looks
}

/// The known person that a face of a group is, by all their photos.
fn taken_for<'a>(
    face: &[Embedding],
    people: &[Known<'a>],
    alike: &dyn Fn(&[Embedding], &[Embedding]) -> f32,
) -> Option<&'a PerformerId> {
    let likeness = |person: &Known<'a>| {
        let sum: f32 = person.faces.iter().map(|known| alike(face, &known.embeddings)).sum();
        (sum / person.faces.len() as f32, person.id)
    };
    let several = people.iter().filter(|person| person.faces.len() > 1);
    let best = several.map(likeness).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness >= SAME_PERSON.0).map(|(_, id)| id)
}

/// The figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenSet {
    /// Probes of known people.
    pub known: usize,
    /// Strangers: the sum of the next three.
    pub strangers: usize,
    /// Known people looked up as if not in the database.
    pub left_out: usize,
    /// Faces of the strangers' photos.
    pub of_strangers: usize,
    /// Faces of groups.
    pub of_groups: usize,
    /// The share of known people's probes that do not reach, with the right name, the similarity that
    /// one stranger in a hundred reaches. Probes without a face count.
    pub fnir_at_fpir_1: Measure,
    /// At the word "sure".
    pub sure: AtWord,
    /// Names by their word, the surest first.
    pub words: Vec<WordCount>,
    /// Faces of groups that are taken for somebody known, who was left out for them.
    pub taken_for_known: Vec<TakenFor>,
    /// By similarity: the share of strangers that reach it, and of known people that do not with the
    /// right name. To be drawn.
    pub curve: Vec<[f64; 3]>,
}

/// The open set's figures where a name counts only with a certain word.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtWord {
    /// The share of known people's probes without the right name.
    pub fnir: Measure,
    /// The share of strangers with a name.
    pub fpir: Measure,
}

/// How often a word was given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WordCount {
    /// The word.
    pub word: Verdict,
    /// Known people with the right name first.
    pub right: usize,
    /// Known people with a wrong one.
    pub wrong: usize,
    /// Strangers.
    pub strangers: usize,
    /// The share of right names among these; it depends on how many strangers are asked for.
    pub precision: Measure,
}

/// A face of a group and who it is taken for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TakenFor {
    /// The photo.
    pub path: PathBuf,
    /// Where the face is.
    #[serde(rename = "box")]
    pub bounding_box: BoundingBox,
    /// The known person.
    pub performer: PerformerId,
}

impl OpenSet {
    pub(super) fn of(looks: &[Look]) -> Self {
        let count = |who: Who| looks.iter().filter(|look| look.who == who).count();
        let known: Vec<&Look> = looks.iter().filter(|look| look.who == Who::Known).collect();
        let strangers: Vec<&Look> = looks.iter().filter(|look| look.who != Who::Known).collect();
        let is_sure = |look: &&&Look| word_for(&look.candidates) == Verdict::Sure;
        let sure_and_right = known.iter().filter(|l| l.is_right()).filter(is_sure).count();
        let words = [Verdict::Sure, Verdict::Likely, Verdict::LookYourself, Verdict::Unknown];
        Self {
            known: known.len(),
            strangers: strangers.len(),
            left_out: count(Who::LeftOut),
            of_strangers: count(Who::Stranger),
            of_groups: count(Who::Group),
            fnir_at_fpir_1: fnir_at_fpir(&known, &strangers),
            sure: AtWord {
                fnir: Measure::rate(known.len() - sure_and_right, known.len()),
                fpir: Measure::rare(strangers.iter().filter(is_sure).count(), strangers.len()),
            },
            words: words.map(|word| WordCount::of(word, looks)).to_vec(),
            taken_for_known: looks.iter().filter_map(TakenFor::of).collect(),
            curve: curve(&known, &strangers),
        }
    }
}

impl WordCount {
    fn of(word: Verdict, looks: &[Look]) -> Self {
        let of_word = looks.iter().filter(|l| l.face.is_some() && word_for(&l.candidates) == word);
        let (mut right, mut wrong, mut strangers) = (0, 0, 0);
        for look in of_word {
            match look.who {
                Who::Known if look.is_right() => right += 1,
                Who::Known => wrong += 1,
                _ => strangers += 1,
            }
        }
        Self::new(word, right, wrong, strangers)
    }

    pub(super) fn new(word: Verdict, right: usize, wrong: usize, strangers: usize) -> Self {
        let precision = Measure::rate(right, right + wrong + strangers);
        Self { word, right, wrong, strangers, precision }
    }
}

impl TakenFor {
    fn of(look: &Look) -> Option<Self> {
        let performer = look.left_out.filter(|_| look.who == Who::Group)?.clone();
        let bounding_box = look.case.photo.faces.get(look.face?)?.face.bounding_box;
        Some(Self { path: look.case.path.clone(), bounding_box, performer })
    }
}

fn fnir_at_fpir(known: &[&Look], strangers: &[&Look]) -> Measure {
    let similarities = strangers.iter().map(|look| look.similarity()).collect();
    let (threshold, note) = match threshold("strangers", similarities, FPIR) {
        Ok(found) => found,
        Err(words) => return Measure::none(known.len(), words),
    };
    let missed = known.iter().filter(|l| !(l.is_right() && l.similarity() > threshold)).count();
    Measure::rate(missed, known.len()).with_note(&note)
}

fn curve(known: &[&Look], strangers: &[&Look]) -> Vec<[f64; 3]> {
    let point = |step: u8| {
        let threshold = f32::from(step) / 100.0;
        let named = strangers.iter().filter(|look| look.similarity() >= threshold).count();
        let missed =
            known.iter().filter(|l| !(l.is_right() && l.similarity() >= threshold)).count();
        let share = |hits: usize, n: usize| hits as f64 / n.max(1) as f64;
        [f64::from(threshold), share(named, strangers.len()), share(missed, known.len())]
    };
    (0..=100).map(point).collect()
}
