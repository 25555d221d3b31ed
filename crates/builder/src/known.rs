//! People as one upstream knows them, with the faces that were found to be theirs: what the pipeline
//! ends with, and linking and indexing start from.

use std::collections::BTreeMap;

use rollcall_core::{Embedding, Performer};
use rollcall_index::PerformerEntry;

use crate::{Error, sources::Listed};

/// A performer of one upstream who has at least one usable face.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// What the upstream says of them.
    pub listed: Listed,
    /// The faces that are theirs, in the order of the upstream's pictures; per face one embedding for
    /// each embedder of the pack, in its order. Never empty.
    pub faces: Vec<Vec<Embedding>>,
    /// The path of the first picture that shows them and can be built by a client: see
    /// [`crate::sources::ListedImage::path`].
    pub image: Option<String>,
}

/// Everybody who is known, one at a time, for they do not fit into memory together.
pub trait People {
    /// Gives everybody to `each`, by rising id: always the same people in the same order, so that it
    /// may be asked several times.
    ///
    /// # Errors
    /// When they cannot be read, or `each` says so.
    fn for_each(&self, each: &mut dyn FnMut(Known) -> Result<(), Error>) -> Result<(), Error>;
}

/// People who do fit into memory.
impl People for Vec<Known> {
    fn for_each(&self, each: &mut dyn FnMut(Known) -> Result<(), Error>) -> Result<(), Error> {
        self.iter().try_for_each(|known| each(known.clone()))
    }
}

impl Known {
    /// The person as a database has them who is linked to nobody else: filed under the upstream's own
    /// id, with the ids it states outright.
    #[must_use]
    pub fn into_entry(self) -> PerformerEntry {
        let Self { listed, faces, image } = self;
        let ids = listed.stash_ids.iter().chain([&listed.id]);
        let stash_ids: BTreeMap<_, _> =
            ids.map(|id| (id.endpoint().to_owned(), id.uuid())).collect();
        let performer = Performer {
            stash_ids,
            id: listed.id,
            name: listed.name,
            disambiguation: listed.disambiguation,
            country: listed.country,
            image,
            faces: u32::try_from(faces.len()).unwrap_or(u32::MAX),
        };
        PerformerEntry { performer, faces }
    }
}

#[cfg(test)]
mod tests {
    use rollcall_core::PerformerId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn one_upstream_alone_makes_an_entry() {
        let id = |host, number| PerformerId::new(host, Uuid::from_u128(number)).unwrap();
        let listed = Listed {
            id: id("stashdb.org", 1),
            name: "Ada".to_owned(),
            disambiguation: None,
            country: Some("GB".to_owned()),
            birth_date: None,
            updated: None,
            urls: Vec::new(),
            stash_ids: vec![id("fansdb.cc", 2)],
            images: Vec::new(),
            merged: Vec::new(),
        };
        let face = vec![Embedding::from_raw(vec![1.0, 0.0]).unwrap()];
        let known = Known { listed, faces: vec![face.clone(), face], image: None };
        let mut seen = Vec::new();
        let each = &mut |known: Known| {
            seen.push(known.into_entry());
            Ok(())
        };
        vec![known].for_each(each).unwrap();
        let performer = &seen[0].performer;
        assert_eq!((performer.faces, performer.name.as_str()), (2, "Ada"));
        let endpoints: Vec<_> = performer.stash_ids.keys().collect();
        assert_eq!(endpoints, ["fansdb.cc", "stashdb.org"]);
    }
}
