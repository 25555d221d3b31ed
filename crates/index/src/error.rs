//! What can go wrong with a database, in sentences for its user.

use crate::{Digest, Distrust, StoreError};

/// Why a database could not be opened, read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// The bytes could not be had.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// `latest.json` is something else, such as a web page.
    #[error(
        "what answers at the database's address is no Rollcall database (its latest.json is not ours: {0}); check the address, and whether the host or the network wants you to sign in"
    )]
    NotADatabase(String),
    /// A format this program is too old for.
    #[error(
        "the database needs a newer Rollcall ({file} has format {found}, this one reads {known}); update Rollcall"
    )]
    TooNew {
        /// The file that says so.
        file: String,
        /// The format or reader version asked for.
        found: u32,
        /// The newest one this program knows.
        known: u32,
    },
    /// A file is not the one whose hash the manifest gives, even past the cache.
    #[error(
        "the database file {0} is not the one its manifest names (wrong SHA-256); fetch the database again or tell its host"
    )]
    WrongHash(String),
    /// A file has the right hash but breaks the format's rules.
    #[error(
        "the database file {file} is damaged ({what}); fetch the database again or tell its host"
    )]
    Damaged {
        /// Its name.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// A manifest whose signature is not of its content.
    #[error(
        "the signature of {0} does not fit its content, so somebody else has changed it; do not use this database and tell its host"
    )]
    Forged(String),
    /// A manifest that none of the keys the user named has signed.
    #[error(
        "the database is signed by {found}, not by a key you trust; check the database's address, or add its key to the trusted ones if you know it"
    )]
    NotPinned {
        /// The fingerprint of who signed it, or "nobody".
        found: String,
    },
    /// A manifest that is only used if the user says so.
    #[error(
        "the database has changed in a way that needs your word: {why}; use it only if you know the reason, or ask its maintainer"
    )]
    Unconfirmed {
        /// Which manifest is to be confirmed.
        manifest: Digest,
        /// What is odd about it.
        why: Distrust,
    },
    /// A database that was to be kept whole is not.
    #[error(
        "{missing} of the database's {total} files could not be kept here; make room, or leave the private window, and fetch it again"
    )]
    NotKept {
        /// How many are missing.
        missing: usize,
        /// How many there are.
        total: usize,
    },
    /// Something cannot go into a database.
    #[error("{what} of {who}; mend the entry or leave it out")]
    Unfit {
        /// The performer, or the option.
        who: String,
        /// What is wrong.
        what: String,
    },
    /// The same performer twice.
    #[error("the performer {0} was given twice; merge the two entries")]
    Duplicate(String),
    /// A folder could not be written.
    #[error(
        "{path} could not be written ({reason}); the old database is untouched, make room or fix the permissions and try again"
    )]
    Write {
        /// The file or folder.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// Somebody else writes there.
    #[error("another build or pull is writing into {0}; wait for it or choose another folder")]
    Busy(String),
    /// The disk is too full for what is to come.
    #[error(
        "{folder} has room for {free} bytes, but {needed} are needed; the old database is untouched, make room and try again"
    )]
    NoRoom {
        /// Where it was to go.
        folder: String,
        /// Bytes that are still to come.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// A folder, or a file in it, is not what a pull can go on from.
    #[error("{path} {what}")]
    Folder {
        /// The file or folder.
        path: String,
        /// What is wrong with it, and what to do.
        what: &'static str,
    },
}

impl IndexError {
    pub(crate) fn damaged(file: &str, what: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), what: what.into() }
    }
}
