//! stash-box: StashDB, PMVStash, FansDB, JAVStash and others of the same software.

mod rows;

use reqwest::header::HeaderName;
use rollcall_core::{PerformerId, endpoint_of};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use self::rows::{Edit, Row};
use super::{Fate, Order, Page, Removal, Source, UpstreamError, graphql::GraphQl};
use crate::{
    Error,
    net::{Net, Pace, Secret, Upstream},
};

const PERFORMERS: &str = include_str!("performers.graphql");
const PERFORMER: &str = include_str!("performer.graphql");
const EDITS: &str = include_str!("edits.graphql");
/// The header that stash-box reads keys from (`internal/auth/authorization.go`).
const KEY_HEADER: HeaderName = HeaderName::from_static("apikey");
/// Performers and edits asked for at once. stash-box has no limit of its own, but public ones stand
/// behind proxies that may.
const PER_PAGE: usize = 100;

/// A stash-box, asked by GraphQL.
#[derive(Debug)]
pub struct StashBox {
    server: GraphQl,
    per_page: usize,
}

#[derive(Deserialize)]
struct Performers {
    count: u64,
    performers: Vec<Value>,
}

#[derive(Deserialize)]
struct Edits {
    edits: Vec<Edit>,
}

impl StashBox {
    /// The stash-box whose GraphQL is at `url`, asked with `key`.
    ///
    /// # Errors
    /// When `url` is no address.
    pub fn new(net: Net, url: &str, key: Secret) -> Result<Self, Error> {
        let upstream = Upstream::new(url)?.with_key(KEY_HEADER, "", key, false);
        let server = GraphQl { net, upstream, endpoint: endpoint_of(url) };
        Ok(Self { server, per_page: PER_PAGE })
    }

    /// The same under another name: performer ids begin with `endpoint`.
    #[must_use]
    pub fn named(mut self, endpoint: &str) -> Self {
        self.server.endpoint = endpoint_of(endpoint);
        self
    }

    /// Asked as fast as this.
    #[must_use]
    pub fn with_pace(mut self, pace: Pace) -> Self {
        self.server.upstream = self.server.upstream.with_pace(pace);
        self
    }

    /// Pictures may also come from `host` and what is below it.
    #[must_use]
    pub fn with_image_host(mut self, host: &str) -> Self {
        self.server.upstream = self.server.upstream.with_host(host);
        self
    }

    /// Asked for so many performers at once.
    #[must_use]
    pub fn with_per_page(mut self, per_page: usize) -> Self {
        self.per_page = per_page.max(1);
        self
    }

    fn id(&self, id: Uuid) -> Result<PerformerId, UpstreamError> {
        PerformerId::new(&self.server.endpoint, id)
            .map_err(|error| self.server.form(&error.to_string()))
    }

    /// A page of the edits of one kind that have come into force.
    fn edits(&self, operation: &str, page: u32) -> Result<Vec<Edit>, UpstreamError> {
        let input = json!({
            "target_type": "PERFORMER", "operation": operation, "applied": true,
            "sort": "CLOSED_AT", "direction": "DESC", "page": page, "per_page": self.per_page,
        });
        let found: Edits = self.server.ask(EDITS, &json!({ "input": input }), "queryEdits")?;
        Ok(found.edits)
    }
}

impl Source for StashBox {
    fn endpoint(&self) -> &str {
        &self.server.endpoint
    }

    fn upstream(&self) -> &Upstream {
        &self.server.upstream
    }

    fn page(&mut self, order: Order, page: u32) -> Result<Page, Error> {
        let (sort, direction) = match order {
            Order::Name => ("NAME", "ASC"),
            Order::NameBackwards => ("NAME", "DESC"),
            Order::Created => ("CREATED_AT", "ASC"),
            Order::UpdatedLast => ("UPDATED_AT", "DESC"),
        };
        let input = json!({
            "sort": sort, "direction": direction, "page": page, "per_page": self.per_page,
        });
        let variables = json!({ "input": input });
        let found: Performers = self.server.ask(PERFORMERS, &variables, "queryPerformers")?;
        let mut read = Page {
            count: Some(found.count),
            more: !found.performers.is_empty(),
            ..Page::default()
        };
        for row in found.performers {
            match Row::read(row).and_then(|row| row.listed(&self.server)) {
                Ok(listed) => read.performers.push(listed),
                Err(why) => read.unusable.push(why),
            }
        }
        match read.unusable.first() {
            // Rows go wrong one by one. When all do, it is the form that has changed.
            Some(why) if read.performers.is_empty() => Err(self.server.form(why).into()),
            _ => Ok(read),
        }
    }

    fn fate(&mut self, id: Uuid) -> Result<Fate, Error> {
        let found: Option<Value> =
            self.server.ask(PERFORMER, &json!({ "id": id }), "findPerformer")?;
        let Some(row) = found else { return Ok(Fate::Gone) };
        let row = Row::read(row).map_err(|why| self.server.form(&why))?;
        if !row.deleted {
            let listed = row.listed(&self.server).map_err(|why| self.server.form(&why))?;
            return Ok(Fate::Listed(Box::new(listed)));
        }
        match row.merged_into_id {
            Some(into) => Ok(Fate::MergedInto(self.id(into)?)),
            None => Ok(Fate::Gone),
        }
    }

    fn removals(&mut self, page: u32) -> Result<Vec<Removal>, Error> {
        let mut removals = Vec::new();
        for (operation, merges) in [("MERGE", true), ("DESTROY", false)] {
            for edit in self.edits(operation, page)? {
                let Some(at) = edit.closed else { continue };
                let target = edit.target.and_then(|target| target.id);
                let sources = edit.merge_sources.into_iter().filter_map(|source| source.id);
                let gone: Vec<Uuid> =
                    if merges { sources.collect() } else { target.into_iter().collect() };
                let into = target.filter(|_| merges).map(|id| self.id(id)).transpose()?;
                for id in gone {
                    removals.push(Removal { id: self.id(id)?, into: into.clone(), at: at.clone() });
                }
            }
        }
        removals.sort_by(|a, b| b.at.cmp(&a.at));
        Ok(removals)
    }
}
