//! People as one upstream knows them, with the faces that were found to be theirs: what the pipeline
//! ends with, and linking and indexing start from.

use rollcall_core::Embedding;

use crate::{Error, sources::Listed};

/// A performer of one upstream who has at least one usable face.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// What the upstream says of them.
    pub listed: Listed,
    /// The faces that are theirs, in the order of the upstream's pictures; per face one embedding for
    /// each embedder of the pack, in its order. Never empty.
    pub faces: Vec<Vec<Embedding>>,
    /// The path of the first picture that shows them and can be built by a client: see
    /// [`crate::sources::ListedImage::path`].
    pub image: Option<String>,
}

/// Everybody who is known, one at a time, for they do not fit into memory together.
pub trait People {
    /// Gives everybody to `each`, by rising id: always the same people in the same order, so that it
    /// may be asked several times.
    ///
    /// # Errors
    /// When they cannot be read, or `each` says so.
    fn for_each(&self, each: &mut dyn FnMut(Known) -> Result<(), Error>) -> Result<(), Error>;
}

/// People who do fit into memory.
impl People for Vec<Known> {
    fn for_each(&self, each: &mut dyn FnMut(Known) -> Result<(), Error>) -> Result<(), Error> {
        self.iter().try_for_each(|known| each(known.clone()))
    }
}
