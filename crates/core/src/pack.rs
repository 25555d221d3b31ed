//! A model pack as the recogniser needs it: which networks there are and how to feed them.
//!
//! `models/*.toml` describe where packs come from; `rollcall models fetch` prepares them and writes
//! this part as `pack.json` beside the prepared graphs.

use crate::Calibration;
use serde::{Deserialize, Serialize};

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

/// How to feed an embedder that takes an aligned 112 x 112 face.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSpec {
    /// The graph.
    pub model: PackModel,
    /// The number of dimensions it gives.
    pub dimension: usize,
    /// The order of the colour planes.
    pub channels: ChannelOrder,
    /// Subtracted from each 0..=255 value.
    pub mean: f32,
    /// Multiplied after the subtraction.
    pub scale: f32,
    /// What its similarities weigh among those of other embedders; 1 if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f32>,
}
