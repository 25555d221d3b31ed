//! Detectors that people bring, on the development photos of `shared/`: SCRFD and an older YuNet
//! beside the YuNet of the default pack.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod shared;

use std::{
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use pollster::block_on;
use rollcall_core::{
    ChannelOrder, DetectorSpec, EmbedderSpec, Face, Pack, PackModel, Pixels, Recogniser,
    decode_image,
};
use rollcall_engine::{Limits, ModelSet, prepare, simd::SimdEngine};

fn photos_of(folder: &Path) -> Vec<(PathBuf, Pixels)> {
    let mut photos = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            photos.extend(photos_of(&path));
        } else {
            let pixels = decode_image(&fs::read(&path).unwrap()).unwrap();
            photos.push((path, pixels));
        }
    }
    photos
}

/// A detector alone: nothing here embeds faces.
fn detector(shared: &Path, kind: &str, file: &str) -> Recogniser {
    let file = fs::read(shared.join("data/models").join(file)).unwrap();
    let prepared = prepare(kind, &file, &Limits::default()).unwrap();
    let models = ModelSet::new().with(kind, &prepared).unwrap();
    let model = |name: &str| PackModel {
        name: name.into(),
        sha256: String::new(),
        bytes: 0,
        licence: String::new(),
    };
    let pack = Pack {
        name: kind.into(),
        version: 1,
        detector: DetectorSpec {
            model: model(kind),
            kind: kind.into(),
            sizes: vec![160, 320, 640],
        },
        embedders: vec![EmbedderSpec {
            model: model("none"),
            dimension: 1,
            crop: Default::default(),
            channels: ChannelOrder::Rgb,
            standardise: Default::default(),
            mean: 0.0.into(),
            scale: 1.0.into(),
            weight: None,
        }],
        calibration: None,
    };
    Recogniser::new(pack, Rc::new(SimdEngine::new(models))).unwrap()
}

fn largest(faces: &[Face]) -> Option<&Face> {
    let area = |f: &Face| f.bounding_box.width * f.bounding_box.height;
    faces.iter().max_by(|a, b| area(a).total_cmp(&area(b)))
}

/// Mean distance of the landmarks, as a part of the box's longer side.
fn apart(a: &Face, b: &Face) -> f32 {
    let points = a.landmarks.0.iter().zip(&b.landmarks.0);
    let sum: f32 = points.map(|(p, q)| (p.x - q.x).hypot(p.y - q.y)).sum();
    sum / 5.0 / a.bounding_box.width.max(a.bounding_box.height)
}

#[test]
fn they_find_everybody_and_agree() {
    let Some(shared) = shared::shared() else { return };
    let yunet = detector(&shared, "yunet", "yunet_n_640_640.onnx");
    let scrfd = detector(&shared, "scrfd", "scrfd_500m_kps.onnx");
    let photos = photos_of(&shared.join("data/faces-dev/people"));
    let (mut found, mut alike, mut places) = ([0, 0], Vec::new(), Vec::new());
    for (path, pixels) in &photos {
        let [a, b] = [&yunet, &scrfd].map(|d| block_on(d.detect(pixels)).unwrap());
        let (a, b) = (largest(&a), largest(&b));
        for (found, face) in found.iter_mut().zip([a, b]) {
            *found += usize::from(face.is_some());
        }
        if let (Some(a), Some(b)) = (a, b) {
            alike.push(a.bounding_box.iou(&b.bounding_box));
            places.push(apart(a, b));
        } else {
            println!("{}: yunet {}, scrfd {}", path.display(), a.is_some(), b.is_some());
        }
    }
    let median = |values: &mut Vec<f32>| {
        values.sort_by(f32::total_cmp);
        values[values.len() / 2]
    };
    let same = alike.iter().filter(|iou| **iou > 0.5).count();
    let (n, iou, place) = (photos.len(), median(&mut alike), median(&mut places));
    println!("of {n} photos yunet-n found {}, scrfd-500m {}", found[0], found[1]);
    println!(
        "same face in {same} of {}, median overlap {iou:.2}, landmarks {place:.3} apart",
        alike.len()
    );
    assert!(found.iter().all(|&found| found as f32 >= 0.99 * n as f32), "{found:?} of {n}");
    assert!(same as f32 >= 0.97 * alike.len() as f32, "{same} of {}", alike.len());
    assert!(iou > 0.7 && place < 0.05, "{iou} {place}");
}
