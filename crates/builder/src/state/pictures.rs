//! The pictures themselves, by their content, so that other models can look at them without fetching
//! them again. Nothing depends on a picture being here.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::SystemTime,
};

use super::images::Content;
use crate::{Error, files};

/// A folder of pictures that never grows much beyond a limit.
#[derive(Debug)]
pub struct PictureCache {
    folder: PathBuf,
    limit: u64,
    /// The bytes in it, as far as is known.
    bytes: Mutex<u64>,
}

impl PictureCache {
    /// The cache in `folder` of at most `limit` bytes.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(folder: &Path, limit: u64) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::write(folder))?;
        let bytes = list(folder)?.iter().map(|(_, bytes, _)| bytes).sum();
        Ok(Self { folder: folder.to_owned(), limit, bytes: Mutex::new(bytes) })
    }

    /// The picture with this content, if it is here and whole.
    pub(crate) fn get(&self, content: &Content) -> Option<Vec<u8>> {
        let bytes = fs::read(self.path(content)).ok()?;
        (files::digest(&bytes) == *content).then_some(bytes)
    }

    /// Keeps a picture. Where there is too much, those kept longest go.
    pub(crate) fn put(&self, content: &Content, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path(content);
        if path.exists() || bytes.len() as u64 > self.limit {
            return Ok(());
        }
        files::write_atomically(&path, bytes)?;
        let mut total = self.bytes.lock().map_err(|_| Error::Worker)?;
        *total += bytes.len() as u64;
        if *total > self.limit {
            *total = self.evict()?;
        }
        Ok(())
    }

    /// Removes pictures for good.
    pub(crate) fn forget(&self, contents: &[Content]) -> Result<(), Error> {
        for path in contents.iter().map(|content| self.path(content)).filter(|path| path.exists()) {
            fs::remove_file(&path).map_err(Error::write(&path))?;
        }
        Ok(())
    }

    /// Makes room, a tenth more than is needed so that it is not done for every picture.
    fn evict(&self) -> Result<u64, Error> {
        let mut files = list(&self.folder)?;
        files.sort();
        let mut total = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files {
            if total <= self.limit / 10 * 9 {
                break;
            }
            fs::remove_file(&path).map_err(Error::write(&path))?;
            total -= bytes;
        }
        Ok(total)
    }

    /// Two levels of folders, for a folder of a million files is slow.
    fn path(&self, content: &Content) -> PathBuf {
        let name = files::hex(content);
        self.folder.join(&name[..2]).join(name)
    }
}

/// Every picture: when it was written, its bytes, where it is.
fn list(folder: &Path) -> Result<Vec<(SystemTime, u64, PathBuf)>, Error> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::read(folder))?.flatten() {
        for file in fs::read_dir(entry.path()).into_iter().flatten().flatten() {
            if let Ok(facts) = file.metadata() {
                let written = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push((written, facts.len(), file.path()));
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_pictures_go_when_there_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let cache = PictureCache::open(folder.path(), 1000).unwrap();
        let picture = |number: u8| (files::digest(&[number; 200]), vec![number; 200]);
        for number in 0..20 {
            let (content, bytes) = picture(number);
            cache.put(&content, &bytes).unwrap();
            let age = std::time::Duration::from_secs(1000 - u64::from(number));
            let file = fs::File::options().write(true).open(cache.path(&content)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
            assert!(cache.get(&content).is_some());
        }
        let kept: Vec<u8> = (0..20).filter(|&n| cache.get(&picture(n).0).is_some()).collect();
        assert_eq!(kept, [16, 17, 18, 19]);
        // What is on the disk counts, not what this process wrote.
        let again = PictureCache::open(folder.path(), 1000).unwrap();
        assert_eq!(*again.bytes.lock().unwrap(), 800);
        // A file that is not what its name says is not there.
        fs::write(again.path(&picture(19).0), b"rotten").unwrap();
        assert_eq!(again.get(&picture(19).0), None);
    }
}
