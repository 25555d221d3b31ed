//! Unit vectors in a byte a dimension.

use rollcall_core::Embedding;

/// Lanes of the scan: stored vectors are padded with zeros to a multiple of this.
pub(crate) const LANES: usize = 16;

/// A unit vector as int8 values that `scale` brings back to length 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Int8 {
    pub(crate) values: Vec<i8>,
    pub(crate) scale: f32,
}

/// Bytes of a stored vector, without its scale.
pub(crate) fn stored_bytes(dimension: usize) -> usize {
    dimension.next_multiple_of(LANES)
}

impl Int8 {
    /// Rounds `vector` (any length but 0) so that its largest value becomes 127 or -127.
    pub(crate) fn of(vector: &[f64]) -> Option<Self> {
        let most = vector.iter().fold(0.0f64, |most, x| most.max(x.abs()));
        if !(most.is_finite() && most > 0.0) {
            return None;
        }
        let values: Vec<i8> =
            vector.iter().map(|x| (x * (127.0 / most)).round_ties_even() as i8).collect();
        let scale = scale_of(&values);
        Some(Self { values, scale })
    }

    pub(crate) fn of_embedding(embedding: &Embedding) -> Option<Self> {
        Self::of(&embedding.unit().iter().map(|&x| f64::from(x)).collect::<Vec<_>>())
    }

    /// The unit vector that readers see.
    pub(crate) fn unit(&self) -> impl Iterator<Item = f32> + '_ {
        self.values.iter().map(|&v| f32::from(v) * self.scale)
    }

    /// Cosine with another.
    pub(crate) fn cosine(&self, other: &Self) -> f32 {
        let dot: i32 =
            self.values.iter().zip(&other.values).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        dot as f32 * self.scale * other.scale
    }
}

/// What brings `values` to length 1: one over the root of the sum of their squares.
pub(crate) fn scale_of(values: &[i8]) -> f32 {
    let squares: i64 = values.iter().map(|&v| i64::from(v) * i64::from(v)).sum();
    (1.0 / (squares as f64).sqrt()) as f32
}

/// The dot product of a query and a stored vector, both of the same multiple of [`LANES`] values.
///
/// Sums run in [`LANES`] lanes so that the compiler can use vector instructions and every machine
/// adds in the same order.
pub(crate) fn dot(query: &[f32], stored: &[u8]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (query, stored) = (query.as_chunks::<LANES>().0, stored.as_chunks::<LANES>().0);
    for (q, s) in query.iter().zip(stored) {
        for ((sum, q), s) in sums.iter_mut().zip(q).zip(s) {
            *sum += q * f32::from(s.cast_signed());
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rounding_keeps_the_direction(v in proptest::collection::vec(-1.0f64..1.0, 1..300)) {
            let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
            prop_assume!(length > 1e-6);
            let int8 = Int8::of(&v).unwrap();
            let (mut cosine, mut own) = (0.0, 0.0);
            for (x, y) in v.iter().zip(int8.unit()) {
                cosine += x * f64::from(y) / length;
                own += f64::from(y).powi(2);
            }
            prop_assert!((own - 1.0).abs() < 1e-5);
            prop_assert!(cosine > 0.999, "{}", cosine);
        }

        #[test]
        fn the_lanes_equal_a_plain_sum(
            v in proptest::collection::vec((-1.0f32..1.0, any::<i8>()), 1..40)
        ) {
            let size = stored_bytes(v.len());
            let mut query: Vec<f32> = v.iter().map(|x| x.0).collect();
            let mut stored: Vec<u8> = v.iter().map(|x| x.1.cast_unsigned()).collect();
            query.resize(size, 0.0);
            stored.resize(size, 0);
            let plain: f64 = v.iter().map(|x| f64::from(x.0) * f64::from(x.1)).sum();
            prop_assert!((f64::from(dot(&query, &stored)) - plain).abs() < 1e-2);
        }
    }

    #[test]
    fn nothing_has_no_direction() {
        assert_eq!(Int8::of(&[]), None);
        assert_eq!(Int8::of(&[0.0; 4]), None);
        assert_eq!(Int8::of(&[f64::NAN, 1.0]).map(|v| v.values), Some(vec![0, 127]));
        assert_eq!(Int8::of(&[f64::INFINITY, 1.0]), None);
    }
}
