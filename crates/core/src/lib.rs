//! Pictures to faces, faces to embeddings, embeddings to people.
//!
//! This crate is the part of Rollcall that the browser and the native builder share to the last
//! instruction. It does no I/O and knows no async runtime: what differs between the two sides is a
//! trait here ([`Engine`], [`Decode`], [`Lookup`]) with an implementation over there.
//!
//! A picture flows one way through it:
//! bytes -> [`Pixels`] -> [`Face`] -> [`Embedding`] -> [`Candidate`] -> [`Answer`].

mod align;
mod answer;
mod calibration;
mod crop;
#[cfg(feature = "decode")]
mod decode;
mod detector;
mod embed;
mod embedding;
mod engine;
mod face;
mod find;
mod frames;
mod identify;
mod layout;
mod letterbox;
mod library;
mod lookup;
mod nms;
mod pack;
mod people;
mod performer;
mod pixels;
mod present;
mod recogniser;
mod scene;
mod sprite;
mod tensor;
#[cfg(test)]
mod test_double;
mod text;
#[cfg(feature = "decode")]
mod thumbnail;
mod upright;
mod vtt;

pub use align::{CROP, SimilarityTransform, TEMPLATE, align};
pub use answer::{Answer, AnswerCandidate, AnswerFace, DatabaseSummary, Match, SceneFacts, Why};
pub use calibration::{Calibration, Evidence, MEASURED_WITH, SAME_PERSON, UNKNOWN_BELOW, Verdict};
pub use crop::{Crop, FaceCrops};
#[cfg(feature = "decode")]
pub use decode::{ImageDecoder, decode_image, inspect_image};
pub use detector::{Detector, DetectorError, RetinaFace, Scrfd, YuNet, detector_of_kind};
pub use embed::{embed, embedder_input};
pub use embedding::{Confidence, Embedding, EmbeddingError, Similarity};
pub use engine::{Engine, EngineError, EngineReport, LocalFuture};
pub use face::{BoundingBox, Face, Landmarks, Point};
pub use find::Effort;
pub use frames::{FrameError, FrameSource};
pub use identify::{
    IdentifyError, IdentifyOptions, identify_image, identify_image_with, mean_similarity,
    name_faces,
};
pub use layout::{Layout, Shown, Stereo};
pub use letterbox::{Feed, Letterbox, Region, Rotation};
pub use library::{Both, Known, Library};
pub use lookup::{Candidate, Found, Lookup, LookupError};
pub use pack::{ChannelOrder, DetectorSpec, EmbedderSpec, Pack, PackModel, PerPlane, Standardise};
pub use people::{Ranked, rank};
pub use performer::{Performer, PerformerId, PerformerIdError, endpoint_of};
pub use pixels::{BACKDROP, Decode, DecodeError, MAX_PIXELS, Pixels};
pub use present::answer_candidate;
pub use recogniser::{EmbeddedFace, MAX_FACES, Progress, RecogniseError, Recogniser};
pub use scene::{
    Hear, Look, MOST_UNKNOWN, PackedError, Pair, Quality, Scene, SceneOptions, SceneProgress,
    SeenPerson, SeenScene, cluster, group_people, identify_scene, name_scene, name_scenes,
};
pub use sprite::SpriteSheet;
pub use tensor::{ShapeError, Tensor};
pub use text::display_name;
#[cfg(feature = "decode")]
pub use thumbnail::jpeg_data_url;
pub use vtt::{Cue, MAX_CUES, MAX_VTT_BYTES, VttError, parse_vtt};
