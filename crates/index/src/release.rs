//! A release: what `latest.json` names.

use crate::{
    Digest, IndexError, Store, StoreError, Trust, fetch,
    latest::{self, LATEST, Latest, manifest_name},
    limits,
    manifest::Manifest,
};

/// A manifest that may be believed, and what says that it is the current one.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// What `latest.json` says.
    pub latest: Latest,
    /// The manifest.
    pub manifest: Manifest,
    /// The manifest's file.
    pub bytes: Vec<u8>,
}

impl Release {
    /// Fetches the current release of a database, and nothing else.
    ///
    /// # Errors
    /// When there is none, it is damaged, of a newer format or signed wrongly, or `trust` does not
    /// allow it.
    pub async fn read(store: &dyn Store, trust: &Trust) -> Result<Self, IndexError> {
        Self::named_by(LATEST, store, trust).await
    }

    /// [`Release::read`] with another file in the place of `latest.json`.
    pub(crate) async fn named_by(
        file: &str,
        store: &dyn Store,
        trust: &Trust,
    ) -> Result<Self, IndexError> {
        let named = match store.get(file, limits::LATEST_BYTES, true).await {
            // Most sign-in pages are longer.
            Err(StoreError::TooLong { .. }) => return Err(latest::too_long()),
            named => named?,
        };
        let latest = Latest::parse(&named)?;
        let name = manifest_name(&latest.manifest);
        let bytes = fetch::verified(store, &name, &latest.manifest, limits::MANIFEST_BYTES).await?;
        let release = Self::of(latest, bytes, trust)?;
        store.keep(file, &named).await;
        Ok(release)
    }

    /// The release made of these two files.
    ///
    /// # Errors
    /// As in [`Release::read`].
    pub fn of(latest: Latest, bytes: Vec<u8>, trust: &Trust) -> Result<Self, IndexError> {
        let name = manifest_name(&latest.manifest);
        if Digest::of(&bytes) != latest.manifest {
            return Err(IndexError::WrongHash(name));
        }
        let manifest = Manifest::parse(&name, &bytes)?;
        if manifest.version != latest.version {
            return Err(IndexError::damaged(&name, "latest.json gives it another version"));
        }
        trust.check(latest.manifest, &manifest)?;
        Ok(Self { latest, manifest, bytes })
    }
}
