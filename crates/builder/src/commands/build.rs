//! `rollcall build`

use jiff::{Timestamp, tz::TimeZone};
use rollcall_builder::{
    Cache, Error,
    build::{BuildOptions, BuildReport, build},
    key_file,
    terminal::Terminal,
};

use super::{Done, print_json, tell};
use crate::cli::Build;

pub(super) fn run(command: &Build, cache: &Cache, terminal: Terminal) -> Result<Done, Error> {
    let created = command.created.unwrap_or_else(Timestamp::now);
    let date = created.to_zoned(TimeZone::UTC).date();
    let version = command.release.clone();
    let options = BuildOptions {
        source: command.source.clone(),
        out: command.out.clone(),
        one_per_person: command.one_per_person,
        distractors: command.distractors,
        distractor_seed: command.distractor_seed,
        version: version.unwrap_or_else(|| format!("{}.{}.1", date.year(), date.month())),
        created: u64::try_from(created.as_second()).unwrap_or_default(),
        // Before the long part, so that a wrong file is told at once.
        key: command.sign_key.as_deref().map(key_file::read).transpose()?,
        jobs: command.jobs,
    };
    let (manifest, report) = build(&options, &command.recognition.open(cache)?, terminal)?;
    if command.json {
        print_json(&report)?;
    }
    terminal.note(&format!(
        "{} people with {} faces are in {}, version {}, {} bytes; the report is {}",
        report.performers,
        report.faces,
        options.out.display(),
        options.version,
        manifest.counts.bytes,
        BuildReport::path(&options.out).display(),
    ));
    if report.distractors > 0 {
        terminal.note(&format!(
            "with them are {} made-up performers (seed {}): this database is for measuring, do not publish it",
            report.distractors, report.distractor_seed,
        ));
    }
    Ok(tell(&report.problems))
}
