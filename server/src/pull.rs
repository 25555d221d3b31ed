//! `--pull`: the database is fetched from elsewhere and kept up to date.
//!
//! A pull runs in a thread of its own, which may be killed with the program at any moment. Files
//! that somebody may still be reading stay until the next but one release, so no request is lost.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rollcall_index::{
    IndexError, PublicKey, Trust,
    pull::{PullOptions, Pulled, Source, pull},
};
use serde::Serialize;

use crate::{Options, app::Site, error::ServerError};

/// How often, unless it is said.
pub(crate) const EVERY: &str = "24h";
/// The longest wait after a pull that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(3600);
/// How much earlier or later than asked: not everybody comes at midnight.
const JITTER: f64 = 0.1;

/// What is pulled, where to, and how often.
pub(crate) struct Puller {
    source: Source,
    folder: PathBuf,
    trusted: Vec<PublicKey>,
    every: Duration,
}

/// How the last pull ended, for `/health`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct PullState {
    /// When, in seconds since 1970.
    at: u64,
    /// The version that the source had.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// The last pull, shared with the handlers.
#[derive(Default)]
pub(crate) struct Pulls(RwLock<Option<PullState>>);

impl Pulls {
    pub(crate) fn last(&self) -> Option<PullState> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn ended(&self, result: &Result<Pulled, IndexError>) {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let state = PullState {
            at,
            version: result.as_ref().ok().map(|pulled| pulled.version.clone()),
            problem: result.as_ref().err().map(ToString::to_string),
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }
}

impl Puller {
    /// Whatever the options ask for.
    ///
    /// # Errors
    /// When an option cannot be meant.
    pub(crate) fn of(options: &Options) -> Result<Option<Self>, ServerError> {
        let wrong = |option, value: &str, why: String| {
            Err(ServerError::Option { option, value: value.to_owned(), why })
        };
        let Some(address) = &options.pull else { return Ok(None) };
        let why = "--pull brings the database there";
        let folder =
            options.database.clone().ok_or(ServerError::Missing { option: "--database", why })?;
        let source = match address.parse() {
            Ok(source) => source,
            // There may be a password in it.
            Err(error) => return wrong("pull", "***", format!("{error}")),
        };
        let text = options.every.as_deref().unwrap_or(EVERY);
        let every = match humantime::parse_duration(text) {
            Ok(every) if every >= Duration::from_secs(1) => every,
            _ => return wrong("every", text, "give a time such as 24h or 90m".to_owned()),
        };
        let mut trusted = Vec::new();
        for key in &options.trusted_key {
            match key.parse() {
                Ok(key) => trusted.push(key),
                Err(error) => return wrong("trusted-key", key, format!("{error}")),
            }
        }
        Ok(Some(Self { source, folder, trusted, every }))
    }

    /// Makes the folder, which the first pull will fill.
    pub(crate) fn prepare(&self) -> Result<(), ServerError> {
        Ok(fs::create_dir_all(&self.folder)?)
    }

    /// Pulls now and then until the program ends.
    pub(crate) fn start(self, site: Arc<Site>) -> Result<(), ServerError> {
        let run = move || {
            loop {
                let wait = self.once(&site);
                thread::sleep(wait.mul_f64(1.0 - JITTER + 2.0 * JITTER * fastrand::f64()));
            }
        };
        thread::Builder::new().name("pull".to_owned()).spawn(run)?;
        Ok(())
    }

    /// Pulls and says how long to wait for the next time. The site notices by itself that
    /// `latest.json` has changed.
    fn once(&self, site: &Site) -> Duration {
        let trust = Trust { pinned: self.trusted.clone(), ..Trust::default() };
        let options = PullOptions { trust, ..PullOptions::default() };
        let result = pull(&self.source, &self.folder, &options, &mut |_| ());
        site.pulls.ended(&result);
        match result {
            Ok(Pulled { version, before, fetched_files, fetched_bytes, signer, .. }) => {
                tracing::info!(source = %self.source, version, before, fetched_files, fetched_bytes, signer, "pulled");
                self.every
            }
            Err(error) => {
                tracing::error!(source = %self.source, %error, "could not pull, the database stays as it is");
                self.every.min(AFTER_FAILURE)
            }
        }
    }
}

/// The address of `--pull` as it may be shown.
pub(crate) fn shown(address: &str) -> String {
    address.parse::<Source>().map_or_else(|_| "***".to_owned(), |source| source.to_string())
}
