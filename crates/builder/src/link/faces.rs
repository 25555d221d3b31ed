//! Who looks the same at different stash-boxes.

use std::collections::BTreeSet;

use rollcall_core::Embedding;
use rollcall_index::{AnnIndex as _, Hnsw};
use serde::Serialize;

use super::{Node, groups::Groups};
use crate::{Error, random::Random, tail::Strangers};

/// The share of pairs of strangers that may be more alike than what links two people.
pub const FAR: f64 = 1e-6;

/// Wrong links to be expected of a whole build before each must be the other's nearest: with many
/// pairs to compare, one in a million of them would be many.
const WRONG_LINKS: f64 = 0.1;

/// Pairs of strangers that are looked at: 50 times as many as [`FAR`] asks for make the tail's fit
/// steady, at a second's work.
const PAIRS: usize = 1_000_000;

/// With fewer people too little is known of strangers, as in the index's own measurement.
const FEWEST: usize = 100;

/// The similarity asked for where strangers cannot be measured. SFace's strangers, 7,891 pairs of 36
/// people of `docs/RECOGNITION.md`, reach .50 once in a million and .59 once in a billion pairs.
const UNMEASURED: f64 = 0.6;

/// How many neighbours of each person are looked at: all that the graph finds.
const NEIGHBOURS: usize = rollcall_index::limits::CANDIDATES;

/// The seed of the draws: the first digits of the golden ratio.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// From which similarity on two people are one, and what says so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// The similarity.
    pub similarity: f64,
    /// The share of strangers expected above it.
    pub far: f64,
    /// How many pairs of different people it was measured on; 0 if there were too few people.
    pub strangers: usize,
    /// How many pairs of people of different endpoints there are.
    pub pairs: f64,
}

/// How alike people are, all embedders together: as `docs/FORMAT.md` says for a search.
pub(super) struct Likeness {
    /// Mean and deviation of strangers' cosines, and weight.
    models: Vec<(f64, f64, f64)>,
}

fn cosine(a: &Embedding, b: &Embedding) -> f64 {
    a.similarity(b).map_or(-1.0, |similarity| f64::from(similarity.0))
}

impl Likeness {
    /// How alike strangers are in the mean.
    pub(super) fn middle(&self) -> Option<f64> {
        self.models.first().map(|(mean, ..)| *mean)
    }

    pub(super) fn between(&self, a: &Node, b: &Node) -> Option<f64> {
        let &(mean, deviation, _) = self.models.first()?;
        let both = a.templates.iter().zip(&b.templates).zip(&self.models);
        let (mut sum, mut weights) = (0.0, 0.0);
        for ((a, b), (mean, deviation, weight)) in both {
            sum += weight * (cosine(a, b) - mean) / deviation;
            weights += weight;
        }
        (weights > 0.0).then(|| mean + deviation * sum / weights)
    }
}

/// What strangers at one endpoint say: how alike people are, and from where on they are one.
pub(super) fn measure(
    nodes: &[Node],
    groups: &Groups,
    weights: &[f32],
    far: f64,
) -> (Likeness, Threshold) {
    let drawn = strangers(nodes, groups);
    let models = nodes.first().map_or(0, |node| node.templates.len());
    let enough = nodes.len() >= FEWEST;
    let model = |number: usize| {
        let weight = f64::from(weights.get(number).copied().unwrap_or(1.0));
        let cosines = drawn
            .iter()
            .map(|&(a, b)| cosine(&nodes[a].templates[number], &nodes[b].templates[number]));
        let (n, sum, squares) =
            cosines.fold((0.0, 0.0, 0.0), |(n, s, q), c| (n + 1.0, s + c, q + c * c));
        let mean = sum / n;
        let deviation = f64::sqrt(squares / n - mean * mean);
        if enough && deviation > 0.0 { (mean, deviation, weight) } else { (0.0, 1.0, weight) }
    };
    let likeness = Likeness { models: (0..models).map(model).collect() };
    let pairs = pairs_between_endpoints(nodes);
    let far = far.min(WRONG_LINKS / pairs.max(1.0));
    let mut falling: Vec<(f64, f64)> = Vec::new();
    if enough {
        let likeness = drawn.iter().filter_map(|&(a, b)| likeness.between(&nodes[a], &nodes[b]));
        falling.extend(likeness.map(|similarity| (similarity, 1.0)));
        falling.sort_by(|a, b| b.0.total_cmp(&a.0));
    }
    let measured = Strangers::of(&falling);
    let similarity = measured.as_ref().map_or(UNMEASURED, |strangers| strangers.value(far));
    let strangers = measured.map_or(0, |_| falling.len());
    (likeness, Threshold { similarity, far, strangers, pairs })
}

/// Pairs of different performers of one endpoint: all of them, or [`PAIRS`] drawn with a fixed seed.
fn strangers(nodes: &[Node], groups: &Groups) -> Vec<(usize, usize)> {
    let mut by_endpoint: Vec<Vec<usize>> = Vec::new();
    for (person, node) in nodes.iter().enumerate() {
        if by_endpoint.len() <= node.endpoint {
            by_endpoint.resize(node.endpoint + 1, Vec::new());
        }
        by_endpoint[node.endpoint].push(person);
    }
    let different = |&(a, b): &(usize, usize)| !groups.together(a, b);
    let all: usize = by_endpoint.iter().map(|of| of.len() * of.len().saturating_sub(1) / 2).sum();
    if all <= PAIRS {
        let pairs = by_endpoint.iter().flat_map(|of| {
            of.iter().enumerate().flat_map(|(i, &b)| of[..i].iter().map(move |&a| (a, b)))
        });
        return pairs.filter(different).collect();
    }
    let mut random = Random::new(SEED);
    let mut draw = || {
        let a = random.below(nodes.len());
        let others = &by_endpoint[nodes[a].endpoint];
        (a, others[random.below(others.len())])
    };
    (0..PAIRS).map(|_| draw()).filter(different).collect()
}

fn pairs_between_endpoints(nodes: &[Node]) -> f64 {
    let mut counts: Vec<f64> = Vec::new();
    for node in nodes {
        counts.resize(counts.len().max(node.endpoint + 1), 0.0);
        counts[node.endpoint] += 1.0;
    }
    let same: f64 = counts.iter().map(|n| n * n).sum();
    ((nodes.len() as f64).powi(2) - same) / 2.0
}

/// Pairs of different endpoints who are at least as alike as the threshold asks, each the other's
/// nearest at their endpoint: the most alike first.
///
/// # Errors
/// When no graph of neighbours can be built.
pub(super) fn pairs(
    nodes: &[Node],
    likeness: &Likeness,
    threshold: f64,
) -> Result<Vec<(usize, usize, f64)>, Error> {
    let mut seen = BTreeSet::new();
    let models = nodes.first().map_or(0, |node| node.templates.len());
    for model in 0..models {
        // One thread and a fixed seed: the same graph each time.
        let graph = Hnsw::build(nodes.iter().map(|node| &node.templates[model]))?;
        for (person, node) in nodes.iter().enumerate() {
            let here = |row: u32| nodes[row as usize].endpoint == node.endpoint;
            for hit in graph.nearest(node.templates[model].unit(), NEIGHBOURS, &here) {
                let other = hit.row as usize;
                let alike = likeness.between(node, &nodes[other]);
                if alike.is_some_and(|alike| alike >= threshold) {
                    seen.insert((person.min(other), person.max(other)));
                }
            }
        }
    }
    let score = |(a, b)| likeness.between(&nodes[a], &nodes[b]).map(|alike| (a, b, alike));
    let mut pairs: Vec<(usize, usize, f64)> = seen.into_iter().filter_map(score).collect();
    pairs.sort_by(|x, y| y.2.total_cmp(&x.2).then((x.0, x.1).cmp(&(y.0, y.1))));
    let mut nearest = BTreeSet::new();
    Ok(pairs
        .into_iter()
        .filter(|&(a, b, _)| {
            // Falling similarity: whoever comes first at an endpoint is the nearest there.
            let first_of_a = nearest.insert((a, nodes[b].endpoint));
            let first_of_b = nearest.insert((b, nodes[a].endpoint));
            first_of_a && first_of_b
        })
        .collect())
}
