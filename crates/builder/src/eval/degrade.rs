//! Small and badly compressed faces: the aligned crop is scaled to N x N pixels, put through JPEG of
//! quality 50, and scaled back.
//!
//! Both scalings are bilinear; on the way down the filter is as wide as a pixel of the small picture
//! (which averages over its area, as good players do), on the way back it is plain interpolation. The
//! JPEG keeps colour at full resolution.
//!
//! Two figures come of it. One asks the database. The other asks none: of every person at most three
//! clean photos, drawn at random, are a gallery, all others are squeezed and looked up in it (a person
//! is as like as the best of their photos); twenty times. That one tells the embedders apart.

use std::collections::{BTreeMap, BTreeSet};

use image::{ExtendedColorType, RgbImage, codecs::jpeg::JpegEncoder, imageops};
use rollcall_core::{CROP, Embedding, PerformerId, Pixels, decode_image};
use serde::Serialize;

use super::{
    look::{Case, Squeezed},
    pairs::Ways,
};
use crate::{
    metrics::{Measure, share},
    random::Random,
};

/// The protocol's JPEG quality.
const QUALITY: u8 = 50;

/// The protocol's clean photos per person, at most.
const GALLERY: usize = 3;

/// The protocol's number of random galleries.
const SPLITS: usize = 20;

/// The seed of the galleries.
const SEED: u64 = 2026;

/// More photos are not compared with each other: it takes time and memory by their square.
const MOST_PHOTOS: usize = 1500;

/// The figures of one size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Degraded {
    /// The faces were this many pixels wide and high in between.
    pub pixels: u32,
    /// The share of probes most like the right person in the database.
    pub top1: Measure,
    /// By way to compare (`all` embedders together, or one alone): the mean share of probes most like
    /// the right person in the random galleries. The interval is over photos.
    pub galleries_top1: BTreeMap<String, Measure>,
}

/// The crop squeezed to `side` x `side` pixels and back.
///
/// # Errors
/// When the JPEG cannot be written or read, which is not known to happen.
pub(super) fn squeezed(crop: &Pixels, side: u32) -> Result<Pixels, String> {
    let scale = |pixels: &Pixels, side: u32| -> Result<RgbImage, String> {
        let image = RgbImage::from_raw(pixels.width(), pixels.height(), pixels.rgb().to_vec());
        let image = image.ok_or("the crop is no picture")?;
        Ok(imageops::resize(&image, side, side, imageops::FilterType::Triangle))
    };
    let small = scale(crop, side)?;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(&small, side, side, ExtendedColorType::Rgb8)
        .map_err(|e| e.to_string())?;
    let back = scale(&decode_image(&jpeg).map_err(|e| e.to_string())?, CROP)?;
    Pixels::new(CROP, CROP, back.into_raw()).map_err(|e| e.to_string())
}

/// The figures by size.
pub(super) fn figures(
    cases: &[Case],
    gallery: &BTreeSet<String>,
    ways: &Ways,
    sizes: &[u32],
) -> Vec<Degraded> {
    let photos = photos(cases);
    let of_size = |&pixels: &u32| {
        let probes = cases.iter().filter(|c| !gallery.contains(&c.photo.sha256));
        let right = probes.filter_map(|case| {
            let best = case.squeezed.iter().find(|s| s.pixels == pixels)?.candidates.first();
            Some(best.map(|best| &best.performer.id) == case.person.as_ref())
        });
        Degraded { pixels, top1: share(right), galleries_top1: galleries(&photos, pixels, ways) }
    };
    sizes.iter().map(of_size).collect()
}

/// A photo of somebody: its clean face and the squeezed ones.
struct Photo<'a> {
    person: &'a PerformerId,
    clean: &'a [Embedding],
    squeezed: &'a [Squeezed],
}

/// Each file once; of many, every second, third and so on.
fn photos(cases: &[Case]) -> Vec<Photo<'_>> {
    let mut known = BTreeSet::new();
    let mut all = Vec::new();
    for case in cases.iter().filter(|case| !case.squeezed.is_empty()) {
        let (Some(face), Some(person)) = (case.photo.most_prominent(), &case.person) else {
            continue;
        };
        if known.insert(&case.photo.sha256) {
            all.push(Photo { person, clean: &face.embeddings, squeezed: &case.squeezed });
        }
    }
    let step = all.len().div_ceil(MOST_PHOTOS).max(1);
    all.into_iter().step_by(step).collect()
}

fn galleries(photos: &[Photo], pixels: u32, ways: &Ways) -> BTreeMap<String, Measure> {
    let names = ways.names();
    let mut by_person: BTreeMap<&PerformerId, Vec<usize>> = BTreeMap::new();
    for (number, photo) in photos.iter().enumerate() {
        by_person.entry(photo.person).or_default().push(number);
    }
    // Of each photo squeezed, with every clean one: the similarity, way by way.
    let alike: Vec<Vec<Vec<f32>>> = photos
        .iter()
        .map(|probe| {
            let squeezed = probe.squeezed.iter().find(|s| s.pixels == pixels);
            let embeddings = squeezed.map_or(&[][..], |s| &s.embeddings);
            photos.iter().map(|other| ways.similarities(embeddings, other.clean)).collect()
        })
        .collect();
    let mut random = Random::new(SEED);
    let mut right = vec![0usize; names.len()];
    let (mut asked, mut ever) = (0usize, BTreeSet::new());
    for _ in 0..SPLITS {
        let (mut clean, mut probes): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        for numbers in by_person.values() {
            let mut numbers = numbers.clone();
            random.shuffle(&mut numbers);
            // Whoever has two photos or more is asked for at least once.
            let kept = GALLERY.min((numbers.len() - 1).max(1));
            clean.extend(&numbers[..kept]);
            probes.extend(&numbers[kept..]);
        }
        asked += probes.len();
        ever.extend(probes.iter().copied());
        for &probe in &probes {
            for (way, right) in right.iter_mut().enumerate() {
                let likeness = |other: &usize| alike[probe][*other][way];
                let best = clean.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
                let is_right = |best: &usize| photos[*best].person == photos[probe].person;
                *right += usize::from(best.is_some_and(is_right));
            }
        }
    }
    let measure = |right: usize| {
        let share = right as f64 / asked.max(1) as f64;
        let n = ever.len();
        let rate = Measure::rate((share * n as f64).round() as usize, n);
        let note = format!("mean of {SPLITS} galleries of {} people", by_person.len());
        Measure { value: rate.value.map(|_| share), ..rate }.with_note(&note)
    };
    names.into_iter().map(str::to_owned).zip(right.into_iter().map(measure)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(a: &Pixels, b: &Pixels) -> f64 {
        let sum: u64 = a.rgb().iter().zip(b.rgb()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / a.rgb().len() as f64
    }

    #[test]
    fn what_is_coarse_survives_and_what_is_fine_does_not() {
        let side = CROP as usize;
        let picture = |of: fn(usize, usize) -> u8| {
            let rgb = (0..side * side).flat_map(|i| [of(i % side, i / side); 3]).collect();
            Pixels::new(CROP, CROP, rgb).unwrap()
        };
        let slope = picture(|x, y| (x + y) as u8);
        let back = squeezed(&slope, 24).unwrap();
        assert_eq!((back.width(), back.height()), (CROP, CROP));
        assert!(difference(&slope, &back) < 4.0, "{}", difference(&slope, &back));
        // A chequered pattern becomes its mean; picking single pixels would give black or white.
        let fine = picture(|x, y| if (x + y) % 2 == 0 { 255 } else { 0 });
        let grey = squeezed(&fine, 28).unwrap();
        assert!(grey.rgb().iter().all(|v| v.abs_diff(127) < 12), "{:?}", &grey.rgb()[..9]);
        let less = squeezed(&picture(|x, _| (x * x / 50) as u8), 40).unwrap();
        assert_ne!(less.rgb(), slope.rgb());
    }
}
