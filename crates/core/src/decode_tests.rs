use std::io::Cursor;

use image::{
    Delay, DynamicImage, ExtendedColorType, Frame, ImageBuffer, ImageEncoder as _, ImageFormat,
    Rgb, RgbImage, Rgba, RgbaImage,
    codecs::{gif::GifEncoder, jpeg::JpegEncoder},
};
use proptest::prelude::*;

use super::*;

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];

/// 32 x 16 pixels: red with a green quarter at the top right, lower half blue.
fn flag() -> RgbImage {
    RgbImage::from_fn(32, 16, |x, y| {
        Rgb(if y >= 8 {
            BLUE
        } else if x >= 16 {
            GREEN
        } else {
            RED
        })
    })
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn colour(pixels: &Pixels, x: u32, y: u32) -> [u8; 3] {
    let at = 3 * (y * pixels.width() + x) as usize;
    pixels.rgb()[at..at + 3].try_into().unwrap()
}

/// Lossy formats bleed and round.
fn close(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 24)
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |c, _| (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg()))
    })
}

/// A PNG file's first 33 bytes: a header that promises `width` x `height` pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = file(flag(), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

fn jpeg(exif_orientation: Option<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    if let Some(orientation) = exif_orientation {
        // A TIFF header and one directory with one entry: tag 0x112, one short.
        let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        encoder.set_exif_metadata(exif).unwrap();
    }
    encoder.write_image(flag().as_raw(), 32, 16, ExtendedColorType::Rgb8).unwrap();
    bytes
}

#[test]
fn every_format_gives_the_same_picture() {
    for format in
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp]
    {
        let pixels = decode_image(&file(flag(), format)).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (32, 16), "{format:?}");
        for (x, y, want) in [(4, 3, RED), (27, 3, GREEN), (4, 12, BLUE)] {
            assert!(close(colour(&pixels, x, y), want), "{format:?} {x} {y}");
        }
    }
}

#[test]
fn all_eight_exif_orientations_stand_upright() {
    // Where the flag's red and green corners come to lie: (left or right, top or bottom).
    type Corner = (bool, bool);
    let cases: [(u8, Corner, Corner); 8] = [
        (1, (false, false), (true, false)),
        (2, (true, false), (false, false)),
        (3, (true, true), (false, true)),
        (4, (false, true), (true, true)),
        (5, (false, false), (false, true)),
        (6, (true, false), (true, true)),
        (7, (true, true), (true, false)),
        (8, (false, true), (false, false)),
    ];
    for (orientation, red, green) in cases {
        let pixels = decode_image(&jpeg(Some(orientation))).unwrap();
        let upright = if orientation > 4 { (16, 32) } else { (32, 16) };
        assert_eq!((pixels.width(), pixels.height()), upright, "orientation {orientation}");
        let at = |(right, bottom): Corner| {
            let x = if right { pixels.width() - 3 } else { 2 };
            let y = if bottom { pixels.height() - 3 } else { 2 };
            colour(&pixels, x, y)
        };
        assert!(close(at(red), RED), "orientation {orientation}: {:?}", at(red));
        assert!(close(at(green), GREEN), "orientation {orientation}: {:?}", at(green));
    }
    assert!(decode_image(&jpeg(Some(99))).is_ok(), "an unknown orientation is ignored");
}

#[test]
fn transparent_pixels_show_the_backdrop() {
    let picture = RgbaImage::from_fn(3, 1, |x, _| Rgba([200, 100, 50, [0, 128, 255][x as usize]]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let pixels = decode_image(&file(picture.clone(), format)).unwrap();
        assert_eq!(pixels.rgb(), [BACKDROP, [100, 50, 25], [200, 100, 50]].concat(), "{format:?}");
    }
}

#[test]
fn sixteen_bits_and_grey_become_eight_bit_rgb() {
    let deep = ImageBuffer::<Rgb<u16>, _>::from_fn(2, 1, |x, _| Rgb([65535 * x as u16, 257, 128]));
    let pixels = decode_image(&file(deep, ImageFormat::Png)).unwrap();
    assert_eq!(pixels.rgb(), [0, 1, 0, 255, 1, 0]);
    let grey = image::GrayImage::from_pixel(1, 1, image::Luma([77]));
    assert_eq!(decode_image(&file(grey, ImageFormat::Png)).unwrap().rgb(), [77; 3]);
}

/// An 8 x 8 baseline JPEG of one colour in four inks, as Adobe's programs write it: inverted, so
/// that 255 is no ink.
fn cmyk_jpeg(inks: [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    let mut segment = |marker: u8, body: &[u8]| {
        bytes.extend([0xff, marker]);
        bytes.extend((body.len() as u16 + 2).to_be_bytes());
        bytes.extend(body);
    };
    segment(0xee, b"Adobe\0\x64\0\0\0\0\0");
    // Every coefficient divided by 8: the first one is then the mean minus 128.
    segment(0xdb, &[&[0][..], &[8; 64]].concat());
    let components: Vec<u8> = (1..=4).flat_map(|id| [id, 0x11, 0]).collect();
    segment(0xc0, &[&[8, 0, 8, 0, 8, 4][..], &components].concat());
    // First coefficients: sizes 0 to 8 in four bits each. Others: one bit for "no more".
    segment(0xc4, &[&[0, 0, 0, 0, 9][..], &[0; 12], &[0, 1, 2, 3, 4, 5, 6, 7, 8]].concat());
    segment(0xc4, &[&[0x10, 1][..], &[0; 15], &[0]].concat());
    segment(0xda, &[4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
    let mut bits = String::new();
    for ink in inks {
        let mean = i32::from(ink) - 128;
        let size = 32 - mean.unsigned_abs().leading_zeros();
        let value = if mean < 0 { mean + (1 << size) - 1 } else { mean };
        bits += &format!("{size:04b}");
        if size > 0 {
            bits += &format!("{value:0width$b}", width = size as usize);
        }
        bits.push('0');
    }
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    for byte in bits.as_bytes().chunks(8) {
        let byte = byte.iter().fold(0u8, |n, &bit| n << 1 | (bit - b'0'));
        bytes.push(byte);
        if byte == 0xff {
            bytes.push(0);
        }
    }
    bytes.extend([0xff, 0xd9]);
    bytes
}

#[test]
fn cmyk_becomes_rgb() {
    // Full magenta and yellow make red, no ink makes white, black ink makes black.
    for (inks, want) in [
        ([255, 0, 0, 255], [255, 0, 0]),
        ([255, 255, 255, 255], [255, 255, 255]),
        ([255, 255, 255, 0], [0, 0, 0]),
        ([0, 255, 0, 255], [0, 255, 0]),
    ] {
        let pixels = decode_image(&cmyk_jpeg(inks)).unwrap();
        assert!(close(colour(&pixels, 4, 4), want), "{inks:?}: {:?}", colour(&pixels, 4, 4));
    }
}

#[test]
fn of_an_animation_the_first_frame_counts() {
    let solid = |colour| RgbaImage::from_pixel(4, 4, Rgba(colour));
    let (first, second) = (solid([255, 0, 0, 255]), solid([0, 0, 255, 255]));
    for animation in [gif(&first, &second), webp(&first, &second), apng(&first, &second)] {
        let pixels = decode_image(&animation).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (4, 4));
        assert!(close(colour(&pixels, 1, 1), RED), "{:?}", &animation[..12]);
    }
}

fn gif(first: &RgbaImage, second: &RgbaImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let delay = Delay::from_numer_denom_ms(100, 1);
    let frames = [first, second].map(|f| Frame::from_parts(f.clone(), 0, 0, delay));
    GifEncoder::new(&mut bytes).encode_frames(frames).unwrap();
    bytes
}

fn apng(first: &RgbaImage, second: &RgbaImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, first.width(), first.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(first).unwrap();
    writer.write_image_data(second).unwrap();
    writer.finish().unwrap();
    bytes
}

fn webp(first: &RgbaImage, second: &RgbaImage) -> Vec<u8> {
    let chunk = |name: &[u8; 4], body: &[u8]| {
        let padding = &[0][..body.len() % 2];
        [name, &(body.len() as u32).to_le_bytes()[..], body, padding].concat()
    };
    // Width and height less one and the duration, 24 bits each, then flags.
    let frame = |picture: &RgbaImage| {
        let still = &file(picture.clone(), ImageFormat::WebP)[12..];
        chunk(b"ANMF", &[&[0, 0, 0, 0, 0, 0, 3, 0, 0, 3, 0, 0, 100, 0, 0, 0][..], still].concat())
    };
    let body = [
        chunk(b"VP8X", &[0x12, 0, 0, 0, 3, 0, 0, 3, 0, 0]),
        chunk(b"ANIM", &[0; 6]),
        frame(first),
        frame(second),
    ];
    chunk(b"RIFF", &[&b"WEBP"[..], &body.concat()].concat())
}

#[test]
fn what_breaks_off_is_damaged() {
    for format in
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp]
    {
        let noisy = RgbImage::from_fn(64, 64, |x, y| Rgb([(x * 7 + y * 13) as u8, x as u8, 9]));
        let whole = file(noisy, format);
        assert!(decode_image(&whole).is_ok(), "{format:?}");
        for part in [whole.len() / 4, whole.len() / 2, whole.len() * 9 / 10] {
            let error = decode_image(&whole[..part]);
            assert!(matches!(error, Err(DecodeError::Damaged(_))), "{format:?} {part}: {error:?}");
        }
    }
}

#[test]
fn a_jpeg_whose_thumbnail_has_an_end_but_itself_has_none_is_damaged() {
    let whole = jpeg(None);
    let length = (whole.len() as u16 + 2).to_be_bytes();
    let mut bytes = [&[0xff, 0xd8, 0xff, 0xe1][..], &length, &whole, &whole[2..]].concat();
    assert!(decode_image(&bytes).is_ok());
    bytes.truncate(bytes.len() - 2);
    assert!(matches!(decode_image(&bytes), Err(DecodeError::Damaged(_))));
}

#[test]
fn too_many_pixels_are_refused_by_the_header_alone() {
    let mut gif = file(flag(), ImageFormat::Gif);
    gif[6..10].fill(0xff);
    let mut bmp = file(flag(), ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&20_000u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&20_000u32.to_le_bytes());
    let mut large_jpeg = jpeg(None);
    let size = large_jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap() + 5;
    large_jpeg[size..size + 4].fill(0xff);
    let files =
        [png_header(20_000, 20_000), png_header(1 << 30, 1 << 30), png_header(1, 200_000_000)];
    for bytes in files.into_iter().chain([gif, bmp, large_jpeg]) {
        let error = decode_image(&bytes);
        assert!(matches!(error, Err(DecodeError::TooLarge { .. })), "{error:?}");
    }
}

#[test]
fn no_pixels_are_an_error() {
    assert_eq!(decode_image(&[]), Err(DecodeError::Empty));
    let mut gif = file(flag(), ImageFormat::Gif);
    gif[6..10].fill(0);
    assert_eq!(decode_image(&gif), Err(DecodeError::Empty));
    assert_eq!(decode_image(&png_header(0, 16)), Err(DecodeError::Empty));
}

#[test]
fn other_files_are_named_for_what_they_are() {
    assert_eq!(decode_image(b"<html>"), Err(DecodeError::UnknownFormat));
    assert_eq!(decode_image(b"<svg xmlns"), Err(DecodeError::UnknownFormat));
    let avif = b"\0\0\0\x20ftypavif\0\0\0\0";
    assert_eq!(decode_image(avif), Err(DecodeError::BrowserOnlyFormat));
    assert_eq!(decode_image(b"II*\0\x08\0\0\0"), Err(DecodeError::UnknownFormat), "TIFF");
}

#[test]
fn the_header_alone_refuses_what_nobody_should_decode() {
    let jpeg = file(flag(), ImageFormat::Jpeg);
    assert_eq!(inspect_image(&jpeg), Ok(()));
    assert!(matches!(inspect_image(&jpeg[..jpeg.len() - 2]), Err(DecodeError::Damaged(_))));
    assert_eq!(inspect_image(&[]), Err(DecodeError::Empty));
    assert_eq!(
        inspect_image(&png_header(20_000, 20_000)),
        Err(DecodeError::TooLarge { width: 20_000, height: 20_000 })
    );
    for for_the_browser in [&b"<svg xmlns"[..], b"\0\0\0\x20ftypavif\0\0\0\0"] {
        assert_eq!(inspect_image(for_the_browser), Ok(()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn damaged_bytes_never_panic(
        format in prop::sample::select(vec![
            ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp,
        ]),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut: prop::sample::Index,
    ) {
        let mut bytes = file(flag(), format);
        for (place, value) in places {
            let at = place.index(bytes.len());
            bytes[at] = value;
        }
        let _ = decode_image(&bytes);
        let _ = decode_image(&bytes[..cut.index(bytes.len())]);
    }
}
