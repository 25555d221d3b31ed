//! What can go wrong, in words that say what to do about it.

use std::{io, path::PathBuf};

/// Why a command of `cargo xtask` stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line made no sense.
    #[error("{0}\nRun `cargo xtask help` to see what there is.")]
    Usage(String),
    /// Programs that we do not install ourselves are missing.
    #[error("please install first:\n{}", .0.join("\n"))]
    Prerequisites(Vec<String>),
    /// Something we looked for is not there.
    #[error("{what} is missing: {remedy}")]
    Missing {
        /// What was looked for.
        what: String,
        /// How to get it.
        remedy: String,
    },
    /// A program could not be started, or a file not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was being done, with the path or program.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program ran and failed.
    #[error("{what} failed ({status}); the last lines of {}:\n{tail}", .log.display())]
    Failed {
        /// What it was to do.
        what: String,
        /// Its exit status.
        status: String,
        /// Everything it said.
        log: PathBuf,
        /// The end of it.
        tail: String,
    },
    /// A .wasm file has grown too big.
    #[error(
        "{file} is {bytes} bytes gzipped, more than its budget of {budget}: make it smaller \
         (twiggy, cargo bloat), a page downloads it"
    )]
    Budget {
        /// The file's name.
        file: String,
        /// Its size after gzip.
        bytes: u64,
        /// What it may have.
        budget: u64,
    },
    /// Something said something else than agreed.
    #[error("{0}")]
    Unexpected(String),
    /// Tests, lints or a check did not pass; the details are on the screen already.
    #[error("not everything passed")]
    NotPassed,
}

impl Error {
    /// For `map_err`: wraps an I/O error with what was being done.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// What every step gives back.
pub(crate) type Result<T> = std::result::Result<T, Error>;
