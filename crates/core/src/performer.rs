//! Who somebody is: a performer of a stash-box.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A performer's id at one stash-box, written `stashdb.org:50459d16-…`.
///
/// The endpoint is the canonical host name of the stash-box (see [`endpoint_of`]), or `local` for
/// people who are in no stash-box.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PerformerId {
    endpoint: String,
    id: Uuid,
}

/// A UUID of version 8, which leaves the other bits to whoever makes it; ours are a number.
const OF_STASH: u128 = 0x8000_8000_0000_0000_0000;

/// A text that is no performer id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no performer id; write it as host:uuid, such as stashdb.org:<uuid>")]
pub struct PerformerIdError(String);

impl PerformerId {
    /// The endpoint of people who are in no stash-box.
    pub const LOCAL: &'static str = "local";

    /// An id at `endpoint`, which must be a bare lower-case host name or `local`.
    ///
    /// # Errors
    /// When the endpoint has characters no host name has, or is longer than 253.
    pub fn new(endpoint: &str, id: Uuid) -> Result<Self, PerformerIdError> {
        let fine = !endpoint.is_empty()
            && endpoint.len() <= 253
            && endpoint
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b));
        if fine {
            Ok(Self { endpoint: endpoint.to_owned(), id })
        } else {
            Err(PerformerIdError(endpoint.chars().take(80).collect()))
        }
    }

    /// The id of somebody known only by a name: a UUIDv5 of it, at [`PerformerId::LOCAL`].
    #[must_use]
    pub fn local(name: &str) -> Self {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("rollcall:local:{name}").as_bytes());
        Self { endpoint: Self::LOCAL.to_owned(), id }
    }

    /// The id of a performer of the user's own Stash, who may be in no stash-box: their number there in
    /// place of a UUID, at [`PerformerId::LOCAL`].
    #[must_use]
    pub fn of_stash(number: u32) -> Self {
        let id = Uuid::from_u128(OF_STASH | u128::from(number));
        Self { endpoint: Self::LOCAL.to_owned(), id }
    }

    /// The number that [`PerformerId::of_stash`] was given.
    #[must_use]
    pub fn stash_number(&self) -> Option<u32> {
        let number = u32::try_from(self.id.as_u128() ^ OF_STASH).ok();
        number.filter(|_| self.endpoint == Self::LOCAL)
    }

    /// The stash-box's host name, or `local`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The UUID there.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.id
    }
}

/// The canonical name of a stash-box endpoint: the lower-case host of its URL, so that
/// `https://theporndb.net/graphql?type=Scene` and `theporndb.net` are one.
#[must_use]
pub fn endpoint_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default().to_ascii_lowercase()
}

impl fmt::Display for PerformerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.endpoint, self.id)
    }
}

impl FromStr for PerformerId {
    type Err = PerformerIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || PerformerIdError(text.chars().take(80).collect());
        let (endpoint, id) = text.split_once(':').ok_or_else(wrong)?;
        Self::new(endpoint, Uuid::parse_str(id).map_err(|_| wrong())?)
    }
}

impl Serialize for PerformerId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PerformerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a database says about a performer. Nothing in it is a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Performer {
    /// The id the database files the performer under.
    pub id: PerformerId,
    /// The name to show. Text from strangers: never markup.
    pub name: String,
    /// What tells namesakes apart.
    pub disambiguation: Option<String>,
    /// ISO 3166-1 alpha-2 country code.
    pub country: Option<String>,
    /// The ids of the same person at stash-boxes, by endpoint.
    pub stash_ids: BTreeMap<String, Uuid>,
    /// Ids that stash-boxes have merged into one of these. They still lead here, from a library that was
    /// linked before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub merged_ids: BTreeSet<PerformerId>,
    /// Where the reference picture lies, relative to the endpoint (or to the database for
    /// `local`): path segments of `[A-Za-z0-9._-]`, never `..`.
    pub image: Option<String>,
    /// How many faces were found, of which a database keeps at most 32 per model.
    pub faces: u32,
}

impl Performer {
    /// Somebody of whom nothing but a name is known, and of whom there is one face.
    #[must_use]
    pub fn named(id: PerformerId, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            disambiguation: None,
            country: None,
            stash_ids: BTreeMap::new(),
            merged_ids: BTreeSet::new(),
            image: None,
            faces: 1,
        }
    }

    /// The ids that they have today: the one they are filed under, and those at stash-boxes. What is no
    /// host name is passed over.
    pub fn ids(&self) -> impl Iterator<Item = PerformerId> {
        let at = |(endpoint, id): (&String, &Uuid)| PerformerId::new(endpoint, *id).ok();
        let others = self.stash_ids.iter().filter_map(at).filter(|id| *id != self.id);
        std::iter::once(self.id.clone()).chain(others)
    }

    /// Every id that leads to them.
    pub fn all_ids(&self) -> impl Iterator<Item = PerformerId> {
        self.ids().chain(self.merged_ids.iter().cloned())
    }
}
