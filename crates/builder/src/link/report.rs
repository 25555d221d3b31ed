//! What a maintainer reads to see who was linked, who was not, and why.

use rollcall_core::PerformerId;
use serde::Serialize;

use super::Threshold;

/// Why two performers are taken for one person.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The override file says so.
    Override,
    /// Their endpoint has merged one into the other.
    Merged,
    /// One of the upstreams gives the other's id.
    Stated,
    /// Both have this page.
    Page(String),
    /// They look the same.
    Face,
}

/// Two performers who are one person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// One of them.
    pub a: PerformerId,
    /// The other.
    pub b: PerformerId,
    /// Their names, for whoever reads this; they are never looked at otherwise.
    pub names: [String; 2],
    /// What says so.
    pub why: Why,
    /// How alike their faces are (cosine).
    pub similarity: Option<f64>,
    /// Whether the faces say otherwise: they are less alike than half of all strangers.
    pub doubtful: bool,
}

/// Two performers who were not linked though something speaks for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refused {
    /// What speaks for it.
    #[serde(flatten)]
    pub link: Link,
    /// What speaks against it, in a sentence.
    pub because: String,
}

/// A page that too many have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hub {
    /// The page, in the way of writing that is compared.
    pub page: String,
    /// How many performers have it.
    pub performers: usize,
}

/// What linking has done.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LinkReport {
    /// Performers of all endpoints.
    pub performers: usize,
    /// Persons they are.
    pub persons: usize,
    /// How alike faces had to be; nothing if faces were not to link.
    pub threshold: Option<Threshold>,
    /// Who was linked.
    pub links: Vec<Link>,
    /// Who was not.
    pub refused: Vec<Refused>,
    /// Pages that link nobody.
    pub hubs: Vec<Hub>,
    /// Ids of the override file that nobody has.
    pub unknown_overrides: Vec<PerformerId>,
}
