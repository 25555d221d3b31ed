//! A cache in front of a store.

use std::rc::Rc;

use rollcall_core::LocalFuture;

use super::{Store, StoreError};
use crate::LATEST;

/// A store that can keep files for the next time.
pub trait Cache: Store {
    /// Keeps a file. A cache that cannot (no room, no permission) goes without: that is no error.
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> LocalFuture<'a, ()>;
}

impl<T: Cache + ?Sized> Cache for Rc<T> {
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> LocalFuture<'a, ()> {
        (**self).put(name, bytes)
    }
}

/// Asks `cache` first, then `origin`, and keeps what the origin gave. `latest.json`, which is always
/// asked for afresh, comes from the cache when the origin cannot be reached, so that a database goes
/// on working without its host.
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
                Ok(bytes) => {
                    // Who names the current manifest is kept when that manifest is believed.
                    if name != LATEST {
                        self.cache.put(name, &bytes).await;
                    }
                    Ok(bytes)
                }
                // A missing file is an answer; a host that is down is none.
                Err(error @ StoreError::Unreachable { .. }) if name == LATEST => {
                    self.cache.get(name, max_bytes, false).await.map_err(|_| error)
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
