//! What comes out of linking: persons, and their entries for a database.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::{Performer, PerformerId};
use rollcall_index::{DatabaseWriter, PerformerEntry};
use uuid::Uuid;

use super::{LinkReport, Node};
use crate::{
    Error,
    folder::Problem,
    known::{Known, People},
};

/// A person and who they are at the endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Performers with faces, in the order in which people are filed: under the first one.
    pub members: Vec<PerformerId>,
    /// Their id per endpoint, also where they are known by id only.
    pub stash_ids: BTreeMap<String, Uuid>,
    /// Every id that is theirs, those that were merged into another among them.
    pub ids: BTreeSet<PerformerId>,
    /// Those of them that lead here though they are none of theirs today: their endpoint has merged them,
    /// or it has the person twice.
    pub merged_ids: BTreeSet<PerformerId>,
}

/// The person these performers are.
pub(super) fn person(
    nodes: &[Node],
    members: &[usize],
    numbers: &BTreeMap<PerformerId, usize>,
) -> Person {
    let mut members = members.to_vec();
    // An id that somebody else still has is theirs.
    let is_nobodys = |id: &PerformerId| numbers.get(id).is_none_or(|n| members.contains(n));
    let merged = members.iter().flat_map(|&m| nodes[m].merged()).filter(is_nobodys);
    let merged: BTreeSet<PerformerId> = merged.collect();
    // Numbers are in the order of filing. Who was merged into another of the group comes last.
    members.sort_by_key(|&member| (merged.contains(&nodes[member].id), member));
    let mut stash_ids = BTreeMap::new();
    let mut merged_ids = merged.clone();
    let mut ids = merged;
    for &member in &members {
        let id = &nodes[member].id;
        ids.insert(id.clone());
        if id.endpoint() != PerformerId::LOCAL {
            merged_ids.insert(id.clone());
            stash_ids.entry(id.endpoint().to_owned()).or_insert_with(|| id.uuid());
        }
    }
    merged_ids.retain(|id| stash_ids.get(id.endpoint()) != Some(&id.uuid()));
    for &member in &members {
        let nobodys = |id: &&PerformerId| !numbers.contains_key(id);
        for id in nodes[member].stated().filter(nobodys) {
            ids.insert(id.clone());
            stash_ids.entry(id.endpoint().to_owned()).or_insert_with(|| id.uuid());
        }
    }
    let members = members.iter().map(|&m| nodes[m].id.clone()).collect();
    Person { members, stash_ids, ids, merged_ids }
}

/// Who is who.
#[derive(Clone, Debug)]
pub struct Linked {
    persons: Vec<Person>,
    /// Which person each performer is.
    of: BTreeMap<PerformerId, usize>,
    /// How that was found out.
    pub report: LinkReport,
}

impl Linked {
    pub(super) fn new(persons: Vec<Person>, report: LinkReport) -> Self {
        let of = persons.iter().enumerate();
        let of = of
            .flat_map(|(number, person)| person.members.iter().map(move |id| (id.clone(), number)));
        Self { of: of.collect(), persons, report }
    }

    /// Everybody, by the order in which people are filed.
    pub fn persons(&self) -> impl Iterator<Item = &Person> {
        let is_there = |(number, person): &(usize, &Person)| {
            person.members.first().and_then(|id| self.of.get(id)) == Some(number)
        };
        self.persons.iter().enumerate().filter(is_there).map(|(_, person)| person)
    }

    /// Leaves out everybody who has one of these ids, and gives all ids that were theirs.
    pub fn remove(&mut self, ids: &BTreeSet<PerformerId>) -> Vec<Person> {
        let theirs = |person: &&Person| person.ids.iter().any(|id| ids.contains(id));
        let gone: Vec<Person> = self.persons().filter(theirs).cloned().collect();
        gone.iter().flat_map(|person| &person.members).for_each(|id| {
            self.of.remove(id);
        });
        gone
    }

    /// Adds everybody to `writer`. Whoever does not fit into the format is left out and told.
    ///
    /// # Errors
    /// When people cannot be read.
    pub(crate) fn fill(
        &self,
        writer: &mut DatabaseWriter,
        people: &dyn People,
    ) -> Result<Vec<Problem>, Error> {
        let mut problems = Vec::new();
        self.entries(people, &mut |entry| {
            let path = entry.performer.id.to_string().into();
            if let Err(error) = writer.add(entry) {
                problems.push(Problem { path, reason: error.to_string() });
            }
            Ok(())
        })?;
        Ok(problems)
    }

    /// Gives the entry of each person to `each`, one at a time. Only people at several endpoints are
    /// kept in memory until all of theirs is there.
    ///
    /// # Errors
    /// When people cannot be read, or `each` says so.
    pub fn entries(
        &self,
        people: &dyn People,
        each: &mut dyn FnMut(PerformerEntry) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut waiting: BTreeMap<usize, Vec<Known>> = BTreeMap::new();
        people.for_each(&mut |known| {
            // Who came later is linked the next time.
            let Some(&number) = self.of.get(&known.listed.id) else { return Ok(()) };
            let person = &self.persons[number];
            let here = waiting.entry(number).or_default();
            here.push(known);
            if here.len() < person.members.len() {
                return Ok(());
            }
            match waiting.remove(&number).and_then(|all| entry(person, all)) {
                Some(entry) => each(entry),
                None => Ok(()),
            }
        })
    }
}

/// The entry of a person of whom all performers are here.
fn entry(person: &Person, mut all: Vec<Known>) -> Option<PerformerEntry> {
    let place = |known: &Known| person.members.iter().position(|id| *id == known.listed.id);
    all.sort_by_key(place);
    let country = all.iter().find_map(|known| known.listed.country.clone());
    let first = all.first()?;
    let faces: usize = all.iter().map(|known| known.faces.len()).sum();
    let performer = Performer {
        id: first.listed.id.clone(),
        name: first.listed.name.clone(),
        disambiguation: first.listed.disambiguation.clone(),
        country,
        stash_ids: person.stash_ids.clone(),
        merged_ids: person.merged_ids.clone(),
        // A picture lies relative to the endpoint that the person is filed under.
        image: first.image.clone(),
        faces: u32::try_from(faces).unwrap_or(u32::MAX),
    };
    let faces = all.into_iter().flat_map(|known| known.faces).collect();
    Some(PerformerEntry { performer, faces })
}
