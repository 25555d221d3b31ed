//! Layouts told from real photos, as they are and as stereo and interlaced frames made of them.
#![cfg(feature = "decode")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod shared;

use std::{fs, path::PathBuf};

use rollcall_core::{Layout, Pixels, Region, Stereo, decode_image};

/// Every fifth of the development photos of people, or `None` (and a word about it).
fn photos() -> Option<Vec<Pixels>> {
    let shared = shared::shared()?;
    let entries = |path: PathBuf| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries(shared.join("data/faces-dev/people")).flat_map(entries).collect();
    files.sort();
    let read = |file: &PathBuf| decode_image(&fs::read(file).unwrap()).unwrap();
    Some(files.iter().step_by(5).map(read).collect())
}

/// A picture of `width` x `height` whose pixel (x, y) is that of the photo's middle at `from(x, y)`,
/// shares of the width and the height of the largest part of that shape.
fn made(photo: &Pixels, width: u32, height: u32, from: impl Fn(u32, u32) -> (f32, f32)) -> Pixels {
    let (from_width, from_height) = (photo.width() as f32, photo.height() as f32);
    let scale = (from_width / width as f32).min(from_height / height as f32);
    let (part_width, part_height) = (width as f32 * scale, height as f32 * scale);
    let mut rgb = Vec::new();
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let (across, down) = from(x, y);
        let column = (from_width - part_width) / 2.0 + across.clamp(0.0, 0.999) * part_width;
        let row = (from_height - part_height) / 2.0 + down.clamp(0.0, 0.999) * part_height;
        let at = 3 * (row as usize * photo.width() as usize + column as usize);
        rgb.extend_from_slice(&photo.rgb()[at..at + 3]);
    }
    Pixels::new(width, height, rgb).unwrap()
}

fn plain(photo: &Pixels, width: u32, height: u32) -> Pixels {
    made(photo, width, height, |x, y| (x as f32 / width as f32, y as f32 / height as f32))
}

#[test]
fn photos_as_they_are_have_no_layout() {
    let Some(photos) = photos() else { return };
    for (width, height) in [(160, 80), (160, 160), (160, 90), (720, 576)] {
        let frames: Vec<Pixels> = photos.iter().map(|p| plain(p, width, height)).collect();
        for scene in frames.chunks(5) {
            assert_eq!(Layout::detect(scene, ""), Layout::default(), "{width} x {height}");
        }
    }
}

#[test]
fn photos_seen_with_two_eyes_are_found_and_one_eye_is_left() {
    let Some(photos) = photos() else { return };
    // The other eye sees the middle, which is nearer, 3 % further to the side than the edges.
    let other = |x: f32, y: f32| x + 0.03 * (1.0 - (2.0 * x - 1.0).hypot(2.0 * y - 1.0));
    let side_by_side = |photo: &Pixels| {
        let left = plain(photo, 80, 80);
        let right = made(photo, 80, 80, |x, y| {
            let (x, y) = (x as f32 / 80.0, y as f32 / 80.0);
            (other(x, y), y)
        });
        let rows = left.rgb().chunks(3 * 80).zip(right.rgb().chunks(3 * 80));
        Pixels::new(160, 80, rows.flat_map(|(a, b)| [a, b].concat()).collect()).unwrap()
    };
    let frames: Vec<Pixels> = photos.iter().map(side_by_side).collect();
    for scene in frames.chunks_exact(5) {
        let layout = Layout::detect(scene, "");
        assert_eq!((layout.stereo, layout.interlaced), (Stereo::SideBySide, false));
        let eye = scene[0].cut(Region { x: 0, y: 0, width: 80, height: 80 });
        assert_eq!(Some(layout.apply(scene[0].clone())), eye);
    }
}

#[test]
fn photos_torn_by_a_movement_are_found() {
    let Some(photos) = photos() else { return };
    let torn = |photo: &Pixels| {
        made(photo, 720, 576, |x, y| {
            let moved = if y % 2 == 0 { 0 } else { 6 };
            ((x + moved) as f32 / 720.0, y as f32 / 576.0)
        })
    };
    let frames: Vec<Pixels> = photos.iter().map(torn).collect();
    for scene in frames.chunks_exact(5) {
        let layout = Layout::detect(scene, "");
        assert_eq!((layout.stereo, layout.interlaced), (Stereo::Mono, true));
    }
}
