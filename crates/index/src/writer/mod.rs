//! Writing a database.
//!
//! The same performers and options give the same bytes, in whatever order they come.

mod faces;
mod impostor;
mod replace;
mod segment;
mod sink;
mod update;

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use rollcall_core::{Embedding, Pack, Performer, PerformerId};

pub use replace::Changes;
use segment::{Counted, write_segment};
#[cfg(feature = "fs")]
pub use sink::DirectorySink;
pub use sink::Sink;
#[cfg(feature = "pull")]
pub(crate) use sink::write_error;
pub use update::{Update, update_database};

use crate::{
    Digest, IndexError, Latest, READER, SigningKey, Version,
    database::is_removed,
    latest::{LATEST, manifest_name},
    limits,
    manifest::{Counts, Manifest, Model, RotationSpec, SegmentSpec, SourceStats},
    segment::SHARD_RECORD,
    shard::{Stored, unfit},
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
    /// How many of the performers are made up, for measuring.
    pub distractors: u64,
    /// How to reach whoever publishes it.
    pub contact: Option<String>,
    /// Where somebody asks to be taken out of it.
    pub removal_url: Option<String>,
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
            distractors: 0,
            contact: None,
            removal_url: None,
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
        if is_removed(&self.options.tombstones, &performer) {
            return Ok(());
        }
        let who = format!("{} ({:.80})", performer.id, performer.name);
        let wrong = |what: &str| IndexError::Unfit { who: who.clone(), what: what.to_owned() };
        if let Some(what) = unfit(&performer) {
            return Err(wrong(what));
        }
        performer.faces = performer.faces.max(u32::try_from(faces.len()).unwrap_or(u32::MAX));
        let (templates, vectors) = faces::select(faces, &self.dimensions).map_err(wrong)?;
        let stored = Stored { performer, templates, vectors };
        match self.performers.entry(row_order(&stored.performer.id)) {
            Entry::Vacant(place) => {
                place.insert(stored);
                Ok(())
            }
            Entry::Occupied(_) => Err(IndexError::Duplicate(stored.performer.id.to_string())),
        }
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
        let Self { mut options, dimensions, performers } = self;
        let rows: Vec<Stored> = performers.into_values().collect();
        let rotation = RotationSpec { seed: options.seed, rounds: ROUNDS };
        for (number, model) in options.models.iter_mut().enumerate() {
            model.impostor = impostor::measure(&rows, number);
        }
        let mut out = Counted { sink, bytes: 0 };
        let mut segments = Vec::new();
        if !rows.is_empty() {
            segments.push(write_segment(&options.models, &dimensions, rotation, &rows, &mut out)?);
        }
        let tally = Tally::of(&rows);
        let written = Written { rotation, segments, tally, bytes: out.bytes };
        publish(options, written, sink)
    }
}

/// Where a performer stands among the rows: by the hash of the id.
fn row_order(id: &PerformerId) -> Digest {
    Digest::of(id.to_string().as_bytes())
}

/// How much comes from each stash-box.
#[derive(Default)]
struct Tally(BTreeMap<String, SourceStats>);

impl Tally {
    fn of<'a>(rows: impl IntoIterator<Item = &'a Stored>) -> Self {
        let mut tally = Self::default();
        rows.into_iter().for_each(|row| tally.add(&row.performer));
        tally
    }

    fn add(&mut self, performer: &Performer) {
        let stats = self.0.entry(performer.id.endpoint().to_owned()).or_default();
        stats.performers += 1;
        stats.faces += u64::from(performer.faces);
    }

    fn remove(&mut self, performer: &Performer) {
        let Some(stats) = self.0.get_mut(performer.id.endpoint()) else { return };
        stats.performers = stats.performers.saturating_sub(1);
        stats.faces = stats.faces.saturating_sub(u64::from(performer.faces));
    }
}

/// What lies in the sink and is not named by a manifest yet.
struct Written {
    rotation: RotationSpec,
    segments: Vec<SegmentSpec>,
    tally: Tally,
    /// Of all files.
    bytes: u64,
}

/// Writes the manifest of what was written, then `latest.json`.
fn publish(
    options: WriteOptions,
    written: Written,
    sink: &mut dyn Sink,
) -> Result<Manifest, IndexError> {
    let Written { rotation, segments, tally, bytes } = written;
    let source_stats: BTreeMap<String, SourceStats> =
        tally.0.into_iter().filter(|(_, stats)| stats.performers > 0).collect();
    let sum = |of: fn(&SourceStats) -> u64| source_stats.values().map(of).sum();
    let counts = Counts {
        performers: sum(|stats| stats.performers),
        faces: sum(|stats| stats.faces),
        shards: segments.iter().map(|s| s.shards.bytes / SHARD_RECORD as u64).sum(),
        bytes,
    };
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
        distractors: options.distractors.min(counts.performers),
        contact: options.contact,
        removal_url: options.removal_url,
        signer: options.key.as_ref().map(SigningKey::public),
    };
    let bytes = manifest.to_bytes(options.key.as_ref())?;
    let latest = Latest { version: manifest.version, manifest: Digest::of(&bytes) };
    sink.put(&manifest_name(&latest.manifest), &bytes)?;
    sink.publish(LATEST, &latest.to_bytes())?;
    Ok(manifest)
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
