//! Looking up sixteen bytes at once: the one step of the scan that the compiler has no vector
//! instruction for by itself.

/// What a vector register holds everywhere (SSE2, NEON, simd128).
pub(crate) type Lane = [u8; 16];

/// `table[place]` for each of the places, which are below 16.
pub(crate) fn plain(table: &Lane, places: &Lane) -> Lane {
    places.map(|place| table[usize::from(place % 16)])
}

/// [`plain`] in one instruction of x86 processors since 2006.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "ssse3")]
pub(crate) fn ssse3(table: &Lane, places: &Lane) -> Lane {
    use std::arch::x86_64::{
        __m128i, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_shuffle_epi8, _mm_unpackhi_epi64,
    };
    let load = |lane: &Lane| {
        let [low, high] = halves(lane);
        _mm_set_epi64x(high as i64, low as i64)
    };
    let low = |lane: __m128i| _mm_cvtsi128_si64(lane) as u64;
    let found = _mm_shuffle_epi8(load(table), load(places));
    whole([low(found), low(_mm_unpackhi_epi64(found, found))])
}

/// [`plain`] in WebAssembly.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline]
pub(crate) fn simd128(table: &Lane, places: &Lane) -> Lane {
    use std::arch::wasm32::{u8x16_swizzle, u64x2, u64x2_extract_lane};
    let load = |lane: &Lane| {
        let [low, high] = halves(lane);
        u64x2(low, high)
    };
    let found = u8x16_swizzle(load(table), load(places));
    whole([u64x2_extract_lane::<0>(found), u64x2_extract_lane::<1>(found)])
}

#[inline(always)]
fn halves(lane: &Lane) -> [u64; 2] {
    let lane = u128::from_le_bytes(*lane);
    [lane as u64, (lane >> 64) as u64]
}

#[inline(always)]
fn whole([low, high]: [u64; 2]) -> Lane {
    (u128::from(low) | u128::from(high) << 64).to_le_bytes()
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use multiversion::{multiversion, target::match_target};
    use proptest::prelude::*;

    use super::*;

    #[multiversion(targets("x86_64+ssse3"))]
    fn fast(table: &Lane, places: &Lane) -> Lane {
        match_target! {
            "x86_64+ssse3" => ssse3(table, places),
            _ => plain(table, places),
        }
    }

    proptest! {
        #[test]
        fn one_instruction_finds_what_sixteen_find(
            table: Lane, places in prop::array::uniform16(0u8..16),
        ) {
            prop_assert_eq!(fast(&table, &places), plain(&table, &places));
        }
    }
}
