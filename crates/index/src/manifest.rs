//! The manifest: everything a database consists of, by hash.

use std::collections::BTreeMap;

use rollcall_core::{EmbedderSpec, PerformerId, Standardise};
use serde::{Deserialize, Serialize};

use crate::{
    Digest, IndexError, PublicKey, READER, SigningKey, Version, envelope, limits, msgpack, sketch,
    version,
};

/// What a database consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The database's version.
    #[serde(with = "version::text")]
    pub version: Version,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it should no longer be used, in seconds since 1970.
    pub expires: Option<u64>,
    /// The lowest reader version (see [`READER`]) that understands it.
    pub min_reader: u32,
    /// The models its vectors come from.
    pub models: Vec<Model>,
    /// How vectors are turned before they become sketches.
    pub rotation: RotationSpec,
    /// The parts it consists of, oldest first. A performer in several belongs to the newest.
    pub segments: Vec<SegmentSpec>,
    /// Performers removed for good: never shown, whatever a shard says.
    pub tombstones: Vec<PerformerId>,
    /// How much there is.
    pub counts: Counts,
    /// The stash-boxes its performers come from.
    pub sources: Vec<String>,
    /// How much comes from each.
    pub source_stats: BTreeMap<String, SourceStats>,
    /// How many of its performers are made up, for measuring how many are mistaken for each other.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub distractors: u64,
    /// How to reach whoever publishes it: an address or a page, in their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where somebody asks to be taken out of it: an https address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal_url: Option<String>,
    /// Who signed it.
    #[serde(skip)]
    pub(crate) signer: Option<PublicKey>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
pub(crate) fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// An embedding model whose vectors a database has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Its name, such as `sface-2021dec`.
    pub name: String,
    /// SHA-256 of the prepared graph.
    pub sha256: Digest,
    /// The number of dimensions of its embeddings.
    pub dimension: usize,
    /// How faces are fed to it: see [`preprocessing_of`].
    pub preprocessing: String,
    /// How many bit-planes its sketch has, 1 to 4.
    pub planes: usize,
    /// The `2^(planes - 1) - 1` rising magnitudes that part the levels of a rotated unit vector.
    pub thresholds: Vec<f32>,
    /// How similarities of different people spread.
    pub impostor: Option<Impostor>,
    /// What it weighs among the other models; 1 if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f32>,
    /// How similarity becomes probability.
    pub calibration: Option<Calibration>,
}

/// Mean and standard deviation of the cosine of different people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Impostor {
    /// Mean cosine.
    pub mean: f32,
    /// Standard deviation.
    pub sd: f32,
}

/// A logistic curve: `p = 1 / (1 + exp(-(slope * similarity + offset + margin * m + looks * ln n -
/// ln(performers / 1000))))`, `m` the lead in similarity over the next performer, `n` the number of
/// looks. See `rollcall_core::Calibration`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Steepness, per unit of cosine.
    pub slope: f32,
    /// Offset.
    pub offset: f32,
    /// What a margin adds, per unit of cosine.
    #[serde(default)]
    pub margin: f32,
    /// What more looks add, per natural logarithm of their number.
    #[serde(default)]
    pub looks: f32,
}

/// How vectors are turned: see [`crate::Rotation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationSpec {
    /// The seed of the sign flips.
    pub seed: u64,
    /// How many rounds of sign flips and Hadamard transform.
    pub rounds: u32,
}

/// A part of a database that is written once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentSpec {
    /// How many performers it has.
    pub rows: u32,
    /// Rising rows of those who look quite different at times, once for each look but the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<u32>,
    /// Per model, per plane: the bits, [`sketch::row_bytes`] bytes for each of `rows`, then for each
    /// of `looks`.
    pub planes: Vec<Vec<Chunked>>,
    /// Its shards: records of [`crate::segment::SHARD_RECORD`] bytes.
    pub shards: Chunked,
    /// The stash-boxes the ids speak of.
    pub endpoints: Vec<String>,
    /// Where each id is: records of [`crate::ids::ID_RECORD`] bytes.
    pub ids: Chunked,
    /// Rising rows that a newer segment or a tombstone replaces.
    pub hidden: Vec<u32>,
    /// Those of them whose people are gone, not merely in a newer segment: readers do not keep the
    /// shards that have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<u32>,
}

/// A run of equal records in files of at most 1 MiB.
///
/// Each file but the last holds as many whole records as fit into [`limits::CHUNK_BYTES`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunked {
    /// Bytes of all files together.
    pub bytes: u64,
    /// The files, in order.
    pub files: Vec<Digest>,
}

impl Chunked {
    /// Bytes of every file but the last, for records of `record` bytes.
    #[must_use]
    pub fn file_bytes(record: usize) -> usize {
        limits::CHUNK_BYTES / record.max(1) * record
    }

    fn fits(&self, record: usize) -> bool {
        let file = Self::file_bytes(record) as u64;
        self.bytes.is_multiple_of(record as u64)
            && self.files.len() as u64 == self.bytes.div_ceil(file)
    }
}

/// How much a database has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Performers who can be found.
    pub performers: u64,
    /// Faces their templates are made of.
    pub faces: u64,
    /// Shards.
    pub shards: u64,
    /// Bytes of all files the manifest names.
    pub bytes: u64,
}

/// How much comes from one stash-box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStats {
    /// Performers filed under it.
    pub performers: u64,
    /// Their faces.
    pub faces: u64,
}

/// How an embedder is fed, in words that differ whenever the embeddings would.
#[must_use]
pub fn preprocessing_of(spec: &EmbedderSpec) -> String {
    let order = match spec.channels {
        rollcall_core::ChannelOrder::Rgb => "rgb",
        rollcall_core::ChannelOrder::Bgr => "bgr",
    };
    let own = match spec.standardise {
        Standardise::Fixed => "",
        Standardise::PerImage => "-perimage",
    };
    let (mean, scale) = (spec.mean, spec.scale);
    format!("{}-{order}{own}-minus{mean}-times{scale}", spec.crop.word())
}

impl Manifest {
    /// Reads a manifest called `file`.
    ///
    /// # Errors
    /// When it is of a newer format, signed wrongly, or breaks a rule or limit of the format.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, IndexError> {
        let (body, signer) = envelope::open(file, bytes)?;
        #[derive(Deserialize)]
        struct Reader {
            min_reader: u32,
        }
        let Reader { min_reader } = msgpack::decode(file, body)?;
        if min_reader > READER {
            return Err(IndexError::TooNew { file: file.into(), found: min_reader, known: READER });
        }
        let mut manifest: Self = msgpack::decode(file, body)?;
        manifest.check().map_err(|what| IndexError::damaged(file, what))?;
        manifest.signer = signer;
        Ok(manifest)
    }

    /// The file's bytes, signed if there is a key.
    ///
    /// # Errors
    /// When it breaks a rule or limit of the format.
    pub fn to_bytes(&self, key: Option<&SigningKey>) -> Result<Vec<u8>, IndexError> {
        let file = "the new manifest";
        self.check().map_err(|what| IndexError::damaged(file, what))?;
        envelope::seal(file, &msgpack::encode(file, self)?, key)
    }

    /// Who signed it, if somebody did. The signature has been checked.
    #[must_use]
    pub fn signer(&self) -> Option<PublicKey> {
        self.signer
    }

    /// Bytes of all sketches.
    #[must_use]
    pub fn sketch_bytes(&self) -> u64 {
        let planes = self.segments.iter().flat_map(|s| s.planes.iter().flatten());
        planes.map(|plane| plane.bytes).sum()
    }

    fn check(&self) -> Result<(), String> {
        let texts = self.sources.iter().chain(self.source_stats.keys());
        check("models", (1..=limits::MODELS).contains(&self.models.len()))?;
        check("rounds", (1..=limits::ROUNDS).contains(&self.rotation.rounds))?;
        check("segments", self.segments.len() <= limits::SEGMENTS)?;
        check("tombstones", self.tombstones.len() <= limits::TOMBSTONES)?;
        check("sources", self.sources.len().max(self.source_stats.len()) <= limits::ENDPOINTS)?;
        let texts = texts.chain(&self.contact).chain(&self.removal_url);
        check("texts", texts.clone().all(|text| text.len() <= limits::TEXT_BYTES))?;
        let https =
            |url: &String| url.starts_with("https://") && !url.contains(char::is_whitespace);
        check("removal address", self.removal_url.as_ref().is_none_or(https))?;
        self.models.iter().try_for_each(Model::check)?;
        self.segments.iter().try_for_each(|segment| segment.check(&self.models))?;
        let rows = self.segments.iter().map(|segment| u64::from(segment.rows)).sum::<u64>();
        check("performers", rows <= u64::from(limits::PERFORMERS))?;
        check("sketches", self.sketch_bytes() <= limits::SKETCH_BYTES)?;
        let ids = self.segments.iter().map(|segment| segment.ids.bytes).sum::<u64>();
        check("ids", ids <= limits::SKETCH_BYTES)?;
        let Counts { performers, faces, shards, bytes } = self.counts;
        check("distractors", self.distractors <= performers)?;
        let numbers = [self.created, self.expires.unwrap_or(0), performers, faces, shards, bytes];
        check("numbers", numbers.iter().all(|&number| number <= limits::NUMBER))
    }
}

/// Only the format that this program knows (there is no older one yet).
pub(crate) fn newest(file: &str, found: u32, known: u32) -> Result<(), IndexError> {
    if found == known {
        Ok(())
    } else {
        Err(IndexError::TooNew { file: file.to_owned(), found, known })
    }
}

fn check(what: &str, fine: bool) -> Result<(), String> {
    if fine { Ok(()) } else { Err(format!("{what} outside the format's limits")) }
}

impl Model {
    /// The entry for a pack's embedder: planes and thresholds by its dimension.
    ///
    /// # Errors
    /// When its SHA-256 is none.
    pub fn of(spec: &EmbedderSpec) -> Result<Self, IndexError> {
        let sha256 = spec.model.sha256.parse().map_err(|error: crate::DigestError| {
            IndexError::Unfit { who: spec.model.name.clone(), what: error.to_string() }
        })?;
        let planes = sketch::planes_for(spec.dimension);
        Ok(Self {
            name: spec.model.name.clone(),
            sha256,
            dimension: spec.dimension,
            preprocessing: preprocessing_of(spec),
            planes,
            thresholds: sketch::thresholds(spec.dimension, planes),
            impostor: None,
            weight: spec.weight,
            calibration: None,
        })
    }

    /// Whether `spec` makes the same embeddings.
    #[must_use]
    pub fn is(&self, spec: &EmbedderSpec) -> bool {
        self.name == spec.model.name
            && self.sha256.to_string() == spec.model.sha256
            && self.dimension == spec.dimension
            && self.preprocessing == preprocessing_of(spec)
    }

    fn check(&self) -> Result<(), String> {
        let rising = self.thresholds.windows(2).all(|pair| pair[0] < pair[1]);
        let positive = self.thresholds.iter().all(|t| t.is_finite() && *t > 0.0);
        let fine = |x: f32| x.is_finite() && x.abs() <= 1e6;
        check("names", self.name.len().max(self.preprocessing.len()) <= limits::TEXT_BYTES)?;
        check("dimension", (1..=limits::DIMENSION).contains(&self.dimension))?;
        check("planes", (1..=limits::PLANES).contains(&self.planes))?;
        check("thresholds", self.thresholds.len() + 1 == 1 << (self.planes - 1))?;
        check("thresholds", rising && positive)?;
        check("impostor", self.impostor.is_none_or(Impostor::is_plausible))?;
        check("weight", self.weight.is_none_or(|w| w > 0.0 && w <= 1000.0))?;
        check(
            "calibration",
            self.calibration
                .is_none_or(|c| [c.slope, c.offset, c.margin, c.looks].into_iter().all(fine)),
        )
    }
}

impl Impostor {
    /// Whether strangers can be like that: else a host could make everybody alike.
    pub(crate) fn is_plausible(self) -> bool {
        (-0.5..=0.95).contains(&self.mean) && (0.005..=0.5).contains(&self.sd)
    }
}

impl SegmentSpec {
    fn check(&self, models: &[Model]) -> Result<(), String> {
        check("planes of a segment", self.planes.len() == models.len())?;
        for (model, planes) in models.iter().zip(&self.planes) {
            let row = sketch::row_bytes(model.dimension);
            let bytes = (u64::from(self.rows) + self.looks.len() as u64) * row as u64;
            check("planes of a segment", planes.len() == model.planes)?;
            check("plane", planes.iter().all(|p| p.bytes == bytes && p.fits(row)))?;
        }
        let (shards, ids) = (crate::segment::SHARD_RECORD, crate::ids::ID_RECORD);
        check("rows", self.rows <= limits::PERFORMERS)?;
        check("looks", self.looks.is_sorted())?;
        check("looks", self.looks.last().is_none_or(|&row| row < self.rows))?;
        let most = limits::TEMPLATES;
        check("looks", self.looks.windows(most).all(|rows| rows[0] < rows[most - 1]))?;
        check("shards", self.shards.bytes <= u64::from(self.rows) * shards as u64)?;
        check("shards", self.shards.fits(shards) && (self.rows == 0 || self.shards.bytes > 0))?;
        check("ids", self.ids.bytes <= limits::SKETCH_BYTES && self.ids.fits(ids))?;
        check("endpoints", self.endpoints.len() <= limits::ENDPOINTS)?;
        check("endpoints", self.endpoints.iter().all(|e| e.len() <= limits::TEXT_BYTES))?;
        check("hidden rows", self.hidden.windows(2).all(|pair| pair[0] < pair[1]))?;
        check("hidden rows", self.hidden.last().is_none_or(|&row| row < self.rows))?;
        check("removed rows", self.removed.windows(2).all(|pair| pair[0] < pair[1]))?;
        let hidden = |row| self.hidden.binary_search(row).is_ok();
        check("removed rows", self.removed.iter().all(hidden))
    }
}
