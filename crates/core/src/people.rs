//! Several people seen at once, and who gets which name.

use crate::{Calibration, Candidate, Confidence, Evidence, Performer, PerformerId};

/// A candidate with what speaks for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Who.
    pub performer: Performer,
    /// What speaks for them.
    pub evidence: Evidence,
    /// The probability that it is they.
    pub confidence: Confidence,
    /// The shard they are in, where the database has such.
    pub shard: Option<String>,
}

/// Weighs the candidates a lookup found, most alike first, for somebody seen in `looks` faces, among
/// `performers`, by the most cautious of the curves: the surest first.
#[must_use]
pub fn rank(
    found: Vec<Candidate>,
    looks: usize,
    performers: u64,
    calibrations: &[Calibration],
    expected: &dyn Fn(&Performer) -> bool,
) -> Vec<Ranked> {
    let similarities: Vec<f32> = found.iter().map(|c| c.similarity.0).collect();
    let ranked = found.into_iter().enumerate().map(|(place, candidate)| {
        let Candidate { performer, similarity, shard } = candidate;
        let rival = similarities.get(usize::from(place == 0)).copied();
        let margin = rival.map_or(similarity.0, |rival| similarity.0 - rival);
        let expected = expected(&performer);
        let evidence = Evidence { similarity, margin, looks, performers, expected };
        let confidence = Calibration::most_cautious(calibrations, &evidence);
        Ranked { performer, evidence, confidence, shard }
    });
    let mut ranked: Vec<Ranked> = ranked.collect();
    // Candidates came by similarity; only an expected one can overtake.
    ranked.sort_by(|a, b| b.confidence.0.total_cmp(&a.confidence.0));
    ranked
}

/// One person: which of the groups of faces are theirs, and their name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    /// Numbers of groups, the one that got the name first.
    pub(crate) groups: Vec<usize>,
    pub(crate) named: Option<Ranked>,
}

/// Gives names to groups of faces, the surest pair first. A name that is taken goes to another
/// group only if the two may be one person (`one`); they are then. Otherwise that group gets its
/// next candidate, or stays unknown. Named people come first, by falling confidence.
pub(crate) fn assign(
    candidates: &[Vec<Ranked>],
    at_least: Confidence,
    one: &dyn Fn(usize, usize) -> bool,
) -> Vec<Person> {
    let mut pairs: Vec<(usize, &Ranked)> = candidates
        .iter()
        .enumerate()
        .flat_map(|(group, found)| found.iter().map(move |c| (group, c)))
        .filter(|(_, c)| c.confidence >= at_least)
        .collect();
    pairs.sort_by(|(i, a), (j, b)| {
        let ids = || a.performer.id.cmp(&b.performer.id);
        let similarity = |r: &Ranked| r.evidence.similarity.0;
        b.confidence
            .0
            .total_cmp(&a.confidence.0)
            .then(similarity(b).total_cmp(&similarity(a)))
            .then(i.cmp(j))
            .then_with(ids)
    });
    let mut people: Vec<Person> = Vec::new();
    let mut taken = vec![false; candidates.len()];
    for (group, candidate) in pairs {
        if taken[group] {
            continue;
        }
        match people.iter_mut().find(|person| person.is(&candidate.performer.id)) {
            None => {
                people.push(Person { groups: vec![group], named: Some(candidate.clone()) });
            }
            Some(person) if person.groups.iter().all(|&other| one(group, other)) => {
                person.groups.push(group);
            }
            Some(_) => continue,
        }
        taken[group] = true;
    }
    let unknown = taken.iter().enumerate().filter(|(_, taken)| !**taken);
    people.extend(unknown.map(|(group, _)| Person { groups: vec![group], named: None }));
    people
}

impl Person {
    fn is(&self, id: &PerformerId) -> bool {
        self.named.as_ref().is_some_and(|ranked| ranked.performer.id == *id)
    }
}
