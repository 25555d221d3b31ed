//! The reference picture of somebody who is in no stash-box: it goes into the database.

use image::{ExtendedColorType, RgbImage, codecs::jpeg::JpegEncoder, imageops};
use rollcall_core::{BoundingBox, Pixels};

/// The picture's longer side is at most this many pixels.
const SIDE: u32 = 256;
/// How much of the picture around the face is shown: this many times the face's longer side.
const AROUND: f32 = 2.0;
/// JPEG quality at which such a picture takes about 15 kB.
const QUALITY: u8 = 85;

/// A small JPEG of `face` and what is around it; of the whole picture where no face is given.
/// `None` if the face lies outside the picture.
#[must_use]
pub(crate) fn reference_picture(pixels: &Pixels, face: Option<&BoundingBox>) -> Option<Vec<u8>> {
    let whole = RgbImage::from_raw(pixels.width(), pixels.height(), pixels.rgb().to_vec())?;
    let (width, height) = (pixels.width() as f32, pixels.height() as f32);
    let (x, y, w, h) = face.map_or((0.0, 0.0, width, height), |b| {
        let side = AROUND * b.width.max(b.height);
        (b.x + b.width / 2.0 - side / 2.0, b.y + b.height / 2.0 - side / 2.0, side, side)
    });
    let (left, top) = (x.clamp(0.0, width) as u32, y.clamp(0.0, height) as u32);
    let (right, bottom) = ((x + w).clamp(0.0, width) as u32, (y + h).clamp(0.0, height) as u32);
    let (w, h) = (right.saturating_sub(left), bottom.saturating_sub(top));
    if w == 0 || h == 0 {
        return None;
    }
    let cut = imageops::crop_imm(&whole, left, top, w, h).to_image();
    let scale = (SIDE as f32 / w.max(h) as f32).min(1.0);
    let scaled = |length: u32| ((length as f32 * scale).round() as u32).max(1);
    let small = imageops::resize(&cut, scaled(w), scaled(h), imageops::FilterType::Triangle);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(&small, small.width(), small.height(), ExtendedColorType::Rgb8)
        .ok()?;
    Some(jpeg)
}

#[cfg(test)]
mod tests {
    use rollcall_core::decode_image;

    use super::*;

    fn boxed(x: f32, y: f32, side: f32) -> BoundingBox {
        BoundingBox { x, y, width: side, height: side }
    }

    #[test]
    fn the_face_fills_half_of_the_picture() {
        let pixels = Pixels::new(1000, 800, vec![9; 2_400_000]).unwrap();
        let size = |face: Option<&BoundingBox>| {
            let picture = decode_image(&reference_picture(&pixels, face).unwrap()).unwrap();
            (picture.width(), picture.height())
        };
        assert_eq!(size(Some(&boxed(400.0, 300.0, 50.0))), (100, 100));
        assert_eq!(size(Some(&boxed(300.0, 200.0, 300.0))), (256, 256));
        assert_eq!(size(Some(&boxed(0.0, 0.0, 60.0))), (90, 90));
        assert_eq!(size(None), (256, 205));
    }

    #[test]
    fn a_face_elsewhere_gives_none() {
        let pixels = Pixels::new(10, 10, vec![9; 300]).unwrap();
        for b in [boxed(-90.0, 0.0, 5.0), boxed(f32::NAN, f32::NAN, f32::NAN), boxed(2e9, 2e9, 1.0)]
        {
            assert_eq!(reference_picture(&pixels, Some(&b)), None, "{b:?}");
        }
    }
}
