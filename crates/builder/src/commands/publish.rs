//! `rollcall publish`

use std::{fs, path::Path, time::SystemTime};

use indicatif::DecimalBytes;
use rollcall_builder::{
    Error,
    package::package,
    publish::{Folder, Objects, Published, publish},
    terminal::Terminal,
};
use rollcall_index::LATEST;

use super::{Done, print_json};
use crate::cli::{Layout, Publish};

/// Below the 2 GiB that a file of a GitHub release may have.
const GITHUB_PART: u64 = 1_900_000_000;

pub(super) fn run(command: &Publish, terminal: Terminal) -> Result<Done, Error> {
    match command.layout {
        Layout::Files => files(command, terminal),
        Layout::Github => github(command, terminal),
    }
}

fn files(command: &Publish, terminal: Terminal) -> Result<Done, Error> {
    let spinner = terminal.spinner().with_message("publishing");
    let (purge_after, now) = (command.purge_after, SystemTime::now());
    let progress = &mut |bytes| spinner.inc(bytes);
    let published: Published = if let Some(folder) = folder_of(&command.to) {
        publish(&command.db, &mut Folder::open(folder)?, purge_after, now, progress)?
    } else {
        // What is not UTF-8 is no setting of a store.
        let settings = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let mut target = Objects::open(&command.to, settings)?;
        publish(&command.db, &mut target, purge_after, now, progress)?
    };
    spinner.finish_and_clear();
    if command.json {
        print_json(&published)?;
    }
    let Published { version, uploaded, uploaded_bytes, kept, removed, already } = published;
    terminal.note(&format!(
        "version {version} {}: {uploaded} files with {} sent, {kept} were there, {removed} old ones removed",
        if already { "was published already" } else { "is published" },
        DecimalBytes(uploaded_bytes),
    ));
    Ok(Done::All)
}

/// The archive, its checksums and `latest.json` in one folder, to be uploaded to a release page.
fn github(command: &Publish, terminal: Terminal) -> Result<Done, Error> {
    let Some(folder) = folder_of(&command.to) else {
        return Err(Error::Usage(
            "--layout github makes a folder; name one, and upload its files to the release"
                .to_owned(),
        ));
    };
    let spinner = terminal.spinner().with_message("packing");
    let packed = package(&command.db, folder, Some(GITHUB_PART), &mut |bytes| spinner.inc(bytes))?;
    spinner.finish_and_clear();
    let (from, to) = (command.db.join(LATEST), folder.join(LATEST));
    fs::copy(&from, &to).map_err(|source| Error::Write { path: to, source })?;
    if command.json {
        print_json(&packed)?;
    }
    terminal.note(&format!(
        "upload the {} files in {} to a release called {}",
        packed.parts.len() + 2,
        folder.display(),
        packed.version
    ));
    Ok(Done::All)
}

/// The folder that is meant, if it is one: a path, or `file://`.
fn folder_of(to: &str) -> Option<&Path> {
    match to.split_once("://") {
        None => Some(Path::new(to)),
        Some(("file", path)) => Some(Path::new(path)),
        Some(_) => None,
    }
}
