//! A database that can be asked.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    rc::Rc,
};

use rollcall_core::{
    Candidate, DatabaseSummary, Embedding, Found, LocalFuture, Lookup, LookupError, Pack,
    Performer, PerformerId, Similarity,
};
use serde::Serialize;

use crate::{
    Digest, IndexError, Remembered, Store, Trust, fetch,
    ids::{ID_RECORD, Ids},
    latest::{LATEST, Latest, manifest_name},
    limits,
    manifest::{Counts, Manifest, SourceStats},
    segment::{Segment, ShardRef},
    shard::Shard,
    vector::stored_bytes,
};

/// How many performers each model proposes for reranking, unless more candidates are asked for (at
/// most [`limits::CANDIDATES`]).
/// With the planes of [`crate::planes_for`], 5 find as many people as exact search does among
/// 100,000 performers.
pub const RERANKED: usize = 5;

/// Bytes of shards that are kept in memory: a hundred shards of the target size.
const SHARD_CACHE_BYTES: usize = 100 * limits::SHARD_TARGET_BYTES;

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
        }
    }
}

/// Fetches the current manifest of a database, and nothing else.
///
/// # Errors
/// When there is none, or it is damaged, of a newer format, or signed wrongly.
pub async fn manifest(store: &dyn Store) -> Result<Manifest, IndexError> {
    trusted_manifest(store, &Trust::default()).await
}

/// [`manifest`], if `trust` allows it.
async fn trusted_manifest(store: &dyn Store, trust: &Trust) -> Result<Manifest, IndexError> {
    let latest = Latest::parse(&store.get(LATEST, limits::LATEST_BYTES, true).await?)?;
    let name = manifest_name(&latest.manifest);
    let bytes = fetch::verified(store, &name, &latest.manifest, limits::MANIFEST_BYTES).await?;
    let manifest = Manifest::parse(&name, &bytes)?;
    if manifest.version != latest.version {
        return Err(IndexError::damaged(&name, "latest.json gives it another version"));
    }
    trust.check(latest.manifest, &manifest)?;
    Ok(manifest)
}

/// A database: its sketches in memory, its shards behind a [`Store`].
pub struct Database {
    store: Rc<dyn Store>,
    manifest: Manifest,
    dimensions: Vec<usize>,
    segments: Vec<Segment>,
    tombstones: BTreeSet<PerformerId>,
    /// Which of the database's models each embedder of the pack is, once a pack is named.
    pack: Option<Vec<Option<usize>>>,
    shards: RefCell<ShardCache>,
    /// Why the last shard that was asked for in vain could not be had.
    missed: RefCell<Option<IndexError>>,
}

#[derive(Default)]
struct ShardCache {
    shards: HashMap<Digest, Rc<Shard>>,
    order: VecDeque<Digest>,
    bytes: usize,
}

/// A row of a segment.
type Row = (usize, u32);

/// A query of one of the database's models: which, and the unit vector padded to whole lanes.
type Query = (usize, Vec<f32>);

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
        let manifest = trusted_manifest(&*store, trust).await?;
        let mut segments = Vec::with_capacity(manifest.segments.len());
        for spec in &manifest.segments {
            segments.push(Segment::load(&*store, &manifest, spec).await?);
        }
        let mut parts = segments.iter().zip(&manifest.segments);
        if parts.len() > 0
            && parts.all(|(segment, spec)| segment.is_lost(spec.rows))
            && let Some(error) = segments.iter().find_map(|segment| segment.trouble.clone())
        {
            return Err(error);
        }
        Ok(Self {
            store,
            dimensions: manifest.models.iter().map(|model| model.dimension).collect(),
            tombstones: manifest.tombstones.iter().cloned().collect(),
            manifest,
            segments,
            pack: None,
            shards: RefCell::default(),
            missed: RefCell::default(),
        })
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

    /// What there is to know of it.
    #[must_use]
    pub fn info(&self) -> DatabaseInfo {
        DatabaseInfo::from(&self.manifest)
    }

    /// What to remember of it until the next visit: see [`Trust::remembered`].
    #[must_use]
    pub fn remember(&self) -> Remembered {
        Remembered { signer: self.manifest.signer(), version: self.manifest.version }
    }

    /// Its manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Why answers are partial, if any was: the last file that could not be had.
    #[must_use]
    pub fn trouble(&self) -> Option<IndexError> {
        self.missed.borrow().clone().or_else(|| self.lost().cloned())
    }

    /// Why part of the sketches is missing, if it is.
    fn lost(&self) -> Option<&IndexError> {
        self.segments.iter().find_map(|segment| segment.trouble.as_ref())
    }

    /// The performer with this id, be it their own or one of their stash ids.
    ///
    /// # Errors
    /// When a file that is needed cannot be had.
    pub async fn performer(&self, id: &PerformerId) -> Result<Option<Performer>, IndexError> {
        for (number, spec) in self.manifest.segments.iter().enumerate().rev() {
            let mut records = Vec::new();
            for chunk in fetch::chunks(&*self.store, &spec.ids, ID_RECORD).await {
                records.extend(chunk?);
            }
            let file = spec.ids.files.first().map_or_else(String::new, ToString::to_string);
            let ids = Ids::parse(&file, &spec.endpoints, spec.rows, records)?;
            let mut found: Option<Performer> = None;
            for row in ids.rows_of(id) {
                let Some((shard, place)) = self.segments[number].shard_of(row) else { continue };
                let shard = self.shard(shard).await?;
                let hidden = self.manifest.segments[number].hidden.binary_search(&row).is_ok();
                let performer = shard.performer(place).filter(|p| !hidden && self.shows(p));
                // Who is filed under the id goes before who merely lists it.
                if performer.is_some_and(|p| found.is_none() || p.id == *id) {
                    found = performer.cloned();
                }
            }
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn shows(&self, performer: &Performer) -> bool {
        !self.tombstones.contains(&performer.id)
    }

    fn queries(&self, person: &[Embedding]) -> Result<Vec<Query>, LookupError> {
        let other = |words: &str| Err(LookupError::OtherModels(words.to_owned()));
        let Some(map) = &self.pack else {
            return other("nobody has said which models are asked with");
        };
        if map.len() != person.len() {
            return other("another number of embeddings than the pack has embedders");
        }
        let mut queries = Vec::with_capacity(person.len());
        for (model, embedding) in map.iter().zip(person) {
            let Some(model) = *model else { continue };
            if embedding.dimension() != self.dimensions[model] {
                return other("embeddings of another length");
            }
            let mut query = embedding.unit().to_vec();
            query.resize(stored_bytes(query.len()), 0.0);
            queries.push((model, query));
        }
        Ok(queries)
    }

    /// The rows that the sketches propose: the best `limit` of each model.
    fn propose(&self, queries: &[Query], limit: usize) -> BTreeSet<Row> {
        let mut rows = BTreeSet::new();
        for (model, query) in queries {
            let query = &query[..self.dimensions[*model]];
            let mut best = Vec::new();
            for (number, segment) in self.segments.iter().enumerate() {
                let skip = |row| segment.skips(*model, row);
                let hits = segment.indexes[*model].nearest(query, limit, &skip);
                best.extend(hits.into_iter().map(|hit| (hit.similarity, (number, hit.row))));
            }
            best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            rows.extend(best.into_iter().take(limit).map(|(_, row)| row));
        }
        rows
    }

    /// Exact similarities of the proposed rows, by rising id.
    async fn rerank(&self, queries: &[Query], rows: BTreeSet<Row>) -> Found {
        let mut partial = self.lost().is_some();
        let mut places: BTreeMap<(usize, u32), (ShardRef, Vec<usize>)> = BTreeMap::new();
        for (number, row) in rows {
            match self.segments[number].shard_of(row) {
                Some((shard, place)) => {
                    let entry = places.entry((number, shard.first_row));
                    entry.or_insert((shard, Vec::new())).1.push(place);
                }
                None => partial = true,
            }
        }
        let shards = fetch::all(places.values().map(|(shard, _)| self.shard(*shard))).await;
        let mut candidates = BTreeMap::new();
        for (shard, (_, places)) in shards.into_iter().zip(places.values()) {
            let shard = match shard {
                Ok(shard) => shard,
                Err(error) => {
                    partial = true;
                    self.missed.replace(Some(error));
                    continue;
                }
            };
            for &place in places {
                match shard.performer(place) {
                    None => partial = true,
                    Some(performer) if self.shows(performer) => {
                        let similarity = similarity(&shard, place, queries);
                        let candidate = Candidate { performer: performer.clone(), similarity };
                        // Segments come oldest first: a newer one's word stands.
                        candidates.insert(performer.id.clone(), candidate);
                    }
                    Some(_) => {}
                }
            }
        }
        Found { candidates: candidates.into_values().collect(), partial }
    }

    /// A shard, from memory or the store.
    async fn shard(&self, shard: ShardRef) -> Result<Rc<Shard>, IndexError> {
        if let Some(shard) = self.shards.borrow().shards.get(&shard.digest) {
            return Ok(shard.clone());
        }
        let name = shard.digest.to_string();
        let bytes =
            fetch::verified(&*self.store, &name, &shard.digest, shard.bytes as usize).await?;
        let parsed = Rc::new(Shard::parse(&name, bytes, &self.dimensions)?);
        self.shards.borrow_mut().keep(shard.digest, parsed.clone());
        Ok(parsed)
    }
}

impl ShardCache {
    fn keep(&mut self, digest: Digest, shard: Rc<Shard>) {
        self.bytes += shard.bytes();
        self.order.push_back(digest);
        if let Some(old) = self.shards.insert(digest, shard) {
            self.bytes -= old.bytes();
        }
        while self.bytes > SHARD_CACHE_BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= self.shards.remove(&oldest).map_or(0, |old| old.bytes());
        }
    }
}

/// How alike the query and a performer are: the best of the templates and faces, each the mean of
/// the models' cosines. (With a calibration the mean becomes a z-normalised weighted sum.)
fn similarity(shard: &Shard, place: usize, queries: &[Query]) -> Similarity {
    let mut sums: Vec<f32> = Vec::new();
    for (model, query) in queries {
        for (slot, cosine) in shard.similarities(place, *model, query).enumerate() {
            match sums.get_mut(slot) {
                Some(sum) => *sum += cosine,
                None => sums.push(cosine),
            }
        }
    }
    let best = sums.into_iter().fold(f32::NEG_INFINITY, f32::max) / queries.len().max(1) as f32;
    Similarity(best.clamp(-1.0, 1.0))
}

impl Lookup for Database {
    fn find<'a>(
        &'a self,
        person: &'a [Embedding],
        limit: usize,
    ) -> LocalFuture<'a, Result<Found, LookupError>> {
        Box::pin(async move {
            let queries = self.queries(person)?;
            let limit = limit.min(limits::CANDIDATES);
            let rows = self.propose(&queries, limit.max(RERANKED));
            let mut found = self.rerank(&queries, rows).await;
            // The candidates come sorted by id, and a stable sort keeps that among equals.
            found.candidates.sort_by(|a, b| b.similarity.0.total_cmp(&a.similarity.0));
            found.candidates.truncate(limit);
            Ok(found)
        })
    }

    fn summary(&self) -> Option<DatabaseSummary> {
        let DatabaseInfo { version, counts, .. } = self.info();
        Some(DatabaseSummary { version, performers: counts.performers })
    }
}
