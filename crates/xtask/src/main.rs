//! `cargo xtask`: everything anybody has to remember.

mod bench;
mod demo;
mod error;
mod places;
mod plugin;
mod sample;
mod setup;
mod stamp;
mod step;
mod test;
mod web;

use std::process::ExitCode;

use lexopt::ValueExt as _;

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
  package plugin                the Stash plugin: its folder, and zip and index.yml of a source;
                                --database-url URL is where it looks for a database in the end
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
    let asked = Asked::read(lexopt::Parser::from_env())?;
    match asked.command.as_str() {
        "demo" if asked.check => demo::check(&places),
        "demo" => demo::serve(&places, asked.port, !asked.no_open),
        "test" => test::run(&places, asked.only.as_deref()),
        "bench" => bench::run_and_print(&places, asked.name.as_deref(), asked.quick, asked.json),
        "web" => web::prepare(&places),
        "package" if asked.name.as_deref() == Some("plugin") => {
            plugin::package(&places, asked.database_url.as_deref())
        }
        "package" => Err(Error::Usage("say what to package: `cargo xtask package plugin`".into())),
        "setup" => setup::everything(&places),
        _ => {
            println!("{HELP}");
            Ok(())
        }
    }
}

/// What the command line asks for.
struct Asked {
    command: String,
    name: Option<String>,
    check: bool,
    no_open: bool,
    port: u16,
    only: Option<String>,
    json: bool,
    quick: bool,
    database_url: Option<String>,
}

impl Asked {
    fn read(mut parser: lexopt::Parser) -> Result<Self> {
        use lexopt::Arg::{Long, Value};
        let mut asked = Self {
            command: String::new(),
            name: None,
            check: false,
            no_open: false,
            port: 7878,
            only: None,
            json: false,
            quick: false,
            database_url: None,
        };
        let usage = |error: lexopt::Error| Error::Usage(error.to_string());
        while let Some(argument) = parser.next().map_err(usage)? {
            match (asked.command.as_str(), argument) {
                ("", Value(command)) => asked.command = known(&command.string().map_err(usage)?)?,
                ("" | "help", Long("help")) => asked.command = "help".to_owned(),
                ("demo", Long("check")) => asked.check = true,
                ("demo", Long("no-open")) => asked.no_open = true,
                ("demo", Long("port")) => {
                    asked.port = parser.value().and_then(|port| port.parse()).map_err(usage)?;
                }
                ("test", Long("only")) => {
                    asked.only =
                        Some(parser.value().and_then(|stage| stage.string()).map_err(usage)?);
                }
                ("package", Long("database-url")) => {
                    asked.database_url =
                        Some(parser.value().and_then(|url| url.string()).map_err(usage)?);
                }
                ("bench" | "package", Value(name)) if asked.name.is_none() => {
                    asked.name = Some(name.string().map_err(usage)?);
                }
                ("bench", Long("json")) => asked.json = true,
                ("bench", Long("quick")) => asked.quick = true,
                (_, argument) => return Err(usage(argument.unexpected())),
            }
        }
        Ok(asked)
    }
}

fn known(command: &str) -> Result<String> {
    if ["demo", "test", "bench", "web", "package", "setup", "help"].contains(&command) {
        return Ok(command.to_owned());
    }
    Err(Error::Usage(format!("there is no command {command:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Asked> {
        Asked::read(lexopt::Parser::from_args(words))
    }

    #[test]
    fn each_command_takes_its_own_options() {
        let demo = read(&["demo", "--no-open", "--port", "7000"]).unwrap();
        assert!(demo.no_open && demo.port == 7000 && !demo.check);
        let bench = read(&["bench", "web", "--json", "--quick"]).unwrap();
        assert!(bench.name.as_deref() == Some("web") && bench.json && bench.quick);
        assert_eq!(read(&["test", "--only", "native"]).unwrap().only.as_deref(), Some("native"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in
            [&["dmeo"][..], &["test", "--check"], &["demo", "--port", "70000"], &["--port"]]
        {
            assert!(matches!(read(words), Err(Error::Usage(_))), "{words:?}");
        }
    }
}
