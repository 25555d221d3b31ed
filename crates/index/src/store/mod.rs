//! Where a database's bytes come from.

mod cached;
#[cfg(feature = "fs")]
mod directory;
#[cfg(all(feature = "web", target_arch = "wasm32"))]
mod http;
#[cfg(all(feature = "web", target_arch = "wasm32"))]
mod indexed_db;
mod memory;
#[cfg(feature = "pull")]
mod remote;

use std::rc::Rc;

use rollcall_core::LocalFuture;

pub use cached::{Cache, CachedStore, Change};
#[cfg(feature = "fs")]
pub use directory::DirectoryStore;
#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub use http::HttpStore;
#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub use indexed_db::IndexedDbStore;
pub use memory::MemoryStore;
#[cfg(feature = "pull")]
pub use remote::RemoteStore;

/// Gives files by name. Nothing it gives is believed before its hash is checked.
pub trait Store {
    /// The whole file called `name` (one path segment), if it has at most `max_bytes`.
    ///
    /// With `fresh`, every cache on the way is passed over and renewed.
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>>;

    /// Keeps a file for the next time, if this store keeps any: one that is believed only now.
    fn keep<'a>(&'a self, _name: &'a str, _bytes: &'a [u8]) -> LocalFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }

    /// The names of the files that are kept on this machine for the next time.
    fn kept<'a>(&'a self) -> LocalFuture<'a, Vec<String>> {
        Box::pin(std::future::ready(Vec::new()))
    }

    /// No longer keeps a file.
    fn forget<'a>(&'a self, _name: &'a str) -> LocalFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl<T: Store + ?Sized> Store for Rc<T> {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        (**self).get(name, max_bytes, fresh)
    }

    fn keep<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> LocalFuture<'a, ()> {
        (**self).keep(name, bytes)
    }

    fn kept<'a>(&'a self) -> LocalFuture<'a, Vec<String>> {
        (**self).kept()
    }

    fn forget<'a>(&'a self, name: &'a str) -> LocalFuture<'a, ()> {
        (**self).forget(name)
    }
}

/// Why a file could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("the database has no file {0}; check the database's address or fetch it again")]
    Missing(String),
    /// The file has more bytes than the format allows.
    #[error(
        "{name} is longer than {max_bytes} bytes, so it is no part of a database; check the address"
    )]
    TooLong {
        /// Its name.
        name: String,
        /// The limit that it passes.
        max_bytes: usize,
    },
    /// A page for people in the place of a file.
    #[error(
        "the host answers with a web page instead of {0}; check the address, and whether the host or the network wants you to sign in"
    )]
    WebPage(String),
    /// An address that cannot be a database's.
    #[error("the database's address cannot be used: {0}; give it as https://host/folder")]
    Address(String),
    /// The host, disk or network failed.
    #[error("{name} could not be read ({reason}); check the connection or the disk and try again")]
    Unreachable {
        /// Its name.
        name: String,
        /// What happened.
        reason: String,
    },
}

impl StoreError {
    #[cfg_attr(
        not(any(feature = "fs", all(feature = "web", target_arch = "wasm32"))),
        expect(dead_code, reason = "memory does not fail")
    )]
    pub(crate) fn unreachable(name: &str, reason: &impl ToString) -> Self {
        Self::Unreachable { name: name.to_owned(), reason: reason.to_string() }
    }
}

/// Whether `name` is one plain path segment, as all of a database's names are.
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}
