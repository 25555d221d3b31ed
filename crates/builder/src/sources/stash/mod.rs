//! The user's own Stash: its performers, their portraits and their ids elsewhere.

use reqwest::{Url, header::HeaderName};
use rollcall_core::{PerformerId, endpoint_of};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Access, Fate, Listed, ListedImage, Order, Page, Removal, Source, graphql::GraphQl, links,
};
use crate::{
    Error,
    net::{Net, NetError, Upstream},
};

const DOCUMENT: &str = include_str!("stash.graphql");
/// The header that Stash reads keys from (`pkg/session/session.go`).
const KEY_HEADER: HeaderName = HeaderName::from_static("apikey");

/// A Stash. Its numbers for performers become ids at [`PerformerId::LOCAL`].
#[derive(Debug)]
pub struct Stash {
    server: GraphQl,
    /// What its address begins with, where a proxy put it below a path.
    prefix: String,
    per_page: usize,
}

#[derive(Deserialize)]
struct Ids {
    performers: Vec<OnlyId>,
}

#[derive(Deserialize)]
struct OnlyId {
    id: String,
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
        let mut url: Url = access.url.parse().map_err(|_| NetError::NoAddress)?;
        let prefix = url.path().trim_end_matches('/').trim_end_matches("/graphql").to_owned();
        url.set_path(&format!("{prefix}/graphql"));
        url.set_query(None);
        let mut upstream = Upstream::new(url.as_str())?.own().with_pace(access.pace);
        if !access.key.is_empty() {
            upstream = upstream.with_key(KEY_HEADER, "", access.key.clone(), true);
        }
        let server =
            GraphQl { document: DOCUMENT, net, upstream, endpoint: PerformerId::LOCAL.to_owned() };
        Ok(Self { server, prefix, per_page: access.per_page.max(1) })
    }

    fn listed(&self, row: Value) -> Result<Listed, String> {
        let row: Row = super::row(row).map_err(|why| format!("performer {why}"))?;
        let urls = row.urls.unwrap_or_default();
        let mut stash_ids: Vec<PerformerId> = row
            .stash_ids
            .iter()
            .filter_map(|id| {
                let uuid = Uuid::parse_str(&id.stash_id).ok()?;
                PerformerId::new(&endpoint_of(&id.endpoint), uuid).ok()
            })
            .collect();
        stash_ids.extend(links::stash_ids(&urls));
        stash_ids.sort();
        stash_ids.dedup();
        Ok(Listed {
            id: local(&row.id),
            name: row.name,
            disambiguation: row.disambiguation.filter(|text| !text.is_empty()),
            country: row.country.filter(|text| !text.is_empty()),
            birth_date: row.birthdate,
            updated: row.updated_at,
            urls,
            stash_ids,
            images: row.image_path.and_then(|path| self.portrait(&path)).into_iter().collect(),
            merged: Vec::new(),
        })
    }

    /// The portrait, unless it is the drawing that stands for none. Stash builds addresses from what
    /// it thinks it is called; ours is the one that works.
    fn portrait(&self, address: &str) -> Option<ListedImage> {
        let named: Url = self.server.upstream.base().join(address).ok()?;
        if named.query_pairs().any(|(name, value)| name == "default" && value == "true") {
            return None;
        }
        let mut url = self.server.upstream.base().clone();
        let path = named.path();
        let below = path.starts_with(&format!("{}/", self.prefix));
        url.set_path(&if below { path.to_owned() } else { format!("{}{path}", self.prefix) });
        // The time of its last change; a key has no place here.
        let time = named.query_pairs().find(|(name, _)| name == "t");
        if let Some((_, time)) = time {
            url.query_pairs_mut().append_pair("t", &time);
        }
        Some(ListedImage { url: url.into(), path: None })
    }
}

/// The id of the performer that Stash calls by a number.
fn local(number: &str) -> PerformerId {
    PerformerId::local(&format!("stash:{number}"))
}

impl Source for Stash {
    fn endpoint(&self) -> &str {
        &self.server.endpoint
    }

    fn upstream(&self) -> &Upstream {
        &self.server.upstream
    }

    fn page(&mut self, order: Order, page: u32) -> Result<Page, Error> {
        let (sort, direction) = order.words();
        let filter = json!({
            "sort": sort, "direction": direction, "page": page, "per_page": self.per_page,
        });
        let variables = json!({ "filter": filter });
        Ok(self.server.page(&variables, "findPerformers", |row| self.listed(row))?)
    }

    fn fate(&mut self, id: Uuid) -> Result<Fate, Error> {
        let everybody = json!({ "filter": { "per_page": -1 } });
        let found: Ids = self.server.ask("Ids", &everybody, "findPerformers")?;
        let Some(one) = found.performers.iter().find(|one| local(&one.id).uuid() == id) else {
            return Ok(Fate::Gone);
        };
        let row: Option<Value> =
            self.server.ask("Performer", &json!({ "id": one.id }), "findPerformer")?;
        let Some(row) = row else { return Ok(Fate::Gone) };
        let listed = self.listed(row).map_err(|why| self.server.form(&why))?;
        Ok(Fate::Listed(Box::new(listed)))
    }

    fn removals(&mut self, _page: u32) -> Result<Vec<Removal>, Error> {
        Ok(Vec::new())
    }
}
