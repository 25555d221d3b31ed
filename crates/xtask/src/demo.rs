//! `cargo xtask demo`: the sample host, to look at or to check.

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{
    error::{Error, Result},
    places::{Places, on_path},
    plugin,
    sample::{self, Sample},
    setup::{self, Piece, browsers::Browser},
    step::{Step, command, kill_with_children},
    web,
};

/// Serves the sample host until it is stopped.
pub(crate) fn serve(places: &Places, port: u16, in_browser: bool) -> Result<()> {
    // Before the minutes of work, not after them.
    if let Err(source) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        let what = format!("port {port} (choose another one with --port)");
        return Err(Error::Io { what, source });
    }
    let sample = prepare(places, &[])?;
    let mut host = Host::start(places, &sample, port)?;
    println!("\nRollcall is at {} (Ctrl-C ends it).", host.url);
    if in_browser {
        open(&host.url);
    }
    let status = host.child.wait().map_err(Error::io("rollcall-server"))?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Unexpected(format!("rollcall-server: {status}")))
    }
}

/// Drives the page in headless Chromium with real photos on both engines. The last line printed is
/// the JSON of `tests/browser/demo-check.mjs`, where its keys are explained.
pub(crate) fn check(places: &Places) -> Result<()> {
    let sample = prepare(places, &[&Browser::Chromium])?;
    let (passed, line) = drive(places, &sample)?;
    println!("{line}");
    if passed { Ok(()) } else { Err(Error::NotPassed) }
}

/// Runs the check against a host of its own: whether it passed, and its line of JSON.
pub(crate) fn drive(places: &Places, sample: &Sample) -> Result<(bool, String)> {
    let host = Host::start(places, sample, 0)?;
    let shots = places.target.join("demo").join("screenshots");
    println!(
        "Naming people in headless Chromium at {}; screenshots go to {}.",
        host.url,
        shots.display()
    );
    let output = Step::new(places, "demo-check", "the check of the demo", "node")
        .args(["tests/browser/demo-check.mjs", "--url", &host.url])
        .args([&PathBuf::from("--samples"), &sample.photos, &PathBuf::from("--shots"), &shots])
        .limit(Duration::from_secs(30 * 60))
        .run_for_output()?;
    let line = output.text.lines().rev().find(|line| line.starts_with('{'));
    line.map(|line| (output.status.success(), line.to_owned())).ok_or_else(|| Error::Failed {
        what: "the check of the demo".to_owned(),
        status: output.status.to_string(),
        tail: crate::step::tail(&output.log),
        log: output.log,
    })
}

/// Everything the sample host needs, and `more` pieces of the set-up.
pub(crate) fn prepare(places: &Places, more: &[&dyn Piece]) -> Result<Sample> {
    let pieces = web::pieces(places)?;
    let pieces: Vec<_> = pieces.iter().map(AsRef::as_ref).chain(more.iter().copied()).collect();
    setup::prepare(places, &pieces)?;
    web::build(places)?;
    let sample = sample::prepare(places)?;
    plugin::build(places, None)?;
    Ok(sample)
}

/// A running `rollcall-server`; it ends with this value.
struct Host {
    child: Child,
    url: String,
}

impl Host {
    /// Starts it on `port`; 0 takes a free one.
    fn start(places: &Places, sample: &Sample, port: u16) -> Result<Self> {
        let program = places.program("rollcall-server");
        let mut child = command(places, &program)
            .args(["--log-level", "warn", "--port", &port.to_string()])
            .args([&PathBuf::from("--web"), &places.web()])
            .args([&PathBuf::from("--models"), &sample.models])
            .args([&PathBuf::from("--database"), &sample.database])
            .args([&PathBuf::from("--samples"), &sample.offered])
            .args([PathBuf::from("--plugin"), plugin::folder(places)])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Error::io(program.display().to_string()))?;
        // It prints its address once it listens.
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(Error::io("rollcall-server"))?;
        }
        let host = Self { child, url: line.trim().to_owned() };
        if host.url.starts_with("http://") {
            return Ok(host);
        }
        Err(Error::Unexpected(format!("rollcall-server did not start on port {port}")))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        kill_with_children(&mut self.child);
    }
}

/// Opens a page in the user's browser, where there is one.
fn open(url: &str) {
    if let Some(opener) = on_path(&["xdg-open", "open"]) {
        // The address is on the screen already; whoever has no desktop types it elsewhere.
        let quiet = || Stdio::null();
        let _ =
            Command::new(opener).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    }
}
