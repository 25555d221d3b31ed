//! A database as an archive: one file to publish, to copy, to keep.
//!
//! `latest.json`, the manifest and the shard tables come first, so that whoever unpacks knows which
//! files may follow and how long each is. Everything else is sorted by name, and nothing depends on
//! the time, the user or the machine: the same database gives the same archive.

mod parts;
mod unpack;

use std::{collections::BTreeSet, fmt::Write as _, fs, io, path::Path};

use parts::PartsWriter;
use rollcall_index::{Digest, DirectoryStore, Inventory, LATEST, Release, Trust, manifest_name};
use serde::Serialize;

pub use parts::Part;
pub use unpack::unpack;

use crate::{Error, files};

/// Vectors do not compress, so the level hardly matters.
const LEVEL: i32 = 3;
/// The smallest limit for parts.
pub const SMALLEST_PART: u64 = 64 << 10;
/// The list of checksums.
pub const CHECKSUMS: &str = "SHA256SUMS";

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Package {
    /// The database's version.
    pub version: String,
    /// Its manifest's SHA-256.
    pub manifest: String,
    /// The archive's files, to be put together in this order.
    pub parts: Vec<Part>,
}

/// Packs the database in `folder` into `out`, after checking every file of it.
///
/// # Errors
/// When a file is missing or wrong, or `out` cannot be written.
pub fn package(
    folder: &Path,
    out: &Path,
    part_size: Option<u64>,
    progress: &mut dyn FnMut(u64),
) -> Result<Package, Error> {
    if part_size.is_some_and(|size| size < SMALLEST_PART) {
        return Err(Error::Usage(format!("parts have at least {SMALLEST_PART} bytes")));
    }
    let store = DirectoryStore::new(folder);
    let release = pollster::block_on(Release::read(&store, &Trust::default()))?;
    let inventory = pollster::block_on(Inventory::read(&release, &store, &mut |_, _| ()))?;
    // All of it before anything is written: a package is whole or there is none.
    for digest in inventory.files.keys() {
        pollster::block_on(inventory.file(digest, &store))?;
    }
    fs::create_dir_all(out).map_err(Error::write(out))?;
    let version = release.manifest.version.to_string();
    let name = format!("rollcall-db-{version}.tar.zst");
    let writer = PartsWriter::create(out, name.clone(), part_size);
    let parts = pack(&store, &release, &inventory, writer, progress)
        .map_err(|problem| problem.at(&out.join(name)))?;
    let mut sums = String::new();
    for part in &parts {
        // Writing to a text cannot fail.
        let _ = writeln!(sums, "{}  {}", part.sha256, part.name);
    }
    files::write_atomically(&out.join(CHECKSUMS), sums.as_bytes())?;
    Ok(Package { version, manifest: inventory.manifest.to_string(), parts })
}

/// Reading failed, or writing.
enum Problem {
    Database(Error),
    Output(io::Error),
}

impl Problem {
    fn at(self, path: &Path) -> Error {
        match self {
            Self::Database(error) => error,
            Self::Output(source) => Error::Write { path: path.to_owned(), source },
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

fn pack(
    store: &DirectoryStore,
    release: &Release,
    inventory: &Inventory,
    out: PartsWriter,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Part>, Problem> {
    let mut compressed = zstd::Encoder::new(out, LEVEL)?;
    compressed.include_checksum(true)?;
    let mut archive = tar::Builder::new(compressed);
    add(&mut archive, LATEST, &release.latest.to_bytes())?;
    add(&mut archive, &manifest_name(&inventory.manifest), &release.bytes)?;
    for digest in order(inventory) {
        let read = pollster::block_on(inventory.file(&digest, store));
        let bytes = read.map_err(|error| Problem::Database(error.into()))?;
        add(&mut archive, &digest.to_string(), &bytes)?;
        progress(bytes.len() as u64);
    }
    Ok(archive.into_inner()?.finish()?.finish()?)
}

/// The shard tables, then everything else by name.
fn order(inventory: &Inventory) -> Vec<Digest> {
    let tables: BTreeSet<Digest> = inventory.tables.iter().copied().collect();
    let others = inventory.files.keys().filter(|digest| !tables.contains(digest));
    tables.iter().chain(others).copied().collect()
}

fn add(archive: &mut tar::Builder<impl io::Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name)?;
    header.set_size(bytes.len() as u64);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    archive.append(&header, bytes)
}
