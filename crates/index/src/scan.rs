//! Comparing one query with the sketches of everybody.
//!
//! A coordinate reads as `sign * (1 + 2 * level)`, so the dot product of query and row is a sum of
//! counts of bits. Plane 1 alone already ranks the right person among the first few hundred; so it
//! is scanned whole, and only the rows it likes are looked at in all planes.

use multiversion::multiversion;

use crate::sketch::row_bytes;

/// What a vector register holds everywhere (SSE2, NEON, simd128): the scan goes in these steps.
type Lane = [u8; 16];

/// Bits of a query coordinate's magnitude. More do not find more people (measured; with 3 the first
/// losses show).
const QUERY_BITS: usize = 4;

/// Lanes whose counts of bits fit into a byte.
const BLOCK: usize = 31;

/// A rotated query as signs and magnitudes of [`QUERY_BITS`] bits.
pub(crate) struct QueryCode {
    signs: Vec<Lane>,
    /// The bits of the magnitudes, lowest first, lane by lane.
    bits: Vec<[Lane; QUERY_BITS]>,
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
        let lanes = lanes(rotated.len());
        let (mut signs, mut bits) = (vec![[0; 16]; lanes], vec![[[0; 16]; QUERY_BITS]; lanes]);
        let top = ((1u32 << QUERY_BITS) - 1) as f32;
        let (mut total, mut squares) = (0, 0);
        for (i, &x) in rotated.iter().enumerate() {
            let magnitude = (x.abs() * (top / most)).round_ties_even() as u32;
            total += magnitude as i32;
            squares += magnitude * magnitude;
            let (lane, byte, bit) = (i / 128, i / 8 % 16, i % 8);
            signs[lane][byte] |= u8::from(x < 0.0) << bit;
            for (number, lanes) in bits[lane].iter_mut().enumerate() {
                lanes[byte] |= ((magnitude >> number & 1) as u8) << bit;
            }
        }
        let scale = 1.0 / (squares.max(1) as f32).sqrt();
        Self { signs, bits, size: rotated.len(), total, scale }
    }
}

/// Lanes of a row of `padded` dimensions. Rows of 64 dimensions fill half a lane.
fn lanes(padded: usize) -> usize {
    padded.div_ceil(128)
}

/// One bit of every coordinate of every row.
pub(crate) struct Plane(Vec<Lane>);

impl Plane {
    /// From the bytes of a plane's files, whose rows may be shorter than a lane.
    pub(crate) fn new(dimension: usize, bytes: &[u8]) -> Self {
        let record = row_bytes(dimension);
        let mut plane = vec![[0; 16]; bytes.len() / record * lanes(8 * record)];
        for (lane, bytes) in plane.iter_mut().zip(bytes.chunks(record.min(16))) {
            lane[..bytes.len()].copy_from_slice(bytes);
        }
        Self(plane)
    }

    fn row(&self, row: usize, lanes: usize) -> &[Lane] {
        self.0.get(row * lanes..(row + 1) * lanes).unwrap_or_default()
    }
}

/// What a row reads as: `sign * (1 + 2 * level)` per coordinate, `size` of them.
pub(crate) fn read_back(planes: &[&Plane], row: usize, size: usize) -> Vec<f32> {
    let rows: Vec<&[Lane]> = planes.iter().map(|plane| plane.row(row, lanes(size))).collect();
    let bit = |plane: &[Lane], i: usize| {
        plane.get(i / 128).is_some_and(|lane| lane[i / 8 % 16] >> (i % 8) & 1 == 1)
    };
    let value = |i: usize| {
        let level =
            rows.iter().skip(1).fold(0u8, |level, plane| 2 * level + u8::from(bit(plane, i)));
        let negative = rows.first().is_some_and(|signs| bit(signs, i));
        f32::from(1 + 2 * level) * if negative { -1.0 } else { 1.0 }
    };
    (0..size).map(value).collect()
}

/// The magnitudes of the query where its signs and a row's differ, for every row of plane 1.
#[multiversion(targets("x86_64+avx2+popcnt", "aarch64+neon"))]
fn differences(plane: &[Lane], query: &QueryCode, each: &mut [u16]) {
    for (row, each) in plane.chunks_exact(query.signs.len()).zip(each) {
        // Plain loops over lanes: this is what the compiler turns into vector instructions.
        let mut counts = [[0u8; 16]; QUERY_BITS];
        let mut sum = 0;
        for (number, lane) in row.iter().enumerate() {
            if number > 0 && number.is_multiple_of(BLOCK) {
                sum += weigh(&counts);
                counts = [[0; 16]; QUERY_BITS];
            }
            let (signs, bits) = (&query.signs[number], &query.bits[number]);
            for i in 0..16 {
                let differ = lane[i] ^ signs[i];
                for bit in 0..QUERY_BITS {
                    counts[bit][i] += (differ & bits[bit][i]).count_ones() as u8;
                }
            }
        }
        *each = sum + weigh(&counts);
    }
}

#[inline(always)]
fn weigh([one, two, four, eight]: &[Lane; QUERY_BITS]) -> u16 {
    let mut sum = 0;
    for i in 0..16 {
        sum += u16::from(one[i])
            + (u16::from(two[i]) << 1)
            + (u16::from(four[i]) << 2)
            + (u16::from(eight[i]) << 3);
    }
    sum
}

/// The cosine of the query's code with plane 1 of a row, by its [`difference`].
fn coarse(query: &QueryCode, difference: u16) -> f32 {
    (query.total - 2 * i32::from(difference)) as f32 * query.scale / (query.size as f32).sqrt()
}

/// The cosines of the query's code with all planes of some rows.
#[multiversion(targets("x86_64+avx2+popcnt", "aarch64+neon"))]
fn refine(planes: &[&Plane], query: &QueryCode, best: &mut [(u32, f32)]) {
    let mut bits: Vec<&[Lane]> = Vec::with_capacity(planes.len());
    for (row, cosine) in best {
        bits.clear();
        for plane in planes {
            bits.push(plane.row(*row as usize, query.signs.len()));
        }
        *cosine = fine(&bits, query);
    }
}

/// The cosine of the query's code with all planes of a row.
#[inline(always)]
fn fine(planes: &[&[Lane]], query: &QueryCode) -> f32 {
    let (mut sum, mut squares) = (0, 0);
    for (lane, (signs, bits)) in query.signs.iter().zip(&query.bits).enumerate() {
        let word = |bytes: &Lane| u128::from_le_bytes(*bytes);
        let differ = word(&planes[0][lane]) ^ word(signs);
        let signed = |set: u128| set.count_ones() as i32 - 2 * (set & differ).count_ones() as i32;
        let levels = planes.iter().skip(1).map(|plane| word(&plane[lane]));
        for (bit, magnitudes) in bits.iter().map(word).enumerate() {
            let mut part = signed(magnitudes);
            for (k, level) in levels.clone().enumerate() {
                part += signed(magnitudes & level) << (planes.len() - 1 - k);
            }
            sum += part << bit;
        }
        // (1 + 2 level)^2 = 1 + 4 level + 4 level^2, the level itself a sum of bits.
        for (j, a) in levels.clone().enumerate() {
            let weight = 1u64 << (planes.len() - 2 - j);
            squares += 4 * weight * u64::from(a.count_ones());
            for (k, b) in levels.clone().enumerate() {
                let both = u64::from((a & b).count_ones());
                squares += 4 * weight * (1 << (planes.len() - 2 - k)) * both;
            }
        }
    }
    sum as f32 * query.scale / ((query.size as u64 + squares) as f32).sqrt()
}

/// How many rows plane 1 proposes for a look at all planes, so that none of the best is lost.
fn survivors(rows: usize) -> usize {
    1024 + rows / 100
}

/// The best `limit` rows for which `skip` is false, with their cosines, by falling cosine, then
/// rising row.
pub(crate) fn nearest(
    planes: &[&Plane],
    query: &QueryCode,
    limit: usize,
    skip: &dyn Fn(u32) -> bool,
) -> Vec<(u32, f32)> {
    let (Some(first), lanes) = (planes.first(), query.signs.len()) else { return Vec::new() };
    let mut apart = vec![0; first.0.len() / lanes];
    differences(&first.0, query, &mut apart);
    let mut want = if planes.len() == 1 { limit } else { limit.max(survivors(apart.len())) };
    let mut rows = within(&apart, want, skip);
    // Rows that are skipped may have been all there was.
    while rows.len() < limit && want < apart.len() {
        want *= 4;
        rows = within(&apart, want, skip);
    }
    let rough = |row: u32| (row, coarse(query, apart[row as usize]));
    let mut best: Vec<(u32, f32)> = rows.into_iter().map(rough).collect();
    if planes.len() > 1 {
        refine(planes, query, &mut best);
    }
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    best.truncate(limit);
    best
}

/// The `count` rows with the smallest differences, those equal to the last of them too, without the
/// skipped ones; by rising row.
fn within(apart: &[u16], count: usize, skip: &dyn Fn(u32) -> bool) -> Vec<u32> {
    let mut histogram = vec![0usize; usize::from(u16::MAX) + 1];
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
        (sizes, 1usize..=4, 1usize..9).prop_flat_map(|(n, planes, rows)| {
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
                let mut found = nearest(&all[..depth], &code, rows.len(), &|_| false);
                prop_assert_eq!(found.len(), rows.len());
                found.sort_by_key(|(row, _)| *row);
                for (row, (at, cosine)) in rows.iter().zip(found) {
                    let plain = plain(row, &query, thresholds);
                    prop_assert!((cosine - plain).abs() < 1e-4, "{at}: {cosine} {plain}");
                }
            }
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
        let found = nearest(&[&plane], &QueryCode::new(&near), 3, &|row| row != 7);
        assert_eq!(found.iter().map(|hit| hit.0).collect::<Vec<_>>(), [7]);
    }
}
