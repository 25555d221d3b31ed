//! `rollcall-server`: see `--help`.

use std::process::ExitCode;

use rollcall_server::{CommandLine, LogFormat, Options, ServerError, check, check_health, run};
use tokio::runtime;
use tracing_subscriber::EnvFilter;

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
    let options = line.resolve()?;
    if check_config {
        print!("{}", options.shown()?);
        return check(&options);
    }
    if health_check {
        return check_health(&options);
    }
    log(&options)?;
    let mut builder = runtime::Builder::new_multi_thread();
    match options.workers {
        Some(0) => {
            let why = "give a number above 0".to_owned();
            return Err(ServerError::Option { option: "workers", value: "0".to_owned(), why });
        }
        Some(workers) => builder.worker_threads(workers),
        None => &mut builder,
    };
    builder.enable_all().build()?.block_on(run(&options))
}

fn log(options: &Options) -> Result<(), ServerError> {
    let level = options.log_level.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(level).map_err(|error| ServerError::Option {
        option: "log-level",
        value: level.to_owned(),
        why: format!("{error}; give error, warn, info, debug or trace"),
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match options.log_format {
        Some(LogFormat::Json) => log.json().init(),
        _ => log.init(),
    }
    Ok(())
}
