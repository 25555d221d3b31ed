//! Writing a database.
//!
//! The same performers and options give the same bytes, in whatever order they come.

mod faces;
mod sink;

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::{Embedding, Pack, Performer, PerformerId};

#[cfg(feature = "fs")]
pub use sink::DirectorySink;
pub use sink::Sink;
#[cfg(feature = "pull")]
pub(crate) use sink::write_error;

use crate::{
    Digest, IndexError, Latest, READER, Rotation, SigningKey,
    ids::IdRecord,
    latest::{LATEST, manifest_name},
    limits,
    manifest::{Chunked, Counts, Manifest, Model, RotationSpec, SegmentSpec, SourceStats, Version},
    segment::{SHARD_RECORD, ShardRef},
    shard::{self, Stored, unfit},
    sketch,
};

/// The seed of rotations, unless another is given: the first digits of pi.
pub const SEED: u64 = 0x243f_6a88_85a3_08d3;

/// The rounds of rotations: with three, sketches are as good as with a dense random rotation.
pub const ROUNDS: u32 = 3;

/// A performer and every face of theirs.
#[derive(Clone, Debug)]
pub struct PerformerEntry {
    /// Who.
    pub performer: Performer,
    /// Per face, one embedding per model of the pack.
    pub faces: Vec<Vec<Embedding>>,
}

/// What a database says of itself.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// Its version.
    pub version: Version,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it should no longer be used, in seconds since 1970.
    pub expires: Option<u64>,
    /// The models, in the order of every face's embeddings.
    pub models: Vec<Model>,
    /// The seed of the rotation.
    pub seed: u64,
    /// Performers removed for good: left out now and hidden wherever they still are.
    pub tombstones: BTreeSet<PerformerId>,
    /// Who vouches for it.
    pub key: Option<SigningKey>,
}

impl WriteOptions {
    /// A database of this pack's embeddings.
    ///
    /// # Errors
    /// When the version is none, or the pack has no embedder or a broken SHA-256.
    pub fn new(version: &str, created: u64, pack: &Pack) -> Result<Self, IndexError> {
        let version = version.parse().map_err(|error: crate::VersionError| IndexError::Unfit {
            who: format!("the version {version:?}"),
            what: error.to_string(),
        })?;
        let models: Vec<Model> = pack.embedders.iter().map(Model::of).collect::<Result<_, _>>()?;
        if !(1..=limits::MODELS).contains(&models.len()) {
            let who = format!("the model pack {}", pack.name);
            return Err(IndexError::Unfit { who, what: "not 1 to 8 embedders".into() });
        }
        Ok(Self {
            version,
            created,
            expires: None,
            models,
            seed: SEED,
            tombstones: BTreeSet::new(),
            key: None,
        })
    }
}

/// Collects performers and writes them as a database of one segment.
///
/// A performer is kept in the bytes that end up in the shard, so memory is about the size of the
/// database.
pub struct DatabaseWriter {
    options: WriteOptions,
    dimensions: Vec<usize>,
    /// By the hash of the id: that is the order of rows.
    performers: BTreeMap<Digest, Stored>,
}

impl DatabaseWriter {
    /// An empty database.
    #[must_use]
    pub fn new(options: WriteOptions) -> Self {
        let dimensions = options.models.iter().map(|model| model.dimension).collect();
        Self { options, dimensions, performers: BTreeMap::new() }
    }

    /// Adds a performer, unless they are removed for good.
    ///
    /// # Errors
    /// When the performer was added before, has no face, or breaks a limit of the format.
    pub fn add(&mut self, entry: PerformerEntry) -> Result<(), IndexError> {
        let PerformerEntry { mut performer, faces } = entry;
        if self.options.tombstones.contains(&performer.id) {
            return Ok(());
        }
        let who = format!("{} ({:.80})", performer.id, performer.name);
        let wrong = |what: &str| IndexError::Unfit { who: who.clone(), what: what.to_owned() };
        if let Some(what) = unfit(&performer) {
            return Err(wrong(what));
        }
        performer.faces = performer.faces.max(u32::try_from(faces.len()).unwrap_or(u32::MAX));
        let vectors = faces::select(faces, &self.dimensions).map_err(wrong)?;
        let key = Digest::of(performer.id.to_string().as_bytes());
        let stored = Stored { performer, vectors };
        if self.performers.contains_key(&key) {
            return Err(IndexError::Duplicate(stored.performer.id.to_string()));
        }
        self.performers.insert(key, stored);
        Ok(())
    }

    /// How many performers there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.performers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.performers.is_empty()
    }

    /// Writes everything, `latest.json` last.
    ///
    /// # Errors
    /// When the sink fails, or there is more than the format allows.
    pub fn finish(self, sink: &mut dyn Sink) -> Result<Manifest, IndexError> {
        let Self { options, dimensions, performers } = self;
        let rows: Vec<Stored> = performers.into_values().collect();
        let mut out = Counted { sink, bytes: 0 };
        let mut counts = Counts { performers: rows.len() as u64, ..Counts::default() };
        let mut source_stats: BTreeMap<String, SourceStats> = BTreeMap::new();
        for row in &rows {
            let stats = source_stats.entry(row.performer.id.endpoint().to_owned()).or_default();
            stats.performers += 1;
            stats.faces += u64::from(row.performer.faces);
            counts.faces += u64::from(row.performer.faces);
        }
        let rotation = RotationSpec { seed: options.seed, rounds: ROUNDS };
        let mut segments = Vec::new();
        if !rows.is_empty() {
            let segment = write_segment(&options.models, &dimensions, rotation, &rows, &mut out)?;
            counts.shards = segment.shards.bytes / SHARD_RECORD as u64;
            segments.push(segment);
        }
        counts.bytes = out.bytes;
        let manifest = Manifest {
            version: options.version,
            created: options.created,
            expires: options.expires,
            min_reader: READER,
            models: options.models,
            rotation,
            segments,
            tombstones: options.tombstones.into_iter().collect(),
            counts,
            sources: source_stats.keys().cloned().collect(),
            source_stats,
            signer: options.key.as_ref().map(SigningKey::public),
        };
        let bytes = manifest.to_bytes(options.key.as_ref())?;
        let latest = Latest { version: manifest.version, manifest: Digest::of(&bytes) };
        sink.put(&manifest_name(&latest.manifest), &bytes)?;
        sink.publish(LATEST, &latest.to_bytes())?;
        Ok(manifest)
    }
}

/// Writes `entries` to `sink`.
///
/// # Errors
/// See [`DatabaseWriter::add`] and [`DatabaseWriter::finish`].
pub fn write_database(
    entries: impl IntoIterator<Item = PerformerEntry>,
    options: &WriteOptions,
    sink: &mut dyn Sink,
) -> Result<Manifest, IndexError> {
    let mut writer = DatabaseWriter::new(options.clone());
    entries.into_iter().try_for_each(|entry| writer.add(entry))?;
    writer.finish(sink)
}

/// A sink for hashed files that counts their bytes.
struct Counted<'a> {
    sink: &'a mut dyn Sink,
    bytes: u64,
}

impl Counted<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<Digest, IndexError> {
        let digest = Digest::of(bytes);
        self.bytes += bytes.len() as u64;
        self.sink.put(&digest.to_string(), bytes)?;
        Ok(digest)
    }

    /// Writes records of `record` bytes as chunks.
    fn put_chunks(&mut self, records: &[u8], record: usize) -> Result<Chunked, IndexError> {
        let files = records.chunks(Chunked::file_bytes(record)).map(|chunk| self.put(chunk));
        Ok(Chunked { bytes: records.len() as u64, files: files.collect::<Result<_, _>>()? })
    }
}

fn write_segment(
    models: &[Model],
    dimensions: &[usize],
    rotation: RotationSpec,
    rows: &[Stored],
    out: &mut Counted,
) -> Result<SegmentSpec, IndexError> {
    let shards = write_shards(dimensions, rows, out)?;
    let mut planes = Vec::with_capacity(models.len());
    for (number, model) in models.iter().enumerate() {
        let rotation = Rotation::new(rotation, model.dimension);
        let mut bits = vec![Vec::new(); model.planes];
        for row in rows {
            // The template as readers see it, so that a sketch can be made again from shards.
            let Some(template) = row.vectors[number].first() else { continue };
            let turned = rotation.apply(template.unit());
            let codes = sketch::encode(&turned, &model.thresholds, model.planes);
            bits.iter_mut().zip(codes).for_each(|(plane, code)| plane.extend(code));
        }
        let record = sketch::row_bytes(model.dimension);
        let put = |plane: &Vec<u8>| out.put_chunks(plane, record);
        planes.push(bits.iter().map(put).collect::<Result<_, _>>()?);
    }
    let (endpoints, ids) = id_index(rows)?;
    Ok(SegmentSpec {
        rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        planes,
        shards: out.put_chunks(&shards, SHARD_RECORD)?,
        endpoints,
        ids: out.put_chunks(&ids, crate::ids::ID_RECORD)?,
        hidden: Vec::new(),
    })
}

/// Fills shards up to the target size, in order, and gives the table of them.
fn write_shards(
    dimensions: &[usize],
    rows: &[Stored],
    out: &mut Counted,
) -> Result<Vec<u8>, IndexError> {
    let mut table = Vec::new();
    let mut first = 0;
    while first < rows.len() {
        let (mut end, mut bytes) = (first, 0);
        while let Some(row) = rows.get(end) {
            bytes += row.bytes(dimensions)?;
            if end > first && bytes > limits::SHARD_TARGET_BYTES {
                break;
            }
            end += 1;
        }
        let shard = shard::encode(dimensions, &rows[first..end])?;
        if shard.len() > limits::SHARD_BYTES {
            let who = rows[first].performer.id.to_string();
            return Err(IndexError::Unfit { who, what: "more than 256 KiB of vectors".into() });
        }
        let digest = out.put(&shard)?;
        let shard = ShardRef { digest, first_row: first as u32, bytes: shard.len() as u32 };
        table.extend(shard.to_bytes());
        first = end;
    }
    Ok(table)
}

/// The endpoints, and the sorted records of every id.
fn id_index(rows: &[Stored]) -> Result<(Vec<String>, Vec<u8>), IndexError> {
    let ids_of = |performer: &Performer| {
        let own = (performer.id.endpoint().to_owned(), performer.id.uuid());
        let others = performer.stash_ids.iter().map(|(endpoint, id)| (endpoint.clone(), *id));
        others.chain([own]).collect::<BTreeSet<_>>()
    };
    let names: BTreeSet<String> =
        rows.iter().flat_map(|row| ids_of(&row.performer)).map(|(endpoint, _)| endpoint).collect();
    if names.len() > limits::ENDPOINTS {
        let who = "all performers' ids together".to_owned();
        return Err(IndexError::Unfit { who, what: "more than 256 endpoints".into() });
    }
    let endpoints: Vec<String> = names.into_iter().collect();
    let mut records = BTreeSet::new();
    for (row, stored) in rows.iter().enumerate() {
        for (endpoint, id) in ids_of(&stored.performer) {
            let endpoint = endpoints.binary_search(&endpoint).unwrap_or_default() as u16;
            records.insert(IdRecord { endpoint, uuid: id.into_bytes(), row: row as u32 });
        }
    }
    Ok((endpoints, records.into_iter().flat_map(IdRecord::to_bytes).collect()))
}
