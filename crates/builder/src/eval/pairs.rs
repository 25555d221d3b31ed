//! How alike two photos of one person are, and two of different people.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::{Embedding, PerformerId};
use rollcall_index::Database;
use serde::Serialize;

use super::look::{Case, Kind};
use crate::{
    metrics::{Measure, tar_at_far},
    photo::SeenFace,
};

/// The false accept rates at which the true ones are measured.
const FARS: [f64; 3] = [1e-2, 1e-3, 1e-4];

/// The name of all embedders together.
pub(super) const ALL: &str = "all";

/// The ways to compare two faces: all embedders together, as the database does it, or one alone.
pub(super) struct Ways<'a> {
    pub(super) models: &'a [String],
    pub(super) database: &'a Database,
}

impl Ways<'_> {
    /// The names: all together first; where there is but one embedder, that is all there is.
    pub(super) fn names(&self) -> Vec<&str> {
        let alone = self.models.iter().map(String::as_str).filter(|_| self.models.len() > 1);
        std::iter::once(ALL).chain(alone).collect()
    }

    /// The similarities of two faces, in the order of the names.
    pub(super) fn similarities(&self, a: &[Embedding], b: &[Embedding]) -> Vec<f32> {
        let cosine = |(a, b): (&Embedding, &Embedding)| a.similarity(b).map_or(0.0, |s| s.0);
        let alone: Vec<f32> = a.iter().zip(b).map(cosine).collect();
        let together = self.database.fused(&alone).0;
        let alone = alone.into_iter().filter(|_| self.models.len() > 1);
        std::iter::once(together).chain(alone).collect()
    }

    /// The similarity to all embedders together.
    pub(super) fn together(&self, a: &[Embedding], b: &[Embedding]) -> f32 {
        self.similarities(a, b).first().copied().unwrap_or_default()
    }
}

/// Somebody whose name is known, and the most prominent face of each photo, each file once: photos
/// that the database was made of first.
pub(super) struct Known<'a> {
    pub(super) id: &'a PerformerId,
    pub(super) faces: Vec<&'a SeenFace>,
    /// How many of them are the database's.
    pub(super) enrolled: usize,
}

/// The people of the probes who have a face.
pub(super) fn people<'a>(cases: &'a [Case], gallery: &BTreeSet<String>) -> Vec<Known<'a>> {
    let mut people: BTreeMap<&PerformerId, Vec<(bool, &str, &SeenFace)>> = BTreeMap::new();
    for case in cases {
        let (Some(id), Some(face)) = (&case.person, case.photo.most_prominent()) else { continue };
        let sha256 = &*case.photo.sha256;
        let faces = people.entry(id).or_default();
        if faces.iter().all(|(_, other, _)| *other != sha256) {
            faces.push((!gallery.contains(sha256), sha256, face));
        }
    }
    let known = |(id, mut faces): (_, Vec<(bool, &str, &'a SeenFace)>)| {
        // Stable: files stay in the order of their names.
        faces.sort_by_key(|(probe, _, _)| *probe);
        let enrolled = faces.iter().filter(|(probe, _, _)| !probe).count();
        Known { id, faces: faces.into_iter().map(|(_, _, face)| face).collect(), enrolled }
    };
    people.into_iter().map(known).collect()
}

/// The faces of the strangers' photos.
pub(super) fn strangers(cases: &[Case]) -> impl Iterator<Item = &SeenFace> {
    cases.iter().filter(|c| c.kind == Kind::Stranger).flat_map(|c| &c.photo.faces)
}

/// Pairs of one way to compare.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Similarities {
    /// The embedder, or `all` of them together.
    pub of: String,
    /// Each probe with each photo that the database was made of.
    pub probe_gallery: Pairs,
    /// Every two photos, of the database or not; known people's with strangers' too.
    pub all_pairs: Pairs,
}

/// Similarities of the same and of different people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pairs {
    /// Of one person.
    pub same: Histogram,
    /// Of two.
    pub different: Histogram,
    /// The distance of the means in standard deviations (the root of the mean of both variances).
    pub d_prime: Option<f64>,
    /// By false accept rate, the share of pairs of one person that are more alike than all but that
    /// share of the pairs of two.
    pub tar_at_far: BTreeMap<String, Measure>,
    /// True accept rates by false accept rate, to be drawn.
    pub roc: Vec<[f64; 2]>,
}

/// How often which similarity occurs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Histogram {
    /// How many there are.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub sd: f64,
    /// Counts, by steps of .02 from -1 to 1.
    pub counts: Vec<usize>,
}

impl Histogram {
    /// Steps from -1 to 1.
    pub const STEPS: usize = 100;

    fn of(values: &[f32]) -> Self {
        let n = values.len();
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n.max(1) as f64;
        let square = |v: &f32| (f64::from(*v) - mean).powi(2);
        let sd = (values.iter().map(square).sum::<f64>() / n.max(1) as f64).sqrt();
        let mut counts = vec![0; Self::STEPS];
        for value in values {
            let step = ((value + 1.0) / 2.0 * Self::STEPS as f32) as usize;
            counts[step.min(Self::STEPS - 1)] += 1;
        }
        Self { n, mean, sd, counts }
    }
}

impl Pairs {
    pub(super) fn of(same: &[f32], different: &[f32]) -> Self {
        let (a, b) = (Histogram::of(same), Histogram::of(different));
        let spread = (f64::midpoint(a.sd * a.sd, b.sd * b.sd)).sqrt();
        let d_prime = (a.n > 1 && b.n > 1 && spread > 0.0).then(|| (a.mean - b.mean) / spread);
        let tar = |far: f64| (format!("{far:.0e}"), tar_at_far(same, different, far));
        Self {
            same: a,
            different: b,
            d_prime,
            tar_at_far: FARS.into_iter().map(tar).collect(),
            roc: roc(same, different),
        }
    }
}

/// True accept rates at false accept rates from 3/n to 1, ten a decade.
fn roc(same: &[f32], different: &[f32]) -> Vec<[f64; 2]> {
    if same.is_empty() || different.is_empty() {
        return Vec::new();
    }
    let sorted = |values: &[f32]| {
        let mut values = values.to_vec();
        values.sort_by(|a, b| b.total_cmp(a));
        values
    };
    let (same, different) = (sorted(same), sorted(different));
    let n = different.len() as f64;
    let fars =
        (0..=60).rev().map(|i| 10f64.powf(-f64::from(i) / 10.0)).filter(|far| far * n >= 3.0);
    let point = |far: f64| {
        let threshold = different.get((far * n) as usize).copied().unwrap_or(f32::NEG_INFINITY);
        let above = same.partition_point(|s| *s > threshold);
        [far, above as f64 / same.len() as f64]
    };
    fars.map(point).collect()
}

/// The pairs, by way to compare.
pub(super) fn similarities(people: &[Known], cases: &[Case], ways: &Ways) -> Vec<Similarities> {
    let names = ways.names();
    // Per way: same and different of the gallery, same and different of all.
    let mut found: Vec<[Vec<f32>; 4]> = vec![Default::default(); names.len()];
    let mut add = |kinds: &[usize], a: &SeenFace, b: &SeenFace| {
        for (values, s) in found.iter_mut().zip(ways.similarities(&a.embeddings, &b.embeddings)) {
            kinds.iter().for_each(|&kind| values[kind].push(s));
        }
    };
    for (i, person) in people.iter().enumerate() {
        for (j, other) in people[..=i].iter().enumerate() {
            let different = usize::from(i != j);
            for (k, face) in person.faces.iter().enumerate() {
                let end = if i == j { k } else { other.faces.len() };
                for (l, other_face) in other.faces[..end].iter().enumerate() {
                    let mixed = (k < person.enrolled) != (l < other.enrolled);
                    let kinds = [2 + different, different];
                    add(&kinds[..1 + usize::from(mixed)], face, other_face);
                }
            }
        }
        for stranger in strangers(cases) {
            for (k, face) in person.faces.iter().enumerate() {
                let kinds = [3, 1];
                add(&kinds[..1 + usize::from(k < person.enrolled)], face, stranger);
            }
        }
    }
    let of_way =
        |(of, [same, different, all_same, all_different]): (&str, [Vec<f32>; 4])| Similarities {
            of: of.to_owned(),
            probe_gallery: Pairs::of(&same, &different),
            all_pairs: Pairs::of(&all_same, &all_different),
        };
    names.into_iter().zip(found).map(of_way).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_have_moments_rates_and_a_curve() {
        let different: Vec<f32> = (0..3000).map(|i| i as f32 / 10_000.0).collect();
        let same = [0.2, 0.5, 0.6, 0.7];
        let pairs = Pairs::of(&same, &different);
        assert_eq!((pairs.same.n, pairs.different.n), (4, 3000));
        assert!((pairs.same.mean - 0.5).abs() < 1e-6);
        assert_eq!(pairs.same.counts[75], 1);
        assert!((pairs.d_prime.unwrap() - 2.41).abs() < 0.05, "{:?}", pairs.d_prime);
        assert_eq!(pairs.tar_at_far["1e-2"].value, Some(0.75));
        assert_eq!(pairs.tar_at_far["1e-3"].value, Some(0.75));
        assert_eq!(pairs.tar_at_far["1e-4"].value, None);
        assert_eq!(pairs.roc.first(), Some(&[1e-3, 0.75]));
        assert_eq!(pairs.roc.last(), Some(&[1.0, 1.0]));
        let none = Pairs::of(&[], &[]);
        assert_eq!((none.d_prime, none.roc.len(), none.same.n), (None, 0, 0));
    }
}
