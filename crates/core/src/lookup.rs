//! Asking a database who somebody is.

use crate::{Calibration, DatabaseSummary, Embedding, LocalFuture, Performer, Similarity};

/// Answers "who looks like this?". The index implements it; tests may.
pub trait Lookup {
    /// Looks one person up by one embedding per model, in the order of the pack's embedders; gives
    /// at most `limit` candidates, best first.
    fn find<'a>(
        &'a self,
        person: &'a [Embedding],
        limit: usize,
    ) -> LocalFuture<'a, Result<Found, LookupError>>;

    /// [`Lookup::find`] for each of many people. A database in files reads each of them once.
    fn find_all<'a>(
        &'a self,
        people: &'a [&'a [Embedding]],
        limit: usize,
    ) -> LocalFuture<'a, Result<Vec<Found>, LookupError>> {
        Box::pin(async move {
            let mut all = Vec::with_capacity(people.len());
            for person in people {
                all.push(self.find(person, limit).await?);
            }
            Ok(all)
        })
    }

    /// Which database this is, to be named in the answer.
    fn summary(&self) -> Option<DatabaseSummary> {
        None
    }

    /// What its similarities are worth, where that was measured.
    fn calibration(&self) -> Option<Calibration> {
        None
    }
}

/// What a lookup found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Best first; people with equal similarity in the order of their ids.
    pub candidates: Vec<Candidate>,
    /// Some files of the database could not be used, so somebody may be missing.
    pub partial: bool,
    /// Part of the database is still on its way: ask again when it is here.
    pub provisional: bool,
}

/// Somebody who may be the person asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Who.
    pub performer: Performer,
    /// How alike, by template or by the best single face.
    pub similarity: Similarity,
    /// The file of the database that they are in, where it has such.
    pub shard: Option<String>,
}

/// Why a lookup gave nothing at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The database was made with other models.
    #[error(
        "the database was made with other models ({0}); choose a database and a model pack that belong together"
    )]
    OtherModels(String),
    /// The database cannot be read.
    #[error("{0}")]
    Database(String),
}
