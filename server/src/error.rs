//! Why the server did not start or stopped, in sentences that say what to do.

use std::path::PathBuf;

/// Why the server did not start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A folder named in the configuration is not there.
    #[error("there is no folder {path}; make it first or name another with --{option}")]
    NoFolder {
        /// The option that named it.
        option: &'static str,
        /// The folder as given.
        path: PathBuf,
    },
    /// An option without which nothing works.
    #[error("{option} is missing: {why}; give it on the command line or in the file of --config")]
    Missing {
        /// The option, with its dashes.
        option: &'static str,
        /// What it is for.
        why: &'static str,
    },
    /// A value that cannot be meant.
    #[error("--{option} cannot be {value:?}: {why}")]
    Option {
        /// The option.
        option: &'static str,
        /// What was given.
        value: String,
        /// What is expected.
        why: String,
    },
    /// The configuration file cannot be read or understood.
    #[error("the configuration {path} cannot be used: {why}")]
    Configuration {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        why: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another port with --{option}")]
    Listen {
        /// The option that chose the address.
        option: &'static str,
        /// Where it tried to listen.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("the TLS file {path} cannot be used: {why}; name the right one with --{option}")]
    Tls {
        /// The option that named it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The plugin cannot be packed.
    #[error("the plugin in {path} cannot be packed: {why}")]
    Plugin {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The running server does not answer as it should.
    #[error("the server does not answer well: {0}")]
    Unwell(String),
    /// The system failed us.
    #[error("the server stopped: {0}")]
    Stopped(#[from] std::io::Error),
}
