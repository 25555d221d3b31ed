//! `rollcall db`

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use indicatif::{DecimalBytes, ProgressBar};
use rollcall_builder::{Error, package, terminal::Terminal};
use rollcall_index::{
    Trust,
    pull::{Progress, PullOptions, Pulled, Source, Update, check, pull},
};

use super::{Done, print, print_json};
use crate::cli::{Db, Pull, TrustArguments, Unpack};

pub(super) fn run(command: Db, terminal: Terminal) -> Result<Done, Error> {
    match command {
        Db::Pull(command) => fetch(command, terminal),
        Db::Unpack(command) => unpack(command, terminal),
    }
}

impl TrustArguments {
    fn trust(self) -> Trust {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|time| time.as_secs());
        Trust { pinned: self.trusted_keys, confirmed: self.confirm, now, remembered: None }
    }
}

fn fetch(command: Pull, terminal: Terminal) -> Result<Done, Error> {
    let source: Source = command.source.parse()?;
    let options = PullOptions { trust: command.trust.trust(), parallel: command.jobs.into() };
    if command.check {
        let update = check(&source, &command.db, &options)?;
        if command.json {
            print_json(&update)?;
        } else {
            print(&sentence(&update))?;
        }
        return Ok(Done::All);
    }
    let mut bar = Bar { terminal, bar: ProgressBar::hidden(), files: (0, 0) };
    let pulled = pull(&source, &command.db, &options, &mut |progress| bar.show(progress))?;
    bar.bar.finish_and_clear();
    tell(&pulled, &command.db, command.json, terminal)
}

fn unpack(command: Unpack, terminal: Terminal) -> Result<Done, Error> {
    let spinner = terminal.spinner().with_message("unpacking");
    let trust = command.trust.trust();
    let count = &mut |bytes| spinner.inc(bytes);
    let unpacked = package::unpack(&command.archive, &command.db, &trust, count)?;
    spinner.finish_and_clear();
    tell(&unpacked, &command.db, command.json, terminal)
}

/// What `--check` found.
fn sentence(update: &Update) -> String {
    let Update { installed, available, files, bytes, .. } = update;
    let price = format!("{files} files with {} to fetch", DecimalBytes(*bytes));
    match installed {
        Some(installed) if update.newer => {
            format!("version {available} is there, {price}; here is {installed}")
        }
        Some(_) if update.files == 0 => {
            format!("version {available} is the newest, and it is here")
        }
        Some(_) => format!("version {available} is the newest, but it is damaged here: {price}"),
        None => format!("version {available} is there, {price}"),
    }
}

fn tell(pulled: &Pulled, db: &Path, json: bool, terminal: Terminal) -> Result<Done, Error> {
    if json {
        print_json(pulled)?;
    }
    terminal.note(&format!(
        "version {} is in {}: {} files with {}, of which {} with {} were new",
        pulled.version,
        db.display(),
        pulled.files,
        DecimalBytes(pulled.bytes),
        pulled.fetched_files,
        DecimalBytes(pulled.fetched_bytes),
    ));
    match &pulled.signer {
        Some(signer) if pulled.first_visit => terminal.note(&format!(
            "It is signed by {signer}, which is remembered from now on; compare it with what its maintainer publishes"
        )),
        None if pulled.first_visit => terminal.note("Nobody has signed it"),
        _ => {}
    }
    Ok(Done::All)
}

/// Looking at files first, then bytes and counts.
struct Bar {
    terminal: Terminal,
    bar: ProgressBar,
    files: (usize, usize),
}

impl Bar {
    fn show(&mut self, progress: Progress) {
        match progress {
            Progress::Checked(more, of) => {
                if self.files.1 == 0 {
                    self.bar = self.terminal.bar("checking files", of);
                    self.files.1 = of;
                }
                self.bar.inc(more as u64);
            }
            Progress::Planned(files, bytes) => {
                self.bar.finish_and_clear();
                self.files = (0, files);
                self.bar = self.terminal.bytes_bar("fetching", bytes);
            }
            Progress::Fetched(bytes) => {
                self.files.0 += 1;
                let (done, of) = self.files;
                self.bar.set_message(format!("{done} of {of} files"));
                self.bar.inc(bytes);
            }
        }
    }
}
