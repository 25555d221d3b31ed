//! Every file of a release, by name and length: what a pull, a package and an offline visit need.

use std::collections::BTreeMap;

use crate::{
    Digest, IndexError, Manifest, SHARD_RECORD, Store, fetch,
    ids::ID_RECORD,
    latest::manifest_name,
    limits,
    manifest::Chunked,
    release::Release,
    segment::{Segment, ShardRef},
    sketch::row_bytes,
};

/// What a release consists of, besides `latest.json` and the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// The manifest that names it all.
    pub manifest: Digest,
    /// The shard tables, which name the shards.
    pub tables: Vec<Digest>,
    /// Every file with its length, the tables among them.
    pub files: BTreeMap<Digest, u64>,
}

impl Inventory {
    /// Lists everything. The shard tables must be had for that; they come from `store`, and are
    /// given to `table`.
    ///
    /// # Errors
    /// When a table cannot be had or breaks the format's rules.
    pub async fn read(
        release: &Release,
        store: &dyn Store,
        table: &mut dyn FnMut(Digest, Vec<u8>),
    ) -> Result<Self, IndexError> {
        let mut inventory = Self::without_shards(release)?;
        for segment in &release.manifest.segments {
            let chunks = fetch::chunks(store, &segment.shards, SHARD_RECORD).await;
            for (digest, chunk) in segment.shards.files.iter().zip(chunks) {
                let records = chunk?;
                inventory.add_shards(digest, &records)?;
                table(*digest, records);
            }
        }
        Ok(inventory)
    }

    /// What the manifest itself names: everything but the shards.
    ///
    /// # Errors
    /// When one file is given two lengths.
    pub fn without_shards(release: &Release) -> Result<Self, IndexError> {
        Self::named_by(release.latest.manifest, &release.manifest)
    }

    /// What the manifest with this digest names, and the shards of segments that are in memory.
    pub(crate) fn with_shards<'a>(
        digest: Digest,
        manifest: &Manifest,
        segments: impl IntoIterator<Item = &'a Segment>,
    ) -> Result<Self, IndexError> {
        let mut all = Self::named_by(digest, manifest)?;
        let mut shards = segments.into_iter().flat_map(Segment::shards);
        shards.try_for_each(|shard| all.add(shard.digest, u64::from(shard.bytes)))?;
        Ok(all)
    }

    fn named_by(digest: Digest, manifest: &Manifest) -> Result<Self, IndexError> {
        let mut all = Self { manifest: digest, tables: Vec::new(), files: BTreeMap::new() };
        for segment in &manifest.segments {
            for (model, planes) in manifest.models.iter().zip(&segment.planes) {
                let record = row_bytes(model.dimension);
                planes.iter().try_for_each(|plane| all.add_run(plane, record))?;
            }
            all.add_run(&segment.ids, ID_RECORD)?;
            all.add_run(&segment.shards, SHARD_RECORD)?;
            all.tables.extend(&segment.shards.files);
        }
        Ok(all)
    }

    /// Adds the shards that the table called `table` names.
    ///
    /// # Errors
    /// When a shard is longer than shards may be, or has two lengths.
    pub fn add_shards(&mut self, table: &Digest, records: &[u8]) -> Result<(), IndexError> {
        for shard in records.as_chunks().0.iter().map(ShardRef::from_bytes) {
            if shard.bytes as usize > limits::SHARD_BYTES {
                return Err(IndexError::damaged(&table.to_string(), "a shard above 256 KiB"));
            }
            self.add(shard.digest, u64::from(shard.bytes))?;
        }
        Ok(())
    }

    fn add_run(&mut self, run: &Chunked, record: usize) -> Result<(), IndexError> {
        let file_bytes = Chunked::file_bytes(record) as u64;
        for (number, &digest) in (0..).zip(&run.files) {
            self.add(digest, run.bytes.saturating_sub(number * file_bytes).min(file_bytes))?;
        }
        Ok(())
    }

    fn add(&mut self, digest: Digest, bytes: u64) -> Result<(), IndexError> {
        if self.files.insert(digest, bytes).is_some_and(|other| other != bytes) {
            return Err(IndexError::damaged(&digest.to_string(), "it is given two lengths"));
        }
        Ok(())
    }

    /// One of the files, with the right length and hash.
    ///
    /// # Errors
    /// When it cannot be had, or is another one.
    pub async fn file(&self, digest: &Digest, store: &dyn Store) -> Result<Vec<u8>, IndexError> {
        let name = digest.to_string();
        let length = self.files.get(digest).copied().unwrap_or_default();
        let bytes = fetch::verified(store, &name, digest, length as usize).await?;
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            Err(IndexError::damaged(&name, "it has another length than the manifest gives it"))
        }
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.values().sum()
    }

    /// Whether a file of this name belongs to the release.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        name == manifest_name(&self.manifest)
            || name.parse().is_ok_and(|digest: Digest| self.files.contains_key(&digest))
    }
}
