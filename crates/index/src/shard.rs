//! Shards: some dozen performers with every vector they have, scanned where they lie.
//!
//! ```text
//! 0   "RCSHARD\0"
//! 8   format, u32
//! 12  length of the header, u32
//! 16  header, msgpack; zeros up to a multiple of 16
//! ..  per model: the scales (f32) of all vectors, zeros up to a multiple of 16,
//!     then the vectors (i8), each padded with zeros to a multiple of 16
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use rollcall_core::{Performer, PerformerId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    FORMAT, IndexError, limits, manifest, msgpack,
    vector::{Int8, LANES, dot, scale_of, stored_bytes},
};

const MAGIC: &[u8; 8] = b"RCSHARD\0";
const PREAMBLE: usize = 16;

#[derive(Serialize, Deserialize)]
struct Header<P> {
    dimensions: Vec<usize>,
    performers: Vec<P>,
}

/// What a shard says of a performer. The keys are part of the format.
#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    id: PerformerId,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dis: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ids: BTreeMap<String, Uuid>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    merged: BTreeSet<PerformerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    /// How many faces there were.
    faces: u32,
    /// How many templates are stored, at least 1.
    templates: usize,
    /// How many faces are stored, after the templates.
    kept: usize,
}

/// A performer on the way into a shard.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    pub(crate) performer: Performer,
    /// How many of the vectors are templates.
    pub(crate) templates: usize,
    /// Per model, the templates, then the kept faces.
    pub(crate) vectors: Vec<Vec<Int8>>,
}

/// A shard that has been read and checked.
pub struct Shard {
    bytes: Vec<u8>,
    performers: Vec<Kept>,
    models: Vec<Block>,
}

/// A performer of a shard and which of its vectors are theirs.
struct Kept {
    performer: Performer,
    templates: usize,
    vectors: Range<usize>,
}

/// Where one model's vectors are.
struct Block {
    dimension: usize,
    scales: Vec<f32>,
    start: usize,
    stride: usize,
}

/// What is wrong with a performer for this format, if anything.
pub(crate) fn unfit(performer: &Performer) -> Option<&'static str> {
    let long = |text: &Option<String>| text.as_ref().is_some_and(|t| t.len() > limits::NAME_BYTES);
    let path = |path: &String| {
        let segment = |s: &str| {
            !matches!(s, "" | "." | "..")
                && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        path.len() <= limits::TEXT_BYTES && path.split('/').all(segment)
    };
    let code = |c: &String| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase());
    let endpoint = |(endpoint, id): (&String, &Uuid)| PerformerId::new(endpoint, *id).is_ok();
    if performer.name.is_empty() {
        Some("the name is empty")
    } else if performer.name.len() > limits::NAME_BYTES || long(&performer.disambiguation) {
        Some("the name or disambiguation is longer than 1,000 bytes")
    } else if !performer.country.as_ref().is_none_or(code) {
        Some("the country is no two-letter code such as US")
    } else if performer.stash_ids.len() > limits::ENDPOINTS {
        Some("there are more than 256 stash ids")
    } else if performer.merged_ids.len() > limits::MERGED_IDS {
        Some("more than 256 ids were merged into one")
    } else if !performer.stash_ids.iter().all(endpoint) {
        Some("a stash id's endpoint is no host name")
    } else if !performer.image.as_ref().is_none_or(path) {
        Some("the image is no relative path of letters, digits, dots, dashes and underscores")
    } else {
        None
    }
}

/// Bytes of the vectors of one performer, for the writer to plan with.
fn vector_bytes(dimensions: &[usize], vectors: usize) -> usize {
    dimensions
        .iter()
        .map(|&d| (4 * vectors).next_multiple_of(LANES) + vectors * stored_bytes(d))
        .sum()
}

impl Stored {
    fn entry(&self) -> Entry {
        let p = self.performer.clone();
        Entry {
            id: p.id,
            name: p.name,
            dis: p.disambiguation,
            country: p.country,
            ids: p.stash_ids,
            merged: p.merged_ids,
            image: p.image,
            faces: p.faces,
            templates: self.templates,
            kept: self.vectors.first().map_or(0, |v| v.len().saturating_sub(self.templates)),
        }
    }

    /// Bytes it adds to a shard, or a few more.
    pub(crate) fn bytes(&self, dimensions: &[usize]) -> Result<usize, IndexError> {
        let entry = msgpack::encode("a new shard", &self.entry())?.len();
        Ok(entry + vector_bytes(dimensions, self.vectors.first().map_or(0, Vec::len)))
    }
}

/// The bytes of a shard of `performers`.
pub(crate) fn encode(dimensions: &[usize], performers: &[Stored]) -> Result<Vec<u8>, IndexError> {
    let entries = performers.iter().map(Stored::entry).collect();
    let header = Header { dimensions: dimensions.to_vec(), performers: entries };
    let header = msgpack::encode("a new shard", &header)?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header);
    let pad = |bytes: &mut Vec<u8>| bytes.resize(bytes.len().next_multiple_of(LANES), 0);
    pad(&mut bytes);
    for model in 0..dimensions.len() {
        let vectors = || performers.iter().flat_map(|p| &p.vectors[model]);
        vectors().for_each(|v| bytes.extend(v.scale.to_le_bytes()));
        pad(&mut bytes);
        for vector in vectors() {
            bytes.extend(vector.values.iter().map(|v| v.cast_unsigned()));
            pad(&mut bytes);
        }
    }
    Ok(bytes)
}

impl Shard {
    /// Reads a shard called `file` of a database whose models have these dimensions.
    ///
    /// # Errors
    /// When it is of a newer format, or breaks a rule or limit of the format.
    pub fn parse(file: &str, bytes: Vec<u8>, dimensions: &[usize]) -> Result<Self, IndexError> {
        let damaged = |what: &str| IndexError::damaged(file, what);
        if bytes.len() > limits::SHARD_BYTES {
            return Err(damaged("a shard above 256 KiB"));
        }
        let word = |at: usize| {
            bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes)
        };
        let (Some(format), Some(length), true) = (word(8), word(12), bytes.starts_with(MAGIC))
        else {
            return Err(damaged("no shard"));
        };
        manifest::newest(file, format, FORMAT)?;
        let end = PREAMBLE.saturating_add(length as usize);
        let header = bytes.get(PREAMBLE..end).ok_or_else(|| damaged("its header is cut off"))?;
        let header: Header<Entry> = msgpack::decode(file, header)?;
        if header.dimensions != dimensions {
            return Err(damaged("vectors of other models"));
        }
        let mut vectors = 0;
        let mut performers = Vec::with_capacity(header.performers.len());
        for entry in header.performers {
            let templates = entry.templates;
            let (performer, count) = entry.check().map_err(damaged)?;
            performers.push(Kept { performer, templates, vectors: vectors..vectors + count });
            vectors += count;
        }
        let start = end.next_multiple_of(LANES);
        if bytes.len() != start + vector_bytes(dimensions, vectors) {
            return Err(damaged("vectors are missing or too many"));
        }
        let models = blocks(&bytes, start, dimensions, vectors)
            .ok_or_else(|| damaged("a vector is not of length 1"))?;
        Ok(Self { bytes, performers, models })
    }

    /// How many performers it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.performers.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.performers.is_empty()
    }

    /// The performer at a place.
    #[must_use]
    pub fn performer(&self, place: usize) -> Option<&Performer> {
        Some(&self.performers.get(place)?.performer)
    }

    /// Its performers.
    pub(crate) fn performers(&self) -> impl Iterator<Item = &Performer> {
        self.performers.iter().map(|kept| &kept.performer)
    }

    /// The performer at a place as they were before they were written.
    pub(crate) fn stored(&self, place: usize) -> Option<Stored> {
        let Kept { performer, templates, vectors } = self.performers.get(place)?;
        let vector = |block: &Block, dimension: usize, vector: usize| {
            let at = block.start + vector * block.stride;
            let values = self.bytes[at..at + dimension].iter().map(|b| b.cast_signed()).collect();
            Int8 { values, scale: block.scales[vector] }
        };
        let of_model =
            |block: &Block| vectors.clone().map(|v| vector(block, block.dimension, v)).collect();
        let vectors = self.models.iter().map(of_model).collect();
        Some(Stored { performer: performer.clone(), templates: *templates, vectors })
    }

    /// Bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The cosines of the query of one model (padded to whole lanes) with each template and face
    /// of the performer at a place.
    pub(crate) fn similarities<'a>(
        &'a self,
        place: usize,
        model: usize,
        query: &'a [f32],
    ) -> impl Iterator<Item = f32> + 'a {
        let vectors = self.performers.get(place).map_or(0..0, |kept| kept.vectors.clone());
        let block = &self.models[model];
        vectors.map(move |vector| {
            let at = block.start + vector * block.stride;
            dot(query, &self.bytes[at..at + block.stride]) * block.scales[vector]
        })
    }
}

impl Entry {
    fn check(self) -> Result<(Performer, usize), &'static str> {
        let performer = Performer {
            id: self.id,
            name: self.name,
            disambiguation: self.dis,
            country: self.country,
            stash_ids: self.ids,
            merged_ids: self.merged,
            image: self.image,
            faces: self.faces,
        };
        if let Some(what) = unfit(&performer) {
            return Err(what);
        }
        let fine = (1..=limits::TEMPLATES).contains(&self.templates) && self.kept <= limits::FACES;
        if fine { Ok((performer, self.templates + self.kept)) } else { Err("too many vectors") }
    }
}

/// Finds each model's vectors from `start` and checks their scales; `None` if one is wrong.
fn blocks(bytes: &[u8], start: usize, dimensions: &[usize], vectors: usize) -> Option<Vec<Block>> {
    let mut at = start;
    let mut blocks = Vec::with_capacity(dimensions.len());
    for &dimension in dimensions {
        let stride = stored_bytes(dimension);
        let scales = bytes.get(at..at + 4 * vectors)?.as_chunks::<4>().0;
        let scales: Vec<f32> = scales.iter().map(|b| f32::from_le_bytes(*b)).collect();
        let start = at + (4 * vectors).next_multiple_of(LANES);
        at = start + vectors * stride;
        let unit = |(vector, scale): (&[u8], &f32)| {
            let values: Vec<i8> = vector.iter().map(|b| b.cast_signed()).collect();
            // NaN fails too; a larger scale would make somebody like everyone.
            (scale / scale_of(&values) - 1.0).abs() < 1e-3
        };
        if !bytes.get(start..at)?.chunks_exact(stride).zip(&scales).all(unit) {
            return None;
        }
        blocks.push(Block { dimension, scales, start, stride });
    }
    Some(blocks)
}
