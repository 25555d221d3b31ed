//! One person, one entry: who is the same at several stash-boxes.
//!
//! The maintainer's word goes first, then ids that upstreams state, then pages that both have, then
//! faces; names never count. Whatever would put two performers of one endpoint into one person is
//! refused, for stash-boxes see to it themselves that a person is there once. The same people give
//! the same links.
//!
//! `docs/BUILDING.md` explains it to maintainers.

mod edges;
mod faces;
mod groups;
mod overrides;
mod person;
mod report;
mod urls;

#[cfg(test)]
mod face_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::{Embedding, PerformerId};
use uuid::Uuid;

use edges::Edges;
use faces::Likeness;
pub use faces::{FAR, Threshold};
use groups::{Groups, Refusal};
pub use overrides::Overrides;
pub use person::{Linked, Person};
pub use report::{Hub, Link, LinkReport, Refused, Why};
pub(crate) use urls::performer_at;
use urls::{Points, points};

use crate::{
    Error,
    known::{Known, People},
};

/// How people are linked.
#[derive(Clone, Debug, Default)]
pub struct LinkOptions {
    /// Endpoints, the ones first that people are filed under if they are there. Others follow by name.
    pub endpoints: Vec<String>,
    /// What each embedder of the pack weighs: see `rollcall_core::EmbedderSpec::weight`.
    pub weights: Vec<f32>,
    /// The maintainer's word.
    pub overrides: Overrides,
    /// The share of strangers that may be more alike than people linked by face, at most; `None` if
    /// faces are not to link.
    pub far: Option<f64>,
}

/// What linking looks at of a performer.
struct Node {
    id: PerformerId,
    name: String,
    /// The number of the endpoint.
    endpoint: usize,
    /// Per embedder.
    templates: Vec<Embedding>,
    points: BTreeSet<Points>,
    stated: Vec<PerformerId>,
    merged: Vec<Uuid>,
}

impl Node {
    /// Ids of the same person that the upstream gives, in words or as the address of a page.
    fn stated(&self) -> impl Iterator<Item = &PerformerId> {
        let pages = self.points.iter().filter_map(|points| match points {
            Points::At(id) => Some(id),
            Points::Page(_) => None,
        });
        pages.chain(&self.stated)
    }

    /// Ids of its endpoint that were merged into this one.
    fn merged(&self) -> impl Iterator<Item = PerformerId> {
        self.merged.iter().filter_map(|id| PerformerId::new(self.id.endpoint(), *id).ok())
    }
}

/// Finds out who is who.
///
/// # Errors
/// When people cannot be read, or the overrides contradict themselves.
pub fn link(people: &dyn People, options: &LinkOptions) -> Result<Linked, Error> {
    let mut nodes = read(people, options)?;
    let numbers = numbers(&nodes);
    let hubs = edges::drop_hubs(&mut nodes);
    let unknown_overrides = unknown(&options.overrides, &numbers);
    let performers = nodes.len();
    let report = LinkReport { performers, hubs, unknown_overrides, ..LinkReport::default() };
    let apart = options.overrides.apart.iter().flat_map(|ids| {
        let known: Vec<usize> = ids.iter().filter_map(|id| numbers.get(id).copied()).collect();
        let pair = |(i, &a): (usize, &usize)| -> Vec<(usize, usize)> {
            known[..i].iter().map(|&b| (a.min(b), a.max(b))).collect()
        };
        known.iter().enumerate().flat_map(pair).collect::<Vec<_>>()
    });
    let endpoints = nodes.iter().map(|node| node.endpoint).collect();
    let groups = Groups::new(endpoints, apart.collect());
    let mut linker = Linker { nodes: &nodes, groups, likeness: None, report };
    linker.override_all(&options.overrides.together, &numbers)?;
    linker.merged(&numbers);
    if let Some(far) = options.far {
        let (likeness, threshold) = faces::measure(&nodes, &linker.groups, &options.weights, far);
        linker.likeness = Some(likeness);
        linker.report.threshold = Some(threshold);
    }
    linker.take(&Edges::stated(&nodes, &numbers));
    linker.take(&Edges::pages(&nodes));
    linker.by_face()?;
    let Linker { groups, mut report, .. } = linker;
    let persons: Vec<Person> =
        groups.all().map(|members| person::person(&nodes, &members, &numbers)).collect();
    report.persons = persons.len();
    Ok(Linked::new(persons, report))
}

/// Who has which id, ids that were merged into theirs among them.
fn numbers(nodes: &[Node]) -> BTreeMap<PerformerId, usize> {
    let mut numbers = BTreeMap::new();
    for (person, node) in nodes.iter().enumerate() {
        for id in node.merged() {
            numbers.entry(id).or_insert(person);
        }
    }
    // Who is still there under an id goes before whom it was merged into.
    numbers.extend(nodes.iter().enumerate().map(|(person, node)| (node.id.clone(), person)));
    numbers
}

fn unknown(overrides: &Overrides, numbers: &BTreeMap<PerformerId, usize>) -> Vec<PerformerId> {
    let all: BTreeSet<&PerformerId> =
        overrides.together.iter().chain(&overrides.apart).flatten().collect();
    all.into_iter().filter(|id| !numbers.contains_key(id)).cloned().collect()
}

/// Reads everybody, in the order in which people are filed.
fn read(people: &dyn People, options: &LinkOptions) -> Result<Vec<Node>, Error> {
    let mut nodes: Vec<Node> = Vec::new();
    people.for_each(&mut |known| {
        let Known { listed, faces, .. } = known;
        let named = |url: &String| points(url, &options.endpoints);
        let node = Node {
            name: listed.name,
            endpoint: 0,
            templates: templates(&faces),
            points: listed.urls.iter().filter_map(named).collect(),
            stated: listed.stash_ids,
            merged: listed.merged,
            id: listed.id,
        };
        let dimensions = |node: &Node| node.templates.iter().map(Embedding::dimension).collect();
        let expected: Vec<usize> = dimensions(nodes.first().unwrap_or(&node));
        if expected.is_empty() || expected != dimensions(&node) {
            return Err(Error::Database(format!(
                "{} has embeddings of other models than the rest; embed everybody with one model pack",
                node.id
            )));
        }
        nodes.push(node);
        Ok(())
    })?;
    let rank = |endpoint: &str| {
        options.endpoints.iter().position(|e| e == endpoint).unwrap_or(options.endpoints.len())
    };
    nodes.sort_by_cached_key(|node| {
        (rank(node.id.endpoint()), node.id.endpoint().to_owned(), node.id.uuid())
    });
    let mut number = 0;
    for next in 1..nodes.len() {
        number += usize::from(nodes[next].id.endpoint() != nodes[next - 1].id.endpoint());
        nodes[next].endpoint = number;
    }
    Ok(nodes)
}

/// The mean of the faces' embeddings before they were normalised, as the index makes templates.
fn templates(faces: &[Vec<Embedding>]) -> Vec<Embedding> {
    let models = faces.first().map_or(0, Vec::len);
    let mean = |model: usize| {
        let of_model = || faces.iter().filter_map(|face| face.get(model));
        let mut sum = vec![0.0f32; of_model().next()?.dimension()];
        for embedding in of_model() {
            let raw = embedding.unit().iter().map(|x| x * embedding.norm());
            sum.iter_mut().zip(raw).for_each(|(sum, x)| *sum += x);
        }
        // Faces that cancel out have no mean; any one of them stands for it.
        Embedding::from_raw(sum).ok().or_else(|| of_model().next().cloned())
    };
    (0..models).filter_map(mean).collect()
}

struct Linker<'a> {
    nodes: &'a [Node],
    groups: Groups,
    likeness: Option<Likeness>,
    report: LinkReport,
}

impl Linker<'_> {
    fn override_all(
        &mut self,
        together: &[Vec<PerformerId>],
        numbers: &BTreeMap<PerformerId, usize>,
    ) -> Result<(), Error> {
        for ids in together {
            let known: Vec<usize> = ids.iter().filter_map(|id| numbers.get(id).copied()).collect();
            for pair in known.windows(2) {
                if let Err(Refusal::Apart(a, b)) = self.join(pair[0], pair[1], Why::Override, true)
                {
                    let (a, b) = (&self.nodes[a].id, &self.nodes[b].id);
                    return Err(Error::Usage(format!(
                        "the override file has {a} and {b} both together and apart; remove one of them"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Rows that their endpoint has merged, where the old one is still there.
    fn merged(&mut self, numbers: &BTreeMap<PerformerId, usize>) {
        for (person, node) in self.nodes.iter().enumerate() {
            for old in node.merged() {
                if let Some(&old) = numbers.get(&old) {
                    // What is refused is in the report.
                    let _ = self.join(person, old, Why::Merged, true);
                }
            }
        }
    }

    /// Joins by one kind of edges. Where two of one endpoint claim the same performer, faces decide.
    fn take(&mut self, edges: &Edges) {
        for (a, b, why) in edges.all() {
            let similarity = self.similarity(a, b);
            let threshold = self.report.threshold.map(|threshold| threshold.similarity);
            let agree = similarity.zip(threshold).is_some_and(|(alike, from)| alike >= from);
            if !agree && edges.is_ambiguous(self.nodes, &self.groups, a, b) {
                let because = "several performers of one endpoint claim it, and the faces do not \
                               tell whose it is; say it in the override file";
                let link = self.describe(a, b, why.clone());
                self.report.refused.push(Refused { link, because: because.to_owned() });
            } else {
                let _ = self.join(a, b, why.clone(), false);
            }
        }
    }

    fn by_face(&mut self) -> Result<(), Error> {
        let (Some(likeness), Some(threshold)) = (&self.likeness, self.report.threshold) else {
            return Ok(());
        };
        for (a, b, _) in faces::pairs(self.nodes, likeness, threshold.similarity)? {
            let _ = self.join(a, b, Why::Face, false);
        }
        Ok(())
    }

    fn similarity(&self, a: usize, b: usize) -> Option<f64> {
        self.likeness.as_ref()?.between(&self.nodes[a], &self.nodes[b])
    }

    fn describe(&self, a: usize, b: usize, why: Why) -> Link {
        let similarity = self.similarity(a, b);
        let middle = self.likeness.as_ref().and_then(Likeness::middle);
        Link {
            a: self.nodes[a].id.clone(),
            b: self.nodes[b].id.clone(),
            names: [self.nodes[a].name.clone(), self.nodes[b].name.clone()],
            why,
            doubtful: similarity.zip(middle).is_some_and(|(alike, middle)| alike < middle),
            similarity,
        }
    }

    /// Joins two groups and reports it, or why not.
    fn join(&mut self, a: usize, b: usize, why: Why, stated: bool) -> Result<(), Refusal> {
        let refusal = match self.groups.join(a, b, stated) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let link = self.describe(a, b, why);
                self.report.links.push(link);
                return Ok(());
            }
            Err(refusal) => refusal,
        };
        let id = |person: usize| &self.nodes[person].id;
        let because = match refusal {
            Refusal::Apart(x, y) => {
                format!("the override file keeps {} and {} apart", id(x), id(y))
            }
            Refusal::SameEndpoint(x, y) => {
                format!("{} and {} are two performers of one endpoint", id(x), id(y))
            }
        };
        let link = self.describe(a, b, why);
        self.report.refused.push(Refused { link, because });
        Err(refusal)
    }
}
