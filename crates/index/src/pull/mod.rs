//! A copy of a database in a folder, kept up to date.
//!
//! Files are named by their SHA-256, so a pull fetches the ones that are not there yet, whatever
//! broke off before; `latest.json` is exchanged last. `docs/DISTRIBUTION.md` tells the whole story.

mod source;
mod target;

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use futures_util::{StreamExt as _, stream};
use rollcall_core::LocalFuture;
use serde::Serialize;

pub use source::Source;
use target::Installed;
pub use target::{PREVIOUS, Target};

use crate::{
    DirectoryStore, IndexError, Inventory, Release, Store, StoreError, Trust, Version, fetch,
};

/// How to pull.
#[derive(Clone, Debug)]
pub struct PullOptions {
    /// Keys that must have signed, and a manifest that the user has confirmed. What is remembered
    /// comes from the folder, and the time from this machine's clock if it is not given.
    pub trust: Trust,
    /// How many files at the same time.
    pub parallel: usize,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self { trust: Trust::default(), parallel: 6 }
    }
}

/// How far a pull is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many more files have been looked at, of so many.
    Checked(usize, usize),
    /// So many files with so many bytes are to be fetched.
    Planned(usize, u64),
    /// A file of so many bytes has come.
    Fetched(u64),
}

/// What a pull did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pulled {
    /// The version that is in the folder now.
    pub version: String,
    /// Its manifest's SHA-256.
    pub manifest: String,
    /// The version that was there before, if one was.
    pub before: Option<String>,
    /// The fingerprint of the key that signed it.
    pub signer: Option<String>,
    /// Whether the signer is believed because there was nothing to compare with.
    pub first_visit: bool,
    /// Files of the release.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were fetched.
    pub fetched_files: usize,
    /// Their bytes.
    pub fetched_bytes: u64,
    /// Files that no release needs any more.
    pub removed_files: usize,
}

/// What a pull would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Update {
    /// The version in the folder, if there is one.
    pub installed: Option<String>,
    /// The version at the source.
    pub available: String,
    /// Whether that one is newer, or there is none yet.
    pub newer: bool,
    /// The fingerprint of the key that signed it.
    pub signer: Option<String>,
    /// Files to fetch.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// Brings the database in `folder` to what `source` has now, and mends what is damaged in it. Waits
/// until that is done, so it wants a thread of its own where others must not wait.
///
/// # Errors
/// When the source or the disk fails, or the release is not to be believed. The old database is
/// untouched then, and what has been fetched stays for the next time.
pub fn pull(
    source: &Source,
    folder: &Path,
    options: &PullOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Pulled, IndexError> {
    wait(run(source, folder, &with_clock(options), progress))?
}

/// Says what [`pull`] would fetch, without changing anything. Files of the folder count as right if
/// they have the right length.
///
/// # Errors
/// When the source fails, or its release is not to be believed.
pub fn check(source: &Source, folder: &Path, options: &PullOptions) -> Result<Update, IndexError> {
    wait(look(source, folder, &with_clock(options)))?
}

fn wait<F: Future>(future: F) -> Result<F::Output, IndexError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| StoreError::unreachable("the database", &error))?;
    Ok(runtime.block_on(future))
}

fn with_clock(options: &PullOptions) -> PullOptions {
    let mut options = options.clone();
    let clock = || Some(SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs());
    options.trust.now = options.trust.now.or_else(clock);
    options
}

async fn run(
    source: &Source,
    folder: &Path,
    options: &PullOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Pulled, IndexError> {
    let origin = source.store();
    let mut target = Target::open(folder, &options.trust).await?;
    if let Source::Folder(from) = source
        && from.canonicalize().is_ok_and(|from| folder.canonicalize().is_ok_and(|to| from == to))
    {
        let path = folder.display().to_string();
        return Err(IndexError::Folder { path, what: "is both source and target; name another" });
    }
    let release = Release::read(&*origin, target.trust()).await?;
    let mut tables = Vec::new();
    let near = Near { folder: DirectoryStore::new(folder), origin: &*origin };
    let mut keep = |digest, bytes| tables.push((digest, bytes));
    let inventory = Inventory::read(&release, &near, &mut keep).await?;
    let files = inventory.files.len();
    target.expect(&inventory, &mut |checked| progress(Progress::Checked(checked, files))).await?;
    let (fetched_files, fetched_bytes) = size(&target);
    progress(Progress::Planned(fetched_files, fetched_bytes));
    for (digest, table) in tables {
        if target.missing().contains_key(&digest) {
            target.put(&digest, &table)?;
            progress(Progress::Fetched(table.len() as u64));
        }
    }
    fetch_missing(&*origin, &mut target, options.parallel, progress).await?;
    let (first_visit, before) = (target.is_first_visit(), target.current().map(version));
    Ok(Pulled {
        version: version(&release),
        manifest: release.latest.manifest.to_string(),
        before,
        signer: release.manifest.signer().map(|key| key.fingerprint()),
        first_visit,
        files,
        bytes: inventory.bytes(),
        fetched_files,
        fetched_bytes,
        removed_files: target.publish(&release, &inventory).await?,
    })
}

fn version(release: &Release) -> String {
    release.manifest.version.to_string()
}

/// How many files are missing, and their bytes.
fn size(target: &Target) -> (usize, u64) {
    (target.missing().len(), target.missing().values().sum())
}

async fn fetch_missing(
    origin: &dyn Store,
    target: &mut Target,
    parallel: usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), IndexError> {
    let missing = target.missing().clone();
    let file = async |(digest, bytes): (crate::Digest, u64)| {
        let name = digest.to_string();
        fetch::verified(origin, &name, &digest, bytes as usize).await.map(|file| (digest, file))
    };
    let mut files = stream::iter(missing).map(file).buffer_unordered(parallel.max(1));
    while let Some(file) = files.next().await {
        let (digest, bytes) = file?;
        target.put(&digest, &bytes)?;
        progress(Progress::Fetched(bytes.len() as u64));
    }
    Ok(())
}

async fn look(source: &Source, folder: &Path, options: &PullOptions) -> Result<Update, IndexError> {
    let origin = source.store();
    let installed = Installed::read(folder).await?;
    let release = Release::read(&*origin, &installed.trust(&options.trust)).await?;
    let near = Near { folder: DirectoryStore::new(folder), origin: &*origin };
    let inventory = Inventory::read(&release, &near, &mut |_, _| ()).await?;
    let there = |name: String, bytes| {
        std::fs::metadata(folder.join(name)).is_ok_and(|file| file.len() == bytes)
    };
    let missing = inventory.files.iter().filter(|(name, bytes)| !there(name.to_string(), **bytes));
    let (files, bytes) = missing.fold((0, 0), |(files, sum), (_, bytes)| (files + 1, sum + bytes));
    let version_of = |release: &Release| -> Version { release.manifest.version };
    let before = installed.current.as_ref().map(version_of);
    Ok(Update {
        installed: before.map(|version| version.to_string()),
        available: version(&release),
        newer: before.is_none_or(|before| version_of(&release) > before),
        signer: release.manifest.signer().map(|key| key.fingerprint()),
        files,
        bytes,
    })
}

/// The folder's files, and the source's where those do not do.
struct Near<'a> {
    folder: DirectoryStore,
    origin: &'a dyn Store,
}

impl Store for Near<'_> {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        Box::pin(async move {
            if !fresh && let Ok(bytes) = self.folder.get(name, max_bytes, false).await {
                return Ok(bytes);
            }
            self.origin.get(name, max_bytes, fresh).await
        })
    }
}
