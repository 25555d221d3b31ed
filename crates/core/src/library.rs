//! The user's own people, learnt from pictures, beside a database.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::{
    Calibration, Candidate, DatabaseSummary, Embedding, Found, LocalFuture, Lookup, LookupError,
    Performer, PerformerId, Similarity, mean_similarity,
};

/// How many looks at one performer are kept: as many as a database keeps.
const MOST_LOOKS: usize = 32;

/// What a library without a database calls itself in answers.
const OWN_LIBRARY: &str = "own library";

/// Somebody of the user's library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The performer's number in the user's Stash.
    pub number: u32,
    /// Name to show.
    pub name: String,
    /// What tells namesakes apart.
    pub disambiguation: Option<String>,
    /// Ids at stash-boxes, by host.
    pub stash_ids: BTreeMap<String, Uuid>,
}

impl Known {
    fn performer(self) -> Performer {
        Performer {
            disambiguation: self.disambiguation,
            stash_ids: self.stash_ids,
            faces: 0,
            ..Performer::named(PerformerId::of_stash(self.number), self.name)
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    performer: Performer,
    looks: Vec<Vec<Embedding>>,
}

/// Everybody who was learnt, by their number in the user's Stash.
#[derive(Clone, Debug, Default)]
pub struct Library(BTreeMap<u32, Entry>);

impl Library {
    /// Adds a look: one embedding for each model of the pack.
    pub fn add(&mut self, known: Known, look: Vec<Embedding>) {
        let entry = self.0.entry(known.number);
        let entry =
            entry.or_insert_with(|| Entry { performer: known.performer(), looks: Vec::new() });
        if entry.looks.len() < MOST_LOOKS {
            entry.looks.push(look);
            entry.performer.faces += 1;
        }
    }

    fn find(&self, person: &[Embedding], limit: usize) -> Vec<Candidate> {
        let alike = |entry: &Entry| {
            let looks = entry.looks.iter().filter_map(|look| mean_similarity(person, look));
            let best = |a: Similarity, b: Similarity| if b > a { b } else { a };
            let similarity = looks.reduce(best)?;
            Some(Candidate { performer: entry.performer.clone(), similarity, shard: None })
        };
        best(self.0.values().filter_map(alike).collect(), limit)
    }
}

/// Both of them asked as one: who is in both is one candidate, the database's, as alike as the
/// better of the two says.
#[derive(Clone, Copy)]
pub struct Both<'a> {
    /// The database, where there is one.
    pub database: Option<&'a dyn Lookup>,
    /// The user's own people.
    pub library: &'a Library,
}

impl std::fmt::Debug for Both<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Both").field("own", &self.library.0.len()).finish_non_exhaustive()
    }
}

impl Both<'_> {
    /// What the database found, and the user's own people.
    fn with_own(&self, mut found: Found, person: &[Embedding], limit: usize) -> Found {
        for own in self.library.find(person, limit) {
            match found.candidates.iter_mut().find(|other| same(&own, other)) {
                Some(other) if own.similarity > other.similarity => {
                    other.similarity = own.similarity;
                }
                Some(_) => {}
                None => found.candidates.push(own),
            }
        }
        found.candidates = best(found.candidates, limit);
        found
    }
}

impl Lookup for Both<'_> {
    fn find<'a>(
        &'a self,
        person: &'a [Embedding],
        limit: usize,
    ) -> LocalFuture<'a, Result<Found, LookupError>> {
        Box::pin(async move {
            let found = match self.database {
                Some(database) => database.find(person, limit).await?,
                None => Found::default(),
            };
            Ok(self.with_own(found, person, limit))
        })
    }

    fn find_all<'a>(
        &'a self,
        people: &'a [&'a [Embedding]],
        limit: usize,
    ) -> LocalFuture<'a, Result<Vec<Found>, LookupError>> {
        Box::pin(async move {
            let found = match self.database {
                Some(database) => database.find_all(people, limit).await?,
                None => vec![Found::default(); people.len()],
            };
            let each = found.into_iter().zip(people);
            Ok(each.map(|(found, person)| self.with_own(found, person, limit)).collect())
        })
    }

    fn summary(&self) -> Option<DatabaseSummary> {
        let own = self.library.0.len() as u64;
        let summary = self.database.and_then(Lookup::summary);
        let summary = summary.or_else(|| {
            (own > 0).then(|| DatabaseSummary { version: OWN_LIBRARY.to_owned(), performers: 0 })
        })?;
        Some(DatabaseSummary { performers: summary.performers + own, ..summary })
    }

    fn calibration(&self) -> Option<Calibration> {
        self.database.and_then(Lookup::calibration)
    }
}

fn same(own: &Candidate, other: &Candidate) -> bool {
    // Not by the id that each is filed under: one is a number in the user's Stash.
    let theirs: BTreeSet<PerformerId> = other.performer.all_ids().collect();
    own.performer.ids().skip(1).any(|id| theirs.contains(&id))
}

fn best(mut candidates: Vec<Candidate>, limit: usize) -> Vec<Candidate> {
    candidates.sort_by(|a, b| {
        let similarity = b.similarity.0.total_cmp(&a.similarity.0);
        similarity.then_with(|| a.performer.id.cmp(&b.performer.id))
    });
    candidates.truncate(limit);
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(x: f32, y: f32) -> Vec<Embedding> {
        vec![Embedding::from_raw(vec![x, y]).unwrap()]
    }

    fn known(id: u32, stash_id: Option<Uuid>) -> Known {
        let stash_ids = stash_id.map(|id| ("stashdb.org".to_owned(), id)).into_iter().collect();
        Known { number: id, name: format!("Performer {id}"), disambiguation: None, stash_ids }
    }

    struct One(Candidate);

    impl Lookup for One {
        fn find<'a>(
            &'a self,
            _: &'a [Embedding],
            _: usize,
        ) -> LocalFuture<'a, Result<Found, LookupError>> {
            let found = Found { candidates: vec![self.0.clone()], ..Found::default() };
            Box::pin(std::future::ready(Ok(found)))
        }
    }

    #[test]
    fn the_best_look_counts_and_the_number_is_in_the_id() {
        let mut library = Library::default();
        library.add(known(7, None), look(0.0, 1.0));
        library.add(known(7, None), look(1.0, 0.0));
        library.add(known(8, None), look(0.7, 0.7));
        let found = library.find(&look(1.0, 0.0), 5);
        assert_eq!(found[0].performer.id.to_string(), "local:00000000-0000-8000-8000-000000000007");
        assert!(found[0].similarity.0 > 0.99 && found.len() == 2);
    }

    #[test]
    fn who_is_in_both_is_one_candidate() {
        let uuid = Uuid::from_u128(5);
        let mut library = Library::default();
        library.add(known(7, Some(uuid)), look(1.0, 0.0));
        let mut theirs = library.find(&look(0.0, 1.0), 1).remove(0);
        theirs.performer.id = PerformerId::new("stashdb.org", uuid).unwrap();
        let (database, person) = (One(theirs), look(1.0, 0.0));
        let both = Both { database: Some(&database), library: &library };
        let found = pollster::block_on(both.find(&person, 5)).unwrap();
        assert_eq!(found.candidates.len(), 1);
        assert_eq!(found.candidates[0].performer.id.endpoint(), "stashdb.org");
        assert!(found.candidates[0].similarity.0 > 0.99);

        // The stash-box has merged the one the library is linked with into another.
        let mut merged = database.0;
        let old = PerformerId::new("stashdb.org", uuid).unwrap();
        merged.performer.id = PerformerId::new("stashdb.org", Uuid::from_u128(6)).unwrap();
        merged.performer.stash_ids.clear();
        let count = |database: &One| {
            let both = Both { database: Some(database), library: &library };
            pollster::block_on(both.find(&person, 5)).unwrap().candidates.len()
        };
        assert_eq!(count(&One(merged.clone())), 2);
        merged.performer.merged_ids.insert(old);
        assert_eq!(count(&One(merged)), 1);
    }
}
