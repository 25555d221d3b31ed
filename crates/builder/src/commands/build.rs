//! `rollcall build`

use std::path::{Path, PathBuf};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rollcall_builder::{
    Cache, Error,
    build::{BuildOptions, BuildReport, build},
    key_file,
    link::LinkOptions,
    pipeline::Output,
    release::next_version,
    terminal::Terminal,
};
use rollcall_index::{Manifest, SigningKey};

use super::{Done, print_json, tell, upstreams};
use crate::cli::{self, Build};

/// What a new database says of itself.
pub(super) struct Imprint {
    /// Its version.
    pub(super) version: String,
    /// Its time of birth, in seconds since 1970.
    pub(super) created: u64,
    /// The day of that.
    pub(super) day: Date,
    /// Who vouches for it.
    pub(super) key: Option<SigningKey>,
}

impl Imprint {
    /// What the arguments say; `version` where they say none.
    pub(super) fn of(command: &cli::Imprint, version: Option<String>) -> Result<Self, Error> {
        let created = command.created.unwrap_or_else(Timestamp::now);
        let day = created.to_zoned(TimeZone::UTC).date();
        let usual = || next_version(created, None).to_string();
        Ok(Self {
            version: command.release.clone().or(version).unwrap_or_else(usual),
            created: u64::try_from(created.as_second()).unwrap_or_default(),
            day,
            // Before the long part, so that a wrong file is told at once.
            key: command.sign_key.as_deref().map(key_file::read).transpose()?,
        })
    }

    /// With where it goes, and how people are linked in it.
    pub(super) fn output(self, out: PathBuf, link: LinkOptions) -> Output {
        let Self { version, created, key, day } = self;
        Output { out, version, created, key, today: day.to_string(), link }
    }
}

pub(super) fn run(command: &Build, cache: &Cache, terminal: Terminal) -> Result<Done, Error> {
    match (&command.config, &command.source, &command.out) {
        (Some(config), ..) => upstreams::run(command, config, cache, terminal),
        (None, Some(source), Some(out)) => from_folder(command, source, out, cache, terminal),
        _ => Err(Error::Usage("say where the people come from: --source or --config".to_owned())),
    }
}

fn from_folder(
    command: &Build,
    source: &Path,
    out: &Path,
    cache: &Cache,
    terminal: Terminal,
) -> Result<Done, Error> {
    let Imprint { version, created, key, .. } = Imprint::of(&command.imprint, None)?;
    let options = BuildOptions {
        source: source.to_owned(),
        out: out.to_owned(),
        one_per_person: command.one_per_person,
        distractors: command.distractors,
        distractor_seed: command.distractor_seed,
        version,
        created,
        key,
        jobs: command.jobs,
    };
    let (manifest, report) = build(&options, &command.recognition.open(cache)?, terminal)?;
    if command.json {
        print_json(&report)?;
    }
    note(&report, &manifest, out, terminal);
    if report.distractors > 0 {
        terminal.note(&format!(
            "with them are {} made-up performers (seed {}): this database is for measuring, do not publish it",
            report.distractors, report.distractor_seed,
        ));
    }
    Ok(tell(&report.problems))
}

/// Says what was written.
pub(super) fn note(report: &BuildReport, manifest: &Manifest, out: &Path, terminal: Terminal) {
    terminal.note(&format!(
        "{} people with {} faces are in {}, version {}, {} bytes; the report is {}",
        report.performers,
        report.faces,
        out.display(),
        manifest.version,
        manifest.counts.bytes,
        BuildReport::path(out).display(),
    ));
}
