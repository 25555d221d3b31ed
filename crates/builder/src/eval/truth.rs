//! Who is in a scene, as its maker says, and where.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rollcall_core::{AnswerFace, BoundingBox, PerformerId};
use serde::Deserialize;

use crate::{Error, files};

/// A face is somebody's if its box overlaps theirs by this much (intersection over union): detectors
/// draw boxes differently, people stand apart.
const SAME_PLACE: f32 = 0.3;

/// No scene of two hours with five people has a larger file.
const MOST_TRUTH: u64 = 64 << 20;

/// Who is in a scene, as its maker says.
#[derive(Debug, Deserialize)]
pub(super) struct Truth {
    pub(super) people: Vec<Person>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Person {
    /// The database's id; people who are left out of the gallery have theirs, too.
    pub(super) id: String,
    pub(super) in_gallery: bool,
    pub(super) appearances: Vec<Appearance>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Appearance {
    pub(super) frame: usize,
    #[serde(rename = "box")]
    pub(super) bounding_box: [f32; 4],
}

impl Truth {
    /// # Errors
    /// When the scene has no readable truth.
    pub(super) fn read(scene: &Path) -> Result<Self, Error> {
        let path = scene.join("truth.json");
        serde_json::from_slice(&files::read_limited(&path, MOST_TRUTH)?)
            .map_err(|e| Error::Frames { path, reason: e.to_string() })
    }

    /// The database's people who are in the scene.
    pub(super) fn known(&self) -> BTreeSet<PerformerId> {
        let known = self.people.iter().filter(|person| person.in_gallery);
        known.filter_map(|person| person.id.parse().ok()).collect()
    }

    /// The tags of a scene: everybody who is in it, and of `everybody` one who is not, another in
    /// each scene.
    pub(super) fn tags(
        &self,
        everybody: &BTreeSet<PerformerId>,
        number: usize,
    ) -> BTreeSet<PerformerId> {
        let mut tags = self.known();
        let absent: Vec<&PerformerId> = everybody.difference(&tags).collect();
        let wrong = absent.get(number % absent.len().max(1)).map(|&id| id.clone());
        tags.extend(wrong);
        if everybody.is_empty() { BTreeSet::new() } else { tags }
    }
}

/// The number of the person most of these faces are at the place of; of equals the first.
pub(super) fn who_is_at(faces: &[AnswerFace], truth: &Truth) -> Option<usize> {
    let mut votes = BTreeMap::new();
    for face in faces {
        let people = truth.people.iter().enumerate().filter_map(|(number, person)| {
            let here = person.appearances.iter().find(|a| a.frame == face.frame)?;
            let [x, y, width, height] = here.bounding_box;
            let iou = face.bounding_box.iou(&BoundingBox { x, y, width, height });
            (iou >= SAME_PLACE).then_some((iou, number))
        });
        if let Some((_, number)) = people.max_by(|a, b| a.0.total_cmp(&b.0)) {
            *votes.entry(number).or_insert(0usize) += 1;
        }
    }
    let most = votes.into_iter().reduce(|a, b| if b.1 > a.1 { b } else { a });
    most.map(|(number, _)| number)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn person(id: &str, in_gallery: bool, x: f32) -> Person {
        let at = |frame| Appearance { frame, bounding_box: [x, 0.0, 10.0, 10.0] };
        Person { id: id.to_owned(), in_gallery, appearances: (0..4).map(at).collect() }
    }

    fn face(frame: usize, x: f32) -> AnswerFace {
        let bounding_box = BoundingBox { x, y: 1.0, width: 9.0, height: 9.0 };
        AnswerFace { bounding_box, frame, time: None, score: 0.9 }
    }

    #[test]
    fn a_group_is_who_most_of_its_faces_are_at_the_place_of() {
        let truth = Truth { people: vec![person("a", true, 0.0), person("b", false, 50.0)] };
        let faces = [face(0, 49.0), face(1, 0.0), face(2, 51.0), face(9, 0.0), face(3, 90.0)];
        assert_eq!(who_is_at(&faces, &truth), Some(1));
        assert_eq!(who_is_at(&faces[1..2], &truth), Some(0));
        assert_eq!(who_is_at(&faces[3..], &truth), None);
    }

    #[test]
    fn tags_are_who_is_there_and_one_who_is_not() {
        let id = |name: &str| PerformerId::local(name);
        let [ada, bob, eve] = ["ada", "bob", "eve"].map(id);
        let people = vec![person(&ada.to_string(), true, 0.0), person("extra:1", false, 50.0)];
        let truth = Truth { people };
        let everybody = BTreeSet::from([ada.clone(), bob.clone(), eve.clone()]);
        let both = [truth.tags(&everybody, 0), truth.tags(&everybody, 1)];
        assert!(both.iter().all(|tags| tags.len() == 2 && tags.contains(&ada)), "{both:?}");
        assert_ne!(both[0], both[1]);
        assert!(truth.tags(&BTreeSet::new(), 0).is_empty());
    }
}
