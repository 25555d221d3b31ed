//! `cargo xtask bench`: runs `tests/bench/<name>.mjs` and judges what it measured.

mod frame;

use std::{env, ffi::OsString, fs, thread, time::Duration};

use serde_json::Value;

use crate::{
    demo,
    error::{Error, Result},
    places::Places,
    sample,
    setup::{Piece, browsers::Browser, nginx::NginxAndWrk, python::BenchEnvironment},
    step::{Step, ask, tail},
};

/// The benchmarks there are.
pub(crate) fn names(places: &Places) -> Result<Vec<String>> {
    let folder = places.root.join("tests").join("bench");
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::io(folder.display().to_string()))?,
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".mjs")?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// `cargo xtask bench NAME`: the line of JSON comes last; without `json` it is printed for reading.
/// A goal that is missed is a failure, but not in a quick run, which is too short to judge by.
pub(crate) fn run_and_print(
    places: &Places,
    name: Option<&str>,
    quick: bool,
    json: bool,
) -> Result<()> {
    let names = names(places)?.join(", ");
    let name = name.ok_or_else(|| Error::Usage(format!("name one of the benchmarks: {names}")))?;
    let line = run(places, name, quick)?;
    if json {
        println!("{line}");
    } else {
        println!("{line:#}");
    }
    if quick || frame::all_ok(&line) { Ok(()) } else { Err(Error::NotPassed) }
}

/// Runs one. It is told the folders of the sample host, the Python of its own environment if it has
/// one, and `--quick`, and prints `{"rows": […]}` as its last line; see [`frame::complete`].
pub(crate) fn run(places: &Places, name: &str, quick: bool) -> Result<Value> {
    let known = names(places)?;
    if !known.iter().any(|known| known == name) {
        let known = known.join(", ");
        return Err(Error::Usage(format!("there is no benchmark {name:?}; there are: {known}")));
    }
    let python = BenchEnvironment::of(places, name);
    let mut pieces: Vec<&dyn Piece> = vec![&Browser::Chromium];
    pieces.extend(python.as_ref().map(|python| python as &dyn Piece));
    if name == "host" {
        pieces.push(&NginxAndWrk);
    }
    let sample = demo::prepare(places, &pieces)?;
    sample::fetch_models(places, sample::TEST_PACK)?;
    let what = format!("the benchmark {name}");
    let output = Step::new(places, &format!("bench-{name}"), &what, "node")
        .args([format!("tests/bench/{name}.mjs")])
        .args(sample.folders(places))
        .args(
            python
                .iter()
                .flat_map(|python| [OsString::from("--python"), python.interpreter().into()]),
        )
        .args(quick.then_some("--quick"))
        .limit(Duration::from_secs(if quick { 60 * 60 } else { 8 * 60 * 60 }))
        .run_for_output()?;
    let measured = output.text.lines().rev().find_map(|line| serde_json::from_str(line).ok());
    let measured: Value =
        measured.filter(|_| output.status.success()).ok_or_else(|| Error::Failed {
            what,
            status: output.status.to_string(),
            tail: tail(&output.log),
            log: output.log,
        })?;
    frame::complete(name, &machine(places), &measured)
}

/// Processor, its cores and the system, in words: a number means little without them.
fn machine(places: &Places) -> String {
    let linux = || {
        let text = fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let macos = || ask(places, "sysctl", &["-n", "machdep.cpu.brand_string"]);
    let processor = linux().or_else(macos).unwrap_or_else(|| env::consts::ARCH.to_owned());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!("{processor}, {cores} cores, {}", env::consts::OS)
}
