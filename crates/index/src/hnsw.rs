//! A graph of neighbours (HNSW, by `instant-distance`): the second [`AnnIndex`], for native use.
//!
//! It is the right choice where all vectors are in memory anyway and many queries are asked of one
//! index that does not change, such as a builder looking for the same person twice. For files that
//! a browser fetches it never is: it needs every vector and some 250 bytes of links each, where a
//! scan of sketches makes do with a few bits a dimension. `cargo xtask bench index` measures from
//! how many points on it is the faster one; `docs/BENCHMARKS.md` has the numbers.

use std::collections::BTreeSet;

use instant_distance::{Builder, Point, Search};
use rollcall_core::Embedding;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IgnoredAny},
};

use crate::{
    AnnIndex, Digest, Hit, IndexError, limits, msgpack,
    vector::{Int8, scale_of},
};

/// The version of a saved graph.
const FORMAT: u32 = 1;

/// The same points in the same order give the same graph (on 64-bit machines, whose generator
/// `instant-distance` takes).
const SEED: u64 = 0x243f_6a88_85a3_08d3;

/// How many points a search holds in mind: it is frozen into the graph and the most it can find.
const EF: usize = limits::CANDIDATES;

/// Up to so many points the links are chosen with the paper's heuristic, which makes a better graph
/// and takes several times as long; beyond that it would take hours.
const HEURISTIC: usize = 20_000;

/// Layers a graph may have: each has .29 of the points below, so the most points need 9.
const LAYERS: usize = 16;

/// Points in a graph. Row `r` is the `r`-th of the embeddings it was built from.
pub struct Hnsw {
    graph: instant_distance::Hnsw<Stored>,
    /// The row of each of the graph's points.
    rows: Vec<u32>,
}

/// A unit vector in a byte a dimension, as in shards.
#[derive(Clone)]
struct Stored(Int8);

impl Point for Stored {
    fn distance(&self, other: &Self) -> f32 {
        1.0 - self.0.cosine(&other.0)
    }
}

impl Serialize for Stored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.values.iter().map(|value| value.cast_unsigned()).collect();
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&'de [u8]>::deserialize(deserializer)?;
        let values: Vec<i8> = bytes.iter().map(|byte| byte.cast_signed()).collect();
        // Not stored, so that nobody can send one that is infinite or none.
        let scale = scale_of(&values);
        if scale.is_finite() {
            Ok(Self(Int8 { values, scale }))
        } else {
            Err(de::Error::custom("a vector without a direction"))
        }
    }
}

/// What is saved, after the SHA-256 of it.
#[derive(Serialize, Deserialize)]
struct Saved<G, R> {
    format: u32,
    rows: R,
    graph: G,
}

/// The links of a saved graph, which the library keeps to itself and believes as they are: it would
/// panic at a link to nowhere.
#[derive(Deserialize)]
#[serde(rename = "Hnsw")]
struct Links {
    ef_search: usize,
    #[serde(rename = "points")]
    _points: IgnoredAny,
    zero: Vec<Vec<u32>>,
    layers: Vec<Vec<Vec<u32>>>,
}

impl Links {
    /// What would make the library panic or search for ever.
    fn trouble(&self, points: usize) -> Option<&'static str> {
        if !(1..=limits::CANDIDATES).contains(&self.ef_search) {
            return Some("a search of no or too many points");
        }
        if self.zero.len() != points || self.layers.len() > LAYERS {
            return Some("another number of points or layers");
        }
        let sizes: Vec<usize> =
            std::iter::once(points).chain(self.layers.iter().map(Vec::len)).collect();
        // The top layer is entered at its first point, and each layer has points of the one below.
        if points > 0 && sizes.contains(&0) || sizes.windows(2).any(|pair| pair[0] < pair[1]) {
            return Some("layers of the wrong sizes");
        }
        let within = |nodes: &[Vec<u32>]| {
            let known = |&link: &u32| link == u32::MAX || (link as usize) < nodes.len();
            nodes.iter().all(|node| node.iter().all(known))
        };
        let linked = within(&self.zero) && self.layers.iter().all(|layer| within(layer));
        (!linked).then_some("a link to nowhere")
    }
}

impl Hnsw {
    /// Builds the graph, on one thread: with more it would be another one each time.
    ///
    /// # Errors
    /// When the embeddings have different lengths, or no thread can be started.
    pub fn build<'a>(
        embeddings: impl IntoIterator<Item = &'a Embedding>,
    ) -> Result<Self, IndexError> {
        let unfit = |what: &str| IndexError::Unfit {
            who: "the embeddings of a graph".to_owned(),
            what: what.to_owned(),
        };
        let points: Vec<Stored> = embeddings
            .into_iter()
            .map(|embedding| Int8::of_embedding(embedding).map(Stored))
            .collect::<Option<_>>()
            .ok_or_else(|| unfit("one without a direction"))?;
        if points.windows(2).any(|pair| pair[0].0.values.len() != pair[1].0.values.len()) {
            return Err(unfit("different lengths"));
        }
        let count = points.len();
        if count > limits::PERFORMERS as usize {
            return Err(unfit("too many"));
        }
        let mut builder = Builder::default().seed(SEED).ef_search(EF).ef_construction(EF);
        if count > HEURISTIC {
            builder = builder.select_heuristic(None);
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = pool.map_err(|error| unfit(&error.to_string()))?;
        let (graph, ids) = pool.install(|| builder.build_hnsw(points));
        let mut rows = vec![0; count];
        for (row, id) in ids.into_iter().enumerate() {
            rows[id.into_inner() as usize] = row as u32;
        }
        Ok(Self { graph, rows })
    }

    /// How many points there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The graph for [`Hnsw::from_bytes`].
    ///
    /// # Errors
    /// When it cannot be written as msgpack.
    pub fn to_bytes(&self) -> Result<Vec<u8>, IndexError> {
        let saved = Saved { format: FORMAT, rows: &self.rows, graph: &self.graph };
        let body = msgpack::encode("graph", &saved)?;
        let mut bytes = Digest::of(&body).0.to_vec();
        bytes.extend(body);
        Ok(bytes)
    }

    /// Reads what [`Hnsw::to_bytes`] wrote into the file called `file`. Bytes from elsewhere do no
    /// harm: every link is checked.
    ///
    /// # Errors
    /// When the bytes are damaged or of a newer version.
    pub fn from_bytes(file: &str, bytes: &[u8]) -> Result<Self, IndexError> {
        let damaged = |what: &str| IndexError::damaged(file, what);
        let (digest, body) = bytes.split_first_chunk().ok_or_else(|| damaged("too short"))?;
        if Digest::of(body) != Digest(*digest) {
            return Err(IndexError::WrongHash(file.to_owned()));
        }
        let Saved::<IgnoredAny, IgnoredAny> { format, .. } = msgpack::decode(file, body)?;
        if format != FORMAT {
            return Err(IndexError::TooNew { file: file.to_owned(), found: format, known: FORMAT });
        }
        let Saved::<Links, Vec<u32>> { rows, graph: links, .. } = msgpack::decode(file, body)?;
        if let Some(what) = links.trouble(rows.len()) {
            return Err(damaged(what));
        }
        drop(links);
        let mut seen = vec![false; rows.len()];
        for &row in &rows {
            match seen.get_mut(row as usize) {
                Some(seen) if !*seen => *seen = true,
                _ => return Err(damaged("a row twice or beyond the last")),
            }
        }
        type Graph = instant_distance::Hnsw<Stored>;
        let Saved::<Graph, IgnoredAny> { graph, .. } = msgpack::decode(file, body)?;
        let lengths: BTreeSet<usize> = graph.iter().map(|(_, p)| p.0.values.len()).collect();
        if graph.iter().count() != rows.len() || lengths.len() > 1 {
            return Err(damaged("vectors of the wrong number or length"));
        }
        Ok(Self { graph, rows })
    }
}

impl AnnIndex for Hnsw {
    /// At most 100 (`ef_search`) rows are found, and rows for which `skip` is true are among those.
    fn nearest(&self, query: &[f32], limit: usize, skip: &dyn Fn(u32) -> bool) -> Vec<Hit> {
        let query: Vec<f64> = query.iter().map(|&x| f64::from(x)).collect();
        let Some(query) = Int8::of(&query) else { return Vec::new() };
        let mut search = Search::default();
        let found = self.graph.search(&Stored(query), &mut search);
        let hit = |row, distance: f32| Hit { row, similarity: 1.0 - distance };
        let mut hits: Vec<Hit> = found
            .map(|item| hit(self.rows[item.pid.into_inner() as usize], item.distance))
            .filter(|hit| !skip(hit.row))
            .collect();
        hits.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.row.cmp(&b.row)));
        hits.truncate(limit);
        hits
    }
}
