//! The most a reader believes. `docs/FORMAT.md` lists them; writers keep to the same numbers.

/// The largest whole number: what JavaScript counts exactly.
pub const NUMBER: u64 = (1 << 53) - 1;
/// Bytes of `latest.json`.
pub const LATEST_BYTES: usize = 4 << 10;
/// Bytes of a manifest.
pub const MANIFEST_BYTES: usize = 8 << 20;
/// Bytes of one chunk of planes, shard table or id index.
pub const CHUNK_BYTES: usize = 1 << 20;
/// Bytes a writer fills a shard up to.
pub const SHARD_TARGET_BYTES: usize = 64 << 10;
/// Bytes of a shard; one performer with every vector may need more than the target.
pub const SHARD_BYTES: usize = 256 << 10;
/// Embedding models side by side.
pub const MODELS: usize = 8;
/// Dimensions of an embedding.
pub const DIMENSION: usize = 4096;
/// Bit-planes of a sketch.
pub const PLANES: usize = 4;
/// Rounds of the rotation.
pub const ROUNDS: u32 = 8;
/// Bytes of all sketches together, which are held in memory: 4 million performers, 512-d, 2 planes.
pub const SKETCH_BYTES: u64 = 512 << 20;
/// Segments of a database.
pub const SEGMENTS: usize = 64;
/// Performers of a database.
pub const PERFORMERS: u32 = 4 << 20;
/// Performers removed for good.
pub const TOMBSTONES: usize = 100_000;
/// Stash-boxes a segment knows, and stash ids of one performer.
pub const ENDPOINTS: usize = 256;
/// Ids that were merged into one performer.
pub const MERGED_IDS: usize = 256;
/// Bytes of a performer's name or disambiguation.
pub const NAME_BYTES: usize = 1000;
/// Bytes of any other text.
pub const TEXT_BYTES: usize = 300;
/// Faces whose vectors are kept, per performer.
pub const FACES: usize = 32;
/// Templates per performer.
pub const TEMPLATES: usize = 8;
/// Nesting of msgpack values. The deepest of ours is 6.
pub const DEPTH: usize = 16;
/// Candidates one lookup gives, however many are asked for.
pub const CANDIDATES: usize = 100;
