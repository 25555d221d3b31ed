//! Where performers come from: stash-boxes and their like, asked a page at a time.
//!
//! A [`Source`] knows one upstream's protocol and nothing else. Who asks it keeps the cursor, counts
//! what was seen and decides what to do about a shortfall, so that a sweep can stop anywhere.

mod access;
mod error;
mod graphql;
mod stash;
mod stash_box;
mod theporndb;

use rollcall_core::PerformerId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

pub use access::{Access, Software};
pub use error::UpstreamError;
pub use stash::{Stash, StashScene, StashScenes};
pub use stash_box::StashBox;
pub use theporndb::ThePornDb;

use crate::{Error, net::Upstream};

/// A performer as an upstream describes them. Texts are a stranger's: never markup, never a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The upstream's own id.
    pub id: PerformerId,
    /// The name to show.
    pub name: String,
    /// What tells namesakes apart.
    pub disambiguation: Option<String>,
    /// ISO 3166-1 alpha-2 country code.
    pub country: Option<String>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// When the upstream last changed the performer, RFC 3339.
    pub updated: Option<String>,
    /// Pages about the person, as the upstream gives them.
    pub urls: Vec<String>,
    /// Ids of the same person elsewhere which the upstream states outright.
    pub stash_ids: Vec<PerformerId>,
    /// Pictures, best first.
    pub images: Vec<ListedImage>,
    /// Ids at the same upstream that were merged into this one.
    pub merged: Vec<Uuid>,
}

impl Listed {
    /// Somebody of whom nothing is known but who they are.
    #[must_use]
    pub fn new(id: PerformerId, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            disambiguation: None,
            country: None,
            birth_date: None,
            updated: None,
            urls: Vec::new(),
            stash_ids: Vec::new(),
            images: Vec::new(),
            merged: Vec::new(),
        }
    }
}

/// A picture of a performer at its upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedImage {
    /// Where it is fetched. Checked against what the source may name before it is.
    pub url: String,
    /// Where it lies relative to the endpoint, if a client can build its address from that:
    /// see `rollcall_core::Performer::image`.
    pub path: Option<String>,
}

/// A row of an upstream's list, or which one cannot be understood and why.
fn row<T: DeserializeOwned>(row: Value) -> Result<T, String> {
    let id = row["id"].as_str().unwrap_or("a row without id").to_owned();
    serde_json::from_value(row).map_err(|error| format!("{id}: {error}"))
}

/// In which order a list is asked for. Upstreams break ties anyhow, so no order is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By name: a full sweep's first choice.
    Name,
    /// By name backwards: what one sweep skipped, another may show.
    NameBackwards,
    /// The oldest first.
    Created,
    /// The last changed first: an increment stops at what it has seen.
    UpdatedLast,
}

impl Order {
    /// As Stash says it: what to sort by, and the direction. stash-box says the same in capitals.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("name", "ASC"),
            Self::NameBackwards => ("name", "DESC"),
            Self::Created => ("created_at", "ASC"),
            Self::UpdatedLast => ("updated_at", "DESC"),
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In the list's order.
    pub performers: Vec<Listed>,
    /// Rows that could not be understood, and why: counted, never fatal.
    pub unusable: Vec<String>,
    /// How many the upstream says there are in all.
    pub count: Option<u64>,
    /// Whether there may be more. Upstreams may give fewer than a page has: only an empty page is the
    /// last one for certain.
    pub more: bool,
}

impl Page {
    /// A page of rows as they were understood or not. Or why the first was not, when none was: rows go
    /// wrong one by one, and when all do it is the form that has changed.
    fn read(
        count: Option<u64>,
        more: bool,
        rows: impl Iterator<Item = Result<Listed, String>>,
    ) -> Result<Self, String> {
        let mut page = Self { count, more, ..Self::default() };
        for row in rows {
            match row {
                Ok(listed) => page.performers.push(listed),
                Err(why) => page.unusable.push(why),
            }
        }
        match page.unusable.first() {
            Some(why) if page.performers.is_empty() => Err(why.clone()),
            _ => Ok(page),
        }
    }
}

/// What became of a performer who is no longer listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Still there: the list had skipped them.
    Listed(Box<Listed>),
    /// Merged into another.
    MergedInto(PerformerId),
    /// Deleted, or never there.
    Gone,
}

/// A merge or deletion that the upstream reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Who is no longer there.
    pub id: PerformerId,
    /// Whom they were merged into.
    pub into: Option<PerformerId>,
    /// When, RFC 3339.
    pub at: String,
}

/// One upstream.
pub trait Source: Send {
    /// Its canonical host name, which performer ids begin with.
    fn endpoint(&self) -> &str;

    /// Whom pictures are asked of: for [`crate::net::Net::image`].
    fn upstream(&self) -> &Upstream;

    /// A page of everybody, counted from 1.
    ///
    /// # Errors
    /// When the upstream cannot be asked, refuses the key, or answers in a way that makes no sense.
    fn page(&mut self, order: Order, page: u32) -> Result<Page, Error>;

    /// What became of one performer.
    ///
    /// # Errors
    /// As [`Source::page`].
    fn fate(&mut self, id: Uuid) -> Result<Fate, Error>;

    /// A page of merges and deletions, the latest first, counted from 1. Empty after the last one, and
    /// where the upstream reports none. They may be two lists at the upstream: a later page may hold
    /// newer ones, unless a whole page holds only what is known.
    ///
    /// # Errors
    /// As [`Source::page`].
    fn removals(&mut self, page: u32) -> Result<Vec<Removal>, Error>;
}
