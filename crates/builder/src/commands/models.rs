//! `rollcall models …`

use std::path::Path;

use rollcall_builder::{
    Cache, Error, Proof,
    pack_file::PackFile,
    packs::{Added, OpenPack, State},
    terminal::Terminal,
};
use rollcall_core::Similarity;
use serde_json::{Value, json};

use super::{Done, print, print_json};
use crate::cli::Models;

pub(super) fn run(command: Models, cache: &Cache, terminal: Terminal) -> Result<Done, Error> {
    match command {
        Models::Fetch { pack, pack_file, again } => {
            let pack = PackFile::find(pack.as_deref(), pack_file.as_deref())?;
            fetch(&pack, cache, again, terminal)
        }
        Models::Add { pack, from, pack_file, accept_licence, json } => {
            let pack = PackFile::find(pack.as_deref(), pack_file.as_deref())?;
            accept(&pack, accept_licence, terminal)?;
            add(&pack, cache, &from, json, terminal)
        }
        Models::List { json } => {
            report(&PackFile::known()?, cache, json)?;
            Ok(Done::All)
        }
        Models::Verify { pack, pack_file, json } => {
            let mut packs = Vec::new();
            if pack.is_none() && pack_file.is_none() {
                packs = PackFile::known()?;
                packs.retain(|pack| cache.pack(&pack.name).is_dir());
            }
            if packs.is_empty() {
                packs.push(PackFile::find(pack.as_deref(), pack_file.as_deref())?);
            }
            let states = report(&packs, cache, json)?;
            verified(&packs, &states)
        }
        Models::Export { model, pack, shape, out } => {
            OpenPack::read(cache, &pack)?.export(&model, &shape, &out)?;
            Ok(Done::All)
        }
    }
}

fn fetch(pack: &PackFile, cache: &Cache, again: bool, terminal: Terminal) -> Result<Done, Error> {
    if let Some(notice) = &pack.notice {
        terminal.note(notice);
    }
    let spinner = terminal.spinner();
    let done = pack.fetch(cache, again, |step| spinner.set_message(step.to_owned()));
    spinner.finish_and_clear();
    let (_, fresh) = done?;
    let folder = cache.pack(&pack.name);
    let words = if fresh { "is prepared in" } else { "is already here, every file checked, in" };
    terminal.note(&format!("the model pack {} {words} {}", pack.name, folder.display()));
    Ok(Done::All)
}

/// Shows a pack's terms; where its user has to agree to them, asks.
fn accept(pack: &PackFile, accepted: bool, terminal: Terminal) -> Result<(), Error> {
    let (Some(notice), must) = pack.terms() else { return Ok(()) };
    if !must || accepted {
        terminal.note(notice);
        return Ok(());
    }
    let question = format!("{notice}\nDo you accept this? Type yes: ");
    if terminal.ask(&question).is_some_and(|answer| answer.trim().eq_ignore_ascii_case("yes")) {
        return Ok(());
    }
    Err(Error::NotAccepted { pack: pack.name.clone(), notice: notice.to_owned() })
}

fn add(
    pack: &PackFile,
    cache: &Cache,
    from: &Path,
    as_json: bool,
    terminal: Terminal,
) -> Result<Done, Error> {
    let spinner = terminal.spinner();
    let added = pack.add(cache, from, |step| spinner.set_message(step.to_owned()));
    spinner.finish_and_clear();
    let Added { pack, files, proof } = added?;
    let prepared: Vec<_> =
        pack.models().zip(&files).map(|(model, (_, file))| (model, file)).collect();
    if as_json {
        let proof = match &proof {
            Ok(Proof { photos, likeness }) => json!({
                "photos": photos,
                "embedders": likeness.iter().map(|(name, same, different)| json!({
                    "name": name, "same_person": same.0, "two_people": different.0,
                })).collect::<Vec<_>>(),
            }),
            Err(reason) => json!({ "skipped": reason }),
        };
        let files = prepared.iter().map(|(model, file)| {
            json!({ "name": model.name, "file": file, "prepared_sha256": model.sha256 })
        });
        let files = files.collect::<Vec<_>>();
        print_json(&json!({ "pack": pack.name, "models": files, "proof": proof }))?;
        return Ok(Done::All);
    }
    for (model, file) in prepared {
        print(&format!("{} from {file}, prepared: SHA-256 {}", model.name, model.sha256))?;
    }
    match &proof {
        Ok(Proof { photos, likeness }) => {
            print(&format!("found the face in {photos} of {photos} known photos"))?;
            for (name, Similarity(same), Similarity(different)) in likeness {
                print(&format!(
                    "{name}: one person in two photos {same:.2}, two people {different:.2}"
                ))?;
            }
        }
        Err(reason) => print(&format!("not tried on known faces: {reason}"))?,
    }
    Ok(Done::All)
}

fn report(packs: &[PackFile], cache: &Cache, as_json: bool) -> Result<Vec<State>, Error> {
    let states: Vec<State> = packs.iter().map(|pack| pack.state(cache)).collect();
    if as_json {
        let rows = packs.iter().zip(&states).map(|(pack, state)| describe(pack, state, cache));
        print_json(&json!({ "packs": rows.collect::<Vec<_>>() }))?;
    } else {
        for (pack, state) in packs.iter().zip(&states) {
            print(&format!("{:<12} {:<8} {}", pack.name, word(state), pack.about))?;
        }
    }
    Ok(states)
}

/// A pack and its state as JSON; the prepared models where there are any.
pub(super) fn describe(pack: &PackFile, state: &State, cache: &Cache) -> Value {
    json!({
        "name": pack.name,
        "version": pack.version,
        "about": pack.about,
        "notice": pack.notice,
        "state": word(state),
        "reason": if let State::Damaged(reason) = state { Some(reason) } else { None },
        "folder": cache.pack(&pack.name),
        "pack": if let State::Ready(pack) = state { Some(pack) } else { None },
    })
}

pub(super) fn word(state: &State) -> &'static str {
    match state {
        State::Ready(_) => "ready",
        State::Missing => "missing",
        State::Damaged(_) => "damaged",
    }
}

/// An error for the first pack that is not whole.
fn verified(packs: &[PackFile], states: &[State]) -> Result<Done, Error> {
    for (pack, state) in packs.iter().zip(states) {
        match state {
            State::Ready(_) => {}
            State::Missing => return Err(Error::PackMissing(pack.name.clone())),
            State::Damaged(reason) => {
                return Err(Error::PackDamaged { pack: pack.name.clone(), reason: reason.clone() });
            }
        }
    }
    Ok(Done::All)
}
