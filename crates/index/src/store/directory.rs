//! A database in a folder.

use std::{fs, io, io::Read, path::PathBuf};

use rollcall_core::LocalFuture;

use super::{Store, StoreError, is_file_name};

/// Files in a folder. It reads while it is asked, without threads.
#[derive(Clone, Debug)]
pub struct DirectoryStore {
    folder: PathBuf,
}

impl DirectoryStore {
    /// The files of `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn read(&self, name: &str, max_bytes: usize) -> Result<Vec<u8>, StoreError> {
        let wrong = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Missing(name.to_owned()),
            _ => StoreError::unreachable(name, &error),
        };
        if !is_file_name(name) {
            return Err(StoreError::Missing(name.to_owned()));
        }
        let path = self.folder.join(name);
        // Opening a pipe would wait for ever.
        if !fs::metadata(&path).map_err(wrong)?.is_file() {
            return Err(StoreError::unreachable(name, &"it is no file"));
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(&path).map_err(wrong)?;
        file.take(max_bytes as u64 + 1).read_to_end(&mut bytes).map_err(wrong)?;
        if bytes.len() > max_bytes {
            return Err(StoreError::TooLong { name: name.to_owned(), max_bytes });
        }
        Ok(bytes)
    }
}

impl Store for DirectoryStore {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        _fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        Box::pin(async move { self.read(name, max_bytes) })
    }
}
