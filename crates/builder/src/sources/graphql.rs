//! Asking a GraphQL server, and believing nothing of its answer.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Listed, Page, UpstreamError};
use crate::net::{Net, NetError, Upstream};

/// A GraphQL server: a stash-box, or a Stash.
#[derive(Debug)]
pub(super) struct GraphQl {
    /// Every operation that it is asked for.
    pub(super) document: &'static str,
    pub(super) net: Net,
    pub(super) upstream: Upstream,
    /// What messages call it.
    pub(super) endpoint: String,
}

#[derive(Deserialize)]
struct Performers {
    count: u64,
    performers: Vec<Value>,
}

/// How servers say that a key is wrong, or missing, with status 200.
const UNAUTHORISED: [&str; 3] = ["not authorized", "unauthorized", "unauthenticated"];
/// How gqlgen, which both kinds of servers are written with, says that it knows no such field.
const UNKNOWN: [&str; 4] =
    ["cannot query field", "unknown type", "unknown argument", "unknown field"];
/// The longest text of a server that is repeated in a message, in characters.
const LONGEST_TEXT: usize = 200;

impl GraphQl {
    /// The root field `field` of what the document's `operation` brings.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        operation: &str,
        variables: &Value,
        field: &str,
    ) -> Result<T, UpstreamError> {
        let body = json!({
            "query": self.document, "operationName": operation, "variables": variables,
        });
        let bytes = self
            .net
            .api(&self.upstream, self.upstream.base(), Some(&body))
            .map_err(|error| self.failed(error))?;
        let mut answer: Value =
            serde_json::from_slice(&bytes).map_err(|_| self.form("it is no JSON"))?;
        if let Some(message) = answer["errors"][0]["message"].as_str() {
            return Err(self.said(message));
        }
        let found = answer.get_mut("data").and_then(|data| data.get_mut(field)).map(Value::take);
        let found = found.ok_or_else(|| self.form(&format!("there is no {field}")))?;
        serde_json::from_value(found).map_err(|error| self.form(&format!("{field}: {error}")))
    }

    /// A page of performers. Only an empty one is the last for certain: proxies may give fewer than
    /// are asked for, and counts lie.
    pub(super) fn page(
        &self,
        variables: &Value,
        field: &str,
        listed: impl Fn(Value) -> Result<Listed, String>,
    ) -> Result<Page, UpstreamError> {
        let found: Performers = self.ask("Performers", variables, field)?;
        let (count, more) = (Some(found.count), !found.performers.is_empty());
        Page::read(count, more, found.performers.into_iter().map(listed))
            .map_err(|why| self.form(&why))
    }

    fn failed(&self, error: NetError) -> UpstreamError {
        let endpoint = self.endpoint.clone();
        match error {
            NetError::Refused { .. } => UpstreamError::Key { endpoint },
            NetError::Missing(_) => self.form("there is no GraphQL at its address"),
            source => UpstreamError::Net { endpoint, source },
        }
    }

    fn said(&self, message: &str) -> UpstreamError {
        let lower = message.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let endpoint = self.endpoint.clone();
        let shortened: String = message.chars().take(LONGEST_TEXT).collect();
        let message = self.upstream.without_key(&shortened);
        if has(&UNAUTHORISED) {
            UpstreamError::Key { endpoint }
        } else if has(&UNKNOWN) {
            UpstreamError::Form { endpoint, reason: message }
        } else {
            UpstreamError::Says { endpoint, message }
        }
    }

    /// An answer of a form that is not known.
    pub(super) fn form(&self, reason: &str) -> UpstreamError {
        UpstreamError::Form { endpoint: self.endpoint.clone(), reason: reason.to_owned() }
    }
}
