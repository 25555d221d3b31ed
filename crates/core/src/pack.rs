//! A model pack as the recogniser needs it: which networks there are and how to feed them.
//!
//! `models/*.toml` describe where packs come from; `rollcall models fetch` prepares them and writes
//! this part as `pack.json` beside the prepared graphs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Calibration, Crop, Feed};

/// One detector and one or more embedders that work together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Short name, such as `opencv`.
    pub name: String,
    /// The version of the prepared files' form.
    pub version: u32,
    /// Finds faces.
    pub detector: DetectorSpec,
    /// Turn aligned faces into embeddings. The first one is the main one.
    pub embedders: Vec<EmbedderSpec>,
    /// What its similarities are worth, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
}

impl Pack {
    /// Its networks, the detector first.
    pub fn models(&self) -> impl Iterator<Item = &PackModel> {
        std::iter::once(&self.detector.model).chain(self.embedders.iter().map(|e| &e.model))
    }
}

/// A prepared graph file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackModel {
    /// The network's name, such as `sface-2021dec`. Engines know it by this.
    pub name: String,
    /// SHA-256 of the prepared file, lower-case hex; its file name is this plus `.onnx`.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SPDX identifier of the licence of the weights, or a few words.
    pub licence: String,
}

/// How to run a detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorSpec {
    /// The graph.
    pub model: PackModel,
    /// The registered decoder, such as `yunet`.
    pub kind: String,
    /// Square input sizes to choose from, in pixels, multiples of 32, rising.
    pub sizes: Vec<u32>,
}

/// The order of the colour planes a network expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red, as OpenCV has it.
    Bgr,
}

/// One number for each colour plane, in the order of the network's planes. In files it is a single
/// number where all three are the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "OneOrThree", into = "OneOrThree")]
pub struct PerPlane(pub [f32; 3]);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrThree {
    One(f32),
    Three([f32; 3]),
}

impl From<f32> for PerPlane {
    fn from(all: f32) -> Self {
        Self([all; 3])
    }
}

impl From<OneOrThree> for PerPlane {
    fn from(numbers: OneOrThree) -> Self {
        match numbers {
            OneOrThree::One(all) => all.into(),
            OneOrThree::Three(each) => Self(each),
        }
    }
}

impl From<PerPlane> for OneOrThree {
    fn from(PerPlane(each): PerPlane) -> Self {
        if each == [each[0]; 3] { Self::One(each[0]) } else { Self::Three(each) }
    }
}

/// As in files: one number, or three with commas between them.
impl fmt::Display for PerPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match OneOrThree::from(*self) {
            OneOrThree::One(all) => write!(f, "{all}"),
            OneOrThree::Three([a, b, c]) => write!(f, "{a},{b},{c}"),
        }
    }
}

/// What a picture's values are measured against before a network sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standardise {
    /// The same mean and scale for every picture.
    #[default]
    Fixed,
    /// Its own mean and standard deviation, over all three planes together. A picture of nearly
    /// one colour is not blown up: the deviation counts as `1 / sqrt(values)` at least (`prewhiten`
    /// of `davidsandberg/facenet`, and TensorFlow's `per_image_standardization`). Mean and scale
    /// apply afterwards.
    PerImage,
}

/// How to feed an embedder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSpec {
    /// The graph.
    pub model: PackModel,
    /// The number of dimensions it gives.
    pub dimension: usize,
    /// Which part of the picture it sees.
    #[serde(default, skip_serializing_if = "is_default")]
    pub crop: Crop,
    /// The order of the colour planes.
    pub channels: ChannelOrder,
    /// Whether each picture is first brought to mean 0 and deviation 1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub standardise: Standardise,
    /// Subtracted from each value, which is in 0..=255 unless standardised.
    pub mean: PerPlane,
    /// Multiplied after the subtraction.
    pub scale: PerPlane,
    /// What its similarities weigh among those of other embedders; 1 if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f32>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl EmbedderSpec {
    /// Order, mean and scale.
    #[must_use]
    pub fn feed(&self) -> Feed {
        Feed { channels: self.channels, mean: self.mean, scale: self.scale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `rollcall models fetch` of version 0.1 wrote it.
    const FIRST: &str = r#"{"model":{"name":"sface-2021dec","sha256":"00","bytes":1,"licence":"Apache-2.0"},"dimension":128,"channels":"rgb","mean":127.5,"scale":0.0078125}"#;

    #[test]
    fn the_first_packs_are_read_and_written_as_they_were() {
        let spec: EmbedderSpec = serde_json::from_str(FIRST).unwrap();
        assert_eq!((spec.crop, spec.standardise), (Crop::Umeyama112, Standardise::Fixed));
        assert_eq!(spec.mean, 127.5.into());
        assert_eq!(serde_json::to_string(&spec).unwrap(), FIRST);
    }

    #[test]
    fn what_is_new_survives_a_file() {
        let mut spec: EmbedderSpec = serde_json::from_str(FIRST).unwrap();
        spec.crop = Crop::Facenet160;
        spec.standardise = Standardise::PerImage;
        spec.mean = PerPlane([123.675, 116.28, 103.53]);
        let text = serde_json::to_string(&spec).unwrap();
        assert!(
            text.contains(r#""crop":"facenet160""#) && text.contains(r#""per-image""#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<EmbedderSpec>(&text).unwrap(), spec);
        assert!(serde_json::from_str::<EmbedderSpec>(&text.replace("160", "161")).is_err());
    }
}
