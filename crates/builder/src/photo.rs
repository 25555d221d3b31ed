//! A photo file to the faces in it, and which of them is the person the photo is filed under.

use std::path::Path;

use rollcall_core::{
    EmbeddedFace, Embedding, Face, Pixels, Recogniser, UNKNOWN_BELOW, decode_image, mean_similarity,
};

use crate::{Error, files};

/// The largest photo file read.
const MAX_PHOTO: u64 = 256 << 20;

/// A photo and the faces found in it.
#[derive(Clone, Debug)]
pub struct Photo {
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// The faces, by falling detector score.
    pub faces: Vec<SeenFace>,
}

/// A face without its pixels.
#[derive(Clone, Debug)]
pub struct SeenFace {
    /// Where it is.
    pub face: Face,
    /// One per embedder of the pack.
    pub embeddings: Vec<Embedding>,
}

/// Reads and decodes a photo; gives its SHA-256 too.
///
/// # Errors
/// When the file cannot be read or is no picture.
pub fn read(path: &Path) -> Result<(String, Pixels), Error> {
    let bytes = files::read_limited(path, MAX_PHOTO)?;
    let picture = |source| Error::Picture { path: path.to_owned(), source };
    Ok((files::sha256(&bytes), decode_image(&bytes).map_err(picture)?))
}

/// Finds and embeds the faces of a photo file.
///
/// # Errors
/// When the file is unusable or the engine fails.
pub fn faces_of(recogniser: &Recogniser, path: &Path) -> Result<Photo, Error> {
    let (sha256, pixels) = read(path)?;
    Ok(Photo::new(sha256, &pixels, &faces(recogniser, path, &pixels)?))
}

/// Finds and embeds the faces of the photo `path`, which has been read.
///
/// # Errors
/// When the engine fails.
pub fn faces(
    recogniser: &Recogniser,
    path: &Path,
    pixels: &Pixels,
) -> Result<Vec<EmbeddedFace>, Error> {
    pollster::block_on(recogniser.faces(pixels))
        .map_err(|e| Error::Recognise { path: path.to_owned(), reason: e.to_string() })
}

impl Photo {
    /// The photo with what was found in it.
    #[must_use]
    pub fn new(sha256: String, pixels: &Pixels, faces: &[EmbeddedFace]) -> Self {
        let seen = |EmbeddedFace { face, embeddings, .. }: &EmbeddedFace| SeenFace {
            face: *face,
            embeddings: embeddings.clone(),
        };
        let faces = faces.iter().map(seen).collect();
        Self { sha256, width: pixels.width(), height: pixels.height(), faces }
    }

    /// The face that a photo is most likely about: the largest, where one in a corner counts half
    /// of one in the middle.
    #[must_use]
    pub fn most_prominent(&self) -> Option<&SeenFace> {
        self.most_prominent_index().and_then(|index| self.faces.get(index))
    }

    /// Where in `faces` [`Photo::most_prominent`] is.
    #[must_use]
    pub fn most_prominent_index(&self) -> Option<usize> {
        let (width, height) = (self.width as f32, self.height as f32);
        let prominence = |seen: &SeenFace| {
            let b = seen.face.bounding_box;
            let across = b.x + b.width / 2.0 - width / 2.0;
            let down = b.y + b.height / 2.0 - height / 2.0;
            let off_centre = across.hypot(down) / (width / 2.0).hypot(height / 2.0);
            b.width * b.height * (1.0 - 0.5 * off_centre.min(1.0))
        };
        // Of equals the first, which has the best score.
        let scored = self.faces.iter().map(prominence).enumerate().rev();
        scored.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
    }
}

/// How alike two faces are: [`mean_similarity`], 0 where they share no embedder.
#[must_use]
pub fn similarity(a: &[Embedding], b: &[Embedding]) -> f32 {
    mean_similarity(a, b).map_or(0.0, |similarity| similarity.0)
}

/// Which face of each photo is the person all of them are filed under.
///
/// A photo with one face shows the person. In a photo with several, it is the face most like those
/// of the photos with one; where none is like them (below [`UNKNOWN_BELOW`]), nobody. Where there
/// is no photo with one face, it is the most prominent one.
#[must_use]
pub fn the_person_in(photos: &[Photo]) -> Vec<Option<&SeenFace>> {
    let alone: Vec<&SeenFace> = photos
        .iter()
        .filter_map(|photo| if let [only] = &photo.faces[..] { Some(only) } else { None })
        .collect();
    photos.iter().map(|photo| person_in(photo, &alone)).collect()
}

fn person_in<'a>(photo: &'a Photo, alone: &[&SeenFace]) -> Option<&'a SeenFace> {
    if photo.faces.len() < 2 {
        return photo.faces.first();
    }
    if alone.is_empty() {
        return photo.most_prominent();
    }
    let likeness = |seen: &SeenFace| {
        let sum: f32 = alone.iter().map(|a| similarity(&a.embeddings, &seen.embeddings)).sum();
        sum / alone.len() as f32
    };
    let likenesses = photo.faces.iter().map(|seen| (likeness(seen), seen));
    let like_enough = likenesses.filter(|(likeness, _)| *likeness >= UNKNOWN_BELOW.0);
    like_enough.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, seen)| seen)
}

#[cfg(test)]
mod tests {
    use rollcall_core::{BoundingBox, Landmarks};

    use super::*;

    fn seen(x: f32, y: f32, side: f32, direction: [f32; 2]) -> SeenFace {
        let bounding_box =
            BoundingBox { x: x - side / 2.0, y: y - side / 2.0, width: side, height: side };
        SeenFace {
            face: Face { bounding_box, landmarks: Landmarks::default(), score: 0.9 },
            embeddings: vec![Embedding::from_raw(direction.to_vec()).unwrap()],
        }
    }

    fn photo(faces: Vec<SeenFace>) -> Photo {
        Photo { sha256: String::new(), width: 100, height: 100, faces }
    }

    const ADA: [f32; 2] = [1.0, 0.0];
    const BOB: [f32; 2] = [0.0, 1.0];

    fn who(face: Option<&SeenFace>) -> Option<&[f32]> {
        face.map(|seen| seen.embeddings[0].unit())
    }

    #[test]
    fn large_and_central_is_prominent() {
        let corner = seen(5.0, 5.0, 10.0, ADA);
        let middle = seen(50.0, 50.0, 9.0, BOB);
        let small = seen(50.0, 50.0, 6.0, ADA);
        assert_eq!(
            who(photo(vec![corner, small.clone(), middle]).most_prominent()),
            Some(&BOB[..])
        );
        assert_eq!(who(photo(vec![small]).most_prominent()), Some(&ADA[..]));
        assert_eq!(who(photo(vec![]).most_prominent()), None);
    }

    #[test]
    fn the_other_photos_say_who_it_is_in_a_group() {
        let alone = photo(vec![seen(50.0, 50.0, 20.0, ADA)]);
        let pair = photo(vec![seen(50.0, 50.0, 40.0, BOB), seen(90.0, 90.0, 9.0, ADA)]);
        let others = photo(vec![seen(50.0, 50.0, 40.0, BOB), seen(20.0, 20.0, 9.0, BOB)]);
        let nobody = photo(vec![]);
        let photos = [alone, pair.clone(), others, nobody];
        let chosen: Vec<_> = the_person_in(&photos).into_iter().map(who).collect();
        assert_eq!(chosen, [Some(&ADA[..]), Some(&ADA[..]), None, None]);
        assert_eq!(who(the_person_in(&[pair])[0]), Some(&BOB[..]));
    }
}
