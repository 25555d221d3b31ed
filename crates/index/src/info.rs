//! What a database says of itself.

use std::collections::BTreeMap;

use rollcall_core::PerformerId;
use serde::Serialize;

use crate::manifest::{Counts, Manifest, SourceStats, is_zero};

/// What there is to know of a database before searching it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatabaseInfo {
    /// Its version, such as `2026.11.1`.
    pub version: String,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it should no longer be used, in seconds since 1970.
    pub expires: Option<u64>,
    /// How much it has.
    #[serde(flatten)]
    pub counts: Counts,
    /// Bytes of the sketches, which are fetched before the first search.
    pub sketch_bytes: u64,
    /// The fingerprint of the key that signed it.
    pub signer: Option<String>,
    /// The models its vectors come from.
    pub models: Vec<ModelInfo>,
    /// How much comes from each stash-box.
    pub sources: BTreeMap<String, SourceStats>,
    /// Whether it looks like somebody's own collection: see [`Manifest::is_own`].
    pub own: bool,
    /// How many of its performers are made up, for measuring.
    #[serde(skip_serializing_if = "is_zero")]
    pub distractors: u64,
    /// How to reach whoever publishes it: text from strangers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where somebody asks to be taken out of it: an https address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removal_url: Option<String>,
}

/// What there is to know of a database's model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelInfo {
    /// Its name.
    pub name: String,
    /// SHA-256 of the prepared graph, in hex.
    pub sha256: String,
    /// Dimensions of its embeddings.
    pub dimension: usize,
    /// Bit-planes of its sketch.
    pub planes: usize,
    /// How faces are fed to it.
    pub preprocessing: String,
}

impl From<&Manifest> for DatabaseInfo {
    fn from(manifest: &Manifest) -> Self {
        Self {
            version: manifest.version.to_string(),
            created: manifest.created,
            expires: manifest.expires,
            counts: manifest.counts,
            sketch_bytes: manifest.sketch_bytes(),
            signer: manifest.signer().map(|key| key.fingerprint()),
            models: manifest
                .models
                .iter()
                .map(|model| ModelInfo {
                    name: model.name.clone(),
                    sha256: model.sha256.to_string(),
                    dimension: model.dimension,
                    planes: model.planes,
                    preprocessing: model.preprocessing.clone(),
                })
                .collect(),
            sources: manifest.source_stats.clone(),
            own: manifest.is_own(),
            distractors: manifest.distractors,
            contact: manifest.contact.clone(),
            removal_url: manifest.removal_url.clone(),
        }
    }
}

impl Manifest {
    /// Whether this looks like somebody's own collection rather than a published database: nobody
    /// in it is filed under a stash-box, and nobody has signed it. The stand-alone page searches
    /// such a database by itself, and no other one.
    #[must_use]
    pub fn is_own(&self) -> bool {
        let mut sources = self.sources.iter().chain(self.source_stats.keys());
        self.signer().is_none() && sources.all(|source| source == PerformerId::LOCAL)
    }
}
