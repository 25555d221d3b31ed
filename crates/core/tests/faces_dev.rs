//! Real networks on real photos: the development set in `shared/`, with the prepared pack of the
//! model cache.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod shared;

use std::{collections::BTreeMap, env, fs, path::PathBuf, rc::Rc};

use pollster::block_on;
use rollcall_core::{
    BoundingBox, EmbeddedFace, Face, Pack, Pixels, Recogniser, UNKNOWN_BELOW, decode_image,
};
use rollcall_engine::{ModelSet, simd::SimdEngine};

/// The development photos, or `None` (and a word about it) where there is no shared folder.
fn photos(of: &str) -> Option<BTreeMap<PathBuf, Pixels>> {
    let shared = shared::shared()?;
    let mut photos = BTreeMap::new();
    let mut folders = vec![shared.join("data/faces-dev").join(of)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let pixels = decode_image(&fs::read(&path).unwrap());
                photos.insert(path, pixels.unwrap());
            }
        }
    }
    Some(photos)
}

fn recogniser() -> Recogniser {
    let cache = |name: &str| env::var_os(name).map(PathBuf::from);
    let home = cache("ROLLCALL_CACHE")
        .or_else(|| cache("XDG_CACHE_HOME").map(|p| p.join("rollcall")))
        .or_else(|| cache("HOME").map(|p| p.join(".cache/rollcall")))
        .unwrap();
    let folder = home.join("models/opencv");
    let json = fs::read(folder.join("pack.json"))
        .expect("no prepared models: run `cargo run -p rollcall -- models fetch opencv`");
    let pack: Pack = serde_json::from_slice(&json).unwrap();
    let mut models = ModelSet::new();
    for model in
        std::iter::once(&pack.detector.model).chain(pack.embedders.iter().map(|e| &e.model))
    {
        let file = fs::read(folder.join(format!("{}.onnx", model.sha256))).unwrap();
        models = models.with(&model.name, &file).unwrap();
    }
    Recogniser::new(pack, Rc::new(SimdEngine::new(models))).unwrap()
}

fn largest(faces: Vec<EmbeddedFace>) -> Option<EmbeddedFace> {
    let area = |f: &EmbeddedFace| f.face.bounding_box.width * f.face.bounding_box.height;
    faces.into_iter().max_by(|a, b| area(a).total_cmp(&area(b)))
}

/// Turns a picture a quarter clockwise.
fn turned(pixels: &Pixels) -> Pixels {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let mut rgb = Vec::with_capacity(3 * width * height);
    for y in 0..width {
        for x in 0..height {
            rgb.extend(&pixels.rgb()[3 * ((height - 1 - x) * width + y)..][..3]);
        }
    }
    Pixels::new(pixels.height(), pixels.width(), rgb).unwrap()
}

/// Where a box is after [`turned`].
fn turned_box(b: BoundingBox, height: u32) -> BoundingBox {
    BoundingBox { x: height as f32 - b.y - b.height, y: b.x, width: b.height, height: b.width }
}

#[test]
fn everybody_is_found_and_looks_most_like_themselves() {
    let Some(photos) = photos("people") else { return };
    let recogniser = recogniser();
    let found: Vec<_> = photos
        .iter()
        .filter_map(|(path, pixels)| {
            let face = largest(block_on(recogniser.faces(pixels)).unwrap())?;
            Some((path.parent().unwrap(), face.embeddings[0].clone()))
        })
        .collect();
    println!("found {} of {}", found.len(), photos.len());
    assert!(found.len() as f32 >= 0.99 * photos.len() as f32);

    let (mut right, mut asked, mut alike, mut strangers) = (0, 0, Vec::new(), 0);
    for (i, (who, embedding)) in found.iter().enumerate() {
        let others = found.iter().enumerate().filter(|(j, _)| i != *j);
        let scores: Vec<_> = others
            .map(|(_, (other, e))| (embedding.similarity(e).unwrap().0, other == who))
            .collect();
        alike.extend(scores.iter().filter(|(_, same)| *same).map(|(s, _)| *s));
        strangers += scores.iter().filter(|(s, same)| !same && *s >= UNKNOWN_BELOW.0).count();
        if scores.iter().any(|(_, same)| *same) {
            asked += 1;
            let best = scores.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
            right += usize::from(best.1);
        }
    }
    let mean = alike.iter().sum::<f32>() / alike.len() as f32;
    println!("nearest right {right} of {asked}, mean of the same person {mean:.3}");
    assert!(right as f32 >= 0.99 * asked as f32, "{right} of {asked}");
    // Sampling large faces without averaging them gives .686.
    assert!(mean > 0.689, "{mean}");
    assert_eq!(strangers, 0, "pairs of different people above {UNKNOWN_BELOW:?}");
}

#[test]
fn faces_are_found_however_the_picture_lies() {
    let Some(photos) = photos("people") else { return };
    let recogniser = recogniser();
    let (mut found, mut asked, mut alike) = (0, 0, Vec::new());
    for pixels in photos.values().step_by(3) {
        let Some(upright) = largest(block_on(recogniser.faces(pixels)).unwrap()) else { continue };
        let (mut picture, mut place) = (pixels.clone(), upright.face.bounding_box);
        for _ in 0..3 {
            place = turned_box(place, picture.height());
            picture = turned(&picture);
            asked += 1;
            let faces = block_on(recogniser.faces(&picture)).unwrap();
            let same = faces.iter().find(|f| f.face.bounding_box.iou(&place) > 0.4);
            let like = same.and_then(|f| f.embeddings[0].similarity(&upright.embeddings[0]));
            // Upside-down landmarks make another person of a face.
            found += usize::from(like.is_some_and(|s| s.0 > 0.7));
            alike.extend(like.map(|s| s.0));
        }
    }
    let mean = alike.iter().sum::<f32>() / alike.len() as f32;
    println!("found {found} of {asked} turned faces, mean similarity to upright {mean:.3}");
    assert!(found as f32 >= 0.95 * asked as f32, "{found} of {asked}");
}

#[test]
fn a_face_that_fills_the_picture_is_found() {
    let Some(photos) = photos("people") else { return };
    let recogniser = recogniser();
    let (mut found, mut asked) = (0, 0);
    for pixels in photos.values().step_by(4) {
        let faces = block_on(recogniser.detect(pixels)).unwrap();
        let Some(Face { bounding_box: b, .. }) = faces.first() else { continue };
        // The inner four fifths of the box: no hair, no chin.
        let cut = |start: f32, length: f32, full: u32| {
            let from = (start + 0.1 * length).max(0.0) as u32;
            (from, ((start + 0.9 * length) as u32).min(full))
        };
        let (left, right) = cut(b.x, b.width, pixels.width());
        let (top, bottom) = cut(b.y, b.height, pixels.height());
        let rows = (top..bottom).flat_map(|y| {
            let row = 3 * (y * pixels.width() + left) as usize;
            &pixels.rgb()[row..][..3 * (right - left) as usize]
        });
        let close_up = Pixels::new(right - left, bottom - top, rows.copied().collect()).unwrap();
        asked += 1;
        found += usize::from(!block_on(recogniser.detect(&close_up)).unwrap().is_empty());
    }
    println!("found {found} of {asked} close-ups");
    assert!(found as f32 >= 0.95 * asked as f32, "{found} of {asked}");
}

#[test]
fn groups_are_found_whole() {
    // Counted by eye; the Solvay conference of 1927 had 29 guests.
    let wanted = [
        ("deepface-couple.jpg", 2),
        ("facerec-kit_with_rose.jpg", 2),
        ("facerec-two_people.jpg", 2),
        ("human-group-2.jpg", 3),
        ("human-group-3.jpg", 4),
        ("human-group-4.jpg", 5),
        ("human-solvay1927.jpg", 29),
    ];
    let Some(photos) = photos("groups") else { return };
    let recogniser = recogniser();
    for (name, people) in wanted {
        let pixels = photos.iter().find(|(path, _)| path.ends_with(name)).unwrap().1;
        let faces = block_on(recogniser.detect(pixels)).unwrap();
        assert_eq!(faces.len(), people, "{name}");
        assert!(faces.is_sorted_by(|a, b| a.score >= b.score), "{name}");
    }
}
