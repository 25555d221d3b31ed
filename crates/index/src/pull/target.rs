//! The folder that a release comes into.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    Digest, DirectorySink, DirectoryStore, IndexError, Inventory, LATEST, Release, Remembered,
    Sink as _, Store as _, StoreError, Trust, limits, manifest_name, writer::write_error,
};

/// Names the release that was current before, in the form of `latest.json`.
pub const PREVIOUS: &str = "previous.json";
/// What is remembered of whose database this is.
const MEMORY: &str = ".rollcall-trust.json";
const MEMORY_FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Memory {
    format: u32,
    #[serde(flatten)]
    remembered: Remembered,
    /// The current manifest, if the user has confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed: Option<String>,
}

/// What a folder has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Installed {
    pub(crate) current: Option<Release>,
    previous: Option<Release>,
    remembered: Option<Remembered>,
    confirmed: Option<Digest>,
}

impl Installed {
    /// Looks, and changes nothing.
    pub(crate) async fn read(folder: &Path) -> Result<Self, IndexError> {
        let store = DirectoryStore::new(folder);
        // One that is damaged is as good as none: the pull mends it.
        let release = async |file| Release::named_by(file, &store, &Trust::default()).await.ok();
        let current = release(LATEST).await;
        let of_current = current.as_ref().map(|release| Remembered::of(&release.manifest));
        let (remembered, confirmed) = remembered(folder)?.unzip();
        let remembered = remembered.or(of_current);
        let confirmed = confirmed.flatten();
        Ok(Self { current, previous: release(PREVIOUS).await, remembered, confirmed })
    }

    /// What the user wants, and what the folder remembers.
    pub(crate) fn trust(&self, trust: &Trust) -> Trust {
        let confirmed = trust.confirmed.or(self.confirmed);
        Trust { remembered: self.remembered.clone(), confirmed, ..trust.clone() }
    }
}

/// What the last pull remembered. A file that cannot be read is no reason to forget.
fn remembered(folder: &Path) -> Result<Option<(Remembered, Option<Digest>)>, IndexError> {
    let path = folder.join(MEMORY);
    let wrong = || IndexError::Folder {
        path: path.display().to_string(),
        what: "cannot be read, so whose database this was is forgotten; if you trust the address, delete the file and try again",
    };
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err(wrong()),
    };
    let memory: Memory = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    let confirmed = memory.confirmed.map(|text| text.parse()).transpose().map_err(|_| wrong())?;
    if memory.format != MEMORY_FORMAT {
        return Err(wrong());
    }
    Ok(Some((memory.remembered, confirmed)))
}

/// A folder that is locked while a release comes into it. The old database stays the current one
/// until [`Target::publish`].
#[derive(Debug)]
pub struct Target {
    folder: PathBuf,
    sink: DirectorySink,
    installed: Installed,
    trust: Trust,
    missing: BTreeMap<Digest, u64>,
}

impl Target {
    /// Makes the folder if there is none, and keeps other writers out of it. `trust` is what the user
    /// wants.
    ///
    /// # Errors
    /// When it cannot be written, somebody else writes into it, or it is no database's folder.
    pub async fn open(folder: &Path, trust: &Trust) -> Result<Self, IndexError> {
        refuse_foreign(folder)?;
        let sink = DirectorySink::create(folder)?;
        let installed = Installed::read(folder).await?;
        let trust = installed.trust(trust);
        Ok(Self { folder: folder.to_owned(), sink, installed, trust, missing: BTreeMap::new() })
    }

    /// The release that is there, if one is.
    #[must_use]
    pub fn current(&self) -> Option<&Release> {
        self.installed.current.as_ref()
    }

    /// What the user wants, and what the folder remembers of whose database it has.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Whether whose database this is was not known before.
    #[must_use]
    pub fn is_first_visit(&self) -> bool {
        self.installed.remembered.is_none()
    }

    /// Finds out which files are to come: those that are not there or not right.
    ///
    /// # Errors
    /// When the disk has no room for them.
    pub async fn expect(
        &mut self,
        inventory: &Inventory,
        checked: &mut dyn FnMut(usize),
    ) -> Result<(), IndexError> {
        self.missing.clear();
        for (&digest, &bytes) in &inventory.files {
            if !is_right(&self.folder, &digest, bytes).await {
                self.missing.insert(digest, bytes);
            }
            checked(1);
        }
        // Files take whole blocks; the manifest and the small ones come on top.
        let needed = self.missing.values().map(|bytes| bytes.next_multiple_of(4096)).sum::<u64>();
        let needed = needed + limits::MANIFEST_BYTES as u64;
        match fs4::available_space(&self.folder) {
            Ok(free) if free < needed && !self.missing.is_empty() => {
                Err(IndexError::NoRoom { folder: self.folder.display().to_string(), needed, free })
            }
            // Where the system does not say, the disk will.
            _ => Ok(()),
        }
    }

    /// The files that are still to come, with their lengths.
    #[must_use]
    pub fn missing(&self) -> &BTreeMap<Digest, u64> {
        &self.missing
    }

    /// Takes a file that is expected.
    ///
    /// # Errors
    /// When it is another one, or cannot be written.
    pub fn put(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), IndexError> {
        let name = digest.to_string();
        if self.missing.get(digest) != Some(&(bytes.len() as u64)) || Digest::of(bytes) != *digest {
            return Err(IndexError::WrongHash(name));
        }
        self.sink.put(&name, bytes)?;
        self.missing.remove(digest);
        Ok(())
    }

    /// Makes the release the current one, once all its files are there. The one before stays beside
    /// it, as `previous.json`; what neither needs is removed. Gives the number of files removed.
    ///
    /// # Errors
    /// When something is missing or cannot be written; then the old database still stands.
    pub async fn publish(
        mut self,
        release: &Release,
        inventory: &Inventory,
    ) -> Result<usize, IndexError> {
        if let Some(digest) = self.missing.keys().next() {
            return Err(StoreError::Missing(digest.to_string()).into());
        }
        self.sink.put(&manifest_name(&release.latest.manifest), &release.bytes)?;
        let Installed { current, previous, .. } = &self.installed;
        let replaced = current.as_ref().filter(|old| old.latest.manifest != inventory.manifest);
        if let Some(old) = replaced {
            self.sink.put(PREVIOUS, &old.latest.to_bytes())?;
        }
        let kept = match replaced.or(previous.as_ref()) {
            Some(old) => names_of(&self.folder, old).await,
            None => None,
        };
        self.sink.put(MEMORY, &self.memory(release)?)?;
        if replaced.is_some() || current.is_none() {
            self.sink.publish(LATEST, &release.latest.to_bytes())?;
        }
        let keep =
            |name: &str| inventory.names(name) || kept.as_ref().is_some_and(|k| k.names(name));
        Ok(remove_others(&self.folder, keep))
    }

    /// What to remember once `release` is the current one. A user who let an older or unsigned one
    /// pass has not let others pass, but need not be asked about this one again.
    fn memory(&self, release: &Release) -> Result<Vec<u8>, IndexError> {
        let remembered = Remembered::of(&release.manifest).after(self.trust.remembered.as_ref());
        let confirmed = self.trust.confirmed.filter(|digest| *digest == release.latest.manifest);
        let confirmed = confirmed.map(|digest| digest.to_string());
        let memory = Memory { format: MEMORY_FORMAT, remembered, confirmed };
        serde_json::to_vec(&memory).map_err(|error| write_error(Path::new(MEMORY), &error.into()))
    }
}

/// Files are removed by their names later on, so they had better be a database's.
fn refuse_foreign(folder: &Path) -> Result<(), IndexError> {
    if folder.join(LATEST).exists() || folder.join(".lock").exists() {
        return Ok(());
    }
    let Ok(mut entries) = fs::read_dir(folder) else { return Ok(()) };
    if entries.any(|entry| entry.is_ok_and(|e| is_hashed(&e.file_name().to_string_lossy()))) {
        return Err(IndexError::Folder {
            path: folder.display().to_string(),
            what: "has files that are named like a database's, but no database; choose another folder",
        });
    }
    Ok(())
}

/// Whether a file is there, with the right length and content.
async fn is_right(folder: &Path, digest: &Digest, bytes: u64) -> bool {
    let name = digest.to_string();
    if fs::metadata(folder.join(&name)).is_ok_and(|file| file.len() == bytes) {
        let read = DirectoryStore::new(folder).get(&name, bytes as usize, false).await;
        return read.is_ok_and(|bytes| Digest::of(&bytes) == *digest);
    }
    false
}

/// Every file of a release that is in the folder, if its tables can be read.
async fn names_of(folder: &Path, release: &Release) -> Option<Inventory> {
    let store = DirectoryStore::new(folder);
    Inventory::read(release, &store, &mut |_, _| ()).await.ok()
}

/// Whether a file is called after its SHA-256, as all but a few of a database's are.
fn is_hashed(name: &str) -> bool {
    let hash = name.strip_prefix("manifest-").and_then(|name| name.strip_suffix(".mp"));
    hash.unwrap_or(name).parse::<Digest>().is_ok()
}

/// Removes a database's files that are of no use any more. One that cannot be removed now is
/// removed the next time.
fn remove_others(folder: &Path, keep: impl Fn(&str) -> bool) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let useless = names.filter(|name| is_hashed(name) && !keep(name));
    useless.filter(|name| fs::remove_file(folder.join(name)).is_ok()).count()
}
