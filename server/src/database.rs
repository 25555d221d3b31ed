//! What the host knows of the database it serves: the manifest, read anew when it changes.
//!
//! The files themselves are served as they lie there; all but `latest.json` carry their hash, so a
//! new database never changes what somebody is reading. A new one that is broken is told in
//! `/health`, and the last good one stays known.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use rollcall_index::{DatabaseInfo, DirectoryStore, LATEST, manifest};
use serde::Serialize;

use crate::pull::PullState;

/// How often `latest.json` is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The database folder and what was read of it last.
pub(crate) struct Watched {
    folder: PathBuf,
    known: RwLock<Known>,
    /// One reading at a time.
    reading: tokio::sync::Mutex<()>,
}

/// What is known of a database.
#[derive(Clone, Default)]
pub(crate) struct Known {
    /// The last good manifest's summary.
    pub(crate) info: Option<Arc<DatabaseInfo>>,
    /// Why the database that lies there now cannot be used.
    pub(crate) problem: Option<String>,
    /// How `latest.json` looked when it was read.
    seen: Option<Look>,
}

/// How a file looks from outside; another look means another content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    bytes: u64,
    modified: Option<SystemTime>,
}

/// `/health`, in JSON.
#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    server: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// How the last pull ended, if there was one. The database is none the worse if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pull: Option<PullState>,
}

impl Health {
    pub(crate) fn of(known: Option<&Known>, pull: Option<PullState>) -> Self {
        let problem = known.and_then(|known| known.problem.clone());
        Self {
            status: if problem.is_some() { "degraded" } else { "ok" },
            server: env!("CARGO_PKG_VERSION"),
            database: known.and_then(|known| known.info.as_ref()).map(|info| info.version.clone()),
            problem,
            pull,
        }
    }
}

impl Watched {
    pub(crate) fn new(folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self { folder, known: RwLock::default(), reading: tokio::sync::Mutex::default() }
    }

    pub(crate) fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads `latest.json` and the manifest it names.
    pub(crate) async fn read(self: &Arc<Self>) -> Known {
        let _one = self.reading.lock().await;
        let watched = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            // Before the reading: a change in between is noticed at the next look.
            let seen = watched.look();
            (seen, info(&watched.folder))
        });
        let (seen, read) =
            read.await.unwrap_or_else(|_| (None, Err("it could not be read".to_owned())));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.seen = seen;
        match read {
            Ok(info) => {
                tracing::info!(
                    version = info.version,
                    performers = info.counts.performers,
                    "database"
                );
                known.info = Some(Arc::new(info));
                known.problem = None;
            }
            Err(problem) => {
                if known.problem.as_ref() != Some(&problem) {
                    let kept = known.info.as_ref().map(|info| info.version.as_str());
                    tracing::warn!(problem, kept, "the database cannot be used");
                }
                known.problem = Some(problem);
            }
        }
        known.clone()
    }

    /// Looks at `latest.json` until it should be read again: because it has changed, or because it
    /// was broken and the files it names may be on their way.
    pub(crate) async fn changed(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let watched = Arc::clone(&self);
            let look = tokio::task::spawn_blocking(move || watched.look()).await.unwrap_or(None);
            let known = self.known();
            if look != known.seen || known.problem.is_some() {
                return;
            }
        }
    }

    fn look(&self) -> Option<Look> {
        let metadata = fs::metadata(self.folder.join(LATEST)).ok()?;
        Some(Look { bytes: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// The sentence for the user is all that is needed of an error.
fn info(folder: &Path) -> Result<DatabaseInfo, String> {
    let store = DirectoryStore::new(folder);
    let manifest = pollster::block_on(manifest(&store)).map_err(|error| error.to_string())?;
    Ok(DatabaseInfo::from(&manifest))
}
