//! Arguments of what publishes databases and brings them to their users.

use std::path::PathBuf;

use bytesize::ByteSize;
use clap::{Args, Subcommand, ValueEnum};
use jiff::{Span, SpanRelativeTo, Timestamp, Unit};
use rollcall_builder::lookup::Wanted;
use rollcall_index::{Digest, PublicKey, Version};

use super::Recognition;

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Fetch a database, or bring the one that is there up to date: only what is missing
    Pull(Pull),
    /// Unpack an archive of `rollcall package`
    Unpack(Unpack),
}

/// Whose databases are believed.
#[derive(Debug, Args)]
pub(crate) struct TrustArguments {
    /// Believe only databases signed with this key (repeatable); if none is given, the first
    /// signer is remembered
    #[arg(long = "trusted-key", value_name = "HEX")]
    pub(crate) trusted_keys: Vec<PublicKey>,
    /// Use the manifest with this SHA-256 even though it is older, expired, or signed by somebody
    /// else than before
    #[arg(long, value_name = "SHA256")]
    pub(crate) confirm: Option<Digest>,
}

#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// Where it comes from: https://host/folder, file:///folder, or a folder
    #[arg(value_name = "URL")]
    pub(crate) source: String,
    /// The folder it goes to
    #[arg(long, value_name = "DIR", default_value = "db-shards/pulled")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) trust: TrustArguments,
    /// Only say whether there is a newer version, and how many bytes it takes
    #[arg(long)]
    pub(crate) check: bool,
    /// How many files at the same time
    #[arg(long, short, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) jobs: u8,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Unpack {
    /// The archive, or the first of its parts (.part001) with the others beside it
    #[arg(value_name = "ARCHIVE")]
    pub(crate) archive: PathBuf,
    /// The folder it goes to
    #[arg(long, value_name = "DIR", default_value = "db-shards/pulled")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) trust: TrustArguments,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Package {
    /// The database's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) db: PathBuf,
    /// Where the archive goes
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    /// Split the archive into parts of at most this size, such as 1.9GB
    #[arg(long, value_name = "SIZE")]
    pub(crate) part_size: Option<ByteSize>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Release {
    /// The configuration that the people were built with
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Where the state of the build is kept, if the configuration does not say so
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// The folder of the released database; not one that `rollcall build` writes anew
    #[arg(long, value_name = "DIR")]
    pub(crate) db: PathBuf,
    /// Who asked not to be in it: an id, a page or an endpoint a line. It may be empty
    #[arg(long, value_name = "FILE")]
    pub(crate) opt_outs: PathBuf,
    /// Who is left out for other reasons, in the same form
    #[arg(long, value_name = "FILE")]
    pub(crate) exclude: Option<PathBuf>,
    /// Who is, or is not, the same person at several stash-boxes: see docs/BUILDING.md
    #[arg(long, value_name = "FILE")]
    pub(crate) links: Option<PathBuf>,
    /// How to reach you: an address or a page
    #[arg(long, value_name = "TEXT")]
    pub(crate) contact: String,
    /// The https page where people ask to be taken out
    #[arg(long, value_name = "URL")]
    pub(crate) removal_url: String,
    /// The key to sign with, as `rollcall key new` makes it
    #[arg(long, value_name = "FILE")]
    pub(crate) sign_key: PathBuf,
    /// The version; the next one of the month if none is given
    #[arg(long, value_name = "YEAR.MONTH.N")]
    pub(crate) release: Option<Version>,
    /// The time to write into it, such as 2026-11-23T12:00:00Z; now if none is given
    #[arg(long, value_name = "TIME")]
    pub(crate) created: Option<Timestamp>,
    /// For how long it may be used; for ever if nothing is given
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub(crate) expires_after: Option<u64>,
    /// How long files may go on holding people who are gone
    #[arg(long, value_name = "TIME", default_value = PURGE_AFTER, value_parser = seconds)]
    pub(crate) purge_after: u64,
    /// Write everything anew
    #[arg(long)]
    pub(crate) compact: bool,
    /// Where the package, its checksums and the release notes go; none are made without it
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Split the package into parts of at most this size, such as 1.9GB
    #[arg(long, value_name = "SIZE", requires = "out")]
    pub(crate) part_size: Option<ByteSize>,
    #[command(flatten)]
    pub(crate) recognition: Recognition,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The database's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) db: PathBuf,
    /// Where it goes: a folder, s3://bucket/folder, gs://bucket/folder or az://container/folder. Keys
    /// and endpoints come from the environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT and so on)
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// How it is laid out there
    #[arg(long, value_enum, default_value_t)]
    pub(crate) layout: Layout,
    /// How long files may stay there that no version needs any more
    #[arg(long, value_name = "TIME", default_value = PURGE_AFTER, value_parser = seconds)]
    pub(crate) purge_after: u64,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a published database is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// Its files, for browsers and `rollcall db pull`
    #[default]
    Files,
    /// An archive in parts with checksums, to be uploaded to a GitHub release
    Github,
}

#[derive(Debug, Args)]
pub(crate) struct Lookup {
    /// The id: stashdb.org:<uuid>, a UUID, or the address of the performer's page
    #[arg(value_name = "ID")]
    pub(crate) id: Wanted,
    /// The database's folder
    #[arg(long, value_name = "DIR", default_value = "db-shards/pulled")]
    pub(crate) db: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// How long old files stay if nothing is said: a release a month, and each user a month to update.
const PURGE_AFTER: &str = "30d";

/// A time such as `30d` or `12h`, in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let span: Span = text.parse().map_err(|_| "write it as 30d, 2w or 12h".to_owned())?;
    let seconds = span.total((Unit::Second, SpanRelativeTo::days_are_24_hours()));
    match seconds {
        Ok(seconds) if seconds >= 0.0 => Ok(seconds as u64),
        _ => Err("write it as a time that is not negative, in weeks, days or hours".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key; keep the file secret, and keep a copy of it in a safe place
    New {
        /// The file to write; it must not exist
        file: PathBuf,
    },
    /// Show what others check its signatures with
    Show {
        /// The file of the key
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}
