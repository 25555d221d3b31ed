//! `rollcall scan`

use std::env;

use jiff::Timestamp;
use rollcall_builder::{
    Cache, Error,
    net::{Limits, Net, Pace, Secret},
    scan::{ScanOptions, Scanned, scan, write_queue},
    sources::{Access, Software, StashScenes},
    terminal::Terminal,
};
use serde_json::{Value, json};

use super::{Done, stop_on_interrupt, tell};
use crate::cli::Scan;

/// One's own Stash need not be spared: pictures and videos are fetched as fast as they are looked at.
const PACE: Pace = Pace { api_per_minute: 6000.0, images_per_second: 100.0 };

pub(super) fn run(command: &Scan, cache: &Cache, terminal: Terminal) -> Result<Done, Error> {
    let net = Net::new(Limits::default())?;
    let key = Secret::new(&env::var("STASH_API_KEY").unwrap_or_default());
    let access =
        Access { software: Software::Stash, pace: PACE, ..Access::new(&command.stash, key) };
    let server = StashScenes::new(net.clone(), &access)?;
    let setup = command.recognition.open(cache)?;
    let options = ScanOptions {
        db: command.db.clone(),
        state: command.state.clone(),
        damaged: super::damaged(command.repair, command.start_over),
        filter: filter(command),
        most: command.max_scenes.unwrap_or(usize::MAX),
        again: command.again,
        keep_unknown: command.keep_unknown,
        jobs: command.jobs,
        now: u64::try_from(Timestamp::now().as_second()).unwrap_or_default(),
    };
    let stop = stop_on_interrupt(net, terminal)?;
    let scanned = scan(&options, &server, &setup, &stop, terminal)?;
    write_queue(&scanned.queue, &command.out)?;
    note(&scanned, command, terminal);
    let done = tell(&scanned.problems);
    Ok(if scanned.left == 0 { done } else { Done::Partly })
}

/// What the plugin's page leaves out, too, unless told otherwise; and what the user wants beside it.
fn filter(command: &Scan) -> Value {
    let mut filter = json!({});
    if !command.organized {
        filter["organized"] = json!(false);
    }
    if !command.with_performers {
        filter["performer_count"] = json!({ "value": 0, "modifier": "EQUALS" });
    }
    if let Some(wanted) = &command.filter {
        filter["AND"] = wanted.clone();
    }
    filter
}

fn note(scanned: &Scanned, command: &Scan, terminal: Terminal) {
    let people: usize = scanned.queue.scenes.iter().map(|scene| scene.matches.len()).sum();
    terminal.note(&format!(
        "{} scenes, {} of them looked at now, {} left for the next time",
        scanned.scenes, scanned.looked, scanned.left
    ));
    if scanned.forgot > 0 {
        terminal.note(&format!(
            "{} scenes have people whom the database before did not know, and who were not kept; \
             --again looks at them with this one, --keep-unknown keeps them for the next",
            scanned.forgot
        ));
    }
    terminal.note(&format!(
        "{people} people in {} scenes wait in {}: open it on Rollcall's page in Stash",
        scanned.queue.scenes.len(),
        command.out.display()
    ));
}
