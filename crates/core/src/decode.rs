//! Picture files to pixels, with the `image` crate.
//!
//! | file | answer |
//! |---|---|
//! | JPEG, PNG, WebP with an EXIF orientation | turned upright |
//! | transparent | laid over [`BACKDROP`] |
//! | 16 bits a channel, grey, palette | 8-bit RGB |
//! | CMYK and YCCK JPEG | RGB, without a colour profile |
//! | animated GIF, WebP, PNG | the first frame (of a PNG: its default image) |
//! | over [`MAX_PIXELS`] by its header | [`DecodeError::TooLarge`], before any memory is taken |
//! | breaks off anywhere, a JPEG without end marker too | [`DecodeError::Damaged`] |
//! | AVIF, HEIC | [`DecodeError::BrowserOnlyFormat`] |

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};

use crate::{BACKDROP, Decode, DecodeError, LocalFuture, MAX_PIXELS, Pixels};

/// Bytes a decoder may take for its tables and profiles, beyond the picture itself.
const WORKING_BYTES: u64 = 64 << 20;

/// Decodes JPEG, PNG, WebP, GIF and BMP natively, and in browsers that cannot do it themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImageDecoder;

impl Decode for ImageDecoder {
    fn decode<'a>(&'a self, bytes: &'a [u8]) -> LocalFuture<'a, Result<Pixels, DecodeError>> {
        Box::pin(std::future::ready(decode_image(bytes)))
    }
}

/// Decodes a picture file; the module's table says what becomes of the odd ones.
///
/// # Errors
/// When the file is no picture, is damaged, empty or too large.
pub fn decode_image(bytes: &[u8]) -> Result<Pixels, DecodeError> {
    let format = known_format(bytes)?;
    let count = promised_pixels(bytes, format)?;
    // Now with room for this very picture: 16-bit RGBA, and the same once more to work in.
    let reader = reader(bytes, format, WORKING_BYTES + 16 * count);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    Pixels::new(width, height, opaque_rgb(picture))
}

/// Refuses what no decoder should be asked to read, going by the header alone: what is empty, too
/// large, or a JPEG that breaks off. Other decoders than ours may know more kinds of files.
///
/// # Errors
/// [`DecodeError::Empty`], [`DecodeError::TooLarge`] or [`DecodeError::Damaged`].
pub fn inspect_image(bytes: &[u8]) -> Result<(), DecodeError> {
    let promised = known_format(bytes).and_then(|format| promised_pixels(bytes, format));
    match promised {
        Err(DecodeError::UnknownFormat | DecodeError::BrowserOnlyFormat) | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Width and height of a JPEG file by its header.
pub(crate) fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    promised_size(bytes, ImageFormat::Jpeg).ok()
}

fn known_format(bytes: &[u8]) -> Result<ImageFormat, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    // ISO base media files: AVIF, HEIC and their sequences.
    if let Some([b'f', b't', b'y', b'p', brand @ ..]) = bytes.get(4..12)
        && [b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"].iter().any(|&b| b == brand)
    {
        return Err(DecodeError::BrowserOnlyFormat);
    }
    image::guess_format(bytes)
        .ok()
        .filter(ImageFormat::reading_enabled)
        .ok_or(DecodeError::UnknownFormat)
}

/// The number of pixels by the header, of a file that may be decoded.
fn promised_pixels(bytes: &[u8], format: ImageFormat) -> Result<u64, DecodeError> {
    if format == ImageFormat::Jpeg && !jpeg_has_end(bytes) {
        return Err(DecodeError::Damaged("the file breaks off".to_owned()));
    }
    let (width, height) = promised_size(bytes, format)?;
    match u64::from(width) * u64::from(height) {
        0 => Err(DecodeError::Empty),
        count if count > MAX_PIXELS => Err(DecodeError::TooLarge { width, height }),
        count => Ok(count),
    }
}

/// Width and height by the header.
fn promised_size(bytes: &[u8], format: ImageFormat) -> Result<(u32, u32), DecodeError> {
    // The PNG decoder takes memory for a row before it tells the size: read the IHDR chunk.
    if format == ImageFormat::Png
        && let Some(&[a, b, c, d, e, f, g, h]) = bytes.get(16..24)
    {
        return Ok((u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])));
    }
    reader(bytes, format, WORKING_BYTES).into_dimensions().map_err(damaged)
}

/// A reader whose decoder will take at most `max_alloc` bytes.
fn reader(bytes: &[u8], format: ImageFormat, max_alloc: u64) -> ImageReader<Cursor<&[u8]>> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(max_alloc);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    reader
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn damaged(error: ImageError) -> DecodeError {
    DecodeError::Damaged(error.to_string().chars().take(200).collect())
}

/// Whether the picture data of a JPEG ends with its end-of-image marker. Decoders fill what is
/// missing with grey, and half a face makes a wrong embedding; thumbnails inside the header have
/// end markers of their own, so the segments are walked.
fn jpeg_has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    let mut in_scan = false;
    while let Some(rest) = bytes.get(at..) {
        let Some(offset) = rest.iter().position(|&b| b == 0xff) else { return false };
        at += offset + 1;
        match bytes.get(at) {
            // Padding, a stuffed zero, restart markers and TEM carry no length.
            Some(0xff) => {}
            Some(0x00 | 0x01 | 0xd0..=0xd8) => at += 1,
            Some(0xd9) => return in_scan,
            Some(&marker) => {
                let Some(&[high, low]) = bytes.get(at + 1..at + 3) else { return false };
                at += 1 + usize::from(u16::from_be_bytes([high, low])).max(2);
                in_scan |= marker == 0xda;
            }
            None => return false,
        }
    }
    false
}

/// 8-bit RGB, transparent pixels laid over [`BACKDROP`].
fn opaque_rgb(picture: DynamicImage) -> Vec<u8> {
    if !picture.color().has_alpha() {
        return picture.into_rgb8().into_raw();
    }
    let over = |colour: u8, backdrop: u8, alpha: u8| {
        let (c, b, a) = (u32::from(colour), u32::from(backdrop), u32::from(alpha));
        ((c * a + b * (255 - a) + 127) / 255) as u8
    };
    let rgba = picture.into_rgba8();
    let mut rgb = Vec::with_capacity(rgba.as_raw().len() / 4 * 3);
    for image::Rgba([r, g, b, a]) in rgba.pixels() {
        rgb.extend([
            over(*r, BACKDROP[0], *a),
            over(*g, BACKDROP[1], *a),
            over(*b, BACKDROP[2], *a),
        ]);
    }
    rgb
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
