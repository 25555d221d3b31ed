//! Where things lie on this machine, and reading and writing them safely.

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::Error;

/// The cache: `$ROLLCALL_CACHE`, else `$XDG_CACHE_HOME/rollcall`, else `~/.cache/rollcall`.
#[derive(Clone, Debug)]
pub struct Cache {
    home: PathBuf,
}

impl Cache {
    /// The cache of this user. Makes nothing.
    ///
    /// # Errors
    /// When no variable says where it is.
    pub fn of_user() -> Result<Self, Error> {
        let folder =
            |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        folder("ROLLCALL_CACHE")
            .or_else(|| folder("XDG_CACHE_HOME").map(|p| p.join("rollcall")))
            .or_else(|| folder("HOME").map(|p| p.join(".cache/rollcall")))
            .or_else(|| folder("LOCALAPPDATA").map(|p| p.join("rollcall")))
            .map(Self::at)
            .ok_or(Error::NoCache)
    }

    /// A cache in a folder of the caller's choice.
    #[must_use]
    pub fn at(home: PathBuf) -> Self {
        Self { home }
    }

    /// The folder itself.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Where fetched packages lie.
    #[must_use]
    pub fn downloads(&self) -> PathBuf {
        self.home.join("downloads")
    }

    /// Where the prepared pack called `name` lies.
    #[must_use]
    pub fn pack(&self, name: &str) -> PathBuf {
        self.home.join("models").join(name)
    }
}

/// SHA-256 as lower-case hex.
#[must_use]
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&digest(bytes))
}

/// SHA-256.
#[must_use]
pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The SHA-256 of a file of any size, as lower-case hex.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn sha256_of(path: &Path) -> Result<String, Error> {
    let mut file = File::open(path).map_err(Error::read(path))?;
    let mut hash = Sha256::new();
    std::io::copy(&mut file, &mut hash).map_err(Error::read(path))?;
    Ok(hex(&hash.finalize()))
}

/// Says whether bytes are the promised ones.
///
/// # Errors
/// Names the file, what was wanted and what was got.
pub(crate) fn check(
    file: &str,
    bytes: &[u8],
    wanted_bytes: u64,
    wanted: &str,
) -> Result<(), Error> {
    let size = bytes.len() as u64;
    if size != wanted_bytes {
        return Err(Error::Size { file: file.to_owned(), wanted: wanted_bytes, got: size });
    }
    let got = sha256(bytes);
    if got == wanted {
        Ok(())
    } else {
        Err(Error::Checksum { file: file.to_owned(), wanted: wanted.to_owned(), got })
    }
}

/// `<folder><ending>`: where things about the database in `folder` lie that are not to be published with
/// it.
pub(crate) fn beside(folder: &Path, ending: &str) -> PathBuf {
    // `a/db/` and `a/db/.` name the folder `a/db`.
    let mut name = folder.components().as_path().as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Reads a text of at most `limit` bytes that somebody wrote.
///
/// # Errors
/// When it cannot be read, is longer, or is no UTF-8.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, Error> {
    String::from_utf8(read_limited(path, limit)?).map_err(|_| Error::Description {
        file: path.display().to_string(),
        reason: "it is no UTF-8 text".to_owned(),
    })
}

/// Reads at most `limit` bytes of a file.
///
/// # Errors
/// When it cannot be read or is longer.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(Error::read(path))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(Error::read(path))?;
    if bytes.len() as u64 > limit {
        return Err(Error::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// Writes a whole file or nothing: into a neighbour first, then renamed over `path`.
///
/// # Errors
/// When the folder cannot be written to.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::write(folder))?;
    let mut file = tempfile::Builder::new()
        .prefix(".writing-")
        .tempfile_in(folder)
        .map_err(Error::write(folder))?;
    file.write_all(bytes).map_err(Error::write(path))?;
    file.as_file().sync_all().map_err(Error::write(path))?;
    make_readable(file.as_file()).map_err(Error::write(path))?;
    file.persist(path).map_err(|e| Error::Write { path: path.to_owned(), source: e.error })?;
    Ok(())
}

/// Writes a value as a JSON file, whole or not at all.
///
/// # Errors
/// When the folder cannot be written to.
pub(crate) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), Error> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|e| Error::Write { path: path.to_owned(), source: e.into() })?;
    text.push('\n');
    write_atomically(path, text.as_bytes())
}

/// Temporary files are for their owner's eyes; what they become is an ordinary file that a server
/// under another user may read.
#[cfg(unix)]
fn make_readable(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_lower_case_hex() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_wrong_checksum_names_file_wanted_and_got() {
        let message = check("model.onnx", b"abc", 3, &"0".repeat(64)).unwrap_err().to_string();
        assert!(message.contains("model.onnx"), "{message}");
        assert!(message.contains(&"0".repeat(64)), "{message}");
        assert!(message.contains("ba7816bf"), "{message}");
        assert!(matches!(check("m", b"abc", 4, ""), Err(Error::Size { wanted: 4, got: 3, .. })));
    }

    #[test]
    fn reading_stops_at_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/file");
        write_atomically(&path, b"12345").unwrap();
        assert_eq!(read_limited(&path, 5).unwrap(), b"12345");
        assert!(matches!(read_limited(&path, 4), Err(Error::TooLarge { limit: 4, .. })));
        assert_eq!(sha256_of(&path).unwrap(), sha256(b"12345"));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
