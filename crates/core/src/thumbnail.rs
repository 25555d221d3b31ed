//! Pixels to small picture files.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

use crate::{Pixels, decode::jpeg_size, decode_image};

const PREFIX: &str = "data:image/jpeg;base64,";

/// Pixels a side of thumbnails that are kept, at most, and of those that become such.
const SMALL: u32 = 64;
const LARGE: u32 = 512;

/// JPEG quality at which a 112-pixel face takes about 5 kB.
const QUALITY: u8 = 85;

/// The pixels as a `data:image/jpeg;base64,` URL. `None` for pictures wider or higher than a JPEG
/// can be (65,535 pixels).
#[must_use]
pub fn jpeg_data_url(pixels: &Pixels) -> Option<String> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(pixels.rgb(), pixels.width(), pixels.height(), ExtendedColorType::Rgb8)
        .ok()?;
    data_url(&jpeg)
}

/// A JPEG file as a `data:` URL.
pub(crate) fn data_url(jpeg: &[u8]) -> Option<String> {
    Some(format!("{PREFIX}{}", BASE64_STANDARD.encode(jpeg)))
}

/// A thumbnail's file at half its width and height, or as it is if it is that small already. `None` for
/// what is no thumbnail.
pub(crate) fn smaller(data_url: &str) -> Option<Vec<u8>> {
    let file = BASE64_STANDARD.decode(data_url.strip_prefix(PREFIX)?).ok()?;
    match jpeg_size(&file)? {
        (0..=SMALL, 0..=SMALL) => Some(file),
        (0..=LARGE, 0..=LARGE) => {
            let half = jpeg_data_url(&halved(&decode_image(&file).ok()?)?)?;
            BASE64_STANDARD.decode(half.strip_prefix(PREFIX)?).ok()
        }
        _ => None,
    }
}

/// Each four pixels become one.
fn halved(whole: &Pixels) -> Option<Pixels> {
    let (width, height) = (whole.width() / 2, whole.height() / 2);
    let row = 3 * whole.width() as usize;
    let mean = |x: usize, y: usize, channel: usize| {
        let at = 2 * y * row + 6 * x + channel;
        let four = [at, at + 3, at + row, at + row + 3].map(|at| u16::from(whole.rgb()[at]));
        (four.iter().sum::<u16>() / 4) as u8
    };
    let places = (0..height as usize).flat_map(|y| (0..width as usize).map(move |x| (x, y)));
    let rgb = places.flat_map(|(x, y)| [0, 1, 2].map(|channel| mean(x, y, channel))).collect();
    Pixels::new(width, height, rgb).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_reads_back_as_the_same_picture() {
        let pixels = Pixels::new(128, 80, [200, 100, 50].repeat(128 * 80)).unwrap();
        let url = jpeg_data_url(&pixels).unwrap();
        let bytes = BASE64_STANDARD.decode(url.strip_prefix("data:image/jpeg;base64,").unwrap());
        let back = crate::decode_image(&bytes.unwrap()).unwrap();
        assert_eq!((back.width(), back.height()), (128, 80));
        let close = |(a, b): (&u8, &u8)| a.abs_diff(*b) < 6;
        assert!(back.rgb().iter().zip(pixels.rgb()).all(close), "{:?}", &back.rgb()[..3]);
        let small = crate::decode_image(&smaller(&url).unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (64, 40));
        assert!(small.rgb().iter().zip(pixels.rgb()).all(close), "{:?}", &small.rgb()[..3]);
        let same = data_url(&smaller(&url).unwrap()).unwrap();
        assert_eq!(smaller(&same), smaller(&url));
        let large = Pixels::new(1000, 8, vec![0; 24_000]).unwrap();
        assert_eq!(smaller(&jpeg_data_url(&large).unwrap()), None);
        assert_eq!(smaller("data:image/jpeg;base64,AAAA"), None);
    }
}
