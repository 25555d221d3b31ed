//! The file of people who wait for the user's eye, as the plugin's page opens it.

use std::{collections::BTreeSet, path::Path, str::FromStr};

use rollcall_core::{Answer, AnswerCandidate, DatabaseSummary, Match, PerformerId};
use serde::Serialize;

use crate::{Error, files};

/// As many faces of a person are worth showing.
const MOST_FACES: usize = 8;

/// The file. `docs/PLUGIN.md` describes it.
#[derive(Debug, Serialize)]
pub struct Queue {
    format: &'static str,
    version: u32,
    /// Seconds since 1970.
    created: u64,
    database: Option<DatabaseSummary>,
    /// By rising number.
    pub scenes: Vec<QueuedScene>,
}

/// A scene with people who wait.
#[derive(Debug, Serialize)]
pub struct QueuedScene {
    /// Its number in Stash.
    pub id: String,
    /// Its title, or what its file is called.
    pub title: String,
    /// People with names who are not on the scene.
    pub matches: Vec<Match>,
}

impl Queue {
    pub(super) fn new(created: u64, database: Option<DatabaseSummary>) -> Self {
        Self { format: "rollcall-queue", version: 1, created, database, scenes: Vec::new() }
    }
}

/// Writes the file, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write_queue(queue: &Queue, path: &Path) -> Result<(), Error> {
    let text =
        serde_json::to_vec(queue).map_err(|e| Error::Write { path: path.into(), source: e.into() });
    files::write_atomically(path, &text?)
}

/// Whom an answer has names for, without those who are on the scene.
pub(super) fn waiting(answer: Answer, tagged: &BTreeSet<PerformerId>) -> Vec<Match> {
    let waits = |person: &Match| person.best.as_ref().is_some_and(|best| !is_one(best, tagged));
    let mut waiting: Vec<Match> = answer.matches.into_iter().filter(waits).collect();
    waiting.iter_mut().for_each(|person| person.faces.truncate(MOST_FACES));
    waiting
}

fn is_one(candidate: &AnswerCandidate, tagged: &BTreeSet<PerformerId>) -> bool {
    let own = PerformerId::from_str(&candidate.performer_id).ok();
    let elsewhere = candidate
        .stash_ids
        .iter()
        .filter_map(|(host, id)| PerformerId::new(host, id.as_deref()?.parse().ok()?).ok());
    let merged = candidate.merged_ids.iter().filter_map(|id| id.parse().ok());
    own.into_iter().chain(elsewhere).chain(merged).any(|id| tagged.contains(&id))
}

#[cfg(test)]
mod tests {
    use rollcall_core::{
        Confidence, Evidence, IdentifyOptions, Performer, Ranked, Similarity, answer_candidate,
    };
    use uuid::Uuid;

    use super::*;

    #[test]
    fn who_is_tagged_is_so_under_any_id_also_a_merged_one() {
        let id = |number| PerformerId::new("stashdb.org", Uuid::from_u128(number)).unwrap();
        let mut performer = Performer::named(id(1), "Ada");
        performer.merged_ids.insert(id(2));
        let similarity = Similarity(0.7);
        let evidence =
            Evidence { similarity, margin: 0.1, looks: 1, performers: 10, expected: false };
        let ranked = Ranked { performer, evidence, confidence: Confidence(0.9), shard: None };
        let shown = answer_candidate(&ranked, &IdentifyOptions::default());
        let is_tagged = |number| is_one(&shown, &[id(number)].into());
        assert!(is_tagged(1) && is_tagged(2) && !is_tagged(3));
    }
}
