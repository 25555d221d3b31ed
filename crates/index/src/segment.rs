//! A segment in memory: sketches and the table of shards.

use std::ops::Range;

use crate::{
    Digest, Flat, Hit, IndexError, Rotation, Store, fetch, limits,
    manifest::{Chunked, Manifest, Model, SegmentSpec},
    rotation::Normal,
    scan::Plane,
    sketch::row_bytes,
};

/// Bytes of a record of the shard table: SHA-256, first row (u32), bytes (u32); little endian, by
/// rising row, the first row 0.
pub const SHARD_RECORD: usize = 40;

/// Where a shard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShardRef {
    pub(crate) digest: Digest,
    pub(crate) first_row: u32,
    pub(crate) bytes: u32,
}

impl ShardRef {
    pub(crate) fn to_bytes(self) -> [u8; SHARD_RECORD] {
        let mut bytes = [0; SHARD_RECORD];
        bytes[..32].copy_from_slice(&self.digest.0);
        bytes[32..36].copy_from_slice(&self.first_row.to_le_bytes());
        bytes[36..].copy_from_slice(&self.bytes.to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8; SHARD_RECORD]) -> Self {
        let [digest @ .., r0, r1, r2, r3, b0, b1, b2, b3] = *bytes;
        Self {
            digest: Digest(digest),
            first_row: u32::from_le_bytes([r0, r1, r2, r3]),
            bytes: u32::from_le_bytes([b0, b1, b2, b3]),
        }
    }
}

/// The one of `shards` (by rising row) that has `row`, and the row's place in it.
pub(crate) fn shard_of(shards: &[ShardRef], row: u32) -> Option<(ShardRef, usize)> {
    let after = shards.partition_point(|shard| shard.first_row <= row);
    let shard = shards.get(after.checked_sub(1)?)?;
    Some((*shard, (row - shard.first_row) as usize))
}

/// The part of a segment that is kept in memory.
#[derive(Clone)]
pub(crate) struct Segment {
    rows: u32,
    /// Whose further looks the sketches have after the rows.
    looks: Vec<u32>,
    /// Per model.
    sketches: Vec<Sketch>,
    shards: Vec<ShardRef>,
    hidden: Vec<u32>,
    /// Why something is missing, if it is.
    pub(crate) trouble: Option<IndexError>,
}

/// What a segment has of one model.
#[derive(Clone)]
struct Sketch {
    index: Flat,
    /// Records of which a plane could not be had.
    lost: Vec<Range<u32>>,
}

impl Segment {
    /// Loads what a first, rough search needs: the table of shards and plane 1. Missing chunks are
    /// left out and told in `trouble`.
    pub(crate) async fn load(
        store: &dyn Store,
        manifest: &Manifest,
        spec: &SegmentSpec,
    ) -> Result<Self, IndexError> {
        let mut segment = Self {
            rows: spec.rows,
            looks: spec.looks.clone(),
            sketches: Vec::new(),
            shards: Vec::new(),
            hidden: spec.hidden.clone(),
            trouble: None,
        };
        for chunk in fetch::chunks(store, &spec.shards, SHARD_RECORD).await {
            match chunk {
                Ok(bytes) => {
                    let records = bytes.as_chunks().0;
                    segment.shards.extend(records.iter().map(ShardRef::from_bytes));
                }
                Err(error) => segment.trouble = Some(error),
            }
        }
        segment.check_shards(spec)?;
        for (model, runs) in manifest.models.iter().zip(&spec.planes) {
            let mut lost = Vec::new();
            let first = segment.load_plane(store, model, &runs[0], &mut lost).await;
            let rotation = Rotation::new(manifest.rotation, model.dimension);
            segment.sketches.push(Sketch { index: Flat::new(rotation, first), lost });
        }
        Ok(segment)
    }

    /// The segment with the further planes, which [`Segment::load`] leaves for later.
    pub(crate) async fn deepened(
        &self,
        store: &dyn Store,
        manifest: &Manifest,
        spec: &SegmentSpec,
    ) -> Self {
        let mut deeper = self.clone();
        for (number, (model, runs)) in manifest.models.iter().zip(&spec.planes).enumerate() {
            let mut lost = deeper.sketches[number].lost.clone();
            let mut planes = Vec::new();
            for run in runs.iter().skip(1) {
                planes.push(deeper.load_plane(store, model, run, &mut lost).await);
            }
            let index = deeper.sketches[number].index.deepened(planes);
            deeper.sketches[number] = Sketch { index, lost };
        }
        deeper
    }

    async fn load_plane(
        &mut self,
        store: &dyn Store,
        model: &Model,
        run: &Chunked,
        lost: &mut Vec<Range<u32>>,
    ) -> Plane {
        let records = self.records();
        let record = row_bytes(model.dimension);
        let per_file = Chunked::file_bytes(record) / record;
        let chunks = fetch::chunks(store, run, record).await;
        if chunks.iter().all(Result::is_err) {
            // Nothing of it is here: no memory for what somebody merely claims.
            self.trouble = chunks.into_iter().find_map(Result::err).or(self.trouble.take());
            lost.push(0..records);
            return Plane::new(model.dimension, &[]);
        }
        let mut plane = Vec::new();
        for (i, chunk) in chunks.into_iter().enumerate() {
            let end = ((i + 1) * per_file).min(records as usize);
            match chunk {
                Ok(bytes) => plane.extend(bytes),
                Err(error) => {
                    self.trouble = Some(error);
                    lost.push((i * per_file) as u32..end as u32);
                }
            }
            plane.resize(end * record, 0);
        }
        Plane::new(model.dimension, &plane)
    }

    fn check_shards(&self, spec: &SegmentSpec) -> Result<(), IndexError> {
        let rising = self.shards.windows(2).all(|pair| pair[0].first_row < pair[1].first_row);
        let known = self
            .shards
            .iter()
            .all(|s| s.first_row < spec.rows && s.bytes as usize <= limits::SHARD_BYTES);
        let whole = self.trouble.is_some() || self.shards.first().is_none_or(|s| s.first_row == 0);
        if rising && known && whole {
            return Ok(());
        }
        let file = spec.shards.files.first().map_or_else(String::new, ToString::to_string);
        Err(IndexError::damaged(&file, "the table of shards is out of order or range"))
    }

    /// The best `limit` rows by the sketches of one model, of those that may be found.
    pub(crate) fn nearest(&self, model: usize, query: &[f32], limit: usize) -> Vec<Hit> {
        self.nearest_rotated(model, &self.sketches[model].index.rotated(query), limit)
    }

    /// [`Segment::nearest`] for a query that is rotated already.
    pub(crate) fn nearest_rotated(&self, model: usize, rotated: &[f32], limit: usize) -> Vec<Hit> {
        let skip = |record| self.skips(model, record);
        let index = &self.sketches[model].index;
        self.rows_of(index.nearest_rotated(rotated, self.asked(limit), &skip), limit)
    }

    /// How many records are sure to be of `limit` rows.
    fn asked(&self, limit: usize) -> usize {
        if self.looks.is_empty() { limit } else { limit.saturating_mul(limits::TEMPLATES) }
    }

    /// Whose records were hit, everybody once.
    fn rows_of(&self, hits: Vec<Hit>, limit: usize) -> Vec<Hit> {
        let mut rows: Vec<Hit> = Vec::with_capacity(limit);
        for Hit { row: record, similarity } in hits {
            let row = self.row_of(record);
            if rows.len() < limit && rows.iter().all(|hit| hit.row != row) {
                rows.push(Hit { row, similarity });
            }
        }
        rows
    }

    /// How many records a sketch has: each row's first look, then the further ones.
    fn records(&self) -> u32 {
        self.rows + self.looks.len() as u32
    }

    fn row_of(&self, record: u32) -> u32 {
        record.checked_sub(self.rows).map_or(record, |look| self.looks[look as usize])
    }

    /// A rotated face that is like `row`, as far as the sketch knows.
    pub(crate) fn face_like(
        &self,
        model: usize,
        row: u32,
        cosine: f32,
        normal: &mut Normal,
    ) -> Vec<f32> {
        self.sketches[model].index.like(row, cosine, normal)
    }

    /// A number that says who is in a row: it stays the same in later versions.
    pub(crate) fn mark(&self, row: u32) -> u64 {
        self.sketches.first().map_or(0, |sketch| sketch.index.mark(row))
    }

    fn skips(&self, model: usize, record: u32) -> bool {
        self.hidden.binary_search(&self.row_of(record)).is_ok()
            || self.sketches[model].lost.iter().any(|range| range.contains(&record))
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// Whether no row can be found at all.
    pub(crate) fn is_lost(&self) -> bool {
        let all = 0..self.records();
        let gone = |s: &Sketch| all.clone().all(|r| s.lost.iter().any(|lost| lost.contains(&r)));
        self.rows > 0 && (self.shards.is_empty() || self.sketches.iter().all(gone))
    }

    /// Its shards, by rising row.
    pub(crate) fn shards(&self) -> &[ShardRef] {
        &self.shards
    }

    /// Whether the file called `name` is one of its shards.
    pub(crate) fn has_shard(&self, name: &str) -> bool {
        name.parse().is_ok_and(|digest| self.shards.iter().any(|shard| shard.digest == digest))
    }

    /// The shard that has `row`, and the row's place in it.
    pub(crate) fn shard_of(&self, row: u32) -> Option<(ShardRef, usize)> {
        shard_of(&self.shards, row)
    }
}
