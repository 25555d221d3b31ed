//! `rollcall-server`: see `--help`.

use std::{io::IsTerminal as _, process::ExitCode};

use rollcall_server::{
    CommandLine, LogFormat, Options, Package, ServerError, check, check_health, run,
};
use tokio::runtime;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

fn main() -> ExitCode {
    match start(CommandLine::read()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rollcall-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(line: CommandLine) -> Result<(), ServerError> {
    let (check_config, health_check) = (line.check_config, line.health_check);
    let packed = line.pack_plugin.clone();
    let options = line.resolve()?;
    if let Some(to) = packed {
        let why = "the folder of the plugin has to be named";
        let folder = options.plugin.ok_or(ServerError::Missing { option: "--plugin", why })?;
        return Package::pack(&folder, &options.public_origin)?.write(&to);
    }
    let (filter, mut runtime) = (filter(&options)?, runtime(&options)?);
    if check_config {
        print!("{}", options.shown()?);
        return check(&options);
    }
    if health_check {
        return check_health(&options);
    }
    log(&options, filter);
    runtime.enable_all().build()?.block_on(run(&options))
}

fn runtime(options: &Options) -> Result<runtime::Builder, ServerError> {
    let mut builder = runtime::Builder::new_multi_thread();
    match options.workers {
        Some(0) => {
            let why = "give a number above 0".to_owned();
            return Err(ServerError::Option { option: "workers", value: "0".to_owned(), why });
        }
        Some(workers) => builder.worker_threads(workers),
        None => &mut builder,
    };
    Ok(builder)
}

fn filter(options: &Options) -> Result<EnvFilter, ServerError> {
    let level = options.log_level.as_deref().unwrap_or("info");
    // A word that is no level would be taken for a module, and nothing else be logged.
    let known = level.contains('=') || level.parse::<LevelFilter>().is_ok();
    EnvFilter::try_new(level).ok().filter(|_| known).ok_or_else(|| ServerError::Option {
        option: "log-level",
        value: level.to_owned(),
        why: "give error, warn, info, debug or trace".to_owned(),
    })
}

fn log(options: &Options, filter: EnvFilter) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Colours are for people; in a container's log they are rubbish.
        .with_ansi(std::io::stderr().is_terminal());
    match options.log_format {
        Some(LogFormat::Json) => log.json().init(),
        _ => log.init(),
    }
}
