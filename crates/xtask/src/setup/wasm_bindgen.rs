//! The `wasm-bindgen` program, which must be of the very version that Cargo.lock names.

use std::{fs, path::PathBuf};

use super::Piece;
use crate::{
    error::{Error, Result},
    places::Places,
    step::Step,
};

/// The program as a piece of the set-up.
pub(crate) struct WasmBindgen {
    version: String,
}

impl WasmBindgen {
    /// Looks up the version to have.
    pub(crate) fn of_lockfile(places: &Places) -> Result<Self> {
        let file = places.root.join("Cargo.lock");
        let lock = fs::read_to_string(&file).map_err(Error::io(file.display().to_string()))?;
        let version = locked_version(&lock, "wasm-bindgen").ok_or_else(|| Error::Missing {
            what: "wasm-bindgen in Cargo.lock".to_owned(),
            remedy: "crates/web needs it; run `cargo update --workspace`".to_owned(),
        })?;
        Ok(Self { version: version.to_owned() })
    }

    fn folder(&self, places: &Places) -> PathBuf {
        places.cache.join("tools").join(format!("wasm-bindgen-{}", self.version))
    }

    /// The program itself.
    pub(crate) fn program(&self, places: &Places) -> PathBuf {
        let name = format!("wasm-bindgen{}", std::env::consts::EXE_SUFFIX);
        self.folder(places).join("bin").join(name)
    }
}

impl Piece for WasmBindgen {
    fn is_there(&self, places: &Places) -> Result<bool> {
        Ok(self.program(places).is_file())
    }

    fn why(&self) -> String {
        format!(
            "Building wasm-bindgen {} (some minutes, once): it writes the JavaScript around our \
             WebAssembly and must match Cargo.lock.",
            self.version
        )
    }

    fn install(&self, places: &Places) -> Result<()> {
        // It runs for a second per build: compiling it fast is worth more than its own speed.
        Step::new(places, "wasm-bindgen", "cargo install wasm-bindgen-cli", "cargo")
            .args(["install", "--locked", "wasm-bindgen-cli", "--bin", "wasm-bindgen"])
            .args(["--version", &self.version, "--root"])
            .args([self.folder(places)])
            .env("CARGO_TARGET_DIR", places.target.join("tools"))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .run()
    }
}

/// The version of a package in the text of a Cargo.lock.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_package_itself() {
        let lock = "[[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.122\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.122"));
        assert_eq!(locked_version(lock, "absent"), None);
    }
}
