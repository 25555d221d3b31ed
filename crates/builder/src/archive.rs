//! One file out of a package. Names inside a package never become paths on disk.

use std::{fs::File, io::Read, path::Path};

use flate2::read::GzDecoder;

use crate::Error;

/// The most entries looked at before giving up: packages have some thousands.
const MAX_ENTRIES: usize = 200_000;
/// The most bytes unpacked on the way to the file wanted.
const MAX_UNPACKED: u64 = 4 << 30;

/// Reads the entry called exactly `path` from a `.whl`, `.zip`, `.tgz` or `.tar.gz`, of at most
/// `limit` bytes.
///
/// # Errors
/// When the archive is damaged, has no such file, or the file is longer than `limit`.
pub fn read_entry(archive: &Path, path: &str, limit: u64) -> Result<Vec<u8>, Error> {
    let fail = |reason: String| Error::Archive {
        archive: archive.to_owned(),
        path: path.to_owned(),
        reason,
    };
    let file = File::open(archive).map_err(Error::read(archive))?;
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let bytes = if name.ends_with(".whl") || name.ends_with(".zip") {
        from_zip(file, path, limit)
    } else if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
        from_tar(file, path, limit)
    } else {
        Err("it is neither a .whl, .zip, .tgz nor .tar.gz".to_owned())
    }
    .map_err(fail)?;
    if bytes.len() as u64 > limit {
        return Err(fail(format!("it is longer than the {limit} bytes announced")));
    }
    Ok(bytes)
}

fn from_zip(file: File, path: &str, limit: u64) -> Result<Vec<u8>, String> {
    let mut archive = zip::ZipArchive::new(file).map_err(|e| e.to_string())?;
    let entry = archive.by_name(path).map_err(|e| e.to_string())?;
    read_to(entry, limit).map_err(|e| e.to_string())
}

fn from_tar(file: File, path: &str, limit: u64) -> Result<Vec<u8>, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(file).take(MAX_UNPACKED));
    let entries = archive.entries().map_err(|e| e.to_string())?;
    for entry in entries.take(MAX_ENTRIES) {
        let entry = entry.map_err(|e| e.to_string())?;
        if entry.path_bytes().as_ref() == path.as_bytes() {
            if !entry.header().entry_type().is_file() {
                return Err("it is a link or a folder".to_owned());
            }
            return read_to(entry, limit).map_err(|e| e.to_string());
        }
    }
    Err("there is no such file in it".to_owned())
}

/// Reads at most one byte more than `limit`, which tells the caller that it was passed.
fn read_to(from: impl Read, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::{io::Write, path::PathBuf};

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn zip_with(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
        let path = folder.join("a.whl");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
        zip.finish().unwrap();
        path
    }

    fn tar_with(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
        let path = folder.join("a.tgz");
        let mut tar =
            tar::Builder::new(GzEncoder::new(File::create(&path).unwrap(), Compression::default()));
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes).unwrap();
        tar.into_inner().unwrap().finish().unwrap();
        path
    }

    #[test]
    fn finds_the_named_file_in_both_kinds() {
        let folder = tempfile::tempdir().unwrap();
        for archive in [
            zip_with(folder.path(), "p/m.onnx", b"net"),
            tar_with(folder.path(), "p/m.onnx", b"net"),
        ] {
            assert_eq!(read_entry(&archive, "p/m.onnx", 3).unwrap(), b"net");
            assert!(read_entry(&archive, "p/other", 3).is_err());
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let zeros = vec![0; 1 << 20];
        for archive in [zip_with(folder.path(), "m", &zeros), tar_with(folder.path(), "m", &zeros)]
        {
            let message = read_entry(&archive, "m", 1000).unwrap_err().to_string();
            assert!(message.contains("longer than the 1000 bytes"), "{message}");
        }
    }

    #[test]
    fn damage_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for archive in
            [zip_with(folder.path(), "m", &[7; 999]), tar_with(folder.path(), "m", &[7; 999])]
        {
            let whole = std::fs::read(&archive).unwrap();
            for length in [0, 1, whole.len() / 2, whole.len() - 1] {
                std::fs::write(&archive, &whole[..length]).unwrap();
                // Cutting a tar's padding or a gzip's checksum may leave the file whole.
                if let Ok(bytes) = read_entry(&archive, "m", 999) {
                    assert_eq!(bytes, [7; 999]);
                    assert_eq!(length, whole.len() - 1);
                }
            }
            std::fs::write(&archive, b"<html>404</html>").unwrap();
            assert!(read_entry(&archive, "m", 999).is_err());
        }
        assert!(read_entry(&folder.path().join("gone.whl"), "m", 9).is_err());
    }
}
