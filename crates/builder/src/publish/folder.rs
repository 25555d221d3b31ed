//! A folder that a server serves: one publisher at a time, files flushed and renamed.

use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use rollcall_index::{DirectorySink, LATEST, Sink as _};

use super::{Current, LATEST_BYTES, Target, There, latest_of};
use crate::{Error, files};

/// A folder, locked as long as this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    sink: DirectorySink,
}

impl Folder {
    /// Makes the folder if there is none, and locks it.
    ///
    /// # Errors
    /// When it cannot be made, or somebody else is writing into it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { path: path.to_owned(), sink: DirectorySink::create(path)? })
    }
}

impl Target for Folder {
    // The lock sees to it that nobody exchanges the file.
    type Stamp = ();

    fn current(&mut self) -> Result<Option<Current<()>>, Error> {
        let path = self.path.join(LATEST);
        if !fs::exists(&path).map_err(Error::read(&path))? {
            return Ok(None);
        }
        let latest = latest_of(&self.read(LATEST, LATEST_BYTES)?)?;
        let written = fs::metadata(&path).and_then(|file| file.modified());
        Ok(Some(Current { latest, written: written.map_err(Error::read(&path))?, stamp: () }))
    }

    fn list(&mut self) -> Result<BTreeMap<String, There>, Error> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(&self.path).map_err(Error::read(&self.path))? {
            let entry = entry.map_err(Error::read(&self.path))?;
            let about = entry.metadata().map_err(Error::read(entry.path()))?;
            if let (true, Ok(name)) = (about.is_file(), entry.file_name().into_string()) {
                let written = about.modified().map_err(Error::read(entry.path()))?;
                files.insert(name, There { bytes: about.len(), written });
            }
        }
        Ok(files)
    }

    fn put(&mut self, files: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        files.iter().try_for_each(|(name, bytes)| Ok(self.sink.put(name, bytes)?))
    }

    fn commit(&mut self, latest: &[u8], _: Option<()>) -> Result<(), Error> {
        Ok(self.sink.publish(LATEST, latest)?)
    }

    fn remove(&mut self, names: &[String]) -> Result<(), Error> {
        for path in names.iter().map(|name| self.path.join(name)) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::Write { path, source: error });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn read(&mut self, name: &str, max_bytes: usize) -> Result<Vec<u8>, Error> {
        files::read_limited(&self.path.join(name), max_bytes as u64)
    }
}
