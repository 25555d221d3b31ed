//! stash-box: StashDB, PMVStash, FansDB, JAVStash and others of the same software.

mod rows;

use reqwest::header::HeaderName;
use rollcall_core::PerformerId;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use self::rows::{Edit, Row};
use super::{Access, Fate, Order, Page, Removal, Source, UpstreamError, graphql::GraphQl};
use crate::{
    Error,
    net::{Net, Upstream},
};

const DOCUMENT: &str = include_str!("stash_box.graphql");
/// The header that stash-box reads keys from (`internal/auth/authorization.go`).
const KEY_HEADER: HeaderName = HeaderName::from_static("apikey");

/// A stash-box, asked by GraphQL.
#[derive(Debug)]
pub struct StashBox {
    server: GraphQl,
    per_page: usize,
}

#[derive(Deserialize)]
struct Edits {
    edits: Vec<Edit>,
}

impl StashBox {
    /// The stash-box whose GraphQL is at `access.url`.
    ///
    /// # Errors
    /// When that is no address.
    pub fn new(net: Net, access: &Access) -> Result<Self, Error> {
        let upstream = Upstream::new(&access.url)?
            .with_key(KEY_HEADER, "", access.key.clone(), false)
            .with_pace(access.pace)
            .with_hosts(access.image_hosts.iter().map(String::as_str));
        let server = GraphQl { document: DOCUMENT, net, upstream, endpoint: access.name() };
        Ok(Self { server, per_page: access.per_page.max(1) })
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
        let found: Edits = self.server.ask("Edits", &json!({ "input": input }), "queryEdits")?;
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
        let (sort, direction) = order.words();
        let input = json!({
            "sort": sort.to_uppercase(), "direction": direction, "page": page, "per_page": self.per_page,
        });
        let variables = json!({ "input": input });
        let listed = |row| Row::read(row).and_then(|row| row.listed(&self.server));
        Ok(self.server.page(&variables, "queryPerformers", listed)?)
    }

    fn fate(&mut self, id: Uuid) -> Result<Fate, Error> {
        let found: Option<Value> =
            self.server.ask("Performer", &json!({ "id": id }), "findPerformer")?;
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
