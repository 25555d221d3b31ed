//! What each stage of the tests runs.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use super::counts::{self, Counts};
use crate::{
    bench, demo,
    error::Result,
    places::Places,
    plugin,
    sample::{self, Sample},
    setup::{
        self,
        browsers::{Browser, SoftwareVulkan, WebKit},
        ffmpeg::Ffmpeg,
        npm::NpmPackages,
        python::{PythonEnvironment, ScenesEnvironment},
        stash_schema::StashSchema,
        wasm_target::{Compiler, WasmTarget},
    },
    step::{Output, Step, tail},
    web as web_build,
};

/// Warnings are errors.
const DENY: [&str; 3] = ["--", "-D", "warnings"];

pub(super) fn format(places: &Places) -> Result<Counts> {
    one(Step::new(places, "format", "cargo fmt", "cargo").args(["fmt", "--all", "--check"]))
}

pub(super) fn types(places: &Places) -> Result<Counts> {
    setup::prepare(places, &[&NpmPackages])?;
    one(Step::new(places, "types", "tsc", "npm").args(["run", "--silent", "check"]))
}

/// What we ask of Stash and of stash-boxes, against their schemas; and whether the plugin's types are
/// those of its documents.
pub(super) fn graphql(places: &Places) -> Result<Counts> {
    const PLUGIN: &str = "plugin/src/graphql";
    const ASKED_OF_BOXES: &str = "crates/builder/src/sources/stash_box";
    const ASKED_OF_STASH: &str = "crates/builder/src/sources/stash";
    setup::prepare(places, &[&NpmPackages, &PythonEnvironment, &StashSchema])?;
    let script = |name: &str| {
        let file = format!("tests/graphql/{name}.mjs");
        Step::new(places, &format!("graphql-{name}"), &file, "node")
            .args([&file])
            .env("ROLLCALL_CACHE", &places.cache)
    };
    let validate = |schema: &str, documents: &str| {
        one(script("validate").args([format!("{schema}={documents}")]))
    };
    let stash_box = match places.shared().map(|shared| shared.join("data/stash-box")) {
        Some(schema) if schema.is_dir() => validate(&schema.display().to_string(), ASKED_OF_BOXES)?,
        _ => {
            println!("  skipped: {ASKED_OF_BOXES}: stash-box's schema is not beside the checkout");
            Counts { skipped: 1, ..Counts::default() }
        }
    };
    let both = |documents: &str| -> Result<Counts> {
        Ok(validate("stash-0.31", documents)? + validate("stash-0.30", documents)?)
    };
    let types = script("generate").args(["stash-0.31", PLUGIN, "--check"]);
    Ok(stash_box + both(ASKED_OF_STASH)? + both(PLUGIN)? + one(types)?)
}

pub(super) fn lints(places: &Places) -> Result<Counts> {
    one(Step::new(places, "lints", "cargo clippy", "cargo")
        .args(["clippy", "--workspace", "--exclude", "rollcall-web", "--all-targets"])
        .args(DENY))
}

pub(super) fn web(places: &Places) -> Result<Counts> {
    web_build::prepare(places)?;
    Ok(Counts::one(true))
}

/// Lints `rollcall-web` with either feature: for wasm32 where rustup's Clippy can, else natively.
pub(super) fn web_lints(places: &Places) -> Result<Counts> {
    setup::prepare(places, &[&WasmTarget])?;
    let compiler = Compiler::find(places).filter(|way| *way == Compiler::Rustup);
    let where_ = if compiler.is_some() { "for wasm32" } else { "natively (Debian has no Clippy)" };
    let lint = |feature: &str| {
        let name = format!("web-lints-{feature}");
        let what = format!("cargo clippy of rollcall-web, feature {feature}, {where_}");
        let step = match &compiler {
            // With the build's profile, which has compiled the procedural macros already.
            Some(way) => way.cargo(places, &name, &what, "clippy").args(["--profile", "wasm"]),
            None => Step::new(places, &name, &what, "cargo").args(["clippy"]),
        };
        one(step
            .args(["--package", "rollcall-web", "--lib", "--no-default-features"])
            .args(["--features", feature])
            .args(DENY))
    };
    Ok(lint("cpu")? + lint("gpu")?)
}

pub(super) fn references(places: &Places) -> Result<Counts> {
    prepare_references(places)?;
    Ok(Counts::one(true))
}

pub(super) fn native(places: &Places) -> Result<Counts> {
    setup::prepare(places, &[&SoftwareVulkan, &Ffmpeg])?;
    prepare_references(places)?;
    let output = Step::new(places, "native", "cargo test", "cargo")
        .args(["test", "--workspace", "--exclude", "rollcall-web", "--no-fail-fast"])
        .args(["--", "--show-output"])
        .env("ROLLCALL_CACHE", &places.cache)
        .env("ROLLCALL_PYTHON", PythonEnvironment::interpreter(places))
        .run_for_output()?;
    let counts = counts::of_cargo_test(&output.text).or_crash(output.status.success());
    Ok(told(counts, &output))
}

/// The tests of the Stash double itself.
pub(super) fn stash(places: &Places) -> Result<Counts> {
    setup::prepare(
        places,
        &[&NpmPackages, &PythonEnvironment, &StashSchema, &Browser::Chromium, &Browser::Firefox],
    )?;
    counted(
        Step::new(places, "stash", "tests/stash/run.mjs", "node")
            .args(["tests/stash/run.mjs", "--library"])
            .args([stash_library(places)?])
            .env("ROLLCALL_CACHE", &places.cache)
            .limit(Duration::from_secs(15 * 60)),
    )
}

/// The plugin in the Stash double, in Chromium, its main path in Firefox and WebKit, too.
pub(super) fn plugin(places: &Places) -> Result<Counts> {
    let sample = sample(places)?;
    setup::prepare(places, &[&PythonEnvironment, &StashSchema, &WebKit])?;
    sample::fetch_models(places, sample::TEST_PACK)?;
    let library = stash_library(places)?;
    let database = sample::database_of_library(places, &sample, &library)?;
    let shots = places.target.join("plugin").join("screenshots");
    let folders = [
        ("--plugin", plugin::folder(places)),
        ("--library", library),
        ("--database", database),
        ("--models", places.cache.join("models")),
        ("--shots", shots),
        ("--programs", places.programs()),
    ];
    counted(
        Step::new(places, "plugin-tests", "tests/plugin/run.mjs", "node")
            .args(["tests/plugin/run.mjs"])
            .args(folders.into_iter().flat_map(|(option, path)| [PathBuf::from(option), path]))
            .env("ROLLCALL_CACHE", &places.cache)
            .limit(Duration::from_secs(40 * 60)),
    )
}

/// The films and pictures that the Stash double shows, made where they are not there.
fn stash_library(places: &Places) -> Result<PathBuf> {
    setup::prepare(places, &[&Ffmpeg, &ScenesEnvironment])?;
    sample::stash_library(places, &ScenesEnvironment::interpreter(places))
}

pub(super) fn browser(places: &Places) -> Result<Counts> {
    let sample = sample(places)?;
    let published = sample::published(places, &sample)?;
    prepare_references(places)?;
    counted(
        Step::new(places, "browser", "tests/browser/run.mjs", "node")
            .args(["tests/browser/run.mjs"])
            .args(sample.folders(places))
            .args([&OsString::from("--published"), published.as_os_str()])
            .args([&OsString::from("--references"), places.cache.join("references").as_os_str()])
            .limit(Duration::from_secs(45 * 60)),
    )
}

pub(super) fn demo(places: &Places) -> Result<Counts> {
    let (passed, line) = demo::drive(places, &sample(places)?)?;
    println!("  {line}");
    Ok(Counts::one(passed))
}

pub(super) fn bench(places: &Places) -> Result<Counts> {
    let names = bench::names(places)?;
    let ran = names.iter().map(|name| {
        let line = bench::run(places, name, true)?;
        println!("  {line}");
        Ok(Counts::one(true))
    });
    ran.collect::<Result<Vec<_>>>().map(|counts| counts.into_iter().sum())
}

fn sample(places: &Places) -> Result<Sample> {
    demo::prepare(places, &[&Browser::Chromium, &Browser::Firefox])
}

/// Has onnxruntime compute what our engines must give, from the files as they are shipped, and
/// fetches the packs that hold these models. Does nothing where that is done.
fn prepare_references(places: &Places) -> Result<()> {
    setup::prepare(places, &[&PythonEnvironment])?;
    sample::build_programs(places)?;
    sample::fetch_models(places, sample::DEFAULT_PACK)?;
    sample::fetch_models(places, sample::TEST_PACK)?;
    sample::fetch_photos(places)?;
    let cache = |folder: &str| places.cache.join(folder).into_os_string();
    Step::new(places, "references", "make_reference.py", PythonEnvironment::interpreter(places))
        .args(["tests/reference/make_reference.py", "--out"])
        .args([cache("references"), "--downloads".into(), cache("downloads")])
        .run()
}

/// A program that passes or fails as a whole.
pub(super) fn one(step: Step) -> Result<Counts> {
    let output = step.run_for_output()?;
    let passed = output.status.success();
    Ok(told(Counts::one(passed), &output))
}

/// A program whose last line counts its tests.
fn counted(step: Step) -> Result<Counts> {
    let output = step.run_for_output()?;
    let counts = counts::of_last_line(&output.text).unwrap_or_default();
    Ok(told(counts.or_crash(output.status.success()), &output))
}

/// Shows what failed, and the end of the log, which alone tells of a crash.
fn told(counts: Counts, output: &Output) -> Counts {
    if counts.failed > 0 {
        let failures = counts::failures(&output.text);
        println!("{failures}{}\n  all of it: {}", tail(&output.log), output.log.display());
    }
    counts
}
