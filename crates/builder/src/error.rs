//! What can go wrong, each in a sentence that says what to do.

use std::{io, path::PathBuf};

use rollcall_core::{DecodeError, LookupError};
use rollcall_engine::{choose::NoGpu, wonnx::NoAdapter};
use rollcall_index::IndexError;

use crate::{net::NetError, sources::UpstreamError};

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {path}: {source}; check the free space and the permissions")]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No place for downloads and models.
    #[error("there is no home folder for the cache; set ROLLCALL_CACHE to a folder of your choice")]
    NoCache,
    /// Bytes are not the ones that were promised.
    #[error(
        "{file} has the wrong checksum: wanted SHA-256 {wanted}, got {got}; delete the file and try again, and if that does not help, do not use it"
    )]
    Checksum {
        /// Which file.
        file: String,
        /// The promised SHA-256, lower-case hex.
        wanted: String,
        /// The SHA-256 found.
        got: String,
    },
    /// A file is larger than what is read of its kind.
    #[error("{path} is larger than {limit} bytes; make it smaller or leave it out")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The most bytes.
        limit: u64,
    },
    /// A file is longer or shorter than promised.
    #[error("{file} has the wrong size: wanted {wanted} bytes, got {got}; delete it and try again")]
    Size {
        /// Which file.
        file: String,
        /// The promised number of bytes.
        wanted: u64,
        /// The number found.
        got: u64,
    },
    /// A package does not hold the file it should, or is no archive.
    #[error("cannot unpack {path} from {archive}: {reason}")]
    Archive {
        /// The package's file.
        archive: PathBuf,
        /// The file wanted from it.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// An archive of a database is none, or damaged.
    #[error(
        "{archive} cannot be unpacked: {reason}; get it again, with all its parts beside each other, and check it with `sha256sum -c SHA256SUMS`"
    )]
    Package {
        /// The archive's file.
        archive: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A package manager is not installed or failed.
    #[error("{tool} could not fetch {what}: {reason}\nOr put the file into {downloads} yourself.")]
    Tool {
        /// `pip`, `npm` or `the download`.
        tool: &'static str,
        /// The package and version, or the address.
        what: String,
        /// What it said.
        reason: String,
        /// Where a file fetched by hand belongs.
        downloads: PathBuf,
    },
    /// A description of a model pack or of sample photos is wrong.
    #[error("{file} is no valid description: {reason}")]
    Description {
        /// The TOML file.
        file: String,
        /// What is wrong in it.
        reason: String,
    },
    /// No pack of that name is known.
    #[error("there is no model pack {name:?}; known are {known}; name a file with --pack-file")]
    UnknownPack {
        /// The name asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The pack has not been prepared.
    #[error("the model pack {0} is not here yet; run `rollcall models fetch {0}`")]
    PackMissing(String),
    /// A prepared pack is not what it was.
    #[error("the model pack {pack} is damaged ({reason}); run `rollcall models fetch {pack}`")]
    PackDamaged {
        /// Its name.
        pack: String,
        /// What does not fit.
        reason: String,
    },
    /// A model cannot be prepared.
    #[error("the model {model} ({file}) cannot be prepared: {reason}")]
    Prepare {
        /// The network's name.
        model: String,
        /// The file in the package.
        file: String,
        /// What the engine said.
        reason: String,
    },
    /// A pack's weights are the user's to bring.
    #[error(
        "the weights of {pack} cannot be fetched; put {names} into a folder ({page}) and run `rollcall models add {pack} --from FOLDER`"
    )]
    OwnWeights {
        /// The pack's name.
        pack: String,
        /// The files.
        names: String,
        /// Where people get them.
        page: String,
    },
    /// A model file that the user should have is not there.
    #[error("{folder} has no {names}; it comes from {page}")]
    OwnMissing {
        /// Where it was looked for.
        folder: PathBuf,
        /// What it may be called.
        names: String,
        /// Where people get it.
        page: String,
    },
    /// A pack may only be used by those who accept its terms.
    #[error(
        "{pack} can only be used by those who accept this: {notice}\nIf you do, add --accept-licence"
    )]
    NotAccepted {
        /// The pack's name.
        pack: String,
        /// Its terms.
        notice: String,
    },
    /// A file is a network, but not the one it should be.
    #[error("{model} is not what it should be: {reason}; is it the right file?")]
    WrongModel {
        /// The network's name and, where it is known, its file.
        model: String,
        /// What does not fit.
        reason: String,
    },
    /// Networks of the right shapes that do not recognise a known face.
    #[error("{pack} fails on known faces: {reason}; nothing was added. Are these the right files?")]
    Unproved {
        /// The pack's name.
        pack: String,
        /// What went wrong.
        reason: String,
    },
    /// Somebody else has published in the meantime.
    #[error(
        "somebody else has published to {0} at the same time, and their version is the current one; look at it, make a release on top of it, and publish again"
    )]
    Overtaken(String),
    /// A database cannot be published.
    #[error(
        "cannot publish to {to}: {reason}; what is published there is unchanged, check the address and the keys and try again"
    )]
    Publish {
        /// Where to.
        to: String,
        /// What the store said.
        reason: String,
    },
    /// An argument that cannot be used.
    #[error("{0}")]
    Usage(String),
    /// The GPU is asked for and cannot be had.
    #[error(transparent)]
    NoGpu(#[from] NoGpu),
    /// The GPU was there a moment ago.
    #[error(transparent)]
    NoAdapter(#[from] NoAdapter),
    /// A picture cannot be used.
    #[error("{path}: {source}")]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// Recognition failed on a picture.
    #[error("{path}: {reason}")]
    Recognise {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// The frames of a scene cannot be had.
    #[error("{path}: {reason}")]
    Frames {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A video is to be read and one of ffmpeg's programs is not here.
    #[error(
        "videos are read with ffmpeg, and {0} is not installed; install ffmpeg with your system's packages, or give the scene's sprite sheet with --sprite and --vtt"
    )]
    NoFfmpeg(&'static str),
    /// The database cannot be read or written.
    #[error("{0}")]
    Database(String),
    /// The database did not answer.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// A configuration is wrong.
    #[error("{file}: {reason}")]
    Config {
        /// The file.
        file: PathBuf,
        /// What is wrong in it.
        reason: String,
    },
    /// An upstream does not answer as it should.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// A picture cannot be fetched.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Another process builds with the same state.
    #[error("another rollcall is using {0}; wait until it is done, or give another --state folder")]
    StateBusy(PathBuf),
    /// The disk has no room for the state.
    #[error(
        "the disk of {0} is full; make room and run the same command again, everything up to now is kept"
    )]
    StateFull(PathBuf),
    /// The state is not what was written.
    #[error(
        "{path} is damaged ({reason}); run again with --repair to save what can be read of it, or with --start-over; either way it is moved aside, not deleted"
    )]
    StateDamaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A newer program wrote the state.
    #[error(
        "{path} was written by a newer rollcall (version {found} of the state, known are up to {known}); use that one, or another --state folder"
    )]
    StateTooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: usize,
        /// The last version known.
        known: usize,
    },
    /// The state cannot be read or written.
    #[error("{path}: {reason}; check that the folder can be written")]
    State {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// A worker thread ended too early.
    #[error("a worker stopped unexpectedly; please report this with the output of -vv")]
    Worker,
}

impl From<IndexError> for Error {
    fn from(error: IndexError) -> Self {
        match &error {
            IndexError::Unconfirmed { manifest, .. } => {
                Self::Database(format!("{error}\nTo use it all the same, add --confirm {manifest}"))
            }
            _ => Self::Database(error.to_string()),
        }
    }
}

impl Error {
    /// An [`Error::Read`] of `path`.
    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source }
    }

    /// An [`Error::Write`] of `path`.
    pub(crate) fn write(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Write { path, source }
    }
}
