//! A database in memory.

use std::{cell::RefCell, collections::BTreeMap};

use rollcall_core::LocalFuture;

use super::{Cache, Change, Store, StoreError};

/// Files in memory: for tests, and as the cache where there is no other.
#[derive(Debug, Default)]
pub struct MemoryStore {
    files: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl MemoryStore {
    /// Puts a file in, or another one in its place.
    pub fn insert(&self, name: &str, bytes: Vec<u8>) {
        self.files.borrow_mut().insert(name.to_owned(), bytes);
    }

    /// Takes a file out.
    pub fn remove(&self, name: &str) -> Option<Vec<u8>> {
        self.files.borrow_mut().remove(name)
    }

    /// The names of its files, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.files.borrow().keys().cloned().collect()
    }
}

impl Store for MemoryStore {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        _fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        let result = match self.files.borrow().get(name) {
            None => Err(StoreError::Missing(name.to_owned())),
            Some(bytes) if bytes.len() > max_bytes => {
                Err(StoreError::TooLong { name: name.to_owned(), max_bytes })
            }
            Some(bytes) => Ok(bytes.clone()),
        };
        Box::pin(std::future::ready(result))
    }

    fn kept<'a>(&'a self) -> LocalFuture<'a, Vec<String>> {
        Box::pin(std::future::ready(self.names()))
    }

    fn forget<'a>(&'a self, name: &'a str) -> LocalFuture<'a, ()> {
        self.remove(name);
        Box::pin(std::future::ready(()))
    }
}

impl Cache for MemoryStore {
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> LocalFuture<'a, ()> {
        self.insert(name, bytes.to_vec());
        Box::pin(std::future::ready(()))
    }

    fn change<'a>(&'a self, name: &'a str, change: Change<'a>) -> LocalFuture<'a, ()> {
        let old = self.remove(name);
        self.insert(name, change(old.as_deref()));
        Box::pin(std::future::ready(()))
    }
}
