//! What the stand-alone page may do with the database.
//!
//! The page takes any picture that is dropped on it, so it must not become a tool for pointing at
//! strangers: it searches a collection of the host's owner (and the sample is one), but a published
//! database only if the owner says so with `--allow-drop`, and then it names only whom it is sure
//! of. It is the page that keeps to this; the plugin reads the same files and is not concerned.

use rollcall_index::DatabaseInfo;
use serde::Serialize;

/// What the page may tell of a database's people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PageSearch {
    /// Whoever may be meant.
    All,
    /// Only whom it is sure of.
    Sure,
    /// Nobody.
    None,
}

/// `/database/info`, in JSON.
#[derive(Serialize)]
pub(crate) struct PageInfo<'a> {
    #[serde(flatten)]
    info: &'a DatabaseInfo,
    page: PageSearch,
}

impl<'a> PageInfo<'a> {
    pub(crate) fn new(info: &'a DatabaseInfo, allow_drop: bool) -> Self {
        let page = match (info.own, allow_drop) {
            (true, _) => PageSearch::All,
            (false, true) => PageSearch::Sure,
            (false, false) => PageSearch::None,
        };
        Self { info, page }
    }

    /// Tells the owner what the page will tell everybody.
    pub(crate) fn log(&self) {
        if self.page == PageSearch::None {
            let from: Vec<_> = self.info.sources.keys().collect();
            tracing::info!(
                ?from,
                signed = self.info.signer.is_some(),
                "this is a published database: the stand-alone page does not search it unless the \
                 host is started with --allow-drop; the Stash plugin does"
            );
        }
    }
}
