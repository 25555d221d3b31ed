//! What a machine needs before we can build and test: one small file for each piece.

pub(crate) mod apt;
pub(crate) mod browsers;
pub(crate) mod cargo_fuzz;
pub(crate) mod ffmpeg;
pub(crate) mod nginx;
pub(crate) mod npm;
pub(crate) mod prerequisites;
pub(crate) mod python;
pub(crate) mod stash_schema;
pub(crate) mod wasm_bindgen;
pub(crate) mod wasm_target;

use std::sync::OnceLock;

use crate::{error::Result, places::Places, web};

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
    static CHECKED: OnceLock<()> = OnceLock::new();
    if CHECKED.get().is_none() {
        prerequisites::check(places)?;
        CHECKED.get_or_init(|| ());
    }
    for piece in pieces {
        if !piece.is_there(places)? {
            println!("{}", piece.why());
            piece.install(places)?;
        }
    }
    Ok(())
}

/// `cargo xtask setup`: every piece that any command needs.
pub(crate) fn everything(places: &Places) -> Result<()> {
    let web = web::pieces(places)?;
    let tests: [&dyn Piece; 8] = [
        &browsers::Browser::Chromium,
        &browsers::Browser::Firefox,
        &browsers::SoftwareVulkan,
        &ffmpeg::Ffmpeg,
        &python::PythonEnvironment,
        &python::ScenesEnvironment,
        &stash_schema::StashSchema,
        &cargo_fuzz::CargoFuzz,
    ];
    let pieces: Vec<_> = web.iter().map(AsRef::as_ref).chain(tests).collect();
    prepare(places, &pieces)?;
    println!("Everything that building and testing needs is installed.");
    Ok(())
}
