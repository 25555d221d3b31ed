//! Opening a database: what this browser kept of it, whether it is to be believed, and the parts
//! that may come later.

use std::rc::Rc;

use futures_util::{
    FutureExt as _,
    future::{LocalBoxFuture, Shared},
};
use rollcall_core::Pack;
use rollcall_index::{
    Cache, CachedStore, Database, DatabaseInfo, IndexError, PublicKey, Remembered, Store, Trust,
};
use serde::{Deserialize, Serialize};

use crate::error::WebError;

/// Where this browser keeps what it must remember of a database. No file of a database is called so.
const STATE: &str = "state.json";

/// More than the state ever has.
const STATE_BYTES: usize = 64 << 10;

/// What the page wants of a database.
#[derive(Debug, Deserialize)]
pub(crate) struct DatabaseSettings {
    /// The folder it is in, as an absolute URL.
    pub(crate) url: String,
    /// Keys of which one must have signed it; any database if there are none.
    trusted_keys: Vec<PublicKey>,
    /// The manifest that the user has confirmed, by its SHA-256.
    confirmed: Option<String>,
    /// Whether its host is to be kept from knowing who is looked for.
    decoys: bool,
    /// The name of the IndexedDB to keep its files in; `null` to keep nothing.
    cache: Option<String>,
}

/// What is remembered from one visit to the next.
#[derive(Clone, Default, Serialize, Deserialize)]
struct State {
    remembered: Option<Remembered>,
    /// What decoys are drawn from.
    secret: Option<u64>,
    /// The last manifest that the user has confirmed in spite of something odd.
    confirmed: Option<String>,
    /// The version for which old files have been swept out.
    tidied: Option<String>,
}

impl State {
    /// What was kept, or nothing if that cannot be read.
    fn parse(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// What to write if another tab has written `other` meanwhile: neither makes the other forget.
    fn joined(mut self, other: Self) -> Self {
        self.remembered = match (self.remembered, other.remembered) {
            (Some(ours), theirs) => Some(ours.after(theirs.as_ref())),
            (None, theirs) => theirs,
        };
        self.secret = other.secret.or(self.secret);
        self.confirmed = self.confirmed.or(other.confirmed);
        self
    }
}

/// A database that can be asked, though parts may still be on their way.
pub(crate) struct OpenDatabase {
    pub(crate) database: Rc<Database>,
    /// Ready when all parts are here, or will not come.
    pub(crate) complete: Shared<LocalBoxFuture<'static, ()>>,
    pub(crate) facts: DatabaseFacts,
}

/// `DatabaseFacts` of the TypeScript client.
#[derive(Clone, Serialize)]
pub(crate) struct DatabaseFacts {
    #[serde(flatten)]
    info: DatabaseInfo,
    /// Whether this browser has not seen it before: the fingerprint, if any, is to be shown.
    first_visit: bool,
    /// Whether whoever signed it also did so before.
    known_signer: bool,
    /// Whether its files are kept in this browser.
    kept: bool,
    /// Whether made-up searches hide the real ones.
    decoys: bool,
}

/// A database whose manifest and first plane are here, but not yet a pack to ask it with.
pub(crate) struct Opened {
    database: Database,
    cache: Option<Rc<dyn Cache>>,
    state: State,
}

impl Opened {
    /// Fetches what a first search needs.
    pub(crate) async fn open(settings: &DatabaseSettings) -> Result<Self, WebError> {
        let (store, cache) = stores(settings).await;
        let state = recall(cache.as_deref()).await;
        let confirmed = settings.confirmed.as_deref().or(state.confirmed.as_deref());
        let confirmed = confirmed.map(str::parse).transpose();
        let trust = Trust {
            pinned: settings.trusted_keys.clone(),
            remembered: state.remembered.clone(),
            now: Some((js_sys::Date::now() / 1000.0) as u64),
            confirmed: confirmed.map_err(|_| WebError::Settings("confirmed manifest".into()))?,
        };
        let database = Database::open_early(store, &trust).await?;
        Ok(Self { database, cache, state })
    }

    /// Makes it ready for a pack's embeddings, and lets the rest come by itself.
    pub(crate) async fn for_pack(
        self,
        settings: &DatabaseSettings,
        pack: &Pack,
    ) -> Result<OpenDatabase, WebError> {
        let Self { database, cache, mut state } = self;
        let models = database.manifest().models.iter().map(|model| model.sha256.to_string());
        let models = models.collect();
        let mut database = database
            .for_pack(pack)
            .map_err(|error| WebError::OtherModels { message: error.to_string(), models })?;
        let before = state.remembered.take();
        let now = database.remember();
        if settings.decoys {
            state.secret = state.secret.or_else(random);
        }
        let facts = DatabaseFacts {
            info: database.info(),
            first_visit: before.is_none(),
            known_signer: before.as_ref().is_some_and(|before| before.signer == now.signer),
            kept: cache.is_some(),
            decoys: settings.decoys && state.secret.is_some(),
        };
        state.remembered = Some(now.after(before.as_ref()));
        state.confirmed = settings.confirmed.clone().or(state.confirmed);
        // Before the first answer: whatever the host does later, this visit is not forgotten.
        if let Some(cache) = &cache {
            state = remember(&**cache, state).await;
        }
        // Another tab's secret, if that one was first: the same person has one decoy.
        if let (true, Some(secret)) = (settings.decoys, state.secret) {
            database = database.with_decoys(secret);
        }
        let database = Rc::new(database);
        let complete = finish(database.clone(), cache, state).boxed_local().shared();
        wasm_bindgen_futures::spawn_local(complete.clone());
        Ok(OpenDatabase { database, complete, facts })
    }
}

/// Brings what is missing, then sweeps out what older versions left.
async fn finish(database: Rc<Database>, cache: Option<Rc<dyn Cache>>, mut state: State) {
    // Answers stay provisional, and say so, if the rest cannot be had.
    let _ = database.complete().await;
    let Some(cache) = cache else { return };
    let version = database.info().version;
    if state.tidied.as_ref() != Some(&version) {
        database.tidy().await;
        state.tidied = Some(version);
        remember(&*cache, state).await;
    }
}

/// Writes the state together with what another tab may have written since.
async fn remember(cache: &dyn Cache, mut state: State) -> State {
    let mut join = |kept: Option<&[u8]>| {
        let kept = kept.filter(|bytes| bytes.len() <= STATE_BYTES).unwrap_or_default();
        state = state.clone().joined(State::parse(kept));
        // A state of texts and numbers can always be written.
        serde_json::to_vec(&state).unwrap_or_default()
    };
    cache.change(STATE, &mut join).await;
    state
}

/// 64 bits that nobody can foresee.
fn random() -> Option<u64> {
    let mut bytes = [0; 8];
    let crypto = crate::fetch::scope().ok()?.crypto().ok()?;
    crypto.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(u64::from_le_bytes(bytes))
}

/// The host's files, and where this browser keeps them, if it may.
async fn stores(settings: &DatabaseSettings) -> (Rc<dyn Store>, Option<Rc<dyn Cache>>) {
    let origin = origin(&settings.url);
    let cache = match &settings.cache {
        Some(name) => open_cache(name).await,
        None => None,
    };
    match cache {
        Some(cache) => (Rc::new(CachedStore::new(cache.clone(), origin)), Some(cache)),
        None => (origin, None),
    }
}

/// The files below `url`, an absolute address, straight from the host.
#[cfg(target_arch = "wasm32")]
pub(crate) fn origin(url: &str) -> Rc<dyn Store> {
    Rc::new(rollcall_index::HttpStore::new(url))
}

/// A private window may have no IndexedDB: then everything is fetched again next time.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn open_cache(name: &str) -> Option<Rc<dyn Cache>> {
    let cache = rollcall_index::IndexedDbStore::open(name).await.ok()?;
    Some(Rc::new(cache))
}

/// There is no `fetch` outside browsers; the crate compiles natively only to be linted.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn origin(_: &str) -> Rc<dyn Store> {
    Rc::new(rollcall_index::MemoryStore::default())
}

/// Nor is there an IndexedDB.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn open_cache(_: &str) -> Option<Rc<dyn Cache>> {
    None
}

async fn recall(cache: Option<&dyn Cache>) -> State {
    let Some(cache) = cache else { return State::default() };
    let bytes = cache.get(STATE, STATE_BYTES, false).await.unwrap_or_default();
    State::parse(&bytes)
}

impl From<IndexError> for WebError {
    fn from(error: IndexError) -> Self {
        match &error {
            IndexError::Unconfirmed { manifest, .. } => {
                Self::Unconfirmed { message: error.to_string(), manifest: manifest.to_string() }
            }
            _ => Self::Database(error.to_string()),
        }
    }
}
