//! ThePornDB, by its REST: its GraphQL answers Stash, but cannot list.

use reqwest::{Url, header::AUTHORIZATION};
use rollcall_core::{PerformerId, endpoint_of};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use super::{Access, Fate, Listed, ListedImage, Order, Page, Removal, Source, UpstreamError};
use crate::{
    Error,
    net::{Net, NetError, Upstream},
};

/// What performer ids begin with, whatever way it is asked.
pub(super) const ENDPOINT: &str = "theporndb.net";
/// Where its REST is.
pub(super) const API_HOST: &str = "api.theporndb.net";

/// ThePornDB.
#[derive(Debug)]
pub struct ThePornDb {
    net: Net,
    upstream: Upstream,
    endpoint: String,
    per_page: usize,
}

#[derive(Deserialize)]
struct Listing {
    data: Vec<Value>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    total: u64,
    last_page: u32,
}

#[derive(Deserialize)]
struct One {
    data: Value,
}

#[derive(Deserialize)]
struct Row {
    id: Uuid,
    name: String,
    disambiguation: Option<String>,
    image: Option<String>,
    #[serde(default)]
    posters: Vec<Poster>,
    /// A map, but a list when empty.
    #[serde(default)]
    extras: Value,
}

#[derive(Deserialize)]
struct Poster {
    url: Option<String>,
}

impl ThePornDb {
    /// ThePornDB, asked with the token in `access`. The address may be the one for Stash.
    ///
    /// # Errors
    /// When its address is none.
    pub fn new(net: Net, access: &Access) -> Result<Self, Error> {
        // What Stash is configured with is its GraphQL.
        let official = [ENDPOINT, API_HOST].contains(&endpoint_of(&access.url).as_str());
        let url = if official { format!("https://{API_HOST}") } else { access.url.clone() };
        let upstream = Upstream::new(&url)?
            .with_key(AUTHORIZATION, "Bearer ", access.key.clone(), false)
            .with_pace(access.pace)
            .with_hosts(access.image_hosts.iter().map(String::as_str).chain([ENDPOINT]));
        let per_page = access.per_page.clamp(1, Access::PER_PAGE);
        Ok(Self { net, upstream, endpoint: access.name(), per_page })
    }

    fn get<T: DeserializeOwned>(&self, path: &[&str], query: &str) -> Result<T, UpstreamError> {
        let mut url = self.upstream.base().clone();
        append(&mut url, path);
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        let endpoint = self.endpoint.clone();
        let bytes = self.net.api(&self.upstream, &url, None).map_err(|error| match error {
            NetError::Refused { .. } => UpstreamError::Key { endpoint },
            source => UpstreamError::Net { endpoint, source },
        })?;
        serde_json::from_slice(&bytes).map_err(|error| self.form(&error.to_string()))
    }

    fn form(&self, reason: &str) -> UpstreamError {
        UpstreamError::Form { endpoint: self.endpoint.clone(), reason: reason.to_owned() }
    }

    fn listed(&self, row: Value) -> Result<Listed, String> {
        let row: Row = super::row(row)?;
        let extra = |name: &str| row.extras[name].as_str().map(str::to_owned);
        let urls: Vec<String> = match &row.extras["links"] {
            Value::Object(links) => {
                links.values().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        // Posters repeat the main picture. None of them lies at the endpoint itself.
        let mut pictures: Vec<String> = row.image.into_iter().collect();
        for url in row.posters.into_iter().filter_map(|poster| poster.url) {
            if !pictures.contains(&url) {
                pictures.push(url);
            }
        }
        Ok(Listed {
            id: PerformerId::new(&self.endpoint, row.id).map_err(|error| error.to_string())?,
            name: row.name,
            disambiguation: row.disambiguation,
            country: extra("birthplace_code").and_then(|code| country(&code)),
            birth_date: extra("birthday"),
            updated: None,
            stash_ids: Vec::new(),
            urls,
            images: pictures.into_iter().map(|url| ListedImage { url, path: None }).collect(),
            merged: Vec::new(),
        })
    }
}

/// The country of a place's code: `US` of `US-CA`.
fn country(code: &str) -> Option<String> {
    let country = code.split('-').next()?;
    let fits = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
    fits.then(|| country.to_owned())
}

fn append(url: &mut Url, path: &[&str]) {
    // Only addresses without a host have no path, and those are refused before.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
}

impl Source for ThePornDb {
    fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// In ThePornDB's own order, whichever is asked for: it documents none, and no time of change.
    fn page(&mut self, _order: Order, page: u32) -> Result<Page, Error> {
        let query = format!("page={page}&per_page={}", self.per_page);
        let found: Listing = self.get(&["performers"], &query)?;
        let more = !found.data.is_empty() && page < found.meta.last_page;
        let rows = found.data.into_iter().map(|row| self.listed(row));
        Page::read(Some(found.meta.total), more, rows).map_err(|why| self.form(&why).into())
    }

    fn fate(&mut self, id: Uuid) -> Result<Fate, Error> {
        let found: One = match self.get(&["performers", &id.to_string()], "") {
            Ok(found) => found,
            Err(UpstreamError::Net { source: NetError::Missing(_), .. }) => return Ok(Fate::Gone),
            Err(error) => return Err(error.into()),
        };
        let listed = self.listed(found.data).map_err(|why| self.form(&why))?;
        // Asked for somebody who was merged, it gives whom they were merged into.
        Ok(if listed.id.uuid() == id {
            Fate::Listed(Box::new(listed))
        } else {
            Fate::MergedInto(listed.id)
        })
    }

    fn removals(&mut self, _page: u32) -> Result<Vec<Removal>, Error> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_two_letters() {
        for (code, is) in [("US", Some("US")), ("US-CA", Some("US")), ("usa", None), ("", None)] {
            assert_eq!(country(code).as_deref(), is, "{code}");
        }
    }
}
