//! What a source is opened with.

use rollcall_core::{PerformerId, endpoint_of};
use serde::Deserialize;

use super::{Source, Stash, StashBox, ThePornDb, theporndb};
use crate::{
    Error,
    net::{Net, Pace, Secret},
};

/// The software an upstream runs, which decides how it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Software {
    /// StashDB, PMVStash, FansDB, JAVStash and others.
    StashBox,
    /// ThePornDB, by its REST.
    #[serde(rename = "theporndb")]
    ThePornDb,
    /// The user's own Stash.
    Stash,
}

impl Software {
    /// What runs at `url`, as far as its host tells.
    #[must_use]
    pub fn at(url: &str) -> Self {
        match endpoint_of(url).as_str() {
            theporndb::ENDPOINT | theporndb::API_HOST => Self::ThePornDb,
            _ => Self::StashBox,
        }
    }
}

/// Where an upstream is and how it may be asked.
#[derive(Clone, Debug)]
pub struct Access {
    /// What runs there.
    pub software: Software,
    /// Its address.
    pub url: String,
    /// What performer ids begin with, if it is another name than the address's host.
    pub endpoint: Option<String>,
    /// The key to ask with.
    pub key: Secret,
    /// How fast.
    pub pace: Pace,
    /// Hosts that its pictures come from, beside its own and those below it.
    pub image_hosts: Vec<String>,
    /// How many performers to ask for at once.
    pub per_page: usize,
}

impl Access {
    /// Performers asked for at once. Neither stash-box nor Stash has a limit of its own, but public
    /// ones stand behind proxies that may; ThePornDB gives at most 100.
    pub const PER_PAGE: usize = 100;

    /// The upstream at `url`, asked with `key` at the default pace.
    #[must_use]
    pub fn new(url: &str, key: Secret) -> Self {
        Self {
            software: Software::at(url),
            url: url.to_owned(),
            endpoint: None,
            key,
            pace: Pace::default(),
            image_hosts: Vec::new(),
            per_page: Self::PER_PAGE,
        }
    }

    /// What performer ids begin with.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.software, &self.endpoint) {
            (Software::Stash, _) => PerformerId::LOCAL.to_owned(),
            (_, Some(name)) => endpoint_of(name),
            (_, None) => {
                let host = endpoint_of(&self.url);
                if host == theporndb::API_HOST { theporndb::ENDPOINT.to_owned() } else { host }
            }
        }
    }

    /// Opens a source. Nothing is asked yet.
    ///
    /// # Errors
    /// When the address is none.
    pub fn open(&self, net: &Net) -> Result<Box<dyn Source>, Error> {
        Ok(match self.software {
            Software::StashBox => Box::new(StashBox::new(net.clone(), self)?),
            Software::ThePornDb => Box::new(ThePornDb::new(net.clone(), self)?),
            Software::Stash => Box::new(Stash::new(net.clone(), self)?),
        })
    }
}
