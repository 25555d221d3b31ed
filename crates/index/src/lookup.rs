//! Adding up what is looked up, for sixteen rows at once: each processor has an instruction for it that
//! the compiler does not find by itself.
//!
//! A block is the first byte of each of sixteen rows, then the second of each, and so on. For each of
//! these bytes there are two tables: what its lower four bits add, and what its upper four. Four of
//! such sums fit into a byte. Rows have an even number of bytes: two at a time, without a loop in the
//! loop, are twice as fast.

/// What a vector register holds everywhere (SSE2, NEON, simd128).
pub(crate) type Lane = [u8; 16];

/// The sums of sixteen rows.
#[cfg_attr(
    any(target_feature = "simd128", target_arch = "aarch64"),
    allow(dead_code, reason = "these always have an instruction for it")
)]
pub(crate) fn plain(block: &[Lane], tables: &[[Lane; 2]]) -> [u16; 16] {
    add_up(block, tables, |table, places| places.map(|place| table[usize::from(place % 16)]))
}

/// [`plain`] on x86 processors since 2006.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "ssse3")]
pub(crate) fn ssse3(block: &[Lane], tables: &[[Lane; 2]]) -> [u16; 16] {
    use std::arch::x86_64::{
        __m128i, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_shuffle_epi8, _mm_unpackhi_epi64,
    };
    add_up(block, tables, |table, places| {
        let load = |lane: &Lane| {
            let [low, high] = halves(lane);
            _mm_set_epi64x(high as i64, low as i64)
        };
        let low = |lane: __m128i| _mm_cvtsi128_si64(lane) as u64;
        let found = _mm_shuffle_epi8(load(table), load(places));
        whole([low(found), low(_mm_unpackhi_epi64(found, found))])
    })
}

/// [`plain`] on every 64-bit ARM that we are compiled for.
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
#[inline]
pub(crate) fn neon(block: &[Lane], tables: &[[Lane; 2]]) -> [u16; 16] {
    use std::arch::aarch64::{
        vcombine_u8, vcreate_u8, vgetq_lane_u64, vqtbl1q_u8, vreinterpretq_u64_u8,
    };
    #[inline]
    #[target_feature(enable = "neon")]
    fn look_up([table, places]: [[u64; 2]; 2]) -> [u64; 2] {
        let lane = |[low, high]: [u64; 2]| vcombine_u8(vcreate_u8(low), vcreate_u8(high));
        let found = vreinterpretq_u64_u8(vqtbl1q_u8(lane(table), lane(places)));
        [vgetq_lane_u64::<0>(found), vgetq_lane_u64::<1>(found)]
    }
    add_up(block, tables, |table, places| {
        // SAFETY: `look_up` takes and gives plain values; all it asks for is a processor that has NEON,
        // and without one the whole program, compiled with `target_feature = "neon"`, would not run.
        #[allow(unsafe_code, reason = "a compiler that knows of NEON still wants it to be said")]
        whole(unsafe { look_up([halves(table), halves(places)]) })
    })
}

/// [`plain`] in WebAssembly, written out: what the compiler makes of arrays is three times as slow there.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) fn simd128(block: &[Lane], tables: &[[Lane; 2]]) -> [u16; 16] {
    use std::arch::wasm32::{
        u8x16_add, u8x16_shr, u8x16_splat, u8x16_swizzle, u16x8_add, u16x8_extend_high_u8x16,
        u16x8_extend_low_u8x16, u16x8_splat, u64x2, u64x2_extract_lane, v128, v128_and,
    };
    let load = |lane: &Lane| {
        let [low, high] = halves(lane);
        u64x2(low, high)
    };
    let (mut first, mut second) = (u16x8_splat(0), u16x8_splat(0));
    for (bytes, tables) in block.as_chunks().0.iter().zip(tables.as_chunks().0) {
        let sum = |byte: &Lane, [lower, upper]: &[Lane; 2]| {
            let byte = load(byte);
            let lower = u8x16_swizzle(load(lower), v128_and(byte, u8x16_splat(15)));
            u8x16_add(lower, u8x16_swizzle(load(upper), u8x16_shr(byte, 4)))
        };
        let ([a, b], [a_tables, b_tables]) = (bytes, tables);
        let part = u8x16_add(sum(a, a_tables), sum(b, b_tables));
        first = u16x8_add(first, u16x8_extend_low_u8x16(part));
        second = u16x8_add(second, u16x8_extend_high_u8x16(part));
    }
    let words = |sums: v128| [u64x2_extract_lane::<0>(sums), u64x2_extract_lane::<1>(sums)];
    let words = [words(first), words(second)].into_iter().flatten();
    let mut sums = words.flat_map(|word| (0..4).map(move |i| (word >> (16 * i)) as u16));
    std::array::from_fn(|_| sums.next().unwrap_or_default())
}

#[inline(always)]
fn add_up(
    block: &[Lane],
    tables: &[[Lane; 2]],
    look_up: impl Fn(&Lane, &Lane) -> Lane,
) -> [u16; 16] {
    let mut sums = [0u16; 16];
    for (bytes, tables) in block.as_chunks().0.iter().zip(tables.as_chunks().0) {
        let sum = |byte: &Lane, [lower, upper]: &[Lane; 2]| {
            let lower = look_up(lower, &byte.map(|bits| bits & 15));
            let upper = look_up(upper, &byte.map(|bits| bits >> 4));
            std::array::from_fn::<u8, 16, _>(|i| lower[i] + upper[i])
        };
        let ([a, b], [a_tables, b_tables]) = (bytes, tables);
        let (a, b) = (sum(a, a_tables), sum(b, b_tables));
        for i in 0..16 {
            sums[i] += u16::from(a[i] + b[i]);
        }
    }
    sums
}

#[inline(always)]
fn halves(lane: &Lane) -> [u64; 2] {
    let lane = u128::from_le_bytes(*lane);
    [lane as u64, (lane >> 64) as u64]
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[inline(always)]
fn whole([low, high]: [u64; 2]) -> Lane {
    (u128::from(low) | u128::from(high) << 64).to_le_bytes()
}
