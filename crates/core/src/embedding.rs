//! A face as a point on the unit sphere.

use serde::{Deserialize, Serialize};

/// The cosine of the angle between two embeddings, -1 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Similarity(pub f32);

/// The probability that a name is right, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confidence(pub f32);

/// What an embedder makes of an aligned face: a unit vector, and the length it had before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(Vec<f32>, f32)", into = "(Vec<f32>, f32)")]
pub struct Embedding {
    unit: Vec<f32>,
    norm: f32,
}

/// A vector that cannot be an embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model gave a face no direction (zero or not a number); the picture is unusable")]
pub struct EmbeddingError;

impl TryFrom<(Vec<f32>, f32)> for Embedding {
    type Error = EmbeddingError;

    fn try_from((unit, norm): (Vec<f32>, f32)) -> Result<Self, EmbeddingError> {
        Self::from_unit(unit, norm)
    }
}

impl From<Embedding> for (Vec<f32>, f32) {
    fn from(Embedding { unit, norm }: Embedding) -> Self {
        (unit, norm)
    }
}

impl Embedding {
    /// Normalises a network's raw output to length 1.
    ///
    /// # Errors
    /// When it is empty, all zero, or has a value that is not finite.
    pub fn from_raw(mut raw: Vec<f32>) -> Result<Self, EmbeddingError> {
        let norm = raw.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
        if !norm.is_finite() || norm <= f64::from(f32::MIN_POSITIVE) {
            return Err(EmbeddingError);
        }
        for x in &mut raw {
            *x = (f64::from(*x) / norm) as f32;
        }
        Ok(Self { unit: raw, norm: norm as f32 })
    }

    /// An embedding that was taken apart into [`Embedding::unit`] and [`Embedding::norm`], to the bit.
    ///
    /// # Errors
    /// When it was not: the vector is not of length 1 (to a thousandth) or the norm not positive.
    pub fn from_unit(unit: Vec<f32>, norm: f32) -> Result<Self, EmbeddingError> {
        let length = unit.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
        let fine = (length - 1.0).abs() < 1e-3 && norm.is_finite() && norm > 0.0;
        fine.then_some(Self { unit, norm }).ok_or(EmbeddingError)
    }

    /// The unit vector.
    #[must_use]
    pub fn unit(&self) -> &[f32] {
        &self.unit
    }

    /// Its length before normalising: for most embedders a sign of how good the face is.
    #[must_use]
    pub fn norm(&self) -> f32 {
        self.norm
    }

    /// The number of dimensions.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.unit.len()
    }

    /// The cosine between two embeddings of the same model, or `None` if their dimensions differ.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> Option<Similarity> {
        (self.dimension() == other.dimension()).then(|| {
            let dot: f32 = self.unit.iter().zip(&other.unit).map(|(a, b)| a * b).sum();
            Similarity(dot.clamp(-1.0, 1.0))
        })
    }
}
