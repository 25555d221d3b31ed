//! What can be configured: by flag, by environment, by file, in this order.

use std::{
    env, fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use clap::{
    Args, CommandFactory as _, FromArgMatches as _, Parser, ValueEnum, builder::BoolishValueParser,
};
use serde::{Deserialize, Serialize};

use crate::{error::ServerError, pull};

/// Serves Rollcall's page, WebAssembly, models and database as plain files. Pictures are
/// recognised in the browser and never reach this program.
#[derive(Parser)]
#[command(name = "rollcall-server", version)]
pub struct CommandLine {
    /// What every option may also say.
    #[command(flatten)]
    pub options: Options,
    /// File with any of these options, such as `port = 7878` (TOML).
    #[arg(long, env = "ROLLCALL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the configuration that results, without secrets, and end.
    #[arg(long)]
    pub check_config: bool,
    /// Pack the plugin of --plugin for every --public-origin into this folder, as a source that any
    /// static host can serve, and end.
    #[arg(long, value_name = "DIR")]
    pub pack_plugin: Option<PathBuf>,
    /// Ask the server that runs with this configuration whether it is well, and end.
    #[arg(long)]
    pub health_check: bool,
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For reading.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// Every option. What is not given stays empty until [`Options::resolve`].
#[derive(Args, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Folder of the built page.
    #[arg(long, env = "ROLLCALL_WEB", value_name = "DIR")]
    pub web: Option<PathBuf>,
    /// Folder of prepared model packs.
    #[arg(long, env = "ROLLCALL_MODELS", value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// Folder of the database.
    #[arg(long, env = "DATABASE_PATH", value_name = "DIR")]
    pub database: Option<PathBuf>,
    /// Address or folder that the database is fetched from, and kept up to date with; it goes to
    /// the folder of --database.
    #[arg(long, env = "ROLLCALL_PULL", hide_env_values = true, value_name = "URL")]
    pub pull: Option<String>,
    /// How often to look for a new one [default: 24h].
    #[arg(long, env = "ROLLCALL_PULL_EVERY", value_name = "TIME")]
    pub every: Option<String>,
    /// Key that must have signed what is pulled (repeatable) [default: the first signer is
    /// remembered].
    #[arg(long, env = "ROLLCALL_TRUSTED_KEY", value_delimiter = ',', value_name = "HEX")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusted_key: Vec<String>,
    /// Folder of sample pictures for the page, with an index.json.
    #[arg(long, env = "ROLLCALL_SAMPLES", value_name = "DIR")]
    pub samples: Option<PathBuf>,
    /// Folder of the Stash plugin, offered to Stash as a source at /plugin/index.yml.
    #[arg(long, env = "ROLLCALL_PLUGIN", value_name = "DIR")]
    pub plugin: Option<PathBuf>,
    /// Let the stand-alone page search a database that is not a collection of your own, and name
    /// whom it is sure of. Without it the page searches your own collection or the sample only; the
    /// Stash plugin needs no leave.
    #[arg(long, env = "ROLLCALL_ALLOW_DROP", value_parser = BoolishValueParser::new())]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_drop: bool,
    /// Address to listen on [default: 127.0.0.1].
    #[arg(long, env = "ROLLCALL_HOST", value_name = "ADDRESS")]
    pub host: Option<IpAddr>,
    /// Port to listen on; 0 takes a free one [default: 7878].
    #[arg(long, env = "ROLLCALL_PORT")]
    pub port: Option<u16>,
    /// Name this host is called by, beside addresses, localhost and .local names (repeatable).
    #[arg(long, env = "ROLLCALL_NAME", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub name: Vec<String>,
    /// Origin whose pages may read, such as http://192.168.1.5:9999 (repeatable) [default: this
    /// host's name at any port, and loopback].
    #[arg(long, env = "ROLLCALL_ORIGIN", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub origin: Vec<String>,
    /// Origin this host is reached by, for the plugin's manifest (repeatable) [default: from the
    /// address, port and names].
    #[arg(long, env = "ROLLCALL_PUBLIC_ORIGIN", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub public_origin: Vec<String>,
    /// Path below which a reverse proxy publishes this host, such as /rollcall.
    #[arg(long, env = "ROLLCALL_BASE_PATH", value_name = "PATH")]
    pub base_path: Option<String>,
    /// Certificate chain for https (PEM).
    #[arg(long, env = "ROLLCALL_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, env = "ROLLCALL_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Make a certificate for https here, keep it in --state and say how to trust it.
    #[arg(long, env = "ROLLCALL_TLS_LOCAL", value_parser = BoolishValueParser::new())]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tls_local: bool,
    /// Folder for what is kept between runs: the certificate of --tls-local.
    #[arg(long, env = "STATE_DIRECTORY", value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Token that allows POST /database/reload; without one there is no such address. Better given
    /// by environment or file, where other users of the machine cannot see it.
    #[arg(long, env = "ROLLCALL_RELOAD_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub reload_token: Option<String>,
    /// Address of /metrics, or `off` [default: 127.0.0.1:9878].
    #[arg(long, env = "ROLLCALL_METRICS", value_name = "ADDRESS")]
    pub metrics: Option<String>,
    /// What to log: error, warn, info, debug or trace [default: info].
    #[arg(long, env = "LOG_LEVEL", value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// How to log [default: text].
    #[arg(long, env = "ROLLCALL_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Threads that answer [default: one per processor].
    #[arg(long, env = "WORKERS", value_name = "N")]
    pub workers: Option<usize>,
    /// Connections at the same time [default: 512].
    #[arg(long, env = "ROLLCALL_MAX_CONNECTIONS", value_name = "N")]
    pub max_connections: Option<usize>,
    /// Bytes of a request's head [default: 16384].
    #[arg(long, env = "ROLLCALL_MAX_HEADER_BYTES", value_name = "N")]
    pub max_header_bytes: Option<usize>,
    /// Seconds a request's head may take, and a connection may be idle [default: 15].
    #[arg(long, env = "ROLLCALL_HEADER_TIMEOUT", value_name = "SECONDS")]
    pub header_timeout: Option<u64>,
    /// Seconds a client may take nothing of an answer [default: 30].
    #[arg(long, env = "ROLLCALL_WRITE_TIMEOUT", value_name = "SECONDS")]
    pub write_timeout: Option<u64>,
    /// Seconds open answers may take to finish at the end [default: 10].
    #[arg(long, env = "ROLLCALL_STOP_TIMEOUT", value_name = "SECONDS")]
    pub stop_timeout: Option<u64>,
    /// MiB of memory for shards that are asked for again and again; 0 for none [default: 64].
    #[arg(long, env = "ROLLCALL_MEMORY", value_name = "MIB")]
    pub memory: Option<usize>,
}

/// The usual place of /metrics.
pub const METRICS: &str = "127.0.0.1:9878";

impl CommandLine {
    /// Reads flags and environment; what cannot be read ends the program with a sentence. A variable
    /// that is empty counts as absent, for templates of containers set every one they know.
    #[must_use]
    pub fn read() -> Self {
        let command = Self::command().mut_args(|arg| {
            let value = arg.get_env().and_then(env::var_os);
            if value.is_some_and(|value| value.is_empty()) { arg.env(None::<&str>) } else { arg }
        });
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }

    /// Flags and environment over file over defaults.
    ///
    /// # Errors
    /// When the file cannot be read, or says something that is no option.
    pub fn resolve(self) -> Result<Options, ServerError> {
        let file = match &self.config {
            Some(path) => read(path)?,
            None => Options::default(),
        };
        self.options.over(&file).map(Options::with_defaults)
    }
}

fn read(path: &Path) -> Result<Options, ServerError> {
    let wrong = |why: String| ServerError::Configuration { path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    toml::from_str(&text).map_err(|error| wrong(error.to_string()))
}

impl Options {
    /// What is given here, and the rest from `file`.
    fn over(&self, file: &Self) -> Result<Self, ServerError> {
        let wrong =
            |why: String| ServerError::Configuration { path: "the command line".into(), why };
        // Both as tables, so that no option can be forgotten here.
        let table = |options: &Self| {
            toml::Table::try_from(options).map_err(|error| wrong(error.to_string()))
        };
        let mut both = table(file)?;
        both.extend(table(self)?);
        both.try_into().map_err(|error: toml::de::Error| wrong(error.to_string()))
    }

    fn with_defaults(mut self) -> Self {
        self.host.get_or_insert(IpAddr::V4(Ipv4Addr::LOCALHOST));
        self.port.get_or_insert(7878);
        self.log_level.get_or_insert_with(|| "info".to_owned());
        self.log_format.get_or_insert(LogFormat::Text);
        self.memory.get_or_insert(64);
        let limits = crate::Limits::default();
        self.max_connections.get_or_insert(limits.connections);
        self.max_header_bytes.get_or_insert(limits.header_bytes);
        self.header_timeout.get_or_insert(limits.header_time.as_secs());
        self.write_timeout.get_or_insert(limits.write_time.as_secs());
        self.stop_timeout.get_or_insert(limits.stop_time.as_secs());
        self
    }

    /// As a configuration file, without secrets.
    ///
    /// # Errors
    /// When a path is no text.
    pub fn shown(&self) -> Result<String, ServerError> {
        let mut shown = self.clone();
        shown.metrics.get_or_insert_with(|| METRICS.to_owned());
        if let Some(token) = &mut shown.reload_token {
            "***".clone_into(token);
        }
        shown.pull = shown.pull.as_deref().map(pull::shown);
        toml::to_string(&shown).map_err(|error| ServerError::Configuration {
            path: "given".into(),
            why: error.to_string(),
        })
    }

    /// Where to listen.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        let host = self.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        SocketAddr::new(host, self.port.unwrap_or(7878))
    }

    /// Whether https is spoken.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.tls_local || self.tls_cert.is_some()
    }

    /// Where /metrics is, unless it is off.
    ///
    /// # Errors
    /// When it is no address.
    pub fn metrics_address(&self) -> Result<Option<SocketAddr>, ServerError> {
        match self.metrics.as_deref().unwrap_or(METRICS) {
            "off" => Ok(None),
            address => address.parse().map(Some).map_err(|_| ServerError::Option {
                option: "metrics",
                value: address.to_owned(),
                why: format!("give address and port such as {METRICS}, or off"),
            }),
        }
    }
}
