//! `cargo fuzz`, which feeds our readers with bytes nobody has thought of.

use std::path::PathBuf;

use super::Piece;
use crate::{error::Result, places::Places, step::Step};

/// Exact, so that every machine runs the same one.
const VERSION: &str = "0.13.2";

/// The program as a piece of the set-up.
pub(crate) struct CargoFuzz;

impl CargoFuzz {
    fn folder(places: &Places) -> PathBuf {
        places.cache.join("tools").join(format!("cargo-fuzz-{VERSION}"))
    }

    /// The program itself.
    pub(crate) fn program(places: &Places) -> PathBuf {
        let name = format!("cargo-fuzz{}", std::env::consts::EXE_SUFFIX);
        Self::folder(places).join("bin").join(name)
    }
}

impl Piece for CargoFuzz {
    fn is_there(&self, places: &Places) -> Result<bool> {
        Ok(Self::program(places).is_file())
    }

    fn why(&self) -> String {
        format!("Building cargo-fuzz {VERSION} (some minutes, once): it runs the fuzz targets.")
    }

    fn install(&self, places: &Places) -> Result<()> {
        Step::new(places, "cargo-fuzz", "cargo install cargo-fuzz", "cargo")
            .args(["install", "--locked", "cargo-fuzz", "--version", VERSION, "--root"])
            .args([Self::folder(places)])
            .env("CARGO_TARGET_DIR", places.target.join("tools"))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .run()
    }
}
