//! Writing one segment: shards, their table, sketches, ids.

use std::collections::BTreeSet;

use super::Sink;
use crate::{
    Digest, IndexError, Rotation,
    ids::{ID_RECORD, IdRecord},
    limits,
    manifest::{Chunked, Model, RotationSpec, SegmentSpec},
    segment::{SHARD_RECORD, ShardRef},
    shard::{self, Stored},
    sketch,
};

/// A sink for hashed files that counts their bytes.
pub(super) struct Counted<'a> {
    pub(super) sink: &'a mut dyn Sink,
    pub(super) bytes: u64,
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

pub(super) fn write_segment(
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
        // The templates as readers see them, so that a sketch can be made again from shards.
        let firsts = rows.iter().filter_map(|row| row.vectors[number].first());
        let looks = further_looks(rows).map(|(row, look)| &rows[row].vectors[number][look]);
        for template in firsts.chain(looks) {
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
        looks: further_looks(rows).map(|(row, _)| row as u32).collect(),
        planes,
        shards: out.put_chunks(&shards, SHARD_RECORD)?,
        endpoints,
        ids: out.put_chunks(&ids, ID_RECORD)?,
        hidden: Vec::new(),
        removed: Vec::new(),
    })
}

/// The row and the number of every template that is not its performer's first, by rising row.
fn further_looks(rows: &[Stored]) -> impl Iterator<Item = (usize, usize)> {
    let of_row =
        |(row, stored): (usize, &Stored)| (1..stored.templates).map(move |look| (row, look));
    rows.iter().enumerate().flat_map(of_row)
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
    let all = rows.iter().flat_map(|row| row.performer.all_ids());
    let names: BTreeSet<String> = all.map(|id| id.endpoint().to_owned()).collect();
    if names.len() > limits::ENDPOINTS {
        let who = "all performers' ids together".to_owned();
        return Err(IndexError::Unfit { who, what: "more than 256 endpoints".into() });
    }
    let endpoints: Vec<String> = names.into_iter().collect();
    let mut records = BTreeSet::new();
    for (row, stored) in rows.iter().enumerate() {
        for id in stored.performer.all_ids() {
            let endpoint = endpoints.partition_point(|name| name.as_str() < id.endpoint()) as u16;
            records.insert(IdRecord { endpoint, uuid: id.uuid().into_bytes(), row: row as u32 });
        }
    }
    Ok((endpoints, records.into_iter().flat_map(IdRecord::to_bytes).collect()))
}
