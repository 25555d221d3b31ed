//! Weights that nobody may pass on: the user has them, Rollcall finds and checks them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{Error, files, pack_file::PackFile};

/// The largest model file read: the largest usual embedder has 261 MB.
const MAX_FILE: u64 = 400 << 20;

/// How many folders deep to look for a file, and at how many names: people name the folder their
/// archive was unpacked into, or the one above it, not their whole disk.
const MAX_DEPTH: usize = 3;
const MAX_NAMES: usize = 20_000;

/// A model file that the user brings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnFile {
    /// What the file is called by those who give it away; the first one found is taken.
    pub names: Vec<String>,
    /// Where people get it, in a few words or as an address.
    pub page: String,
    /// Its SHA-256, lower-case hex, where it is known.
    pub sha256: Option<String>,
}

impl OwnFile {
    /// Finds the file in `folder` or a little below it, and proves its checksum if one is stated.
    ///
    /// # Errors
    /// When there is none of its names, it is too large, or has another checksum.
    pub(crate) fn read(&self, folder: &Path) -> Result<(PathBuf, Vec<u8>), Error> {
        let path = self.find(folder)?.ok_or_else(|| Error::OwnMissing {
            folder: folder.to_owned(),
            names: self.names.join(" or "),
            page: self.page.clone(),
        })?;
        let bytes = files::read_limited(&path, MAX_FILE)?;
        let got = files::sha256(&bytes);
        match &self.sha256 {
            Some(wanted) if *wanted != got => Err(Error::Checksum {
                file: path.display().to_string(),
                wanted: wanted.clone(),
                got,
            }),
            _ => Ok((path, bytes)),
        }
    }

    /// The first of its names, in the folder itself before those below.
    fn find(&self, folder: &Path) -> Result<Option<PathBuf>, Error> {
        let (mut level, mut seen) = (vec![folder.to_owned()], 0);
        for _ in 0..MAX_DEPTH {
            let (mut files, mut folders) = (Vec::new(), Vec::new());
            for folder in &level {
                for entry in fs::read_dir(folder).map_err(Error::read(folder))?.flatten() {
                    seen += 1;
                    let path = entry.path();
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        files.push(path);
                    }
                    if seen > MAX_NAMES {
                        return Ok(None);
                    }
                }
            }
            files.sort();
            let called = |name: &String| {
                files.iter().find(|path| path.file_name().is_some_and(|own| own == name.as_str()))
            };
            if let Some(path) = self.names.iter().find_map(called) {
                return Ok(Some(path.clone()));
            }
            folders.sort();
            level = folders;
        }
        Ok(None)
    }
}

impl PackFile {
    /// What a user must read before using the pack, and whether they have to agree to it.
    #[must_use]
    pub fn terms(&self) -> (Option<&str>, bool) {
        (self.notice.as_deref(), self.accept)
    }

    /// The files that its user has to bring, with where to get them.
    pub fn own_files(&self) -> impl Iterator<Item = &OwnFile> {
        self.models().filter_map(|model| model.own.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(names: &[&str], sha256: Option<String>) -> OwnFile {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        OwnFile { names, page: "its authors".to_owned(), sha256 }
    }

    #[test]
    fn a_file_is_found_by_the_first_of_its_names_near_the_top() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("antelope").join("inner");
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join("net.onnx"), b"inner").unwrap();
        let wanted = file(&["net.onnx", "network.onnx"], None);
        assert_eq!(wanted.read(folder.path()).unwrap().1, b"inner");
        fs::write(folder.path().join("network.onnx"), b"outer").unwrap();
        assert_eq!(wanted.read(folder.path()).unwrap().1, b"outer");
        fs::create_dir_all(folder.path().join("a/b/c/d")).unwrap();
        fs::write(folder.path().join("a/b/c/d/deep.onnx"), b"deep").unwrap();
        let message = file(&["deep.onnx"], None).read(folder.path()).unwrap_err().to_string();
        assert!(message.contains("deep.onnx") && message.contains("its authors"), "{message}");
    }

    #[test]
    fn a_stated_checksum_is_proved() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("net.onnx"), b"net").unwrap();
        let right = file(&["net.onnx"], Some(files::sha256(b"net")));
        assert!(right.read(folder.path()).is_ok());
        let wrong = file(&["net.onnx"], Some(files::sha256(b"met")));
        let message = wrong.read(folder.path()).unwrap_err().to_string();
        assert!(message.contains(&files::sha256(b"met")), "{message}");
    }
}
