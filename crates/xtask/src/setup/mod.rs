//! What a machine needs before we can build and test: one small file for each piece.

pub(crate) mod apt;
pub(crate) mod browsers;
pub(crate) mod npm;
pub(crate) mod prerequisites;
pub(crate) mod python;
pub(crate) mod wasm_bindgen;
pub(crate) mod wasm_target;

use crate::{error::Result, places::Places};

/// Something that is installed where it is missing.
pub(crate) trait Piece {
    /// Whether it is there already.
    fn is_there(&self, places: &Places) -> Result<bool>;
    /// One plain sentence: what is installed and why.
    fn why(&self) -> String;
    /// Installs it.
    fn install(&self, places: &Places) -> Result<()>;
}

/// Checks the prerequisites, then installs those pieces that are missing.
pub(crate) fn prepare(places: &Places, pieces: &[&dyn Piece]) -> Result<()> {
    prerequisites::check(places)?;
    for piece in pieces {
        if !piece.is_there(places)? {
            println!("{}", piece.why());
            piece.install(places)?;
        }
    }
    Ok(())
}
