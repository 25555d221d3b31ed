//! Who somebody is elsewhere: from any of a performer's ids to all of them.

use std::{path::Path, rc::Rc, str::FromStr};

use rollcall_core::{Performer, PerformerId};
use rollcall_index::{Database, DirectoryStore, Trust};
use serde::Serialize;
use uuid::Uuid;

use crate::{Error, link::performer_at};

/// Whom to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A performer of one endpoint.
    At(PerformerId),
    /// Whoever has this UUID at any endpoint: they do not collide.
    Anywhere(Uuid),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let anywhere = || Uuid::parse_str(text).ok().map(Self::Anywhere);
        let id = text.to_ascii_lowercase().parse().ok().or_else(|| performer_at(text));
        id.map(Self::At).or_else(anywhere).ok_or_else(|| {
            "write it as stashdb.org:<uuid>, as a UUID, or as the address of a performer's page"
                .to_owned()
        })
    }
}

/// A performer and every id of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Who.
    #[serde(flatten)]
    pub performer: Performer,
    /// The id they are filed under, then the others by endpoint, as they are today.
    pub ids: Vec<PerformerId>,
}

/// Finds a performer of the database in `folder`; `None` if nobody has that id, or they were removed.
///
/// # Errors
/// When the database cannot be read.
pub fn lookup(folder: &Path, wanted: &Wanted) -> Result<Option<Found>, Error> {
    let store = Rc::new(DirectoryStore::new(folder));
    let database = pollster::block_on(Database::open_early(store, &Trust::default()))?;
    let asked: Vec<PerformerId> = match wanted {
        Wanted::At(id) => vec![id.clone()],
        Wanted::Anywhere(uuid) => {
            let segments = &database.manifest().segments;
            let mut endpoints: Vec<&String> = segments.iter().flat_map(|s| &s.endpoints).collect();
            endpoints.sort();
            endpoints.dedup();
            endpoints.iter().filter_map(|endpoint| PerformerId::new(endpoint, *uuid).ok()).collect()
        }
    };
    for id in asked {
        if let Some(performer) = pollster::block_on(database.performer(&id))? {
            return Ok(Some(Found { ids: performer.ids().collect(), performer }));
        }
    }
    Ok(None)
}
