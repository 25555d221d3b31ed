//! `cargo xtask`: everything anybody has to remember.

mod error;
mod places;
mod setup;
mod stamp;
mod step;
mod web;

use std::process::ExitCode;

use crate::{
    error::{Error, Result},
    places::Places,
};

const HELP: &str = "\
cargo xtask COMMAND

  demo [--no-open] [--port N]   build everything, start the sample host, open the page
  demo --check                  the same, then try the page in headless Chromium; JSON comes last
  test [--only STAGE]           formatting, lints and all tests; the last line counts
  bench NAME --json [--quick]   one benchmark; one line of JSON comes last
  web                           build the page and its WebAssembly only
  setup                         install what the commands above need, and nothing else

What is missing is installed, and said; what is done is not done twice.
Built files go to $CARGO_TARGET_DIR or ./target, downloads and tools to $ROLLCALL_CACHE or
~/.cache/rollcall. ROLLCALL_WASM_COMPILER=rustup|debian insists on one of the two compilers.";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !matches!(error, Error::NotPassed) {
                eprintln!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let places = Places::find();
    let command = std::env::args().nth(1).unwrap_or_default();
    match command.as_str() {
        "web" => {
            let pieces = web::pieces(&places)?;
            setup::prepare(&places, &pieces.iter().map(AsRef::as_ref).collect::<Vec<_>>())?;
            web::build(&places)
        }
        _ => {
            println!("{HELP}");
            Ok(())
        }
    }
}
