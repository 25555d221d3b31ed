//! What the looks at many photos say about a database. Pure arithmetic.

use std::{collections::BTreeSet, path::PathBuf};

use rollcall_core::{BoundingBox, Candidate, Embedding, PerformerId};
use serde::Serialize;

use crate::{
    eval::look::{Case, Kind, SHOWN},
    metrics::{Measure, extreme, median, share, tar_at_far},
    photo::SeenFace,
};

/// How alike two faces are to all embedders together.
type Alike<'a> = &'a dyn Fn(&[Embedding], &[Embedding]) -> f32;

/// The figures. Every one stands on `n` cases.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Probe photos that the database was made of, and that are therefore left out of everything
    /// but `tar_at_far_1e-3`, which asks no database.
    pub gallery_photos_left_out: usize,
    /// The share of probe photos in which a face was found.
    pub detection_rate: Measure,
    /// The share of probes with a face whose most prominent face is most like the right person.
    pub top1: Measure,
    /// The share of probes with a face that has the right person among the five it is most like.
    pub top5: Measure,
    /// The share of probes with a face that get the right name, not "unknown".
    pub named: Measure,
    /// The share of probes with a face that get a wrong name.
    pub misnamed: Measure,
    /// The share of pairs of photos of one person that are more alike than all but a hundredth of
    /// the pairs of different people.
    #[serde(rename = "tar_at_far_1e-2")]
    pub tar_at_far_2: Measure,
    /// All but a thousandth.
    #[serde(rename = "tar_at_far_1e-3")]
    pub tar_at_far: Measure,
    /// All but a ten-thousandth.
    #[serde(rename = "tar_at_far_1e-4")]
    pub tar_at_far_4: Measure,
    /// The share of strangers' faces that get a name.
    pub strangers_named: Measure,
    /// The lowest similarity of a probe that is most like the right person.
    pub lowest_right: Measure,
    /// The highest similarity of a stranger's face with anybody.
    pub highest_stranger: Measure,
    /// Median of the seconds from the file to the names.
    pub seconds_per_image: Measure,
    /// The probes without a face or most like somebody else, and the strangers with a name.
    pub misses: Vec<Miss>,
}

/// A wrong answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Miss {
    /// The photo.
    pub path: PathBuf,
    /// Who it is; none for a stranger.
    pub is: Option<PerformerId>,
    /// Who it is most like; none where there is no face or nobody to be like.
    pub taken_for: Option<PerformerId>,
    /// How like them it is.
    pub similarity: Option<f32>,
    /// Where the face is.
    #[serde(rename = "box")]
    pub bounding_box: Option<BoundingBox>,
}

/// A probe's or stranger's face, or the lack of one, and who it is most like.
struct Look<'a> {
    case: &'a Case,
    face: Option<&'a SeenFace>,
    found: &'a [Candidate],
}

impl Figures {
    /// The figures of `cases`; those whose SHA-256 is in `gallery` made the database. `named` says
    /// whether the first of some candidates becomes a name.
    #[must_use]
    pub fn of(
        cases: &[Case],
        gallery: &BTreeSet<String>,
        named: &dyn Fn(&[Candidate]) -> bool,
        alike: Alike,
    ) -> Self {
        let is_named = |look: &Look| named(look.found);
        let people: Vec<&Case> = cases.iter().filter(|c| c.person.is_some()).collect();
        let probes: Vec<&Case> =
            people.iter().filter(|c| !gallery.contains(&c.photo.sha256)).copied().collect();
        let looks: Vec<Look> = probes
            .iter()
            .filter_map(|case| case.photo.most_prominent_index().map(|face| case.look(face)))
            .collect();
        let strangers: Vec<Look> = cases
            .iter()
            .filter(|c| c.kind == Kind::Stranger)
            .flat_map(|case| (0..case.photo.faces.len()).map(|face| case.look(face)))
            .collect();
        let (genuine, impostor) = pairs(cases, alike);
        let tar = |far| tar_at_far(&genuine, &impostor, far);
        let faceless = probes.iter().filter(|c| c.photo.faces.is_empty());
        let misses = looks.iter().filter(|look| !look.is_right());
        let false_names = strangers.iter().filter(|look| is_named(look));
        Self {
            gallery_photos_left_out: people.len() - probes.len(),
            detection_rate: share(probes.iter().map(|c| !c.photo.faces.is_empty())),
            top1: share(looks.iter().map(Look::is_right)),
            top5: share(looks.iter().map(Look::is_among_the_shown)),
            named: share(looks.iter().map(|look| is_named(look) && look.is_right())),
            misnamed: share(looks.iter().map(|look| is_named(look) && !look.is_right())),
            tar_at_far_2: tar(1e-2),
            tar_at_far: tar(1e-3),
            tar_at_far_4: tar(1e-4),
            strangers_named: share(strangers.iter().map(is_named)),
            lowest_right: extreme(
                looks.iter().filter(|l| l.is_right()).filter_map(Look::similarity),
                f32::min,
            ),
            highest_stranger: extreme(strangers.iter().filter_map(Look::similarity), f32::max),
            seconds_per_image: median(cases.iter().map(|c| c.seconds).collect()),
            misses: faceless
                .map(|case| Look { case, face: None, found: &[] }.miss())
                .chain(misses.chain(false_names).map(Look::miss))
                .collect(),
        }
    }
}

impl Case {
    fn look(&self, face: usize) -> Look<'_> {
        let found = self.found.get(face).map_or(&[][..], Vec::as_slice);
        Look { case: self, face: self.photo.faces.get(face), found }
    }
}

impl Look<'_> {
    fn best(&self) -> Option<&Candidate> {
        self.found.first()
    }

    fn is_right(&self) -> bool {
        self.best().is_some_and(|best| self.is_of(best))
    }

    fn is_among_the_shown(&self) -> bool {
        self.found.iter().take(SHOWN).any(|candidate| self.is_of(candidate))
    }

    fn is_of(&self, candidate: &Candidate) -> bool {
        Some(&candidate.performer.id) == self.case.person.as_ref()
    }

    fn similarity(&self) -> Option<f32> {
        self.best().map(|best| best.similarity.0)
    }

    fn miss(&self) -> Miss {
        Miss {
            path: self.case.path.clone(),
            is: self.case.person.clone(),
            taken_for: self.best().map(|best| best.performer.id.clone()),
            similarity: self.similarity(),
            bounding_box: self.face.map(|seen| seen.face.bounding_box),
        }
    }
}

/// The similarities of all pairs of photos of one person, and of all pairs of different people:
/// two people of the probes, or one of them and a stranger. Copies of one file make no pair.
fn pairs(cases: &[Case], alike: Alike) -> (Vec<f32>, Vec<f32>) {
    let known: Vec<(&Case, &SeenFace)> = cases
        .iter()
        .filter(|case| case.person.is_some())
        .filter_map(|case| Some((case, case.photo.most_prominent()?)))
        .collect();
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    let alike = |a: &SeenFace, b: &SeenFace| alike(&a.embeddings, &b.embeddings);
    for (i, (case, face)) in known.iter().enumerate() {
        for (other, other_face) in &known[i + 1..] {
            if case.photo.sha256 != other.photo.sha256 {
                let pairs = if case.person == other.person { &mut genuine } else { &mut impostor };
                pairs.push(alike(face, other_face));
            }
        }
        let strangers = cases.iter().filter(|case| case.kind == Kind::Stranger);
        impostor.extend(strangers.flat_map(|c| &c.photo.faces).map(|other| alike(face, other)));
    }
    (genuine, impostor)
}

#[cfg(test)]
mod tests {
    use rollcall_core::{BoundingBox, Face, Landmarks, Performer, Similarity, UNKNOWN_BELOW};

    use super::*;
    use crate::photo::{self, Photo};

    fn case(name: &str, person: Option<&str>, faces: &[&[(&str, f32)]]) -> Case {
        let seen = |x: usize| SeenFace {
            face: Face {
                bounding_box: BoundingBox { x: x as f32, y: 0.0, width: 9.0, height: 9.0 },
                landmarks: Landmarks::default(),
                score: 0.9,
            },
            embeddings: vec![
                Embedding::from_raw(match person {
                    Some("ada") => vec![1.0, 0.0],
                    Some(_) => vec![0.0, 1.0],
                    None => vec![-1.0, 0.0],
                })
                .unwrap(),
            ],
        };
        let candidate = |(who, similarity): &(&str, f32)| Candidate {
            performer: Performer::named(PerformerId::local(who), *who),
            similarity: Similarity(*similarity),
            shard: None,
        };
        Case {
            path: name.into(),
            kind: if person.is_some() { Kind::Probe } else { Kind::Stranger },
            person: person.map(PerformerId::local),
            photo: Photo {
                sha256: name.to_owned(),
                width: 20,
                height: 9,
                faces: (0..faces.len()).map(seen).collect(),
            },
            found: faces.iter().map(|found| found.iter().map(candidate).collect()).collect(),
            turned: Vec::new(),
            squeezed: Vec::new(),
            seconds: 1.0,
        }
    }

    #[test]
    fn every_figure_counts_what_it_says() {
        let cases = [
            case("gallery", Some("ada"), &[&[("ada", 1.0)]]),
            case("right", Some("ada"), &[&[("ada", 0.8), ("bob", 0.1)]]),
            case("weak", Some("ada"), &[&[("ada", 0.3), ("bob", 0.1)]]),
            case("wrong", Some("bob"), &[&[("ada", 0.5), ("bob", 0.4)]]),
            case("faceless", Some("bob"), &[]),
            case("strangers", None, &[&[("ada", 0.6)], &[("bob", 0.2)], &[]]),
        ];
        let figures = Figures::of(
            &cases,
            &BTreeSet::from(["gallery".to_owned()]),
            &|found| found.first().is_some_and(|best| best.similarity >= UNKNOWN_BELOW),
            &photo::similarity,
        );
        let values = |m: &Measure| (m.value, m.n);
        assert_eq!(figures.gallery_photos_left_out, 1);
        assert_eq!(values(&figures.detection_rate), (Some(0.75), 4));
        assert_eq!(values(&figures.top1), (Some(2.0 / 3.0), 3));
        assert_eq!(values(&figures.top5), (Some(1.0), 3));
        assert_eq!(values(&figures.named), (Some(1.0 / 3.0), 3));
        assert_eq!(values(&figures.misnamed), (Some(1.0 / 3.0), 3));
        assert_eq!(values(&figures.strangers_named), (Some(1.0 / 3.0), 3));
        assert_eq!(values(&figures.lowest_right), (Some(f64::from(0.3f32)), 2));
        assert_eq!(values(&figures.highest_stranger), (Some(f64::from(0.6f32)), 2));
        assert_eq!(values(&figures.seconds_per_image), (Some(1.0), 6));
        let missed: Vec<_> = figures.misses.iter().map(|m| m.path.to_str().unwrap()).collect();
        assert_eq!(missed, ["faceless", "wrong", "strangers"]);
        assert_eq!(figures.tar_at_far.value, None);
        assert_eq!(figures.tar_at_far.n, 3);
    }

    #[test]
    fn pairs_are_within_people_between_people_and_with_strangers() {
        let cases = [
            case("a", Some("ada"), &[&[]]),
            case("b", Some("ada"), &[&[]]),
            case("b", Some("ada"), &[&[]]),
            case("c", Some("bob"), &[&[]]),
            case("s", None, &[&[], &[]]),
        ];
        let (genuine, impostor) = pairs(&cases, &photo::similarity);
        // a-b twice (b-b is one file); ada-bob three times, four known faces with two strangers.
        assert_eq!(genuine, [1.0; 2]);
        assert_eq!(impostor.len(), 3 + 4 * 2);
    }
}
