//! Nested bit-planes: a few bits per coordinate that tell who is worth a closer look.
//!
//! A rotated unit vector's coordinates are close to normal with standard deviation
//! `1 / sqrt(dimensions)`. Plane 1 holds their signs; the further planes hold, most significant bit
//! first, the number of thresholds that the magnitude exceeds: its *level*. A coordinate then reads
//! as `sign * (1 + 2 * level)`, a uniform quantiser.

use crate::rotation::padded;

/// Widths of the levels that lose least of a normal variable, for 2, 3 and 4 bits of sign and
/// level, in standard deviations (Max 1960, table II: output levels equally spaced). Their
/// multiples are its quantiles .68, then .44 .76 .92, and so on.
const WIDTHS: [f64; 3] = [0.9957, 0.5860, 0.3352];

/// How many planes vectors of `dimension` dimensions need so that reranking the best 5 loses
/// nothing against exact search among 100,000 people: measured on synthetic vectors.
#[must_use]
pub fn planes_for(dimension: usize) -> usize {
    match padded(dimension) {
        ..128 => 4,
        128..512 => 3,
        512.. => 2,
    }
}

/// The magnitudes that part the levels of a rotated unit vector.
#[must_use]
pub fn thresholds(dimension: usize, planes: usize) -> Vec<f32> {
    let Some(width) = planes.checked_sub(2).and_then(|i| WIDTHS.get(i)) else { return Vec::new() };
    let width = width / (padded(dimension) as f64).sqrt();
    (1..1 << (planes - 1)).map(|n| (f64::from(n) * width) as f32).collect()
}

/// Bytes of one row of one plane.
#[must_use]
pub fn row_bytes(dimension: usize) -> usize {
    padded(dimension) / 8
}

/// The bits of a rotated vector: one `Vec` per plane, bit `i % 8` of byte `i / 8` for coordinate
/// `i`. A sign bit is 1 for a negative coordinate.
#[must_use]
pub(crate) fn encode(rotated: &[f32], thresholds: &[f32], planes: usize) -> Vec<Vec<u8>> {
    let mut bits = vec![vec![0u8; rotated.len() / 8]; planes];
    for (i, &x) in rotated.iter().enumerate() {
        let level = thresholds.iter().filter(|&&t| x.abs() > t).count();
        let code = usize::from(x < 0.0) << (planes - 1) | level;
        for (plane, bytes) in bits.iter_mut().enumerate() {
            bytes[i / 8] |= ((code >> (planes - 1 - plane) & 1) as u8) << (i % 8);
        }
    }
    bits
}

/// Bits of a query coordinate's magnitude. More do not find more people (measured; with 3 the first
/// losses show).
const QUERY_BITS: usize = 4;

/// A rotated query as signs and magnitudes of [`QUERY_BITS`] bits.
pub(crate) struct QueryCode {
    signs: Vec<u64>,
    /// Per bit of the magnitude, lowest first.
    bits: [Vec<u64>; QUERY_BITS],
    /// One over the code's length.
    scale: f32,
}

impl QueryCode {
    pub(crate) fn new(rotated: &[f32]) -> Self {
        let most = rotated.iter().fold(0.0f32, |most, x| most.max(x.abs())).max(f32::MIN_POSITIVE);
        let words = rotated.len() / 64;
        let mut code = Self {
            signs: vec![0; words],
            bits: std::array::from_fn(|_| vec![0; words]),
            scale: 0.0,
        };
        let top = ((1u32 << QUERY_BITS) - 1) as f32;
        let mut squares = 0;
        for (i, &x) in rotated.iter().enumerate() {
            let magnitude = (x.abs() * (top / most)).round_ties_even() as u64;
            squares += magnitude * magnitude;
            code.signs[i / 64] |= u64::from(x < 0.0) << (i % 64);
            for (bit, words) in code.bits.iter_mut().enumerate() {
                words[i / 64] |= (magnitude >> bit & 1) << (i % 64);
            }
        }
        code.scale = 1.0 / (squares.max(1) as f32).sqrt();
        code
    }
}

/// The planes of one model in one segment, in memory.
pub(crate) struct Planes {
    words: usize,
    rows: usize,
    /// Per plane, `rows * words` words.
    planes: Vec<Vec<u64>>,
    /// One over each row's length, read as `sign * (1 + 2 * level)`.
    scales: Vec<f32>,
}

impl Planes {
    /// Takes each plane as its bytes; every one must have `rows * row_bytes(dimension)` of them.
    pub(crate) fn new(dimension: usize, rows: usize, planes: &[Vec<u8>]) -> Self {
        let words = padded(dimension) / 64;
        let planes: Vec<Vec<u64>> = planes
            .iter()
            .map(|bytes| {
                let mut plane: Vec<u64> =
                    bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
                plane.resize(rows * words, 0);
                plane
            })
            .collect();
        let mut all = Self { words, rows, planes, scales: Vec::new() };
        all.scales = (0..rows).map(|row| 1.0 / (all.squares(row) as f32).sqrt()).collect();
        all
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The sum of the squares of a row's values: `(1 + 2 level)^2 = 1 + 4 level (1 + level)`.
    fn squares(&self, row: usize) -> u64 {
        let at = row * self.words;
        let mut sum = 64 * self.words as u64;
        for word in at..at + self.words {
            for (j, (a, weight_a)) in self.magnitudes().enumerate() {
                sum += 4 * weight_a * u64::from(a[word].count_ones());
                for (k, (b, weight_b)) in self.magnitudes().enumerate() {
                    let both = if j == k { a[word] } else { a[word] & b[word] };
                    sum += 4 * weight_a * weight_b * u64::from(both.count_ones());
                }
            }
        }
        sum
    }

    /// The planes of the level with their weights in it.
    fn magnitudes(&self) -> impl Iterator<Item = (&[u64], u64)> {
        let last = self.planes.len() - 1;
        self.planes.iter().enumerate().skip(1).map(move |(k, p)| (p.as_slice(), 1 << (last - k)))
    }

    /// The cosine of the query's code with every row's, in order of rows.
    pub(crate) fn scan(&self, query: &QueryCode, mut each: impl FnMut(u32, f32)) {
        let score = match self.planes.as_slice() {
            [_] => Self::score::<1>,
            [_, _] => Self::score::<2>,
            [_, _, _] => Self::score::<3>,
            _ => Self::score::<4>,
        };
        for (row, scale) in self.scales.iter().enumerate() {
            each(row as u32, score(self, query, row) as f32 * scale * query.scale);
        }
    }

    /// The dot product of query and row by counting bits. With `m` a set of coordinates, what they
    /// add is the count of `m` where signs agree less the count where they differ.
    fn score<const PLANES: usize>(&self, query: &QueryCode, row: usize) -> i32 {
        let at = row * self.words..(row + 1) * self.words;
        let row: [&[u64]; PLANES] = std::array::from_fn(|k| &self.planes[k][at.clone()]);
        let mut sum = 0;
        for w in 0..self.words {
            let differ = row[0][w] ^ query.signs[w];
            for (bit, magnitudes) in query.bits.iter().enumerate() {
                let mut part = signed_count(magnitudes[w], differ);
                for (k, plane) in row.iter().enumerate().skip(1) {
                    part += signed_count(magnitudes[w] & plane[w], differ) << (PLANES - k);
                }
                sum += part << bit;
            }
        }
        sum
    }
}

fn signed_count(set: u64, differ: u64) -> i32 {
    set.count_ones() as i32 - 2 * (set & differ).count_ones() as i32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The slow, obvious twin: reads every coordinate back and multiplies.
    fn plain(rotated: &[f32], query: &[f32], thresholds: &[f32]) -> (i32, f32) {
        let most = query.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let (mut dot, mut row, mut own) = (0, 0, 0);
        for (&x, &q) in rotated.iter().zip(query) {
            let level = thresholds.iter().filter(|&&t| x.abs() > t).count() as i32;
            let v = if x < 0.0 { -1 - 2 * level } else { 1 + 2 * level };
            let q =
                (q.abs() * (15.0 / most)).round_ties_even() as i32 * if q < 0.0 { -1 } else { 1 };
            dot += v * q;
            row += v * v;
            own += q * q;
        }
        (dot, dot as f32 / ((row as f32).sqrt() * (own as f32).sqrt()))
    }

    fn vectors() -> impl Strategy<Value = (Vec<f32>, Vec<f32>, usize)> {
        (prop_oneof![Just(64usize), Just(128), Just(256)], 1usize..=4).prop_flat_map(
            |(n, planes)| {
                let vector = || proptest::collection::vec(-0.4f32..0.4, n);
                (vector(), vector(), Just(planes))
            },
        )
    }

    proptest! {
        #[test]
        fn counting_bits_equals_multiplying((vector, query, planes) in vectors()) {
            prop_assume!(query.iter().any(|x| x.abs() > 1e-3));
            let thresholds = thresholds(vector.len(), planes);
            let bits = encode(&vector, &thresholds, planes);
            let sketch = Planes::new(vector.len(), 1, &bits);
            let code = QueryCode::new(&query);
            let (dot, cosine) = plain(&vector, &query, &thresholds);
            let fast = match planes {
                1 => sketch.score::<1>(&code, 0),
                2 => sketch.score::<2>(&code, 0),
                3 => sketch.score::<3>(&code, 0),
                _ => sketch.score::<4>(&code, 0),
            };
            prop_assert_eq!(fast, dot);
            let mut seen = Vec::new();
            sketch.scan(&code, |row, similarity| seen.push((row, similarity)));
            prop_assert_eq!(seen.len(), 1);
            prop_assert!((seen[0].1 - cosine).abs() < 1e-5);
        }
    }

    #[test]
    fn planes_follow_the_dimension() {
        assert_eq!([64, 128, 256, 512, 1024].map(planes_for), [4, 3, 3, 2, 2]);
        assert!(thresholds(512, 1).is_empty());
        assert_eq!(thresholds(512, 2).len(), 1);
        assert_eq!(thresholds(128, 4).len(), 7);
    }
}
