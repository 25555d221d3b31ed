//! `rollcall release`: a database's next version, for others to use.

mod notes;

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use rollcall_core::Pack;
use rollcall_index::{
    Changes, DatabaseWriter, DirectorySink, DirectoryStore, Inventory, LATEST, Release, SigningKey,
    Trust, Version, WriteOptions,
};
use serde::Serialize;

pub use notes::NOTES;

use crate::{
    Error, files,
    folder::Problem,
    known::People,
    link::{LinkOptions, link},
    package::{Package, package},
    removal::{Ledger, OptOuts, Without},
};

/// What a release is made of.
#[derive(Clone, Debug)]
pub struct ReleaseOptions {
    /// The database's folder.
    pub db: PathBuf,
    /// How people are linked.
    pub link: LinkOptions,
    /// Who is left out.
    pub opt_outs: OptOuts,
    /// How to reach the maintainer.
    pub contact: String,
    /// Where people ask to be taken out.
    pub removal_url: String,
    /// Who vouches for it.
    pub key: SigningKey,
    /// When it is made.
    pub created: Timestamp,
    /// Its version; the next one of the month if none is given.
    pub version: Option<Version>,
    /// For how long it may be used, in seconds; for ever if nothing is given.
    pub expires_after: Option<u64>,
    /// For how many seconds shards may go on holding people who are gone.
    pub purge_after: u64,
    /// Whether to write everything anew.
    pub compact: bool,
    /// Where the package and the notes go; none is made if nothing is given.
    pub out: Option<PathBuf>,
    /// The most bytes of a part of the package.
    pub part_size: Option<u64>,
}

/// What a release came to.
#[derive(Clone, Debug, Serialize)]
pub struct Released {
    /// Its version.
    pub version: String,
    /// The version before.
    pub before: Option<String>,
    /// What is different.
    pub changes: Changes,
    /// Persons left out, because they or the maintainer want it.
    pub left_out: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes of those that were not there before: what an update costs.
    pub new_bytes: u64,
    /// The archive.
    pub package: Option<Package>,
    /// People who could not be taken in.
    pub problems: Vec<Problem>,
}

/// Where the report on links of the database in `folder` lies: beside it, for it names people.
#[must_use]
pub fn links_path(folder: &Path) -> PathBuf {
    files::beside(folder, ".links.json")
}

/// Makes the next version of the database in `options.db` out of everybody who is known now.
///
/// # Errors
/// When something that a release needs is missing, people cannot be read, or the folder cannot be
/// written. The version before then stays the current one.
pub fn release(
    options: &ReleaseOptions,
    pack: &Pack,
    people: &dyn People,
) -> Result<Released, Error> {
    publishable(options)?;
    let store = DirectoryStore::new(&options.db);
    let before = current(&options.db, &store)?;
    let write = write_options(options, pack, before.as_ref())?;
    let now = write.created;
    let mut ledger = Ledger::of(&options.db)?;
    let left_out = ledger.left_out(&options.opt_outs);
    if let Some(forgotten) = before
        .iter()
        .flat_map(|before| &before.manifest.tombstones)
        .find(|id| !left_out.contains(id))
    {
        return Err(Error::Usage(format!(
            "the database has {forgotten} as removed for good; add it to the opt-out file, where it stays private"
        )));
    }
    let people = Without { people, endpoints: &options.opt_outs.endpoints };
    let mut linked = link(&people, &options.link)?;
    let gone = linked.remove(&left_out);
    ledger.cover(&gone);
    // Before anything is published: whoever is left out now must not come back after a crash.
    ledger.write(&options.db)?;

    let mut writer = DatabaseWriter::new(write);
    let problems = linked.fill(&mut writer, &people)?;
    if writer.is_empty() {
        return Err(Error::Usage(
            "nobody is left to publish; build first, and look at the opt-out file".to_owned(),
        ));
    }
    let compact = options.compact || ledger.is_due(now, options.purge_after);
    let mut sink = DirectorySink::create(&options.db)?;
    let (manifest, changes) = if before.is_some() {
        pollster::block_on(writer.finish_after(&store, compact, &mut sink))?
    } else {
        let changes = Changes { added: writer.len() as u64, compacted: true, ..Changes::default() };
        (writer.finish(&mut sink)?, changes)
    };
    drop(sink);
    ledger.released(now, changes.removed, changes.compacted);
    ledger.write(&options.db)?;
    files::write_json(&links_path(&options.db), &linked.report)?;
    let mut released = Released {
        version: manifest.version.to_string(),
        before: before.as_ref().map(|before| before.manifest.version.to_string()),
        changes,
        left_out: gone.len(),
        bytes: manifest.counts.bytes,
        new_bytes: new_bytes(before.as_ref(), &store)?,
        package: None,
        problems,
    };
    if let Some(out) = &options.out {
        released.package = Some(package(&options.db, out, options.part_size, &mut |_| ())?);
        let notes = notes::notes(&released, &manifest);
        files::write_atomically(&out.join(NOTES), notes.as_bytes())?;
    }
    Ok(released)
}

/// Refuses what must not be published.
fn publishable(options: &ReleaseOptions) -> Result<(), Error> {
    let usage = |text: &str| Err(Error::Usage(text.to_owned()));
    if options.contact.trim().is_empty() {
        return usage("a release needs a contact; give an address or a page with --contact");
    }
    let url = reqwest::Url::parse(&options.removal_url).ok();
    if !url.is_some_and(|url| url.scheme() == "https" && url.has_host()) {
        return usage(
            "a release needs a page where people can ask to be taken out; give its https address with --removal-url",
        );
    }
    Ok(())
}

/// The version that is there, if there is one.
fn current(db: &Path, store: &DirectoryStore) -> Result<Option<Release>, Error> {
    let path = db.join(LATEST);
    if !fs::exists(&path).map_err(Error::read(&path))? {
        return Ok(None);
    }
    let release = pollster::block_on(Release::read(store, &Trust::default()))?;
    if release.manifest.distractors > 0 {
        return Err(Error::Usage(format!(
            "the database in {} has made-up performers in it; release from another folder",
            db.display()
        )));
    }
    Ok(Some(release))
}

fn write_options(
    options: &ReleaseOptions,
    pack: &Pack,
    before: Option<&Release>,
) -> Result<WriteOptions, Error> {
    let before = before.map(|before| before.manifest.version);
    let version = options.version.unwrap_or_else(|| next_version(options.created, before));
    let created = u64::try_from(options.created.as_second()).unwrap_or_default();
    let mut write = WriteOptions::new(&version.to_string(), created, pack)?;
    write.expires = options.expires_after.map(|seconds| created.saturating_add(seconds));
    write.contact = Some(options.contact.trim().to_owned());
    write.removal_url = Some(options.removal_url.clone());
    write.key = Some(options.key.clone());
    Ok(write)
}

/// Year, month and the next number of the month; never below what is there, whatever the clock says.
#[must_use]
pub fn next_version(created: Timestamp, before: Option<Version>) -> Version {
    let date = created.to_zoned(TimeZone::UTC).date();
    let month = [
        u32::try_from(date.year()).unwrap_or_default(),
        u32::try_from(date.month()).unwrap_or_default(),
    ];
    let first = Version([month[0], month[1], 1]);
    match before {
        Some(Version([year, month, number])) if Version([year, month, number]) >= first => {
            Version([year, month, number.saturating_add(1)])
        }
        _ => first,
    }
}

/// Bytes of the files that the version before did not have.
fn new_bytes(before: Option<&Release>, store: &DirectoryStore) -> Result<u64, Error> {
    let now = pollster::block_on(Release::read(store, &Trust::default()))?;
    let files =
        |release: &Release| pollster::block_on(Inventory::read(release, store, &mut |_, _| ()));
    let had = before.map(files).transpose()?.map(|had| had.files).unwrap_or_default();
    let new = files(&now)?.files.into_iter().filter(|(digest, _)| !had.contains_key(digest));
    Ok(new.map(|(_, bytes)| bytes).sum::<u64>() + now.bytes.len() as u64)
}
