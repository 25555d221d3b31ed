//! Pixels to small picture files.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

use crate::Pixels;

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
    Some(format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(jpeg)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_reads_back_as_the_same_picture() {
        let pixels = Pixels::new(16, 8, [200, 100, 50].repeat(128)).unwrap();
        let url = jpeg_data_url(&pixels).unwrap();
        let bytes = BASE64_STANDARD.decode(url.strip_prefix("data:image/jpeg;base64,").unwrap());
        let back = crate::decode_image(&bytes.unwrap()).unwrap();
        assert_eq!((back.width(), back.height()), (16, 8));
        let close = |(a, b): (&u8, &u8)| a.abs_diff(*b) < 6;
        assert!(back.rgb().iter().zip(pixels.rgb()).all(close), "{:?}", &back.rgb()[..3]);
    }
}
