//! A database that can be asked.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use rollcall_core::{LookupError, Pack, Performer, PerformerId};

use crate::{
    DatabaseInfo, Digest, IndexError, Inventory, Release, Remembered, Store, Trust, fetch,
    ids::{ID_RECORD, Ids},
    limits,
    manifest::{Manifest, SegmentSpec},
    segment::{Segment, ShardRef},
    shard::Shard,
    shards::Shards,
};

/// Fetches the current manifest of a database, and nothing else.
///
/// # Errors
/// When there is none, or it is damaged, of a newer format, or signed wrongly.
pub async fn manifest(store: &dyn Store) -> Result<Manifest, IndexError> {
    Ok(Release::read(store, &Trust::default()).await?.manifest)
}

/// A database: its sketches in memory, its shards behind a [`Store`].
pub struct Database {
    pub(crate) store: Rc<dyn Store>,
    pub(crate) manifest: Manifest,
    /// Of the manifest.
    digest: Digest,
    pub(crate) segments: RefCell<Vec<Rc<Segment>>>,
    pub(crate) tombstones: BTreeSet<PerformerId>,
    /// Shards with a row whose person is gone.
    removed_shards: BTreeSet<Digest>,
    /// Which of the database's models each embedder of the pack is, once a pack is named.
    pub(crate) pack: Option<Vec<Option<usize>>>,
    pub(crate) shards: Shards,
    /// What decoys are drawn from, if there are to be any.
    pub(crate) secret: Option<u64>,
    /// Whether the sketches have all their planes.
    complete: Cell<bool>,
    /// Why the last shard that was asked for in vain could not be had.
    pub(crate) missed: RefCell<Option<IndexError>>,
}

impl Database {
    /// Opens a database: fetches the manifest and the sketches. Name a pack with
    /// [`Database::for_pack`] before asking who somebody is.
    ///
    /// A sketch file that cannot be had costs the people in it, and answers say that they are
    /// partial.
    ///
    /// # Errors
    /// When there is no database, it is damaged or of a newer format, or none of its sketches can
    /// be had.
    pub async fn open(store: Rc<dyn Store>) -> Result<Self, IndexError> {
        Self::open_trusted(store, &Trust::default()).await
    }

    /// [`Database::open`] for somebody who was here before, or knows whose database it should be.
    ///
    /// # Errors
    /// Also when `trust` does not allow it.
    pub async fn open_trusted(store: Rc<dyn Store>, trust: &Trust) -> Result<Self, IndexError> {
        let database = Self::open_early(store, trust).await?;
        database.complete().await?;
        Ok(database)
    }

    /// [`Database::open_trusted`] with only the first plane of the sketches: half the bytes. What it
    /// finds is provisional until [`Database::complete`] has brought the others.
    ///
    /// # Errors
    /// Those of [`Database::open_trusted`].
    pub async fn open_early(store: Rc<dyn Store>, trust: &Trust) -> Result<Self, IndexError> {
        let Release { latest, manifest, .. } = Release::read(&*store, trust).await?;
        let mut segments = Vec::with_capacity(manifest.segments.len());
        for spec in &manifest.segments {
            segments.push(Rc::new(Segment::load(&*store, &manifest, spec).await?));
        }
        let database = Self {
            store,
            tombstones: manifest.tombstones.iter().cloned().collect(),
            removed_shards: removed_shards(&segments, &manifest),
            complete: Cell::new(manifest.models.iter().all(|model| model.planes == 1)),
            shards: Shards::new(&manifest),
            manifest,
            digest: latest.manifest,
            segments: RefCell::new(segments),
            pack: None,
            secret: None,
            missed: RefCell::default(),
        };
        database.usable()?;
        Ok(database)
    }

    /// Brings the planes that [`Database::open_early`] has left for later, if it has.
    ///
    /// # Errors
    /// When none of the sketches is whole. Then what there was stays, and stays provisional.
    pub async fn complete(&self) -> Result<(), IndexError> {
        if self.is_complete() {
            return Ok(());
        }
        let early = self.segments.borrow().clone();
        let mut deeper = Vec::with_capacity(early.len());
        for (segment, spec) in early.iter().zip(&self.manifest.segments) {
            deeper.push(Rc::new(segment.deepened(&*self.store, &self.manifest, spec).await));
        }
        self.segments.replace(deeper);
        if let Err(error) = self.usable() {
            self.segments.replace(early);
            return Err(error);
        }
        self.complete.set(true);
        Ok(())
    }

    /// Fetches every file there is, so that a store that keeps files can do without its host from now
    /// on. `progress` hears how many files of how many are here.
    ///
    /// # Errors
    /// When a file cannot be had, or the store does not keep it. What was fetched is kept.
    pub async fn fetch_everything(&self, progress: &dyn Fn(u64, u64)) -> Result<(), IndexError> {
        if let Some(error) = self.lost() {
            return Err(error);
        }
        let inventory = self.inventory()?;
        let total = inventory.files.len();
        for (done, digest) in inventory.files.keys().enumerate() {
            progress(done as u64, total as u64);
            inventory.file(digest, &*self.store).await?;
        }
        progress(total as u64, total as u64);
        let kept: BTreeSet<String> = self.store.kept().await.into_iter().collect();
        let missing = inventory.files.keys().filter(|digest| !kept.contains(&digest.to_string()));
        match missing.count() {
            0 => Ok(()),
            missing => Err(IndexError::NotKept { missing, total }),
        }
    }

    /// Erases what a store has kept of older versions, and shards with people who were removed for
    /// good since.
    pub async fn tidy(&self) {
        // What is not known to be needed may be.
        let (None, Ok(inventory)) = (self.lost(), self.inventory()) else { return };
        for name in self.store.kept().await {
            let ours = name.parse::<Digest>().is_ok() || name.starts_with("manifest-");
            let stale = ours && !inventory.names(&name);
            if stale || self.holds_removed(&name).await {
                self.store.forget(&name).await;
            }
        }
    }

    /// Whether the file is a shard with somebody who was removed for good.
    async fn holds_removed(&self, name: &str) -> bool {
        if name.parse().is_ok_and(|digest| self.removed_shards.contains(&digest)) {
            return true;
        }
        if self.tombstones.is_empty() || !self.segments.borrow().iter().any(|s| s.has_shard(name)) {
            return false;
        }
        let Ok(bytes) = self.store.get(name, limits::SHARD_BYTES, false).await else {
            return false;
        };
        let shard = self.shards.parse(name, bytes);
        shard.is_ok_and(|shard| shard.performers().any(|performer| !self.shows(performer)))
    }

    /// Every file there is, as far as the tables of shards could be had.
    fn inventory(&self) -> Result<Inventory, IndexError> {
        let segments = self.segments.borrow();
        Inventory::with_shards(
            self.digest,
            &self.manifest,
            segments.iter().map(|segment| &**segment),
        )
    }

    /// Whether answers are final, as far as the database goes.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete.get()
    }

    /// An error if nobody at all can be found.
    fn usable(&self) -> Result<(), IndexError> {
        let segments = self.segments.borrow();
        if !segments.is_empty()
            && segments.iter().all(|segment| segment.is_lost())
            && let Some(error) = self.lost()
        {
            return Err(error);
        }
        Ok(())
    }

    /// Says which pack the embeddings to come are made with. Models that only one side has are left
    /// out.
    ///
    /// # Errors
    /// When the two have no model in common: same name, same graph, same preprocessing.
    pub fn for_pack(mut self, pack: &Pack) -> Result<Self, LookupError> {
        let models = &self.manifest.models;
        let ours = |spec| models.iter().position(|model| model.is(spec));
        let map: Vec<Option<usize>> = pack.embedders.iter().map(ours).collect();
        if map.iter().all(Option::is_none) {
            let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
            return Err(LookupError::OtherModels(names.join(", ")));
        }
        self.pack = Some(map);
        Ok(self)
    }

    /// Makes every search also fetch the shards of a search for somebody else, so that the host
    /// cannot tell the two apart. `secret` belongs to this client and stays the same: 64 random bits
    /// that nobody else knows.
    #[must_use]
    pub fn with_decoys(mut self, secret: u64) -> Self {
        self.secret = Some(secret);
        self
    }

    /// What there is to know of it.
    #[must_use]
    pub fn info(&self) -> DatabaseInfo {
        DatabaseInfo::from(&self.manifest)
    }

    /// What to remember of it until the next visit: see [`Trust::remembered`].
    #[must_use]
    pub fn remember(&self) -> Remembered {
        Remembered::of(&self.manifest)
    }

    /// Its manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Why answers are partial, if any was: the last file that could not be had.
    #[must_use]
    pub fn trouble(&self) -> Option<IndexError> {
        self.missed.borrow().clone().or_else(|| self.lost())
    }

    /// Why part of the sketches is missing, if it is.
    pub(crate) fn lost(&self) -> Option<IndexError> {
        self.segments.borrow().iter().find_map(|segment| segment.trouble.clone())
    }

    /// The performer with this id: their own, one of their stash ids, or one that was merged into these.
    ///
    /// # Errors
    /// When a file that is needed cannot be had.
    pub async fn performer(&self, id: &PerformerId) -> Result<Option<Performer>, IndexError> {
        let mut found: Option<Performer> = None;
        for (number, spec) in self.manifest.segments.iter().enumerate().rev() {
            let records = fetch::records(&*self.store, &spec.ids, ID_RECORD).await?;
            let file = spec.ids.files.first().map_or_else(String::new, ToString::to_string);
            let ids = Ids::parse(&file, &spec.endpoints, spec.rows, records)?;
            for row in ids.rows_of(id) {
                let place = self.segments.borrow()[number].shard_of(row);
                let Some((shard, place)) = place else { continue };
                let shard = self.shard(shard).await?;
                let hidden = self.manifest.segments[number].hidden.binary_search(&row).is_ok();
                let performer = shard.performer(place).filter(|p| !hidden && self.shows(p));
                // Who is filed under the id goes before who merely lists it.
                match performer {
                    Some(themselves) if themselves.id == *id => {
                        return Ok(Some(themselves.clone()));
                    }
                    Some(other) if found.is_none() => found = Some(other.clone()),
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    /// A shard, from memory or the store.
    pub(crate) async fn shard(&self, shard: ShardRef) -> Result<Rc<Shard>, IndexError> {
        let gone = self.removed_shards.contains(&shard.digest);
        self.shards.get(&*self.store, shard, |performer| gone || !self.shows(performer)).await
    }

    /// Whether a performer found in a shard may be shown.
    pub(crate) fn shows(&self, performer: &Performer) -> bool {
        !is_removed(&self.tombstones, performer)
    }
}

fn removed_shards(segments: &[Rc<Segment>], manifest: &Manifest) -> BTreeSet<Digest> {
    let of_segment = |(segment, spec): (&Rc<Segment>, &SegmentSpec)| -> Vec<Digest> {
        let shard = |&row: &u32| Some(segment.shard_of(row)?.0.digest);
        spec.removed.iter().filter_map(shard).collect()
    };
    segments.iter().zip(&manifest.segments).flat_map(of_segment).collect()
}

/// Whether a performer was removed for good: under any of their ids.
pub(crate) fn is_removed(tombstones: &BTreeSet<PerformerId>, performer: &Performer) -> bool {
    !tombstones.is_empty() && performer.all_ids().any(|id| tombstones.contains(&id))
}
