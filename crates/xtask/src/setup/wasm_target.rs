//! A compiler for wasm32-unknown-unknown: rustup's, or where rustup cannot fetch it, Debian's.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Piece, apt};
use crate::{
    error::{Error, Result},
    places::Places,
    step::{Step, ask},
};

/// What we compile for.
pub(crate) const TRIPLE: &str = "wasm32-unknown-unknown";
/// Set to `rustup` or `debian` to insist on one way.
const CHOICE: &str = "ROLLCALL_WASM_COMPILER";
/// Debian's compiler for web browsers: it is kept recent, and its library's source is packaged.
const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// The oldest minor version of rustc that compiles us: `rust-version` in Cargo.toml.
const OLDEST: u32 = 94;

/// The two ways to compile for wasm32.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Compiler {
    /// The standard library that rustup installed.
    Rustup,
    /// Debian's rustc, which builds the standard library itself.
    Debian {
        /// The linker, from rustup's toolchain.
        linker: PathBuf,
    },
}

impl Compiler {
    /// The way that is open on this machine, if one is.
    pub(crate) fn find(places: &Places) -> Option<Self> {
        let choice = env::var(CHOICE).unwrap_or_default();
        let sysroot = PathBuf::from(ask(places, "rustc", &["--print", "sysroot"])?);
        if choice != "debian" && sysroot.join("lib/rustlib").join(TRIPLE).join("lib").is_dir() {
            return Some(Self::Rustup);
        }
        if choice == "rustup" || !debian_is_there(places) {
            return None;
        }
        let host = ask(places, "rustc", &["--print", "host-tuple"])?;
        let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
        linker.is_file().then_some(Self::Debian { linker })
    }

    /// The way taken, in words.
    pub(crate) fn describe(&self, places: &Places) -> String {
        let version = |program| ask(places, program, &["--version"]).unwrap_or_default();
        match self {
            Self::Rustup => format!("rustup's {}", version("rustc")),
            Self::Debian { .. } => format!("Debian's {} with build-std", version(DEBIAN_RUSTC)),
        }
    }

    /// A `cargo` command (such as `build`) for wasm32 with this compiler.
    pub(crate) fn cargo(&self, places: &Places, name: &str, what: &str, command: &str) -> Step {
        let step = match self {
            Self::Rustup => Step::new(places, name, what, "cargo").args([command]),
            Self::Debian { linker } => Step::new(places, name, what, DEBIAN_CARGO)
                .args([command, "-Zbuild-std=std,panic_abort"])
                .env("RUSTC", DEBIAN_RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .without_env("RUSTUP_TOOLCHAIN"),
        };
        step.args(["--target", TRIPLE])
            .env("CARGO_TARGET_DIR", places.wasm_target())
            .env("RUSTFLAGS", "-Ctarget-feature=+simd128")
            .without_env("CARGO_ENCODED_RUSTFLAGS")
    }
}

/// Whether `rustc-web` is there; Debian 12's plain `rustc` lies at the same place and is too old.
fn debian_is_there(places: &Places) -> bool {
    let version = || ask(places, DEBIAN_RUSTC, &["--version"]);
    [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_LIBRARY].iter().all(|file| Path::new(file).is_file())
        && version().and_then(|version| minor(&version)).is_some_and(|minor| minor >= OLDEST)
}

/// `rustc 1.96.0 (…)` -> 96
fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("rustc 1.")?.split('.').next()?.parse().ok()
}

/// The compiler for wasm32 as a piece of the set-up.
pub(crate) struct WasmTarget;

impl Piece for WasmTarget {
    fn is_there(&self, places: &Places) -> Result<bool> {
        Ok(Compiler::find(places).is_some())
    }

    fn why(&self) -> String {
        format!(
            "Installing Rust's standard library for {TRIPLE}: the page runs our code as WebAssembly."
        )
    }

    fn install(&self, places: &Places) -> Result<()> {
        let choice = env::var(CHOICE).unwrap_or_default();
        if choice != "debian" {
            let rustup = Step::new(places, "rustup", "rustup target add", "rustup")
                .args(["target", "add", TRIPLE])
                .limit(Duration::from_secs(120))
                .run();
            if Compiler::find(places).is_some() {
                return Ok(());
            }
            if choice == "rustup" || !apt::is_here() {
                return rustup.and(Err(cannot()));
            }
            println!("  rustup could not fetch it; Debian has a compiler that can build it.");
        }
        apt::install(places, &PACKAGES)?;
        Compiler::find(places).map(drop).ok_or_else(cannot)
    }
}

/// Neither way worked.
fn cannot() -> Error {
    Error::Missing {
        what: format!("a compiler for {TRIPLE}"),
        remedy: format!(
            "see that `rustup target add {TRIPLE}` works, or on Debian `apt-get install {}`",
            PACKAGES.join(" ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_compiler_is_told_from_a_new_one() {
        assert_eq!(
            minor("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"),
            Some(96)
        );
        assert!(minor("rustc 1.63.0").unwrap() < OLDEST);
        assert_eq!(minor("cargo 1.96.0"), None);
    }
}
