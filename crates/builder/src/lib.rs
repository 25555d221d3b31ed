//! What the command line does, as functions: model packs, sources, building, asking, evaluating.
//!
//! Faces are found and embedded by `rollcall-core`, networks run by `rollcall-engine`, databases
//! written and read by `rollcall-index`; nothing of theirs is done again here.

mod age;
pub mod archive;
pub mod build;
pub mod config;
mod distractors;
mod error;
pub mod eval;
pub mod figures;
mod files;
mod fitness;
pub mod folder;
pub mod forecast;
pub mod frames;
pub mod key_file;
pub mod known;
pub mod link;
mod logistic;
pub mod lookup;
pub mod metrics;
pub mod net;
mod own;
pub mod pack_file;
pub mod package;
pub mod packs;
pub mod partition;
pub mod photo;
pub mod pipeline;
pub mod publish;
mod random;
mod reference;
pub mod release;
pub mod removal;
pub mod samples;
pub mod scan;
pub mod setup;
pub mod source;
pub mod sources;
pub mod state;
pub mod tail;
pub mod terminal;
pub mod workers;

pub use error::Error;
pub use files::Cache;
pub use fitness::Proof;
