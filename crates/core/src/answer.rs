//! The answer an identification gives, in the words of the plugin this one replaces.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{BoundingBox, Confidence, EngineReport, Evidence, Ranked, Similarity};

/// Who is in a picture or scene. Serialised, this is what `rollcall identify --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// How many different people were seen.
    pub performers_detected: usize,
    /// One entry a person, named ones first, by falling confidence.
    pub matches: Vec<Match>,
    /// Part of the database could not be used.
    pub partial: bool,
    /// Part of the database is still on its way; a better answer follows.
    pub provisional: bool,
    /// Which engine ran and why.
    pub engine: EngineReport,
    /// The names of the models used.
    pub models: Vec<String>,
    /// The database asked, if any.
    pub database: Option<DatabaseSummary>,
    /// Whether confidences come from a calibration or from a documented guess.
    pub calibrated: bool,
    /// What was looked at, for a scene.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<SceneFacts>,
}

/// What of a scene was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneFacts {
    /// How many frames there were to choose from.
    pub frames: usize,
    /// How many were searched for faces.
    pub searched: usize,
    /// How many looked like one that was searched, and were not.
    pub repeated: usize,
    /// How many could not be had.
    pub missing: usize,
    /// How many faces were compared.
    pub faces: usize,
    /// How many faces were too small or too poor to compare.
    pub too_poor: usize,
}

/// The database an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseSummary {
    /// Its version, such as `2026.11.1`.
    pub version: String,
    /// How many performers are in it.
    pub performers: u64,
}

/// One person in the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// Nobody in the database is this person (then there are no best-candidate keys).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// The best candidate's own keys, where the person has a name.
    #[serde(flatten)]
    pub best: Option<AnswerCandidate>,
    /// In how many frames (or pictures) the person was seen.
    pub appearances: usize,
    /// Where.
    pub faces: Vec<AnswerFace>,
    /// The people who come into question, best first.
    pub candidates: Vec<AnswerCandidate>,
    /// What the name rests on; for an unknown person, what speaks for the first candidate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// The face as a `data:image/jpeg;base64,` URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub face_thumbnail: Option<String>,
}

/// What speaks for a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// What was weighed.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// The file of the database that the performer is in, where it has such.
    pub shard: Option<String>,
}

impl Why {
    pub(crate) fn of(ranked: &Ranked) -> Self {
        Self { evidence: ranked.evidence, shard: ranked.shard.clone() }
    }
}

/// Somebody a person may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerCandidate {
    /// `endpoint:uuid`, the database's own id.
    pub performer_id: String,
    /// The id at stashdb.org, where there is one.
    pub stashdb_id: Option<String>,
    /// Name to show.
    pub name: String,
    /// What tells namesakes apart.
    pub disambiguation: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Probability that this is right, 0 to 1.
    pub confidence: Confidence,
    /// Cosine.
    pub similarity: Similarity,
    /// Ids by endpoint.
    pub stash_ids: BTreeMap<String, Option<String>>,
    /// Ids, `endpoint:uuid`, that their endpoints have merged into one of these: libraries linked before
    /// may still have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_ids: Vec<String>,
    /// The reference picture, built from the endpoint's host and a checked path.
    pub image_url: Option<String>,
    /// The performer's page at stashdb.org, where there is one.
    pub stashdb_url: Option<String>,
}

/// One look at a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerFace {
    /// Where in the frame.
    #[serde(rename = "box")]
    pub bounding_box: BoundingBox,
    /// Which frame, from 0.
    pub frame: usize,
    /// Seconds from the start, for a scene.
    pub time: Option<f64>,
    /// The detector's score, 0 to 1.
    pub score: f32,
}
