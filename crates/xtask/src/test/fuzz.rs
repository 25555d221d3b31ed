//! Bytes from nowhere for everything that reads files: a minute for each reader.

use std::{ffi::OsString, fs, time::Duration};

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
    let mut counts = Vec::new();
    for (name, seeds) in CRATES {
        for target in targets(places, name)? {
            counts.push(fuzz(places, name, &target, seeds)?);
        }
    }
    Ok(counts.into_iter().sum())
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

fn fuzz(places: &Places, name: &str, target: &str, seeds: Option<&str>) -> Result<Counts> {
    let corpus = places.cache.join("fuzz").join(name).join(target);
    fs::create_dir_all(&corpus).map_err(Error::io(corpus.display().to_string()))?;
    let found = places.target.join("fuzz-findings/");
    fs::create_dir_all(&found).map_err(Error::io(found.display().to_string()))?;
    let step = Step::new(
        places,
        &format!("fuzz-{name}-{target}"),
        &format!("fuzzing {name}: {target}, {SECONDS} s"),
        CargoFuzz::program(places),
    )
    .args(["run", target, "--fuzz-dir"])
    .args([places.root.join("crates").join(name).join("fuzz")])
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
