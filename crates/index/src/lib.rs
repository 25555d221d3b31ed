//! Rollcall's database: static files that any host can serve and any client can check.
//!
//! A [`DatabaseWriter`] turns performers into files, a [`Store`] brings files back, and a
//! [`Database`] answers who somebody is: it scans a sketch of everybody, which it keeps in memory,
//! then fetches the few shards that have the best of them and compares with the real vectors.
//! `docs/FORMAT.md` specifies every byte.
//!
//! Following a query: `search` (find) -> `segment`, `ann`, `rotation`, `scan` (who may it be) ->
//! `shards`, `fetch` (right hash) -> `shard`, `vector` (how alike, exactly).

mod ann;
mod database;
mod decoys;
mod digest;
mod envelope;
mod error;
mod fetch;
#[cfg(feature = "hnsw")]
mod hnsw;
#[cfg(feature = "pull")]
pub mod http;
mod ids;
mod info;
mod inventory;
mod latest;
pub mod limits;
mod lookup;
mod manifest;
mod msgpack;
#[cfg(feature = "pull")]
pub mod pull;
mod release;
mod rotation;
mod scan;
mod search;
mod segment;
mod shard;
mod shards;
mod sketch;
mod store;
mod trust;
mod vector;
mod version;
mod writer;

pub use ann::{AnnIndex, Flat, Hit};
pub use database::{Database, manifest};
pub use digest::{Digest, DigestError};
pub use error::IndexError;
#[cfg(feature = "hnsw")]
pub use hnsw::Hnsw;
pub use ids::ID_RECORD;
pub use info::{DatabaseInfo, ModelInfo};
pub use inventory::Inventory;
pub use latest::{LATEST, Latest, manifest_name};
pub use manifest::{
    Calibration, Chunked, Counts, Impostor, Manifest, Model, RotationSpec, SegmentSpec,
    SourceStats, preprocessing_of,
};
pub use release::Release;
pub use rotation::{Rotation, SplitMix64, padded};
pub use search::RERANKED;
pub use segment::SHARD_RECORD;
pub use shard::Shard;
pub use sketch::{planes_for, row_bytes, thresholds};
pub use store::*;
pub use trust::{Distrust, PublicKey, PublicKeyError, Remembered, SigningKey, Trust};
pub use version::{Version, VersionError};
pub use writer::*;

/// The version of the files' format.
pub const FORMAT: u32 = 1;

/// The version of this reader. A manifest may ask for a newer one without a change of format.
pub const READER: u32 = 1;
