//! Bytes from nowhere for everything that reads files: a minute for each reader.

use std::{ffi::OsString, fs, panic::resume_unwind, thread, time::Duration};

use super::{counts::Counts, stages::one};
use crate::{
    error::{Error, Result},
    places::Places,
    setup::{self, cargo_fuzz::CargoFuzz},
    step::Step,
};

/// The crates with fuzz targets, and files of the kind they read to begin with.
const CRATES: [(&str, Option<&str>); 3] =
    [("index", Some("tests/format/golden/database")), ("core", None), ("engine", None)];

/// Seconds for each target, after its compilation.
const SECONDS: u32 = 60;

pub(super) fn run(places: &Places) -> Result<Counts> {
    // The sanitizers that find what a plain run would not notice are made for Linux and macOS.
    if cfg!(windows) {
        return Ok(Counts::default());
    }
    setup::prepare(places, &[&CargoFuzz])?;
    let mut all = Vec::new();
    for (part, seeds) in CRATES {
        let names = targets(places, part)?.into_iter();
        all.extend(names.map(|name| Target { part, name, seeds }));
    }
    // A fuzzer uses one core.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    all.chunks(cores).map(|some| together(places, some)).sum()
}

/// What is fuzzed: a target of a crate.
struct Target {
    part: &'static str,
    name: String,
    seeds: Option<&'static str>,
}

fn together(places: &Places, targets: &[Target]) -> Result<Counts> {
    thread::scope(|scope| {
        let running: Vec<_> =
            targets.iter().map(|target| scope.spawn(|| fuzz(places, target))).collect();
        running.into_iter().map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic))).sum()
    })
}

fn targets(places: &Places, name: &str) -> Result<Vec<String>> {
    let folder = places.root.join("crates").join(name).join("fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(Error::io(folder.display().to_string()))?;
    let stem = |file: OsString| file.to_str()?.strip_suffix(".rs").map(str::to_owned);
    let mut targets: Vec<String> =
        entries.flatten().filter_map(|entry| stem(entry.file_name())).collect();
    targets.sort();
    Ok(targets)
}

fn fuzz(places: &Places, Target { part, name, seeds }: &Target) -> Result<Counts> {
    let corpus = places.cache.join("fuzz").join(part).join(name);
    fs::create_dir_all(&corpus).map_err(Error::io(corpus.display().to_string()))?;
    let found = places.target.join("fuzz-findings/");
    fs::create_dir_all(&found).map_err(Error::io(found.display().to_string()))?;
    let step = Step::new(
        places,
        &format!("fuzz-{part}-{name}"),
        &format!("fuzzing {part}: {name}, {SECONDS} s"),
        CargoFuzz::program(places),
    )
    .args(["run", name, "--fuzz-dir"])
    .args([places.root.join("crates").join(part).join("fuzz")])
    .args([OsString::from("--target-dir"), places.target.join("fuzz").into_os_string()])
    .args([corpus])
    .args(seeds.map(|seeds| places.root.join(seeds)))
    .args(["--", &format!("-max_total_time={SECONDS}"), "-rss_limit_mb=4096", "-timeout=20"])
    .args([format!("-artifact_prefix={}", found.display())])
    // Sanitizers are for nightly compilers by name only: the stable one has them too.
    .env("RUSTC_BOOTSTRAP", "1")
    .limit(Duration::from_secs(20 * 60));
    one(step)
}
