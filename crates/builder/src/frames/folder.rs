//! The frames of a scene as pictures in a folder.

use std::{
    future::ready,
    path::{Path, PathBuf},
};

use rollcall_core::{FrameError, FrameSource, LocalFuture, Pixels};

use super::natural;
use crate::{Error, folder::photos_in, photo};

/// The most pictures of a folder: more than a frame a second for a day.
const MAX_FRAMES: usize = 100_000;

/// The pictures directly in a folder, `frame9` before `frame10`. Nobody knows when they are shown.
#[derive(Clone, Debug)]
pub struct FrameFolder {
    files: Vec<PathBuf>,
}

impl FrameFolder {
    /// Lists the folder; pictures are read when they are asked for.
    ///
    /// # Errors
    /// When it cannot be read, or has no pictures or too many.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let mut files = photos_in(folder)?;
        let refuse =
            |reason: &str| Error::Frames { path: folder.to_owned(), reason: reason.to_owned() };
        if files.is_empty() {
            return Err(refuse("there are no pictures in this folder"));
        }
        if files.len() > MAX_FRAMES {
            return Err(refuse(
                "more than 100,000 pictures are too many for one scene; name a part",
            ));
        }
        let name =
            |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.sort_by(|a, b| natural::compare(&name(a), &name(b)));
        Ok(Self { files })
    }

    fn read(&self, number: usize) -> Result<Pixels, FrameError> {
        let missing = |reason| FrameError::Missing { number, reason };
        let file = self.files.get(number).ok_or_else(|| missing("no such file".to_owned()))?;
        photo::read(file).map(|(_, pixels)| pixels).map_err(|e| missing(e.to_string()))
    }
}

impl FrameSource for FrameFolder {
    fn count(&self) -> usize {
        self.files.len()
    }

    fn time(&self, _: usize) -> Option<f64> {
        None
    }

    fn frame<'a>(&'a self, number: usize) -> LocalFuture<'a, Result<Pixels, FrameError>> {
        Box::pin(ready(self.read(number)))
    }
}
