//! A newer version of a database that costs its users only what has changed.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use rollcall_core::PerformerId;

use super::{
    DatabaseWriter, PerformerEntry, Sink, Tally, WriteOptions, Written, publish, row_order,
    segment::{Counted, write_segment},
};
use crate::{
    Digest, IndexError, Manifest, SHARD_RECORD, Store,
    database::is_removed,
    fetch,
    ids::{ID_RECORD, Ids},
    limits,
    manifest::SegmentSpec,
    segment::{ShardRef, shard_of},
    shard::{Shard, Stored},
    shards::fetch_shard,
};

/// Above this share of rows in newer segments or hidden ones, everything is written anew.
const COMPACT_ABOVE: f64 = 0.1;

/// What is different from the database before.
#[derive(Clone, Debug)]
pub struct Update {
    /// The new version and what it says of itself. Tombstones are added to those there are.
    pub options: WriteOptions,
    /// New performers, and changed ones with all that is known of them now.
    pub changed: Vec<PerformerEntry>,
    /// Performers who are gone, without a promise that they stay so.
    pub removed: BTreeSet<PerformerId>,
    /// Whether everything is to be written anew, in its canonical form.
    pub compact: bool,
}

/// Adds a newer version to the folder `old` is read from (`sink` writes into the same one).
///
/// New and changed performers go into a segment of their own; the rows they had and those of
/// removed people are hidden. When a tenth of the rows is new or hidden, everything is written anew,
/// byte for byte as if it had been given to a [`DatabaseWriter`] at once.
///
/// # Errors
/// When `old` cannot be read whole or has other models, the version does not rise, the sink fails,
/// or there is more than the format allows. The old version then stays as it is.
pub async fn update_database(
    old: &dyn Store,
    update: Update,
    sink: &mut dyn Sink,
) -> Result<Manifest, IndexError> {
    let before = crate::manifest(old).await?;
    let Update { mut options, changed, removed, compact } = update;
    inherit(&before, &mut options)?;
    options.tombstones.extend(before.tombstones.iter().cloned());
    options.distractors += before.distractors;
    let mut writer = DatabaseWriter::new(options);
    changed.into_iter().try_for_each(|entry| writer.add(entry))?;
    let mut old = Old::open(old, &before).await?;
    let mut tally = Tally(before.source_stats.clone());
    let changed: Vec<PerformerId> =
        writer.performers.values().map(|row| row.performer.id.clone()).collect();
    let tombstones = writer.options.tombstones.clone();
    // Rows of the tombstones there were are hidden already, and no segment since has taken them in.
    let known: BTreeSet<&PerformerId> = before.tombstones.iter().collect();
    let for_good = tombstones.iter().filter(|id| !known.contains(id));
    let replaced = changed.iter().map(|id| (id, Hide::Replaced));
    let removed = removed.iter().map(|id| (id, Hide::Gone));
    for (id, why) in replaced.chain(removed).chain(for_good.map(|id| (id, Hide::ForGood))) {
        for performer in old.hide(id, why).await? {
            tally.remove(&performer.performer);
        }
    }
    if compact || old.is_loose(writer.len()) {
        let everyone = old.everyone().await?.into_iter();
        // Another program may have left rows of theirs to be found.
        for stored in everyone.filter(|stored| !is_removed(&tombstones, &stored.performer)) {
            let place = writer.performers.entry(row_order(&stored.performer.id));
            place.or_insert(stored);
        }
        return writer.finish(sink);
    }
    writer.performers.values().for_each(|row| tally.add(&row.performer));
    append(writer, &before, old, tally, sink)
}

/// Writes what is new as a segment beside the old ones.
pub(super) fn append(
    writer: DatabaseWriter,
    before: &Manifest,
    old: Old,
    tally: Tally,
    sink: &mut dyn Sink,
) -> Result<Manifest, IndexError> {
    let DatabaseWriter { mut options, dimensions, performers } = writer;
    for (model, before) in options.models.iter_mut().zip(&before.models) {
        // What the old sketches were made with, and what was measured on everybody.
        model.planes = before.planes;
        model.thresholds.clone_from(&before.thresholds);
        model.impostor = before.impostor;
    }
    let rows: Vec<Stored> = performers.into_values().collect();
    let mut out = Counted { sink, bytes: before.counts.bytes };
    let mut segments: Vec<SegmentSpec> = old.segments.into_iter().map(|s| s.spec).collect();
    if !rows.is_empty() {
        let models = &options.models;
        segments.push(write_segment(models, &dimensions, before.rotation, &rows, &mut out)?);
    }
    let written = Written { rotation: before.rotation, segments, tally, bytes: out.bytes };
    publish(options, written, sink)
}

/// Takes over from `before` what a newer version does not say itself.
///
/// # Errors
/// When a version with these options may not follow `before`.
pub(super) fn inherit(before: &Manifest, options: &mut WriteOptions) -> Result<(), IndexError> {
    agree(before, options)?;
    for (model, before) in options.models.iter_mut().zip(&before.models) {
        model.calibration = model.calibration.or(before.calibration);
        model.weight = model.weight.or(before.weight);
    }
    options.contact = options.contact.take().or_else(|| before.contact.clone());
    options.removal_url = options.removal_url.take().or_else(|| before.removal_url.clone());
    Ok(())
}

/// Whether a version with these options may follow `before`.
fn agree(before: &Manifest, options: &WriteOptions) -> Result<(), IndexError> {
    let unfit = |what: String| {
        let who = format!("the version {}", options.version);
        Err(IndexError::Unfit { who, what })
    };
    if options.version <= before.version {
        return unfit(format!("not above {}, which is there already,", before.version));
    }
    let same = before.models.len() == options.models.len()
        && before.models.iter().zip(&options.models).all(|(a, b)| {
            (&a.name, a.sha256, a.dimension, &a.preprocessing)
                == (&b.name, b.sha256, b.dimension, &b.preprocessing)
        });
    if same { Ok(()) } else { unfit("other models than the database has".to_owned()) }
}

/// Why a row is to be found no longer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hide {
    /// A newer segment has the performer.
    Replaced,
    /// The performer is gone.
    Gone,
    /// The person is gone, whatever they are filed under.
    ForGood,
}

/// A database that is being replaced.
pub(super) struct Old<'a> {
    store: &'a dyn Store,
    dimensions: Vec<usize>,
    /// Newest last.
    pub(super) segments: Vec<OldSegment>,
}

pub(super) struct OldSegment {
    pub(super) spec: SegmentSpec,
    shards: Vec<ShardRef>,
    ids: Ids,
    /// The shards that were looked into.
    read: BTreeMap<Digest, Shard>,
}

impl<'a> Old<'a> {
    pub(super) async fn open(
        store: &'a dyn Store,
        manifest: &Manifest,
    ) -> Result<Self, IndexError> {
        let mut segments = Vec::with_capacity(manifest.segments.len());
        for spec in &manifest.segments {
            let table = fetch::records(store, &spec.shards, SHARD_RECORD).await?;
            let shards = table.as_chunks().0.iter().map(ShardRef::from_bytes).collect();
            let records = fetch::records(store, &spec.ids, ID_RECORD).await?;
            let ids = Ids::parse("the id index", &spec.endpoints, spec.rows, records)?;
            segments.push(OldSegment { spec: spec.clone(), shards, ids, read: BTreeMap::new() });
        }
        let dimensions = manifest.models.iter().map(|model| model.dimension).collect();
        Ok(Self { store, dimensions, segments })
    }

    /// Whether so many rows are new or hidden that everything is better written anew, with `fresh`
    /// ones to come.
    pub(super) fn is_loose(&self, fresh: usize) -> bool {
        let newer: u64 = self.segments.iter().skip(1).map(|s| u64::from(s.spec.rows)).sum();
        let hidden: u64 = self.segments.iter().map(|s| s.spec.hidden.len() as u64).sum();
        let rows: u64 = self.segments.iter().map(|s| u64::from(s.spec.rows)).sum();
        let loose = (newer + hidden + fresh as u64) as f64;
        loose > COMPACT_ABOVE * (rows + fresh as u64) as f64
            || self.segments.len() + 1 >= limits::SEGMENTS
    }

    /// Hides every row filed under `id` (of a person removed for good, also those that list it), and
    /// gives those that could be found until now.
    async fn hide(&mut self, id: &PerformerId, why: Hide) -> Result<Vec<Stored>, IndexError> {
        let mut rows = Vec::new();
        for segment in &mut self.segments {
            for row in segment.ids.rows_of(id) {
                let Err(place) = segment.spec.hidden.binary_search(&row) else { continue };
                let stored = segment.stored(self.store, &self.dimensions, row).await?;
                // Whoever merely lists the id is somebody else's entry, unless the person is to go.
                if stored.performer.id == *id || why == Hide::ForGood {
                    segment.spec.hidden.insert(place, row);
                    if why != Hide::Replaced {
                        let place = segment.spec.removed.partition_point(|other| *other < row);
                        segment.spec.removed.insert(place, row);
                    }
                    rows.push(stored);
                }
            }
        }
        Ok(rows)
    }

    /// Everyone who can be found.
    async fn everyone(&mut self) -> Result<Vec<Stored>, IndexError> {
        let mut all = Vec::new();
        // The newest first: whoever adds them keeps the first of each.
        for number in (0..self.segments.len()).rev() {
            self.found_in(number, &mut |_, stored| all.push(stored)).await?;
        }
        Ok(all)
    }

    /// Gives the rows of a segment that can be found to `each`, in their order.
    pub(super) async fn found_in(
        &mut self,
        segment: usize,
        each: &mut dyn FnMut(u32, Stored),
    ) -> Result<(), IndexError> {
        let segment = &mut self.segments[segment];
        segment.read.clear();
        for (number, shard) in segment.shards.iter().enumerate() {
            let end = segment.shards.get(number + 1).map_or(segment.spec.rows, |s| s.first_row);
            let read = fetch_shard(self.store, *shard, &self.dimensions).await?;
            for row in shard.first_row..end {
                if segment.spec.hidden.binary_search(&row).is_err() {
                    each(row, stored(&read, *shard, (row - shard.first_row) as usize)?);
                }
            }
        }
        Ok(())
    }
}

impl OldSegment {
    async fn stored(
        &mut self,
        store: &dyn Store,
        dimensions: &[usize],
        row: u32,
    ) -> Result<Stored, IndexError> {
        let (shard, place) = shard_of(&self.shards, row)
            .ok_or_else(|| IndexError::damaged("the table of shards", "a row is in no shard"))?;
        let read = match self.read.entry(shard.digest) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(gap) => gap.insert(fetch_shard(store, shard, dimensions).await?),
        };
        stored(read, shard, place)
    }
}

fn stored(shard: &Shard, at: ShardRef, place: usize) -> Result<Stored, IndexError> {
    shard.stored(place).ok_or_else(|| {
        IndexError::damaged(&at.digest.to_string(), "it has fewer performers than the table says")
    })
}
