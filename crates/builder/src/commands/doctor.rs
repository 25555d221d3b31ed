//! `rollcall doctor`

use std::{
    process::Command,
    time::{Duration, Instant},
};

use rollcall_builder::{
    Cache, Error,
    metrics::median,
    pack_file::{DEFAULT_PACK, PackFile},
    packs::State,
    setup::{EngineChoice, Setup, cores},
    source,
};
use rollcall_core::{CROP, FaceCrops, Pixels, RecogniseError};
use serde_json::{Value, json};

use super::{Done, models, print, print_json};
use crate::cli::Doctor;

/// How long a speed is measured.
const MEASURED: Duration = Duration::from_secs(2);

pub(super) fn run(command: &Doctor, cache: &Cache) -> Result<Done, Error> {
    let packs = PackFile::known()?;
    let states: Vec<State> = packs.iter().map(|pack| pack.state(cache)).collect();
    let report = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "machine": {
            "os": std::env::consts::OS,
            "architecture": std::env::consts::ARCH,
            "cores": cores(),
        },
        "cache": { "path": cache.home(), "writable": is_writable(cache) },
        "tools": { "pip": source::python().is_some(), "npm": starts(source::NPM) },
        "packs": packs.iter().zip(&states)
            .map(|(pack, state)| models::describe(pack, state, cache)).collect::<Vec<_>>(),
        "cpu": speed(cache, EngineChoice::Cpu),
        "gpu": speed(cache, EngineChoice::Gpu),
    });
    if command.json {
        print_json(&report)?;
    } else {
        print_report(&report)?;
    }
    Ok(Done::All)
}

fn is_writable(cache: &Cache) -> bool {
    let folder = cache.home();
    std::fs::create_dir_all(folder).is_ok() && tempfile::tempfile_in(folder).is_ok()
}

fn starts(command: &str) -> bool {
    Command::new(command).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// What an engine does in a second with the default pack, or why it cannot.
fn speed(cache: &Cache, choice: EngineChoice) -> Value {
    measure(cache, choice)
        .unwrap_or_else(|error| json!({ "usable": false, "reason": error.to_string() }))
}

fn measure(cache: &Cache, choice: EngineChoice) -> Result<Value, Error> {
    let recogniser = Setup::open(cache, DEFAULT_PACK, choice)?.recogniser(1)?;
    let face = FaceCrops::from(grey(CROP)?);
    let embedding = timed(|| pollster::block_on(recogniser.embed(&face)).map(drop))?;
    let mut report = json!({
        "usable": true,
        "pack": DEFAULT_PACK,
        "seconds_per_face": median(embedding),
    });
    let engine = recogniser.report();
    // A program that acts as a GPU takes minutes for what the CPU does in a second.
    if !engine.software_adapter {
        // A picture without faces is looked at again and again: the worst case.
        let picture = grey(640)?;
        let finding = timed(|| pollster::block_on(recogniser.detect(&picture)).map(drop))?;
        report["seconds_per_empty_picture"] = json!(median(finding));
    }
    report["engine"] = json!(engine);
    Ok(report)
}

fn grey(side: u32) -> Result<Pixels, Error> {
    Pixels::new(side, side, vec![127; 3 * (side * side) as usize])
        .map_err(|source| Error::Picture { path: "a grey picture".into(), source })
}

/// The seconds that each of some runs takes, without the first one, which prepares.
fn timed(run: impl Fn() -> Result<(), RecogniseError>) -> Result<Vec<f64>, Error> {
    let run = || {
        run().map_err(|e| Error::Recognise { path: "a grey picture".into(), reason: e.to_string() })
    };
    run()?;
    let start = Instant::now();
    let mut seconds = Vec::new();
    while seconds.is_empty() || start.elapsed() < MEASURED {
        let start = Instant::now();
        run()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

fn print_report(report: &Value) -> Result<(), Error> {
    let text = |pointer: &str| match report.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let (os, architecture, cores) =
        (text("/machine/os"), text("/machine/architecture"), text("/machine/cores"));
    print(&format!("rollcall   {}", text("/version")))?;
    print(&format!("machine    {os} on {architecture}, {cores} cores"))?;
    print(&format!("cache      {}, writable: {}", text("/cache/path"), text("/cache/writable")))?;
    print(&format!("pip, npm   {}, {}", text("/tools/pip"), text("/tools/npm")))?;
    for pack in report["packs"].as_array().into_iter().flatten() {
        let part = |key: &str| pack[key].as_str().unwrap_or_default();
        print(&format!("models     {} is {} {}", part("name"), part("state"), part("reason")))?;
    }
    for engine in ["cpu", "gpu"] {
        let part = |key: &str| text(&format!("/{engine}/{key}"));
        if report[engine]["usable"] == true {
            let adapter = report[engine]["engine"]["adapter"].as_str().unwrap_or("the processor");
            let kind = if part("engine/software_adapter") == "yes" { " (a program)" } else { "" };
            let name = part("engine/name");
            print(&format!("{engine}        {name} on {adapter}{kind}"))?;
            for (key, what) in [
                ("seconds_per_face", "a face"),
                ("seconds_per_empty_picture", "a picture without faces"),
            ] {
                if let Some(seconds) = report[engine][key]["value"].as_f64() {
                    print(&format!("           {:.1} ms {what}", 1000.0 * seconds))?;
                }
            }
        } else {
            print(&format!("{engine}        not usable: {}", part("reason")))?;
        }
    }
    Ok(())
}
