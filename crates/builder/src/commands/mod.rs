//! One file per command: arguments in, answers on stdout.

mod build;
mod db;
mod doctor;
mod eval;
mod frames;
mod identify;
mod info;
mod key;
mod lookup;
mod merge;
mod models;
mod package;
mod publish;
mod release;
mod scan;
mod told;
mod upstreams;

use std::{
    io::Write,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rollcall_builder::{
    Cache, Error, folder::Problem, net::Net, samples, setup::Setup, state::Damaged,
    terminal::Terminal,
};
use serde::Serialize;

use crate::cli::{Arguments, Command, Recognition, Samples};

/// How a command ended that ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// Everything was done.
    All,
    /// Some inputs could not be used.
    Partly,
}

impl From<Done> for ExitCode {
    fn from(done: Done) -> Self {
        match done {
            Done::All => Self::SUCCESS,
            Done::Partly => Self::from(3),
        }
    }
}

pub(crate) fn run(arguments: Arguments) -> Result<Done, Error> {
    let terminal = Terminal { quiet: arguments.quiet };
    let cache = Cache::of_user()?;
    match arguments.command {
        Command::Models(command) => models::run(command, &cache, terminal),
        Command::Samples(Samples::Fetch { out }) => {
            let spinner = terminal.spinner().with_message("fetching sample photos");
            let count = samples::fetch(&cache, &out)?;
            spinner.finish_and_clear();
            terminal.note(&format!("{count} photos are in {}", out.display()));
            Ok(Done::All)
        }
        Command::Build(command) => build::run(&command, &cache, terminal),
        Command::Merge(command) => merge::run(&command, &cache, terminal),
        Command::Db(command) => db::run(command, terminal),
        Command::Package(command) => package::run(&command, terminal),
        Command::Release(command) => release::run(&command, &cache, terminal),
        Command::Publish(command) => publish::run(&command, terminal),
        Command::Key(command) => key::run(command),
        Command::Lookup(command) => lookup::run(&command),
        Command::Info(command) => info::run(&command),
        Command::Identify(command) => identify::run(&command, &cache, terminal),
        Command::Scan(command) => scan::run(&command, &cache, terminal),
        Command::Eval(command) => eval::run(&command, &cache, terminal),
        Command::Doctor(command) => doctor::run(&command, &cache),
    }
}

impl Recognition {
    fn open(&self, cache: &Cache) -> Result<Setup, Error> {
        Setup::open(cache, &self.pack, self.engine)
    }
}

/// Prints text on stdout. A reader that went away, as `head` does, is no error.
fn print(text: &str) -> Result<(), Error> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::Write { path: "the standard output".into(), source })
        }
        _ => Ok(()),
    }
}

fn print_json(value: &impl Serialize) -> Result<(), Error> {
    print(&serde_json::to_string_pretty(value).map_err(json)?)
}

fn print_json_line(value: &impl Serialize) -> Result<(), Error> {
    print(&serde_json::to_string(value).map_err(json)?)
}

fn json(error: serde_json::Error) -> Error {
    Error::Write { path: "the standard output".into(), source: error.into() }
}

/// Tells the user what could not be used.
fn tell(problems: &[Problem]) -> Done {
    for problem in problems {
        eprintln!("rollcall: {problem}");
    }
    if problems.is_empty() { Done::All } else { Done::Partly }
}

/// What the arguments say about a damaged state.
fn damaged(repair: bool, start_over: bool) -> Damaged {
    match (repair, start_over) {
        (true, _) => Damaged::Repair,
        (_, true) => Damaged::StartOver,
        _ => Damaged::Refuse,
    }
}

/// Set by the first Ctrl-C; the second one ends the program at once.
fn stop_on_interrupt(net: Net, terminal: Terminal) -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if set.swap(true, Ordering::Relaxed) {
            // 128 and the number of SIGINT, as shells have it.
            std::process::exit(130);
        }
        // Waiting for an upstream's pace or patience ends too.
        net.stop();
        terminal.note("finishing what is in hand; once more to stop at once");
    })
    .map_err(|error| Error::Usage(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(stop)
}
