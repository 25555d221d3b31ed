//! What was seen in a scene in few bytes: a byte for each value of a template, a quarter of the pixels of
//! each thumbnail. A browser keeps tens of thousands of these (`docs/STATE.md`).

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{SeenPerson, SeenScene, look::MAX_LOOKS};
#[cfg(feature = "decode")]
use crate::thumbnail::{data_url, smaller};
use crate::{AnswerFace, BoundingBox, Embedding, SceneFacts};

/// Changes with the layout.
const VERSION: u8 = 1;
/// More bytes than a scene of [`MAX_LOOKS`] looks takes.
const MOST_BYTES: usize = 8 << 20;
/// A thumbnail has two or three thousand.
const MOST_THUMBNAIL: usize = 1 << 16;

/// Bytes that no scene was packed into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was kept of this scene cannot be read ({0}); scan the scene again")]
pub struct PackedError(String);

#[derive(Serialize, Deserialize)]
struct Packed {
    version: u8,
    facts: SceneFacts,
    people: Vec<Person>,
}

#[derive(Serialize, Deserialize)]
struct Person {
    template: Vec<Vector>,
    faces: Vec<Face>,
    thumbnail: Option<ByteBuf>,
    weight: f32,
}

/// An embedding: whole numbers from -127 to 127 in its direction, and its length before normalising.
#[derive(Serialize, Deserialize)]
struct Vector(ByteBuf, f32);

/// Frame, seconds, score in hundredths, and the box in whole pixels: x, y, width, height.
#[derive(Serialize, Deserialize)]
struct Face(u32, Option<f32>, u8, [i32; 4]);

impl SeenScene {
    /// Few bytes of which [`SeenScene::unpack`] makes nearly the same again.
    ///
    /// # Errors
    /// None in practice: when it cannot be written down.
    pub fn pack(&self) -> Result<Vec<u8>, PackedError> {
        let people = self.people.iter().map(Person::of).collect();
        let packed = Packed { version: VERSION, facts: self.facts, people };
        rmp_serde::to_vec(&packed).map_err(|error| PackedError(error.to_string()))
    }

    /// Reads what [`SeenScene::pack`] has written; `dimensions` are those of the pack's embedders.
    ///
    /// # Errors
    /// When the bytes are none of those, or of other embedders.
    pub fn unpack(bytes: &[u8], dimensions: &[usize]) -> Result<Self, PackedError> {
        let wrong = |why: &str| PackedError(why.to_owned());
        if bytes.len() > MOST_BYTES {
            return Err(wrong("too large"));
        }
        let packed: Packed =
            rmp_serde::from_slice(bytes).map_err(|error| PackedError(error.to_string()))?;
        if packed.version != VERSION {
            return Err(wrong("of another version"));
        }
        let faces: usize = packed.people.iter().map(|person| person.faces.len()).sum();
        if packed.people.len().max(faces) > MAX_LOOKS {
            return Err(wrong("more faces than are ever kept"));
        }
        let people = packed.people.into_iter().map(|person| person.seen(dimensions));
        let people: Option<Vec<SeenPerson>> = people.collect();
        let people = people.ok_or_else(|| wrong("of other models, or damaged"))?;
        Ok(Self { facts: packed.facts, people })
    }
}

impl Person {
    fn of(person: &SeenPerson) -> Self {
        Self {
            template: person.template.iter().map(Vector::of).collect(),
            faces: person.faces.iter().map(Face::of).collect(),
            thumbnail: person.thumbnail.as_deref().and_then(smaller).map(ByteBuf::from),
            weight: person.weight,
        }
    }

    fn seen(self, dimensions: &[usize]) -> Option<SeenPerson> {
        let mut template = Vec::with_capacity(dimensions.len());
        if self.template.len() != dimensions.len() || self.faces.is_empty() {
            return None;
        }
        for (vector, &dimension) in self.template.into_iter().zip(dimensions) {
            template.push(vector.embedding(dimension)?);
        }
        let faces = self.faces.into_iter().map(Face::seen).collect::<Option<_>>()?;
        let thumbnail = self.thumbnail.filter(|jpeg| jpeg.len() <= MOST_THUMBNAIL);
        let thumbnail = thumbnail.and_then(|jpeg| data_url(&jpeg));
        let weight = Some(self.weight).filter(|weight| weight.is_finite())?;
        Some(SeenPerson { template, faces, thumbnail, weight })
    }
}

impl Vector {
    fn of(embedding: &Embedding) -> Self {
        let most = embedding.unit().iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let value = |x: &f32| ((x * (127.0 / most)).round() as i8).cast_unsigned();
        Self(embedding.unit().iter().map(value).collect::<Vec<u8>>().into(), embedding.norm())
    }

    fn embedding(&self, dimension: usize) -> Option<Embedding> {
        if self.0.len() != dimension {
            return None;
        }
        let values = self.0.iter().map(|value| f32::from(value.cast_signed())).collect();
        let direction = Embedding::from_raw(values).ok()?;
        Embedding::from_unit(direction.unit().to_vec(), self.1).ok()
    }
}

impl Face {
    fn of(face: &AnswerFace) -> Self {
        let BoundingBox { x, y, width, height } = face.bounding_box;
        let pixels = [x, y, width, height].map(|side| side.round() as i32);
        let score = (face.score.clamp(0.0, 1.0) * 100.0).round() as u8;
        Self(face.frame as u32, face.time.map(|time| time as f32), score, pixels)
    }

    fn seen(self) -> Option<AnswerFace> {
        let Self(frame, time, score, pixels) = self;
        let [x, y, width, height] = pixels.map(|side| side as f32);
        let fine = score <= 100 && time.is_none_or(f32::is_finite);
        fine.then(|| AnswerFace {
            bounding_box: BoundingBox { x, y, width, height },
            frame: frame as usize,
            time: time.map(f64::from),
            score: f32::from(score) / 100.0,
        })
    }
}

#[cfg(not(feature = "decode"))]
fn smaller(_: &str) -> Option<Vec<u8>> {
    None
}

#[cfg(not(feature = "decode"))]
fn data_url(_: &[u8]) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scene(values: Vec<f32>, norm: f32) -> Option<SeenScene> {
        let direction = Embedding::from_raw(values).ok()?;
        let template = vec![Embedding::from_unit(direction.unit().to_vec(), norm).ok()?];
        let bounding_box = BoundingBox { x: -3.0, y: 20.0, width: 31.0, height: 40.0 };
        let faces = vec![AnswerFace { bounding_box, frame: 7, time: Some(12.5), score: 0.75 }];
        let person = SeenPerson { template, faces, thumbnail: None, weight: 4.5 };
        let facts = SceneFacts { frames: 81, searched: 40, ..SceneFacts::default() };
        Some(SeenScene { facts, people: vec![person] })
    }

    proptest! {
        #[test]
        fn a_scene_comes_back_nearly_the_same(values in proptest::collection::vec(-1.0f32..1.0, 128)) {
            let Some(seen) = scene(values, 9.25) else { return Ok(()) };
            let bytes = seen.pack().unwrap();
            prop_assert!(bytes.len() < 128 + 60, "{} bytes", bytes.len());
            let mut back = SeenScene::unpack(&bytes, &[128]).unwrap();
            let [ours, theirs] = [&seen, &back].map(|scene| scene.people[0].template[0].clone());
            prop_assert!(ours.similarity(&theirs).unwrap().0 > 0.9995);
            prop_assert_eq!(ours.norm(), theirs.norm());
            back.people[0].template = vec![ours];
            prop_assert_eq!(back, seen);
        }

        #[test]
        fn other_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            // An empty scene is the only short one; it takes luck to hit it.
            if let Ok(seen) = SeenScene::unpack(&bytes, &[3]) {
                prop_assert!(seen.people.iter().all(|person| person.template.len() == 1));
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let bytes = scene(vec![0.6, -0.8, 0.0], 2.0).unwrap().pack().unwrap();
        let refused = |bytes: &[u8], dimensions: &[usize]| {
            SeenScene::unpack(bytes, dimensions).unwrap_err().to_string()
        };
        assert!(refused(&bytes, &[4]).contains("other models"));
        assert!(refused(&bytes, &[3, 3]).contains("other models"));
        for cut in 0..bytes.len() {
            refused(&bytes[..cut], &[3]);
        }
        assert!(refused(&vec![0; MOST_BYTES + 1], &[3]).contains("too large"));
        let newer = [&bytes[..1], &[2], &bytes[2..]].concat();
        assert!(refused(&newer, &[3]).contains("another version"));
        let still = SeenScene::unpack(&bytes, &[3]).unwrap();
        assert!(still.people[0].template[0].unit()[1] < -0.79);
    }

    #[test]
    fn nobody_is_a_scene_too_and_a_crowd_is_none() {
        let mut seen = scene(vec![1.0, 0.0], 1.0).unwrap();
        let person = seen.people.remove(0);
        assert_eq!(SeenScene::unpack(&seen.pack().unwrap(), &[2]).unwrap(), seen);
        seen.people = vec![person; MAX_LOOKS + 1];
        assert!(SeenScene::unpack(&seen.pack().unwrap(), &[2]).is_err());
    }
}
