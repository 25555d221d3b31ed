//! Pictures to faces, faces to embeddings, embeddings to people.
//!
//! This crate is the part of Rollcall that the browser and the native builder share to the last
//! instruction. It does no I/O and knows no async runtime: what differs between the two sides is a
//! trait here ([`Engine`], [`Decode`], [`Lookup`]) with an implementation over there.
//!
//! A picture flows one way through it:
//! bytes -> [`Pixels`] -> [`Face`] -> [`Embedding`] -> [`Candidate`] -> [`Answer`].

mod answer;
mod embedding;
mod engine;
mod face;
mod lookup;
mod pack;
mod performer;
mod pixels;
mod tensor;

pub use answer::{Answer, AnswerCandidate, AnswerFace, DatabaseSummary, Match};
pub use embedding::{Confidence, Embedding, EmbeddingError, Similarity};
pub use engine::{Engine, EngineError, EngineReport, LocalFuture};
pub use face::{BoundingBox, Face, Landmarks, Point};
pub use lookup::{Candidate, Found, Lookup, LookupError};
pub use pack::{ChannelOrder, DetectorSpec, EmbedderSpec, Pack, PackModel};
pub use performer::{Performer, PerformerId, PerformerIdError, endpoint_of};
pub use pixels::{Decode, DecodeError, MAX_PIXELS, Pixels};
pub use tensor::{ShapeError, Tensor};
