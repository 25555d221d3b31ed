//! The answer for a picture.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use image::{Delay, Frame, RgbImage, codecs::gif::GifEncoder};

use crate::{
    Flaw, Picture,
    photos::{self, Photos},
};

/// The bytes of [`Flaw::Huge`].
const HUGE: usize = 200_000_000;
const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>"#;
const HTML: &str = "<!DOCTYPE html><html><title>Sign in</title></html>";

/// What the upstream answers when `picture` is asked for.
pub(crate) fn answer(picture: &Picture, photos: &Photos, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", picture.id.simple());
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == *tag) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let quality = 80 + picture.id.as_bytes()[0] % 16;
    let jpeg = |photo: &RgbImage| photos::jpeg(photo, quality);
    let (kind, bytes) = match picture.flaw {
        None => ("image/jpeg", jpeg(&photos(picture))),
        Some(Flaw::Missing) => return StatusCode::NOT_FOUND.into_response(),
        Some(Flaw::Html) => ("text/html; charset=utf-8", HTML.into()),
        Some(Flaw::Svg) => ("image/svg+xml", SVG.into()),
        Some(Flaw::Empty) => ("image/jpeg", Vec::new()),
        Some(Flaw::Huge) => return huge(),
        Some(Flaw::Truncated) => {
            let mut bytes = jpeg(&photos(picture));
            bytes.truncate(bytes.len() / 2);
            ("image/jpeg", bytes)
        }
        Some(Flaw::Animated) => ("image/gif", animated(&photos(picture))),
        Some(Flaw::Cmyk) => ("image/jpeg", photos::cmyk(&photos(picture))),
        Some(Flaw::NoFace) => ("image/jpeg", jpeg(&nobody(picture))),
        Some(Flaw::TenFaces) => ("image/jpeg", jpeg(&crowd(picture, photos))),
    };
    ([(header::CONTENT_TYPE, kind), (header::ETAG, &tag)], bytes).into_response()
}

/// A body without end, as good as: no length is told beforehand.
fn huge() -> Response {
    let part = Bytes::from(vec![0x5a; 1 << 16]);
    let start = Bytes::from_static(b"\xff\xd8\xff\xe0\0\x10JFIF\0");
    let parts = stream::iter([start]).chain(stream::repeat(part).take(HUGE >> 16));
    let body = Body::from_stream(parts.map(Ok::<_, std::io::Error>));
    ([(header::CONTENT_TYPE, "image/jpeg")], body).into_response()
}

fn animated(photo: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let still = image::DynamicImage::from(photo.clone()).into_rgba8();
    let other = image::imageops::flip_horizontal(&still);
    let frames = [still, other]
        .map(|frame| Frame::from_parts(frame, 0, 0, Delay::from_numer_denom_ms(100, 1)));
    GifEncoder::new_with_speed(&mut bytes, 30).encode_frames(frames).expect("two frames");
    bytes
}

/// A meadow in the evening.
fn nobody(picture: &Picture) -> RgbImage {
    let hue = picture.id.as_bytes()[3];
    RgbImage::from_fn(320, 400, |x, y| image::Rgb([(y / 2) as u8, 90 + (x / 8) as u8, hue]))
}

/// The performer among nine others.
fn crowd(picture: &Picture, photos: &Photos) -> RgbImage {
    let people = picture.person..picture.person + 10;
    let each = people.map(|person| photos(&Picture { person, ..picture.clone() }));
    photos::montage(&each.collect::<Vec<_>>())
}
