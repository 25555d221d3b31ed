//! Comparing one query with the sketches of everybody.
//!
//! A coordinate reads as `sign * (1 + 2 * level)`, so the dot product of query and row is a sum of
//! magnitudes of the query. Plane 1 alone already ranks the right person among the first few
//! hundred; so it is scanned whole, and only the rows it likes are looked at in all planes.
//!
//! The whole scan looks up four coordinates at a time: what they add is one of sixteen sums, made
//! once for each query. Rows lie side by side, so that one instruction looks up in sixteen of them
//! (the "fast scan" of André, Kermarrec and Le Scouarnec, VLDB 2015, for codes of one bit).

use multiversion::{multiversion, target::match_target};

use crate::{
    lookup::{self, Lane},
    sketch::row_bytes,
};

/// Bits of a query coordinate's magnitude. More do not find more people (measured; with 3 the first
/// losses show). Four coordinates of two bytes then add less than 256.
const QUERY_BITS: usize = 4;

/// A rotated query, its magnitudes rounded to [`QUERY_BITS`] bits.
pub(crate) struct QueryCode {
    /// For each byte of a row, what its lower and its upper four coordinates add by their bits.
    sums: Vec<[Lane; 2]>,
    /// The signs, 64 coordinates at a time, and the bits of the magnitudes, lowest first.
    words: Vec<(u64, [u64; QUERY_BITS])>,
    /// How many coordinates.
    size: usize,
    /// The sum of all magnitudes.
    total: i32,
    /// One over the code's length.
    scale: f32,
}

impl QueryCode {
    pub(crate) fn new(rotated: &[f32]) -> Self {
        let most = rotated.iter().fold(0.0f32, |most, x| most.max(x.abs())).max(f32::MIN_POSITIVE);
        let top = ((1u32 << QUERY_BITS) - 1) as f32;
        let code = |x: &f32| (*x < 0.0, (x.abs() * (top / most)).round_ties_even() as u8);
        let code: Vec<(bool, u8)> = rotated.iter().map(code).collect();
        let magnitudes = code.iter().map(|&(_, magnitude)| i32::from(magnitude));
        let squares: i32 = magnitudes.clone().map(|magnitude| magnitude * magnitude).sum();
        Self {
            sums: code.chunks(8).map(|byte| [sums(byte, 0), sums(byte, 4)]).collect(),
            words: code.chunks(64).map(words).collect(),
            size: rotated.len(),
            total: magnitudes.sum(),
            scale: 1.0 / (squares.max(1) as f32).sqrt(),
        }
    }
}

/// For all signs that a row may have at four coordinates: the magnitudes where they differ.
fn sums(byte: &[(bool, u8)], from: usize) -> Lane {
    let four = byte.iter().skip(from).take(4).enumerate();
    std::array::from_fn(|signs| {
        four.clone()
            .map(|(i, &(sign, magnitude))| magnitude * u8::from((signs >> i & 1 == 1) != sign))
            .sum()
    })
}

fn words(code: &[(bool, u8)]) -> (u64, [u64; QUERY_BITS]) {
    let word = |bit: &dyn Fn(bool, u8) -> bool| {
        let bits =
            code.iter().enumerate().map(|(i, &(sign, size))| u64::from(bit(sign, size)) << i);
        bits.fold(0, |word, bit| word | bit)
    };
    (word(&|sign, _| sign), std::array::from_fn(|k| word(&|_, size| size >> k & 1 == 1)))
}

/// One bit of every coordinate of every row, 64 coordinates to a word.
pub(crate) struct Plane {
    /// Words of a row.
    width: usize,
    words: Vec<u64>,
}

impl Plane {
    /// From the bytes of a plane's files, one row after the other.
    pub(crate) fn new(dimension: usize, bytes: &[u8]) -> Self {
        let (words, _) = bytes.as_chunks();
        Self {
            width: row_bytes(dimension) / 8,
            words: words.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect(),
        }
    }

    /// The words of a row; none where there is no such row.
    fn row(&self, row: usize) -> &[u64] {
        self.words.get(row * self.width..(row + 1) * self.width).unwrap_or_default()
    }

    /// Some rows one after the other, zeros where there is no such row. A processor waits for many of
    /// them at a time if it has nothing else to do with them yet.
    fn gather(&self, rows: &[u32]) -> Vec<u64> {
        let mut words = Vec::with_capacity(rows.len() * self.width);
        for (number, &row) in rows.iter().enumerate() {
            words.extend(self.row(row as usize));
            words.resize((number + 1) * self.width, 0);
        }
        words
    }
}

/// Plane 1 once more, as the whole scan reads it.
pub(crate) struct SideBySide {
    rows: usize,
    /// Bytes of a row.
    width: usize,
    /// The first byte of each of 16 rows, the second of each, and so on to [`SideBySide::width`];
    /// then the next 16 rows. After the last row zeros fill up.
    lanes: Vec<Lane>,
}

impl SideBySide {
    pub(crate) fn new(plane: &Plane) -> Self {
        let (rows, width) = (plane.words.len() / plane.width, 8 * plane.width);
        let mut lanes = vec![Lane::default(); rows.div_ceil(16) * width];
        let blocks = lanes.chunks_exact_mut(width);
        for (block, words) in blocks.zip(plane.words.chunks(16 * plane.width)) {
            for (row, words) in words.chunks_exact(plane.width).enumerate() {
                let bytes = words.iter().flat_map(|word| word.to_le_bytes());
                block.iter_mut().zip(bytes).for_each(|(lane, byte)| lane[row] = byte);
            }
        }
        Self { rows, width, lanes }
    }

    /// The magnitudes of the query where its signs and a row's differ, for every row.
    fn differences(&self, query: &QueryCode) -> Vec<u16> {
        let mut apart = vec![[0; 16]; self.rows.div_ceil(16)];
        add_up(self, &query.sums, &mut apart);
        let mut apart = apart.into_flattened();
        apart.truncate(self.rows);
        apart
    }
}

/// What a row reads as: `sign * (1 + 2 * level)` per coordinate, `size` of them.
pub(crate) fn read_back(planes: &[&Plane], row: usize, size: usize) -> Vec<f32> {
    let rows: Vec<&[u64]> = planes.iter().map(|plane| plane.row(row)).collect();
    let bit =
        |words: &[u64], i: usize| words.get(i / 64).is_some_and(|word| word >> (i % 64) & 1 == 1);
    let value = |i: usize| {
        let level =
            rows.iter().skip(1).fold(0u8, |level, plane| 2 * level + u8::from(bit(plane, i)));
        let negative = rows.first().is_some_and(|signs| bit(signs, i));
        f32::from(1 + 2 * level) * if negative { -1.0 } else { 1.0 }
    };
    (0..size).map(value).collect()
}

/// [`SideBySide::differences`] of blocks of 16 rows.
#[multiversion(targets("x86_64+avx2+ssse3", "x86_64+ssse3", "aarch64+neon"))]
fn add_up(rows: &SideBySide, sums: &[[Lane; 2]], apart: &mut [[u16; 16]]) {
    for (block, apart) in rows.lanes.chunks_exact(rows.width).zip(apart) {
        *apart = match_target! {
            "x86_64+ssse3" => lookup::ssse3(block, sums),
            "aarch64+neon" => lookup::neon(block, sums),
            "wasm32+simd128" => lookup::simd128(block, sums),
            _ => lookup::plain(block, sums),
        };
    }
}

/// The cosine of the query's code with plane 1 of a row, by its difference.
fn coarse(query: &QueryCode, difference: u16) -> f32 {
    (query.total - 2 * i32::from(difference)) as f32 * query.scale / (query.size as f32).sqrt()
}

/// The cosines of the query's code with all planes of some rows, given as their differences.
#[multiversion(targets("x86_64+popcnt"))]
fn refine(planes: &[&Plane], query: &QueryCode, rows: &[u32], apart: &[u16]) -> Vec<f32> {
    let gathered: Vec<Vec<u64>> = planes.iter().map(|plane| plane.gather(rows)).collect();
    let mut bits: Vec<&[u64]> = Vec::with_capacity(planes.len());
    let mut cosines = Vec::with_capacity(rows.len());
    for (number, &row) in rows.iter().enumerate() {
        bits.clear();
        for (words, Plane { width, .. }) in gathered.iter().zip(planes) {
            bits.push(&words[number * width..(number + 1) * width]);
        }
        cosines.push(fine(&bits, query, apart[row as usize]));
    }
    cosines
}

/// The cosine of the query's code with all planes of a row, of which plane 1 has said how much differs.
#[inline(always)]
fn fine(planes: &[&[u64]], query: &QueryCode, difference: u16) -> f32 {
    let mut sum = query.total - 2 * i32::from(difference);
    let mut squares = 0;
    for (at, (signs, magnitudes)) in query.words.iter().enumerate() {
        let word = |plane: &&[u64]| plane.get(at).copied().unwrap_or_default();
        let differ = planes.first().map(word).unwrap_or_default() ^ signs;
        for (k, plane) in planes.iter().enumerate().skip(1) {
            let level = word(plane);
            let weight = planes.len() - k;
            let (same, other) = (level & !differ, level & differ);
            for (bit, magnitudes) in magnitudes.iter().enumerate() {
                let (same, other) =
                    ((magnitudes & same).count_ones(), (magnitudes & other).count_ones());
                sum += (same as i32 - other as i32) << (bit + weight);
            }
            // (1 + 2 level)^2 = 1 + 4 level + 4 level^2, the level itself a sum of bits.
            let count = u64::from(level.count_ones());
            squares += (count << (weight + 1)) + (count << (2 * weight));
            for (j, before) in planes.iter().enumerate().take(k).skip(1) {
                let both = u64::from((word(before) & level).count_ones());
                squares += both << (weight + planes.len() - j + 1);
            }
        }
    }
    sum as f32 * query.scale / ((query.size as u64 + squares) as f32).sqrt()
}

/// How many rows plane 1 proposes for a look at all planes: twice as many find not one person more of
/// 1,000 hard queries among 100,000, neither in 512 nor in 128 dimensions; half as many lose some.
fn survivors(rows: usize) -> usize {
    512 + rows / 200
}

/// The best `limit` rows for which `skip` is false, with their cosines, by falling cosine, then
/// rising row.
pub(crate) fn nearest(
    first: &SideBySide,
    planes: &[&Plane],
    query: &QueryCode,
    limit: usize,
    skip: &dyn Fn(u32) -> bool,
) -> Vec<(u32, f32)> {
    let apart = first.differences(query);
    let mut want = if planes.len() == 1 { limit } else { limit.max(survivors(apart.len())) };
    let mut rows = within(&apart, want, skip);
    // Rows that are skipped may have been all there was.
    while rows.len() < limit && want < apart.len() {
        want *= 4;
        rows = within(&apart, want, skip);
    }
    let cosines = if planes.len() > 1 {
        refine(planes, query, &rows, &apart)
    } else {
        rows.iter().map(|&row| coarse(query, apart[row as usize])).collect()
    };
    let mut best: Vec<(u32, f32)> = rows.into_iter().zip(cosines).collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    best.truncate(limit);
    best
}

/// The `count` rows with the smallest differences, those equal to the last of them too, without the
/// skipped ones; by rising row.
fn within(apart: &[u16], count: usize, skip: &dyn Fn(u32) -> bool) -> Vec<u32> {
    let most = apart.iter().copied().max().unwrap_or_default();
    let mut histogram = vec![0usize; usize::from(most) + 1];
    apart.iter().for_each(|&difference| histogram[usize::from(difference)] += 1);
    let mut seen = 0;
    let border = histogram.iter().position(|&n| {
        seen += n;
        seen >= count
    });
    let border = border.unwrap_or(usize::from(u16::MAX)) as u16;
    let near = apart.iter().enumerate().filter(|&(_, &difference)| difference <= border);
    near.map(|(row, _)| row as u32).filter(|&row| !skip(row)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sketch::{encode, thresholds};

    /// The slow, obvious twin: reads every coordinate back and multiplies.
    fn plain(rotated: &[f32], query: &[f32], thresholds: &[f32]) -> f32 {
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
        dot as f32 / ((row as f32).sqrt() * (own as f32).sqrt())
    }

    fn vectors() -> impl Strategy<Value = (Vec<Vec<f32>>, Vec<f32>, usize)> {
        let sizes = prop_oneof![Just(64usize), Just(128), Just(256), Just(4096)];
        (sizes, 1usize..=4, 1usize..40).prop_flat_map(|(n, planes, rows)| {
            let vector = || proptest::collection::vec(-0.4f32..0.4, n);
            (proptest::collection::vec(vector(), rows), vector(), Just(planes))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn counting_bits_equals_multiplying((rows, query, planes) in vectors()) {
            prop_assume!(query.iter().any(|x| x.abs() > 1e-3));
            let dimension = query.len();
            let thresholds = thresholds(dimension, planes);
            let mut bytes = vec![Vec::new(); planes];
            for row in &rows {
                let codes = encode(row, &thresholds, planes);
                bytes.iter_mut().zip(codes).for_each(|(plane, code)| plane.extend(code));
            }
            let all: Vec<Plane> = bytes.iter().map(|b| Plane::new(dimension, b)).collect();
            let all: Vec<&Plane> = all.iter().collect();
            let code = QueryCode::new(&query);
            for depth in [1, planes] {
                let thresholds = if depth == 1 { &[][..] } else { &thresholds };
                let first = SideBySide::new(all[0]);
                let mut found = nearest(&first, &all[..depth], &code, rows.len(), &|_| false);
                prop_assert_eq!(found.len(), rows.len());
                found.sort_by_key(|(row, _)| *row);
                for (row, (at, cosine)) in rows.iter().zip(found) {
                    let plain = plain(row, &query, thresholds);
                    prop_assert!((cosine - plain).abs() < 1e-4, "{at}: {cosine} {plain}");
                }
            }
        }

        #[test]
        fn adding_up_is_the_same_everywhere(
            bytes in proptest::collection::vec(any::<u8>(), 8 * 40), query in proptest::collection::vec(-0.4f32..0.4, 64),
        ) {
            let rows = SideBySide::new(&Plane::new(64, &bytes));
            let query = QueryCode::new(&query);
            let plain = rows.lanes.chunks_exact(rows.width).flat_map(|block| lookup::plain(block, &query.sums));
            prop_assert_eq!(rows.differences(&query), plain.take(40).collect::<Vec<u16>>());
        }

        #[test]
        fn selecting_equals_sorting(
            apart in proptest::collection::vec(0u16..50, 1..200), count in 1usize..50, odd: bool,
        ) {
            let skip = |row: u32| odd && row % 2 == 1;
            let found = within(&apart, count, &skip);
            let mut sorted = apart.clone();
            sorted.sort_unstable();
            let border = sorted[count.min(apart.len()) - 1];
            let border = if count > apart.len() { u16::MAX } else { border };
            let plain: Vec<u32> = (0..apart.len() as u32)
                .filter(|&row| apart[row as usize] <= border && !skip(row)).collect();
            prop_assert_eq!(found, plain);
        }
    }

    #[test]
    fn skipped_rows_do_not_crowd_out_the_others() {
        let near = vec![0.1f32; 128];
        let far: Vec<f32> = (0..128).map(|i| if i % 2 == 0 { 0.1 } else { -0.1 }).collect();
        let mut bytes = Vec::new();
        for row in 0..20_000 {
            bytes.extend(encode(if row == 7 { &far } else { &near }, &[], 1).remove(0));
        }
        let plane = Plane::new(128, &bytes);
        let found =
            nearest(&SideBySide::new(&plane), &[&plane], &QueryCode::new(&near), 3, &|row| {
                row != 7
            });
        assert_eq!(found.iter().map(|hit| hit.0).collect::<Vec<_>>(), [7]);
    }
}
