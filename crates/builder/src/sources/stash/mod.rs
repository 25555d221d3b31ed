//! The user's own Stash: its performers, their portraits and their ids elsewhere; and its scenes.

mod scenes;

use reqwest::{Url, header::HeaderName};
use rollcall_core::{PerformerId, endpoint_of};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Access, Fate, Listed, ListedImage, Order, Page, Removal, Source, graphql::GraphQl};
use crate::{
    Error,
    net::{Net, NetError, Upstream},
};

pub use scenes::{StashScene, StashScenes};

const DOCUMENT: &str = include_str!("stash.graphql");
/// The header that Stash reads keys from (`pkg/session/session.go`).
const KEY_HEADER: HeaderName = HeaderName::from_static("apikey");

/// A Stash. Its numbers for performers become ids at [`PerformerId::LOCAL`].
#[derive(Debug)]
pub struct Stash {
    server: Server,
    per_page: usize,
}

/// How a Stash is asked, and where its files are.
#[derive(Debug)]
struct Server {
    graphql: GraphQl,
    /// What its address begins with, where a proxy put it below a path.
    prefix: String,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    disambiguation: Option<String>,
    country: Option<String>,
    birthdate: Option<String>,
    updated_at: Option<String>,
    urls: Option<Vec<String>>,
    image_path: Option<String>,
    stash_ids: Vec<StashId>,
}

#[derive(Deserialize)]
struct StashId {
    endpoint: String,
    stash_id: String,
}

impl Stash {
    /// The Stash at `access.url`, with or without `/graphql`.
    ///
    /// # Errors
    /// When that is no address.
    pub fn new(net: Net, access: &Access) -> Result<Self, Error> {
        let server = Server::new(net, access, DOCUMENT)?;
        Ok(Self { server, per_page: access.per_page.max(1) })
    }

    fn listed(&self, row: Value) -> Result<Listed, String> {
        let row: Row = super::row(row).map_err(|why| format!("performer {why}"))?;
        let mut stash_ids: Vec<PerformerId> =
            row.stash_ids.iter().filter_map(StashId::id).collect();
        stash_ids.sort();
        stash_ids.dedup();
        Ok(Listed {
            id: local(&row.id).ok_or_else(|| format!("performer {} has no number", row.id))?,
            name: row.name,
            disambiguation: row.disambiguation.filter(|text| !text.is_empty()),
            country: row.country.filter(|text| !text.is_empty()),
            birth_date: row.birthdate,
            updated: row.updated_at,
            urls: row.urls.unwrap_or_default(),
            stash_ids,
            images: row.image_path.and_then(|path| self.portrait(&path)).into_iter().collect(),
            merged: Vec::new(),
        })
    }

    /// The portrait, unless it is the drawing that stands for none.
    fn portrait(&self, address: &str) -> Option<ListedImage> {
        let url = self.server.file(address)?;
        let none = url.query_pairs().any(|(name, value)| name == "default" && value == "true");
        (!none).then(|| ListedImage { url: url.into(), path: None })
    }
}

impl Server {
    fn new(net: Net, access: &Access, document: &'static str) -> Result<Self, Error> {
        let mut url: Url = access.url.parse().map_err(|_| NetError::NoAddress)?;
        let prefix = url.path().trim_end_matches('/').trim_end_matches("/graphql").to_owned();
        url.set_path(&format!("{prefix}/graphql"));
        url.set_query(None);
        let mut upstream = Upstream::new(url.as_str())?.own().with_pace(access.pace);
        if !access.key.is_empty() {
            upstream = upstream.with_key(KEY_HEADER, "", access.key.clone(), true);
        }
        let endpoint = PerformerId::LOCAL.to_owned();
        Ok(Self { graphql: GraphQl { document, net, upstream, endpoint }, prefix })
    }

    /// Where one of its files is. Stash builds addresses from what it thinks it is called; ours is the
    /// one that works. Of the rest only what tells files apart is kept: a key has no place here.
    fn file(&self, address: &str) -> Option<Url> {
        let named: Url = self.graphql.upstream.base().join(address).ok()?;
        let mut url = self.graphql.upstream.base().clone();
        let path = named.path();
        let below = path.starts_with(&format!("{}/", self.prefix));
        url.set_path(&if below { path.to_owned() } else { format!("{}{path}", self.prefix) });
        let telling = named.query_pairs().filter(|(name, _)| name == "t" || name == "default");
        let telling: Vec<_> = telling.collect();
        if !telling.is_empty() {
            url.query_pairs_mut().extend_pairs(telling);
        }
        Some(url)
    }
}

impl StashId {
    /// The same as an id of ours.
    fn id(&self) -> Option<PerformerId> {
        let uuid = Uuid::parse_str(&self.stash_id).ok()?;
        PerformerId::new(&endpoint_of(&self.endpoint), uuid).ok()
    }
}

/// The id of the performer that Stash calls by a number.
fn local(number: &str) -> Option<PerformerId> {
    number.parse().ok().map(PerformerId::of_stash)
}

impl Source for Stash {
    fn endpoint(&self) -> &str {
        &self.server.graphql.endpoint
    }

    fn upstream(&self) -> &Upstream {
        &self.server.graphql.upstream
    }

    fn page(&mut self, order: Order, page: u32) -> Result<Page, Error> {
        let (sort, direction) = order.words();
        let filter = json!({
            "sort": sort, "direction": direction, "page": page, "per_page": self.per_page,
        });
        let variables = json!({ "filter": filter });
        Ok(self.server.graphql.page(&variables, "findPerformers", |row| self.listed(row))?)
    }

    fn fate(&mut self, id: Uuid) -> Result<Fate, Error> {
        let id = PerformerId::new(PerformerId::LOCAL, id).ok();
        let Some(number) = id.and_then(|id| id.stash_number()) else { return Ok(Fate::Gone) };
        let variables = json!({ "id": number.to_string() });
        let row: Option<Value> =
            self.server.graphql.ask("Performer", &variables, "findPerformer")?;
        let Some(row) = row else { return Ok(Fate::Gone) };
        let listed = self.listed(row).map_err(|why| self.server.graphql.form(&why))?;
        Ok(Fate::Listed(Box::new(listed)))
    }

    fn removals(&mut self, _page: u32) -> Result<Vec<Removal>, Error> {
        Ok(Vec::new())
    }
}
