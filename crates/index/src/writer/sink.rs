//! Where a new database goes.

use crate::{IndexError, MemoryStore};

/// Takes the files of a database.
pub trait Sink {
    /// Takes a file that nobody reads yet. Its name says what is in it, so it may be there already.
    ///
    /// # Errors
    /// When it cannot be written.
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), IndexError>;

    /// Takes the file that makes all files before it current, once they are safe.
    ///
    /// # Errors
    /// When it cannot be written; then the old one still stands.
    fn publish(&mut self, name: &str, bytes: &[u8]) -> Result<(), IndexError>;
}

impl Sink for MemoryStore {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
        self.insert(name, bytes.to_vec());
        Ok(())
    }

    fn publish(&mut self, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
        self.put(name, bytes)
    }
}

#[cfg(feature = "fs")]
pub use directory::DirectorySink;
#[cfg(feature = "pull")]
pub(crate) use directory::write_error;

#[cfg(feature = "fs")]
mod directory {
    use std::{
        fs::{self, File, TryLockError},
        io::{self, Write as _},
        path::{Path, PathBuf},
    };

    use super::Sink;
    use crate::IndexError;

    /// What names of unfinished files begin with. No database file's name does.
    const UNFINISHED: &str = ".new-";

    /// A folder. Every file is written under another name, flushed to the disk and renamed, so that
    /// being killed at any moment leaves the old database or the new one.
    #[derive(Debug)]
    pub struct DirectorySink {
        folder: PathBuf,
        /// Held, and thereby locked, as long as the sink lives.
        _lock: File,
    }

    impl DirectorySink {
        /// Makes the folder if there is none, and keeps other writers out of it.
        ///
        /// # Errors
        /// When the folder cannot be made or written, or somebody else is writing into it.
        pub fn create(folder: impl Into<PathBuf>) -> Result<Self, IndexError> {
            let folder = folder.into();
            let wrong = |error| write_error(&folder, &error);
            fs::create_dir_all(&folder).map_err(wrong)?;
            let lock = File::create(folder.join(".lock")).map_err(wrong)?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(IndexError::Busy(folder.display().to_string()));
                }
                Err(TryLockError::Error(error)) => return Err(wrong(error)),
            }
            for entry in fs::read_dir(&folder).map_err(wrong)? {
                let entry = entry.map_err(wrong)?;
                if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                    fs::remove_file(entry.path()).map_err(wrong)?;
                }
            }
            Ok(Self { folder, _lock: lock })
        }

        fn write(&self, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
            let path = self.folder.join(name);
            let new = self.folder.join(format!("{UNFINISHED}{name}"));
            let write = || {
                let mut file = File::create(&new)?;
                file.write_all(bytes)?;
                file.sync_all()?;
                fs::rename(&new, &path)
            };
            write().map_err(|error| {
                // On a full disk half a file would only be in the way.
                let _ = fs::remove_file(&new);
                write_error(&path, &error)
            })
        }

        /// Makes the folder's list of names safe.
        fn sync_folder(&self) -> Result<(), IndexError> {
            // Only Unix can open a folder for that; elsewhere the system does it by itself.
            if cfg!(unix) {
                let sync = || File::open(&self.folder)?.sync_all();
                sync().map_err(|error| write_error(&self.folder, &error))?;
            }
            Ok(())
        }
    }

    pub(crate) fn write_error(path: &Path, error: &io::Error) -> IndexError {
        IndexError::Write { path: path.display().to_string(), reason: error.to_string() }
    }

    impl Sink for DirectorySink {
        fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
            self.write(name, bytes)
        }

        fn publish(&mut self, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
            self.sync_folder()?;
            self.write(name, bytes)?;
            self.sync_folder()
        }
    }
}
