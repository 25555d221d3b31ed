//! Where pictures come from: any function from a picture to a photo, such as a folder of photos.

use std::{fs, path::Path, sync::Arc};

use image::{DynamicImage, GenericImageView as _, RgbImage, imageops::FilterType};
use jpeg_encoder::{ColorType, Encoder};

use crate::Picture;

/// Gives a photo of `picture.person`. The same picture always gets the same photo.
pub type Photos = Arc<dyn Fn(&Picture) -> RgbImage + Send + Sync>;

/// The longest side a photo of a folder is kept with, in pixels.
const LONGEST: u32 = 512;

/// One colour and a few stripes, different for every picture: for tests that look for no faces.
#[must_use]
pub fn plain() -> Photos {
    Arc::new(|picture| {
        let mut random = random_of(picture);
        let colour = [random.u8(..), random.u8(..), random.u8(..)];
        RgbImage::from_fn(48, 64, |x, y| {
            let stripe = picture.id.as_bytes()[(y / 4) as usize % 16].wrapping_mul(x as u8 / 8);
            image::Rgb(colour.map(|c| c ^ (stripe & 0x3f)))
        })
    })
}

/// The photos of a folder with a sub-folder for each person. Person n is the n-th in the order of
/// names, and begins again at the end. No two pictures have the same pixels: each is cropped a little
/// and mirrored or not, as its id says.
///
/// # Panics
/// When there is no such folder, or no photo in it.
#[must_use]
pub fn folder(path: &Path) -> Photos {
    let people: Vec<Vec<RgbImage>> = sorted(path)
        .iter()
        .filter(|person| person.is_dir())
        .map(|person| sorted(person).iter().filter_map(|photo| read(photo)).collect())
        .filter(|photos: &Vec<_>| !photos.is_empty())
        .collect();
    assert!(!people.is_empty(), "{} has no folders with photos", path.display());
    Arc::new(move |picture| {
        let photos = &people[picture.person % people.len()];
        let mut random = random_of(picture);
        vary(&photos[picture.index % photos.len()], &mut random)
    })
}

fn sorted(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn read(photo: &Path) -> Option<RgbImage> {
    let image = image::open(photo).ok()?;
    let fits = image.width().max(image.height()) <= LONGEST;
    let image = if fits { image } else { image.resize(LONGEST, LONGEST, FilterType::Triangle) };
    Some(image.into_rgb8())
}

/// What belongs to chance in a picture.
pub(crate) fn random_of(picture: &Picture) -> fastrand::Rng {
    fastrand::Rng::with_seed(picture.id.as_u64_pair().0 ^ picture.id.as_u64_pair().1)
}

/// Up to a twentieth less on every side, mirrored or not.
fn vary(photo: &RgbImage, random: &mut fastrand::Rng) -> RgbImage {
    let (width, height) = photo.dimensions();
    let mut less = |side: u32| random.u32(..=side / 20);
    let (left, right, top, bottom) = (less(width), less(width), less(height), less(height));
    let crop = photo.view(left, top, width - left - right, height - top - bottom).to_image();
    if random.bool() { image::imageops::flip_horizontal(&crop) } else { crop }
}

/// As a JPEG file.
#[must_use]
pub fn jpeg(photo: &RgbImage, quality: u8) -> Vec<u8> {
    encode(photo.as_raw(), photo, quality, ColorType::Rgb)
}

/// As a JPEG file in the colours of print.
pub(crate) fn cmyk(photo: &RgbImage) -> Vec<u8> {
    let inks = photo.pixels().flat_map(|p| [255 - p[0], 255 - p[1], 255 - p[2], 0]);
    encode(&inks.collect::<Vec<_>>(), photo, 90, ColorType::Cmyk)
}

fn encode(samples: &[u8], photo: &RgbImage, quality: u8, colours: ColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    let size = |side: u32| u16::try_from(side).expect("a small photo");
    Encoder::new(&mut bytes, quality)
        .encode(samples, size(photo.width()), size(photo.height()), colours)
        .expect("a photo is a JPEG");
    bytes
}

/// Photos side by side in two rows.
pub(crate) fn montage(photos: &[RgbImage]) -> RgbImage {
    let columns = photos.len().div_ceil(2) as u32;
    let mut sheet = RgbImage::new(columns * 200, 400);
    for (number, photo) in (0..).zip(photos) {
        let small = DynamicImage::from(photo.clone()).resize(200, 200, FilterType::Triangle);
        let (x, y) = (i64::from(number % columns) * 200, i64::from(number / columns) * 200);
        image::imageops::replace(&mut sheet, &small.into_rgb8(), x, y);
    }
    sheet
}
