//! The files below one folder, as `ServeDir` reads them: never what lies outside.

use std::{
    future::{Ready, ready},
    io::{self, Cursor, Read as _},
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::SystemTime,
};

use tokio::{
    io::{AsyncRead, AsyncSeek, ReadBuf},
    task::{JoinHandle, spawn_blocking},
};
use tower_http::services::fs::{Backend, File, Metadata};

/// Files up to this size are read in the same step that opens them: a shard costs one change of
/// thread instead of four.
const READ_AT_ONCE: u64 = 256 << 10;

/// A folder. Symbolic links inside are followed as long as they stay inside.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: Arc<Path>,
}

impl Folder {
    /// # Errors
    /// When it does not exist.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let root = path.canonicalize()?;
        if root.is_dir() {
            Ok(Self { root: root.into() })
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    /// Where it really is.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The real place of a file, if that is below the root and no pipe or device: opening one of
    /// those could wait for ever.
    fn real(&self, path: &Path) -> io::Result<(PathBuf, Facts)> {
        // Links that lead round in a circle, names that are too long: there is no such file.
        let real = path.canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => io::ErrorKind::NotFound,
            _ => {
                tracing::warn!(path = %path.display(), %error, "cannot be looked up");
                io::ErrorKind::NotFound
            }
        })?;
        if !real.starts_with(&self.root) {
            tracing::warn!(path = %path.display(), "refused a link that leads out of its folder");
            return Err(io::ErrorKind::NotFound.into());
        }
        let facts = Facts::of(&real.metadata()?);
        if facts.is_dir || facts.is_file {
            Ok((real, facts))
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    fn read(&self, path: &Path) -> io::Result<Opened> {
        let (real, facts) = self.real(path)?;
        if facts.is_dir {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut file = std::fs::File::open(real)?;
        // Of the file that is open now: the name may have been given to another one meanwhile.
        let facts = Facts::of(&file.metadata()?);
        if facts.len > READ_AT_ONCE {
            return Ok(Opened { facts, content: Content::File(tokio::fs::File::from_std(file)) });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(facts.len).unwrap_or_default());
        file.by_ref().take(facts.len).read_to_end(&mut bytes)?;
        Ok(Opened { facts, content: Content::Memory(Cursor::new(bytes)) })
    }
}

impl Backend for Folder {
    type File = Opened;
    type Metadata = Facts;
    type OpenFuture = Blocking<Opened>;
    type MetadataFuture = Blocking<Facts>;

    fn open(&self, path: PathBuf) -> Blocking<Opened> {
        let folder = self.clone();
        Blocking(spawn_blocking(move || folder.read(&path)))
    }

    fn metadata(&self, path: PathBuf) -> Blocking<Facts> {
        let folder = self.clone();
        Blocking(spawn_blocking(move || Ok(folder.real(&path)?.1)))
    }
}

/// What runs where waiting for a disk disturbs nobody.
pub(crate) struct Blocking<T>(JoinHandle<io::Result<T>>);

impl<T> Future for Blocking<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        Pin::new(&mut self.0)
            .poll(cx)
            .map(|done| done.unwrap_or_else(|error| Err(io::Error::other(error))))
    }
}

/// What there is to know of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    is_dir: bool,
    is_file: bool,
    len: u64,
    modified: Option<SystemTime>,
}

impl Facts {
    fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            is_dir: metadata.is_dir(),
            is_file: metadata.is_file(),
            len: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl Metadata for Facts {
    fn is_dir(&self) -> bool {
        self.is_dir
    }

    fn modified(&self) -> io::Result<SystemTime> {
        self.modified.ok_or_else(|| io::ErrorKind::Unsupported.into())
    }

    fn len(&self) -> u64 {
        self.len
    }
}

/// A file that is open, or already read.
pub(crate) struct Opened {
    facts: Facts,
    content: Content,
}

enum Content {
    Memory(Cursor<Vec<u8>>),
    File(tokio::fs::File),
}

impl File for Opened {
    type Metadata = Facts;
    type MetadataFuture<'a> = Ready<io::Result<Facts>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(self.facts))
    }
}

impl AsyncRead for Opened {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.content {
            Content::Memory(bytes) => Pin::new(bytes).poll_read(cx, buffer),
            Content::File(file) => Pin::new(file).poll_read(cx, buffer),
        }
    }
}

impl AsyncSeek for Opened {
    fn start_seek(mut self: Pin<&mut Self>, position: io::SeekFrom) -> io::Result<()> {
        match &mut self.content {
            Content::Memory(bytes) => Pin::new(bytes).start_seek(position),
            Content::File(file) => Pin::new(file).start_seek(position),
        }
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        match &mut self.content {
            Content::Memory(bytes) => Pin::new(bytes).poll_complete(cx),
            Content::File(file) => Pin::new(file).poll_complete(cx),
        }
    }
}
