//! What speaks for two performers being one person, other than their faces.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::PerformerId;

use super::{Groups, Hub, Node, Points, Why};

/// A page that more performers of one endpoint have is not a person's: a studio's, a duo's.
const MOST_OF_ONE_ENDPOINT: usize = 2;

/// Edges of one kind.
#[derive(Default)]
pub(super) struct Edges {
    edges: BTreeMap<(usize, usize), Why>,
    /// Who is claimed to be whom, both ways.
    claims: BTreeMap<usize, BTreeSet<usize>>,
}

impl Edges {
    fn add(&mut self, a: usize, b: usize, why: &Why) {
        if a != b {
            self.edges.entry((a.min(b), a.max(b))).or_insert_with(|| why.clone());
            self.claims.entry(a).or_default().insert(b);
            self.claims.entry(b).or_default().insert(a);
        }
    }

    /// Ids that upstreams give, in words or as the address of the other's page.
    pub(super) fn stated(nodes: &[Node], numbers: &BTreeMap<PerformerId, usize>) -> Self {
        let mut edges = Self::default();
        for (person, node) in nodes.iter().enumerate() {
            for other in node.stated().filter_map(|id| numbers.get(id)) {
                edges.add(person, *other, &Why::Stated);
            }
        }
        edges
    }

    /// Pages that two have.
    pub(super) fn pages(nodes: &[Node]) -> Self {
        let mut edges = Self::default();
        for (points, people) in by_points(nodes) {
            let Points::Page(page) = points else { continue };
            let why = Why::Page(page.clone());
            for (i, &b) in people.iter().enumerate() {
                let others =
                    people[..i].iter().filter(|&&a| nodes[a].endpoint != nodes[b].endpoint);
                others.for_each(|&a| edges.add(a, b, &why));
            }
        }
        edges
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (usize, usize, &Why)> {
        self.edges.iter().map(|(&(a, b), why)| (a, b, why))
    }

    /// Whether one of the two is also claimed by somebody else of the other's endpoint.
    pub(super) fn is_ambiguous(&self, nodes: &[Node], groups: &Groups, a: usize, b: usize) -> bool {
        let rivals = |of: usize, other: usize| {
            self.claims.get(&of).is_some_and(|claims| {
                claims.iter().any(|&c| {
                    nodes[c].endpoint == nodes[other].endpoint && !groups.together(c, other)
                })
            })
        };
        rivals(a, b) || rivals(b, a)
    }
}

fn by_points(nodes: &[Node]) -> BTreeMap<&Points, Vec<usize>> {
    let mut by_points: BTreeMap<&Points, Vec<usize>> = BTreeMap::new();
    for (person, node) in nodes.iter().enumerate() {
        node.points.iter().for_each(|points| by_points.entry(points).or_default().push(person));
    }
    by_points
}

/// Takes away the pages that too many have, and names them.
pub(super) fn drop_hubs(nodes: &mut [Node]) -> Vec<Hub> {
    let mut hubs = BTreeMap::new();
    for (points, people) in by_points(nodes) {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        people.iter().for_each(|&p| *counts.entry(nodes[p].endpoint).or_default() += 1);
        if counts.values().any(|&count| count > MOST_OF_ONE_ENDPOINT) {
            hubs.insert(points.clone(), people.len());
        }
    }
    nodes.iter_mut().for_each(|node| node.points.retain(|points| !hubs.contains_key(points)));
    let hub = |(points, performers)| match points {
        Points::Page(page) => Hub { page, performers },
        Points::At(id) => Hub { page: id.to_string(), performers },
    };
    hubs.into_iter().map(hub).collect()
}
