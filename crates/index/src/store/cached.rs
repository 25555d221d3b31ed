//! A cache in front of a store.

use std::rc::Rc;

use rollcall_core::LocalFuture;

use super::{Store, StoreError};
use crate::{IndexError, LATEST, Latest};

/// A store that can keep files for the next time.
pub trait Cache: Store {
    /// Keeps a file. A cache that cannot (no room, no permission) goes without: that is no error.
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> LocalFuture<'a, ()>;

    /// Puts what `change` makes of a file (`None` if there is none) in its place, in one step: nobody
    /// else who uses the same cache writes in between. A cache that cannot may not call it at all.
    fn change<'a>(&'a self, name: &'a str, change: Change<'a>) -> LocalFuture<'a, ()>;
}

/// Makes a file's new content of the old one.
pub type Change<'a> = &'a mut dyn FnMut(Option<&[u8]>) -> Vec<u8>;

impl<T: Cache + ?Sized> Cache for Rc<T> {
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> LocalFuture<'a, ()> {
        (**self).put(name, bytes)
    }

    fn change<'a>(&'a self, name: &'a str, change: Change<'a>) -> LocalFuture<'a, ()> {
        (**self).change(name, change)
    }
}

/// Asks `cache` first, then `origin`, and keeps what the origin gave. `latest.json`, which is always
/// asked for afresh, comes from the cache when the origin cannot be reached or somebody else answers
/// in its place, so that a database goes on working without its host.
#[derive(Debug, Default)]
pub struct CachedStore<C, S> {
    cache: C,
    origin: S,
}

impl<C: Cache, S: Store> CachedStore<C, S> {
    /// Puts `cache` in front of `origin`.
    pub fn new(cache: C, origin: S) -> Self {
        Self { cache, origin }
    }
}

impl<C: Cache, S: Store> Store for CachedStore<C, S> {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        Box::pin(async move {
            if !fresh && let Ok(bytes) = self.cache.get(name, max_bytes, false).await {
                return Ok(bytes);
            }
            match self.origin.get(name, max_bytes, fresh).await {
                answer if name == LATEST && !is_answer(&answer) => {
                    match self.cache.get(name, max_bytes, false).await {
                        Ok(kept) if Latest::parse(&kept).is_ok() => Ok(kept),
                        _ => answer,
                    }
                }
                // Who names the current manifest is kept when that manifest is believed.
                Ok(bytes) if name == LATEST => Ok(bytes),
                Ok(bytes) => {
                    self.cache.put(name, &bytes).await;
                    Ok(bytes)
                }
                Err(error) => Err(error),
            }
        })
    }

    fn keep<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> LocalFuture<'a, ()> {
        self.cache.put(name, bytes)
    }

    fn kept<'a>(&'a self) -> LocalFuture<'a, Vec<String>> {
        self.cache.kept()
    }

    fn forget<'a>(&'a self, name: &'a str) -> LocalFuture<'a, ()> {
        self.cache.forget(name)
    }
}

/// Whether the database's host says something of `latest.json`: that it is missing is an answer, as
/// is one of a newer format. A host that is down gives none, nor does the sign-in page of a network.
fn is_answer(latest: &Result<Vec<u8>, StoreError>) -> bool {
    match latest {
        Ok(bytes) => !matches!(Latest::parse(bytes), Err(IndexError::NotADatabase(_))),
        Err(StoreError::Missing(_) | StoreError::Address(_)) => true,
        Err(_) => false,
    }
}
