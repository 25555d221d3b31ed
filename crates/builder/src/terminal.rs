//! What the user sees while waiting. Answers go to stdout; everything here goes to stderr.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing_subscriber::EnvFilter;

/// How much to say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    /// No progress, no notes: only errors.
    pub quiet: bool,
}

impl Terminal {
    /// A bar for `length` things to do. Draws nothing where stderr is not a terminal.
    #[must_use]
    pub fn bar(self, what: &str, length: usize) -> ProgressBar {
        let bar = self.target(ProgressBar::new(length as u64));
        // A template that does not parse would only lose its looks.
        if let Ok(style) =
            ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec:>9} {eta:>4}")
        {
            bar.set_style(style);
        }
        bar.with_message(what.to_owned())
    }

    /// A bar for `length` bytes.
    #[must_use]
    pub fn bytes_bar(self, what: &str, length: u64) -> ProgressBar {
        let bar = self.target(ProgressBar::new(length));
        // A template that does not parse would only lose its looks.
        if let Ok(style) = ProgressStyle::with_template(
            "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta:>4}",
        ) {
            bar.set_style(style);
        }
        bar.with_message(what.to_owned())
    }

    /// Something that turns while one long thing is done.
    #[must_use]
    pub fn spinner(self) -> ProgressBar {
        let spinner = self.target(ProgressBar::new_spinner());
        spinner.enable_steady_tick(Duration::from_millis(120));
        spinner
    }

    /// A sentence for the user, unless quiet.
    pub fn note(self, sentence: &str) {
        if !self.quiet {
            eprintln!("{sentence}");
        }
    }

    /// Asks a question on stderr and reads a line of answer; nothing where nobody is there to
    /// answer.
    #[must_use]
    pub fn ask(self, question: &str) -> Option<String> {
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return None;
        }
        eprint!("{question}");
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok().map(|_| answer)
    }

    fn target(self, bar: ProgressBar) -> ProgressBar {
        if self.quiet {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        bar
    }
}

/// Starts logging to stderr. `RUST_LOG` wins over `--quiet` and `-v`.
pub fn start_logging(quiet: bool, verbose: u8) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        // Whoever has no terminal to see bars on reads how far it is in the log.
        (false, 0) => "warn,rollcall_builder::progress=info",
        (false, 1) => "rollcall=info,rollcall_builder=info,warn",
        (false, _) => "rollcall=debug,rollcall_builder=debug,info",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .try_init();
    // Only a second start in one process fails, and then there is logging already.
    drop(started);
}
