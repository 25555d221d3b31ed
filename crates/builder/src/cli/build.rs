//! Arguments of `rollcall build`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{ArgGroup, Args};
use rollcall_builder::partition::Partition;

use super::Recognition;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("from").required(true).args(["source", "config"]))]
pub(crate) struct Build {
    /// Where the people come from: `folder:PATH`, one folder per person
    #[arg(long, value_name = "SOURCE", value_parser = source, requires = "out")]
    pub(crate) source: Option<PathBuf>,
    /// The stash-boxes and others to build from, and how: see docs/BUILDING.md
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) upstreams: Upstreams,
    /// The folder of the database; what an earlier build left in it is replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Take only the first photo of each person, by name, that has a face
    #[arg(long, conflicts_with = "config")]
    pub(crate) one_per_person: bool,
    /// Add so many made-up performers, as like the real ones as those are like each other: to measure
    /// how a larger database does. Not for publishing
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = distractors, conflicts_with = "config")]
    pub(crate) distractors: usize,
    /// What the made-up performers are drawn from
    #[arg(long, value_name = "S", default_value_t = 1, requires = "distractors")]
    pub(crate) distractor_seed: u64,
    #[command(flatten)]
    pub(crate) imprint: Imprint,
    #[command(flatten)]
    pub(crate) recognition: Recognition,
    /// How many photos to look at at once; one per processor core if not given
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a new database says of itself.
#[derive(Debug, Args)]
pub(crate) struct Imprint {
    /// The database's version; year, month and 1 if none is given
    #[arg(long, value_name = "YEAR.MONTH.N")]
    pub(crate) release: Option<String>,
    /// The time to write into the database, such as 2026-11-23T12:00:00Z; now if none is given
    #[arg(long, value_name = "TIME")]
    pub(crate) created: Option<jiff::Timestamp>,
    /// Sign the database with this key, as `rollcall key new` makes it
    #[arg(long, value_name = "FILE")]
    pub(crate) sign_key: Option<PathBuf>,
}

/// What concerns a build from upstreams.
#[derive(Debug, Args)]
pub(crate) struct Upstreams {
    /// Build only one of several shares of the performers: 0/4, 1/4 and so on; `rollcall merge` puts
    /// them together
    #[arg(long, value_name = "I/N", conflicts_with = "source")]
    pub(crate) partition: Option<Partition>,
    /// Where the state of the build is kept, to go on from the next time
    #[arg(long, value_name = "DIR", conflicts_with = "source")]
    pub(crate) state: Option<PathBuf>,
    /// Who is, or is not, the same person at several stash-boxes: see docs/BUILDING.md
    #[arg(long, value_name = "FILE", conflicts_with = "source")]
    pub(crate) links: Option<PathBuf>,
    /// List no more than so many performers of each upstream
    #[arg(long, value_name = "N", conflicts_with = "source")]
    pub(crate) max_performers: Option<u64>,
    /// Ask for every performer anew, not only for those who have changed: finds those who went
    /// without a word
    #[arg(long, conflicts_with = "source")]
    pub(crate) sweep: bool,
    /// Only say what would be fetched, how much that is and how long it may take
    #[arg(long, conflicts_with = "source")]
    pub(crate) dry_run: bool,
    /// Answer Prometheus on this address of this machine, such as 127.0.0.1:9464
    #[arg(long, value_name = "ADDR", conflicts_with = "source")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Save what can be read of a damaged state; it is moved aside, not deleted
    #[arg(long, conflicts_with = "source")]
    pub(crate) repair: bool,
    /// Begin with an empty state; an old one is moved aside, not deleted
    #[arg(long, conflicts_with_all = ["source", "repair"])]
    pub(crate) start_over: bool,
}

/// What was built in shares, as one database.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The configuration that the shares were built with
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The state of each share (repeatable)
    #[arg(long = "state", value_name = "DIR", required = true)]
    pub(crate) states: Vec<PathBuf>,
    /// Who is, or is not, the same person at several stash-boxes: see docs/BUILDING.md
    #[arg(long, value_name = "FILE")]
    pub(crate) links: Option<PathBuf>,
    /// The folder of the database; what an earlier build left in it is replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) imprint: Imprint,
    #[command(flatten)]
    pub(crate) recognition: Recognition,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn source(text: &str) -> Result<PathBuf, String> {
    match text.split_once(':') {
        Some(("folder", path)) if !path.is_empty() => Ok(path.into()),
        _ => Err("write it as folder:PATH; for stash-boxes give --config FILE instead".to_owned()),
    }
}

/// At most a quarter of what the format holds.
fn distractors(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number <= 1_000_000 => Ok(number),
        _ => Err("write a whole number up to 1000000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Arguments;

    #[test]
    fn a_source_is_a_folder() {
        assert_eq!(source("folder:a/b"), Ok("a/b".into()));
        assert_eq!(source("folder:C:\\a"), Ok("C:\\a".into()));
        assert!(source("a/b").is_err() && source("folder:").is_err());
    }

    #[test]
    fn people_come_from_a_folder_or_from_upstreams() {
        let accepts = |words: &str| {
            let words = format!("rollcall build {words}");
            Arguments::try_parse_from(words.split_whitespace()).is_ok()
        };
        assert!(accepts("--source folder:a --out b"));
        assert!(accepts("--config c.yaml") && accepts("--config c.yaml --out b --dry-run"));
        for words in ["", "--out b", "--source folder:a", "--source folder:a --config c --out b"] {
            assert!(!accepts(words), "{words}");
        }
        assert!(!accepts("--source folder:a --out b --dry-run"));
        assert!(!accepts("--config c --repair --start-over"));
    }
}
