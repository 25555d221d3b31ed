//! `rollcall-server`: see `--help`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use rollcall_server::{Directories, ServerError, app, serve};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Serves Rollcall's page, WebAssembly, models and database as plain files. Pictures are
/// recognised in the browser and never reach this program.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of the built page.
    #[arg(long)]
    web: PathBuf,
    /// Folder of prepared model packs.
    #[arg(long)]
    models: Option<PathBuf>,
    /// Folder of the database.
    #[arg(long, env = "DATABASE_PATH")]
    database: Option<PathBuf>,
    /// Folder of sample pictures for the page, with an index.json.
    #[arg(long)]
    samples: Option<PathBuf>,
    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 7878)]
    port: u16,
    /// What to log: error, warn, info, debug or trace.
    #[arg(long, env = "LOG_LEVEL", default_value = "info")]
    log_level: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&arguments.log_level))
        .with_writer(std::io::stderr)
        .init();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rollcall-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), ServerError> {
    let address = SocketAddr::new(arguments.host, arguments.port);
    let app = app(&Directories {
        web: arguments.web,
        models: arguments.models,
        database: arguments.database,
        samples: arguments.samples,
    })?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ServerError::Listen { address: address.to_string(), source })?;
    // Scripts wait for this line to learn the port.
    println!("http://{}", listener.local_addr()?);
    serve(listener, app, asked_to_stop()).await
}

/// Ready at Ctrl-C or SIGTERM. Where a signal cannot be listened for, it never is.
async fn asked_to_stop() {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        Ok(()) = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
