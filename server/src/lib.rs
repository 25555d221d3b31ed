//! The static host of Rollcall: it hands out files and never sees a picture.
//!
//! | path | what | from |
//! |---|---|---|
//! | `/` | the stand-alone page, its script and WebAssembly | [`Directories::web`] |
//! | `/models/<pack>/` | `pack.json` and prepared networks | [`Directories::models`] |
//! | `/database/` | `latest.json`, manifest, sketch planes, shards | [`Directories::database`] |
//! | `/database/info` | version, counts, models and sources, from the manifest; what the page may do | |
//! | `/database/reload` | reads the manifest again; POST, with a token | |
//! | `/samples/` | pictures to try out, with an `index.json` | [`Directories::samples`] |
//! | `/plugin/` | `index.yml` and zip of the Stash plugin | [`Settings::plugin`] |
//! | `/health` | `{"status":"ok"}`, or `degraded` and why | |
//!
//! A request passes, from outside in: `serve` (limits, TLS), `app` (base path), `observe` (number,
//! log, figures), `headers`, `hosts` (DNS rebinding), `origins` (CORS), then a route: mostly `files`,
//! which asks `hot` (memory) and then `folder` (disk).

mod app;
mod authority;
mod config;
mod database;
mod error;
mod files;
mod folder;
mod headers;
mod health;
mod hosts;
mod hot;
mod metrics;
mod observe;
mod origins;
mod page;
mod paths;
mod plugin;
mod pull;
mod reload;
mod serve;
mod signals;
mod start;
mod tls;

pub use app::{Directories, Settings, Site, app, inner_app};
pub use config::{CommandLine, LogFormat, METRICS, Options};
pub use error::ServerError;
pub use health::check as check_health;
pub use metrics::Metrics;
pub use plugin::Package;
pub use reload::Token;
pub use serve::{Host, Limits};
pub use start::{check, run};
pub use tls::Tls;
