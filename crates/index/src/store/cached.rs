//! A cache in front of a store.

use rollcall_core::LocalFuture;

use super::{Store, StoreError};

/// A store that can keep files for the next time.
pub trait Cache: Store {
    /// Keeps a file. A cache that cannot (no room, no permission) goes without: that is no error.
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> LocalFuture<'a, ()>;
}

/// Asks `cache` first, then `origin`, and keeps what the origin gave.
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
            let bytes = self.origin.get(name, max_bytes, fresh).await?;
            self.cache.put(name, &bytes).await;
            Ok(bytes)
        })
    }
}
