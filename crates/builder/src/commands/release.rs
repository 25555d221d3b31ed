//! `rollcall release`

use indicatif::DecimalBytes;
use jiff::{Timestamp, tz::TimeZone};
use rollcall_builder::{
    Cache, Error, key_file,
    pipeline::with_people,
    release::{ReleaseOptions, Released, release},
    removal::OptOuts,
    terminal::Terminal,
};

use super::{
    Done, print_json, tell,
    upstreams::{existing, links, read_without_keys, state_folder},
};
use crate::cli::Release;

pub(super) fn run(command: &Release, cache: &Cache, terminal: Terminal) -> Result<Done, Error> {
    let config = read_without_keys(&command.config)?;
    let mut opt_outs = OptOuts::read(&command.opt_outs)?;
    if let Some(path) = &command.exclude {
        opt_outs = opt_outs.and(OptOuts::read(path)?);
    }
    let key = key_file::read(&command.sign_key)?;
    let state = existing(&state_folder(command.state.as_deref(), &config))?;
    let setup = command.recognition.open(cache)?;
    let created = command.created.unwrap_or_else(Timestamp::now);
    let today = created.to_zoned(TimeZone::UTC).date().to_string();
    let options = ReleaseOptions {
        db: command.db.clone(),
        link: links(command.links.as_deref(), &config, &setup)?,
        opt_outs,
        contact: command.contact.clone(),
        removal_url: command.removal_url.clone(),
        key,
        created,
        version: command.release,
        expires_after: command.expires_after,
        purge_after: command.purge_after,
        compact: command.compact,
        out: command.out.clone(),
        part_size: command.part_size.map(|size| size.as_u64()),
    };
    let (released, _) =
        with_people(&today, &[state], &setup, |people| release(&options, setup.pack(), people))?;
    if command.json {
        print_json(&released)?;
    }
    let Released { version, changes, left_out, bytes, new_bytes, .. } = &released;
    terminal.note(&format!(
        "version {version} is in {}: {} added, {} changed, {} removed, {left_out} left out; {} in all, {} of new files",
        command.db.display(),
        changes.added,
        changes.changed,
        changes.removed,
        DecimalBytes(*bytes),
        DecimalBytes(*new_bytes),
    ));
    Ok(tell(&released.problems))
}
