//! Which part of a picture an embedder sees. One file per way, and one line in each match here.

mod facenet;

use serde::{Deserialize, Serialize};

use crate::{CROP, Face, Pixels, align};

/// How a face is cut out for an embedder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Crop {
    /// 112 x 112 pixels with the landmarks on [`crate::TEMPLATE`]: ArcFace and its kin, SFace.
    #[default]
    Umeyama112,
    /// 160 x 160 pixels around the face's box, upright, with a margin: FaceNet.
    Facenet160,
}

impl Crop {
    /// Width and height, in pixels.
    #[must_use]
    pub fn side(self) -> u32 {
        match self {
            Self::Umeyama112 => CROP,
            Self::Facenet160 => facenet::SIDE,
        }
    }

    /// The word for it in pack files and databases.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Umeyama112 => "umeyama112",
            Self::Facenet160 => "facenet160",
        }
    }

    /// The face, [`Crop::side`] pixels each way; black where the picture ends. `None` where its
    /// landmarks or its box span nothing.
    #[must_use]
    pub fn cut(self, pixels: &Pixels, face: &Face) -> Option<Pixels> {
        match self {
            Self::Umeyama112 => align(pixels, &face.landmarks),
            Self::Facenet160 => facenet::cut(pixels, face),
        }
    }
}

/// A face cut out in each of the ways that the embedders of a pack want.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceCrops {
    aligned: Pixels,
    others: Vec<(Crop, Pixels)>,
}

impl FaceCrops {
    /// Cuts a face out aligned, and in each of these ways once. `None` where it spans nothing.
    #[must_use]
    pub fn cut(pixels: &Pixels, face: &Face, ways: impl IntoIterator<Item = Crop>) -> Option<Self> {
        let mut crops = Self::from(Crop::Umeyama112.cut(pixels, face)?);
        for way in ways {
            if crops.get(way).is_none() {
                crops.others.push((way, way.cut(pixels, face)?));
            }
        }
        Some(crops)
    }

    /// The face cut out this way, if it was.
    #[must_use]
    pub fn get(&self, way: Crop) -> Option<&Pixels> {
        match way {
            Crop::Umeyama112 => Some(&self.aligned),
            _ => self.others.iter().find(|(other, _)| *other == way).map(|(_, crop)| crop),
        }
    }

    /// The face as people want to see it, [`CROP`] x [`CROP`] pixels.
    #[must_use]
    pub fn aligned(&self) -> &Pixels {
        &self.aligned
    }

    /// The same, taken out.
    #[must_use]
    pub fn into_aligned(self) -> Pixels {
        self.aligned
    }
}

/// An aligned face alone: enough for every pack but those with FaceNet.
impl From<Pixels> for FaceCrops {
    fn from(aligned: Pixels) -> Self {
        Self { aligned, others: Vec::new() }
    }
}
