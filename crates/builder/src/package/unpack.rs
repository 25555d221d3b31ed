//! Unpacking without believing: only files that the manifest names, each checked, `latest.json`
//! last.

use std::{
    collections::BTreeSet,
    io::Read,
    path::{Path, PathBuf},
};

use rollcall_index::{
    Digest, IndexError, Inventory, LATEST, Latest, Release, Trust, is_file_name, limits,
    manifest_name,
    pull::{Pulled, Target},
};
use tar::{Archive, Entries, EntryType};

use super::parts::PartsReader;
use crate::Error;

/// The most memory (2^24 bytes) that an archive may ask for; ours need an eighth of it.
const WINDOW_LOG: u32 = 24;

/// Unpacks an archive, or the parts that follow the first one, into the database's folder `db`.
///
/// # Errors
/// When the archive is no database, damaged or cut, or not to be believed; then the old database
/// still stands.
pub fn unpack(
    archive: &Path,
    db: &Path,
    trust: &Trust,
    progress: &mut dyn FnMut(u64),
) -> Result<Pulled, Error> {
    let wrong = |reason: String| wrong(archive, reason);
    let mut decoder =
        zstd::Decoder::new(PartsReader::open(archive)?).map_err(|e| wrong(e.to_string()))?;
    decoder.window_log_max(WINDOW_LOG).map_err(|e| wrong(e.to_string()))?;
    let mut tar = Archive::new(decoder);
    // Raw: nothing is read on behalf of an entry that is not a plain file.
    let entries = tar.entries().map_err(|e| wrong(e.to_string()))?.raw(true);
    let mut files = Files { archive: archive.to_owned(), entries };

    let latest = Latest::parse(&files.expect(LATEST, limits::LATEST_BYTES as u64)?)?;
    let manifest = files.expect(&manifest_name(&latest.manifest), limits::MANIFEST_BYTES as u64)?;
    let mut target = pollster::block_on(Target::open(db, trust))?;
    let release = Release::of(latest, manifest, target.trust())?;
    let inventory = take(&mut files, &mut target, &release, progress)?;
    let (first_visit, before) =
        (target.is_first_visit(), target.current().map(|old| old.manifest.version.to_string()));
    Ok(Pulled {
        version: release.manifest.version.to_string(),
        manifest: inventory.0.manifest.to_string(),
        before,
        signer: release.manifest.signer().map(|key| key.fingerprint()),
        first_visit,
        files: inventory.0.files.len(),
        bytes: inventory.0.bytes(),
        fetched_files: inventory.1,
        fetched_bytes: inventory.2,
        removed_files: pollster::block_on(target.publish(&release, &inventory.0))?,
    })
}

/// Takes all files that follow the manifest. Gives what there is, and how many files and bytes of
/// it were new.
fn take(
    files: &mut Files<impl Read>,
    target: &mut Target,
    release: &Release,
    progress: &mut dyn FnMut(u64),
) -> Result<(Inventory, usize, u64), Error> {
    let mut inventory = Inventory::without_shards(release)?;
    let tables: BTreeSet<Digest> = inventory.tables.iter().copied().collect();
    let mut read = Vec::new();
    for table in &tables {
        let bytes = files.expect(&table.to_string(), inventory.files[table])?;
        if Digest::of(&bytes) != *table {
            return Err(IndexError::WrongHash(table.to_string()).into());
        }
        inventory.add_shards(table, &bytes)?;
        read.push((*table, bytes));
    }
    pollster::block_on(target.expect(&inventory, &mut |_| ()))?;
    let new = target.missing().clone();
    let mut seen = tables;
    let mut put = |digest: &Digest, bytes: &[u8]| {
        progress(bytes.len() as u64);
        if new.contains_key(digest) { target.put(digest, bytes) } else { Ok(()) }
    };
    for (table, bytes) in read {
        put(&table, &bytes)?;
    }
    while let Some((name, bytes)) = files.next(&|name| {
        name.parse().ok().and_then(|digest: Digest| inventory.files.get(&digest).copied())
    })? {
        // Only names that are digests get here.
        let Ok(digest) = name.parse::<Digest>() else { continue };
        if !seen.insert(digest) {
            return Err(wrong(&files.archive, format!("it has {name} twice")));
        }
        put(&digest, &bytes)?;
    }
    let (count, sum) = (new.len(), new.values().sum());
    Ok((inventory, count, sum))
}

fn wrong(archive: &Path, reason: String) -> Error {
    Error::Package { archive: archive.to_owned(), reason }
}

/// The plain files of an archive, one after the other.
struct Files<'a, R: Read> {
    archive: PathBuf,
    entries: Entries<'a, R>,
}

impl<R: Read> Files<'_, R> {
    /// The next file, if there is one. `limit` says how long a file of that name may be, and that
    /// there may be one.
    fn next(
        &mut self,
        limit: &dyn Fn(&str) -> Option<u64>,
    ) -> Result<Option<(String, Vec<u8>)>, Error> {
        let wrong = |reason: String| wrong(&self.archive, reason);
        let Some(entry) = self.entries.next() else { return Ok(None) };
        let entry = entry.map_err(|error| wrong(error.to_string()))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let shown: String = name.escape_debug().take(100).collect();
        if entry.header().entry_type() != EntryType::Regular {
            return Err(wrong(format!("{shown} in it is no plain file")));
        }
        let limit = limit(&name).filter(|_| is_file_name(&name));
        let limit = limit.ok_or_else(|| wrong(format!("{shown} in it does not belong there")))?;
        if entry.size() > limit {
            return Err(wrong(format!("{shown} in it is longer than {limit} bytes")));
        }
        let mut bytes = Vec::new();
        let size = entry.size();
        entry.take(limit).read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
        if bytes.len() as u64 != size {
            return Err(wrong("it is cut".to_owned()));
        }
        Ok(Some((name, bytes)))
    }

    /// The next file, which must be this one.
    fn expect(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        match self.next(&|found| (found == name).then_some(limit))? {
            Some((_, bytes)) => Ok(bytes),
            None => Err(wrong(&self.archive, format!("it has no {name}"))),
        }
    }
}
