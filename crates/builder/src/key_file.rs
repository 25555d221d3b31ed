//! The file of a maintainer's secret key: 64 hex digits that nobody else may read.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read as _, Write as _},
    path::Path,
};

use rollcall_index::{Digest, PublicKey, SigningKey};

use crate::Error;

/// The most bytes read of a key's file: 64 digits and some space.
const LONGEST: u64 = 100;

/// Makes a key and writes it, for its owner's eyes only.
///
/// # Errors
/// When there is a file already, it cannot be written, or the system has no randomness.
pub fn create(path: &Path) -> Result<PublicKey, Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| {
        Error::Usage(format!("the system gives no random numbers ({error}); use another machine"))
    })?;
    let key = signing_key(path, seed)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => Error::Usage(format!(
            "there is a file {} already, and a key that is overwritten is lost; choose another name",
            path.display()
        )),
        _ => Error::Write { path: path.to_owned(), source },
    })?;
    // A digest is written as a key is: 32 bytes in hex.
    let text = format!("{}\n", Digest(seed));
    file.write_all(text.as_bytes()).map_err(Error::write(path))?;
    file.sync_all().map_err(Error::write(path))?;
    Ok(key.public())
}

/// Reads a key that [`create`] has written.
///
/// # Errors
/// When it cannot be read, or is no key. The file's content is never told.
pub fn read(path: &Path) -> Result<SigningKey, Error> {
    let mut text = String::new();
    let file = File::open(path).map_err(Error::read(path))?;
    let read = file.take(LONGEST).read_to_string(&mut text);
    let seed: Option<Digest> = read.ok().and_then(|_| text.trim().parse().ok());
    signing_key(path, seed.ok_or_else(|| no_key(path))?.0)
}

fn signing_key(path: &Path, seed: [u8; 32]) -> Result<SigningKey, Error> {
    SigningKey::from_seed(seed).map_err(|_| no_key(path))
}

fn no_key(path: &Path) -> Error {
    Error::Usage(format!(
        "{} is no key's file (64 lower-case hex digits); make one with `rollcall key new FILE`",
        path.display()
    ))
}
