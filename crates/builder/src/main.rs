//! The command line.

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    rollcall_builder::terminal::start_logging(arguments.quiet, arguments.verbose);
    match commands::run(arguments) {
        Ok(done) => done.into(),
        Err(error) => {
            eprintln!("rollcall: {error}");
            ExitCode::FAILURE
        }
    }
}
