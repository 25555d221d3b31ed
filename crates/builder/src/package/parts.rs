//! An archive in one file, or in parts below a host's limit.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{Error, files::hex};

/// More would not sort.
const MOST_PARTS: usize = 999;

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

struct Open {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

/// Writes `NAME`, or `NAME.part001`, `NAME.part002` ... if it gets longer than the limit. The files
/// get their names when all are written.
pub(super) struct PartsWriter {
    folder: PathBuf,
    name: String,
    limit: u64,
    open: Option<Open>,
    done: Vec<(u64, String)>,
}

impl PartsWriter {
    pub(super) fn create(folder: &Path, name: String, limit: Option<u64>) -> Self {
        let limit = limit.unwrap_or(u64::MAX);
        Self { folder: folder.to_owned(), name, limit, open: None, done: Vec::new() }
    }

    fn unfinished(&self, number: usize) -> PathBuf {
        self.folder.join(format!(".new-{}.part{number:03}", self.name))
    }

    fn close(&mut self) -> io::Result<()> {
        if let Some(Open { file, hash, bytes }) = self.open.take() {
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            self.done.push((bytes, hex(&hash.finalize())));
        }
        Ok(())
    }

    /// Names the files and removes those of an earlier package of the same name.
    pub(super) fn finish(mut self) -> io::Result<Vec<Part>> {
        self.close()?;
        let one = self.done.len() == 1;
        let mut parts = Vec::new();
        for (number, (bytes, sha256)) in (1..).zip(std::mem::take(&mut self.done)) {
            let end = if one { String::new() } else { format!(".part{number:03}") };
            let name = format!("{}{end}", self.name);
            fs::rename(self.unfinished(number), self.folder.join(&name))?;
            parts.push(Part { name, bytes, sha256 });
        }
        for entry in fs::read_dir(&self.folder)? {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            let end = name.strip_prefix(&self.name);
            let ours = end.is_some_and(|end| end.is_empty() || end.starts_with(".part"));
            if ours && !parts.iter().any(|part| part.name == name) {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        Ok(parts)
    }
}

impl Write for PartsWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.open.as_ref().is_some_and(|open| open.bytes >= self.limit) {
            self.close()?;
        }
        let number = self.done.len() + 1;
        if number > MOST_PARTS {
            return Err(io::Error::other("that makes more than 999 parts; allow longer ones"));
        }
        let path = self.unfinished(number);
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let file = BufWriter::new(File::create(path)?);
                none.insert(Open { file, hash: Sha256::new(), bytes: 0 })
            }
        };
        let room = usize::try_from(self.limit - open.bytes).unwrap_or(usize::MAX);
        let bytes = &bytes[..bytes.len().min(room)];
        open.file.write_all(bytes)?;
        open.hash.update(bytes);
        open.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open.as_mut().map_or(Ok(()), |open| open.file.flush())
    }
}

impl Drop for PartsWriter {
    fn drop(&mut self) {
        // What has its name by now is not found under the other one.
        for number in 1..=self.done.len() + 1 {
            let _ = fs::remove_file(self.unfinished(number));
        }
    }
}

/// Reads `NAME`, or, given the first part, all parts.
pub(super) struct PartsReader {
    waiting: VecDeque<PathBuf>,
    file: File,
}

impl PartsReader {
    pub(super) fn open(first: &Path) -> Result<Self, Error> {
        let mut waiting = VecDeque::new();
        if first.extension().is_some_and(|end| end == "part001") {
            let next =
                |number: usize| first.with_extension(OsString::from(format!("part{number:03}")));
            let there = (2..=MOST_PARTS).map(next).take_while(|path| path.is_file());
            waiting.extend(there);
        }
        Ok(Self { waiting, file: File::open(first).map_err(Error::read(first))? })
    }
}

impl Read for PartsReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.file.read(into)?;
            match self.waiting.pop_front() {
                Some(next) if read == 0 && !into.is_empty() => self.file = File::open(next)?,
                Some(next) => {
                    self.waiting.push_front(next);
                    return Ok(read);
                }
                None => return Ok(read),
            }
        }
    }
}
