//! `latest.json`: the only file of a database that ever changes.

use serde::{Deserialize, Serialize};

use crate::{Digest, FORMAT, IndexError, Version, limits};

/// The name of the file.
pub const LATEST: &str = "latest.json";

/// Which manifest is the current one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The database's version.
    pub version: Version,
    /// SHA-256 of the manifest, which is also its name.
    pub manifest: Digest,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    format: u32,
    version: String,
    manifest: String,
}

/// The name of the manifest with this digest.
#[must_use]
pub fn manifest_name(digest: &Digest) -> String {
    format!("manifest-{digest}.mp")
}

/// Why what answers is no `latest.json`, if it does not end.
pub(crate) fn too_long() -> IndexError {
    IndexError::NotADatabase("it is longer than 4 KiB".to_owned())
}

impl Latest {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is too long, not JSON, of a newer format, or names no manifest.
    pub fn parse(bytes: &[u8]) -> Result<Self, IndexError> {
        let wrong = |what: &str| IndexError::NotADatabase(what.to_owned());
        if bytes.len() > limits::LATEST_BYTES {
            return Err(too_long());
        }
        // The format first: a newer one may have other fields.
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } =
            serde_json::from_slice(bytes).map_err(|_| wrong("it is no JSON with a format"))?;
        if format != FORMAT {
            return Err(IndexError::TooNew { file: LATEST.into(), found: format, known: FORMAT });
        }
        let wire: Wire =
            serde_json::from_slice(bytes).map_err(|_| wrong("its fields are missing"))?;
        let manifest = wire
            .manifest
            .strip_prefix("manifest-")
            .and_then(|name| name.strip_suffix(".mp"))
            .and_then(|hex| hex.parse().ok())
            .ok_or_else(|| wrong("it names no manifest"))?;
        let version = wire.version.parse().map_err(|_| wrong("its version is none"))?;
        Ok(Self { version, manifest })
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        format!(
            "{{\"format\":{FORMAT},\"version\":\"{}\",\"manifest\":\"{}\"}}\n",
            self.version,
            manifest_name(&self.manifest)
        )
        .into_bytes()
    }
}
