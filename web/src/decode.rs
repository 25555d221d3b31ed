//! Decoding with the browser: it knows more formats than we do, and does it faster.

use rollcall_core::{
    Decode, DecodeError, ImageDecoder, LocalFuture, MAX_PIXELS, Pixels, inspect_image,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, ColorSpaceConversion, ImageBitmap, ImageBitmapOptions, ImageOrientation, OffscreenCanvas,
    OffscreenCanvasRenderingContext2d as Context, PremultiplyAlpha, WorkerGlobalScope,
};

use crate::error::{WebError, words};

/// The largest picture file, in bytes: an uncompressed picture of the most pixels allowed.
const MAX_FILE: f64 = 400e6;

/// How many pixels are copied out of the browser at a time, to bound the memory it takes.
const STRIP_PIXELS: u32 = 1 << 20;

/// Decodes with `createImageBitmap`, and with [`ImageDecoder`] what the browser does not take.
pub(crate) struct BrowserDecoder;

/// Why the browser gave no pixels.
enum Refusal {
    /// It cannot; somebody else may.
    Browser(String),
    /// The picture is at fault.
    Picture(DecodeError),
}

impl From<JsValue> for Refusal {
    fn from(thrown: JsValue) -> Self {
        Self::Browser(words(&thrown))
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        Self::Picture(error)
    }
}

impl Decode for BrowserDecoder {
    fn decode<'a>(&'a self, bytes: &'a [u8]) -> LocalFuture<'a, Result<Pixels, DecodeError>> {
        Box::pin(async move {
            match in_browser(bytes).await {
                Ok(pixels) => Ok(pixels),
                Err(Refusal::Picture(error)) => Err(error),
                Err(Refusal::Browser(reason)) => {
                    ImageDecoder.decode(bytes).await.map_err(|error| match error {
                        // "Use a browser" is no help here: this one has just given up on it.
                        DecodeError::BrowserOnlyFormat => DecodeError::Damaged(reason),
                        error => error,
                    })
                }
            }
        })
    }
}

/// The bytes of a file that is not too large.
pub(crate) async fn file_of(picture: &Blob) -> Result<Vec<u8>, WebError> {
    if picture.size() > MAX_FILE {
        return Err(WebError::PictureFile { megabytes: (picture.size() / 1e6) as u32 });
    }
    let buffer = JsFuture::from(picture.array_buffer()).await;
    let buffer = buffer.map_err(|thrown| WebError::Unreadable(words(&thrown)))?;
    Ok(js_sys::Uint8Array::new(&buffer).to_vec())
}

async fn in_browser(bytes: &[u8]) -> Result<Pixels, Refusal> {
    // Browsers decode all of a picture before they tell its size, and some fill up one that breaks
    // off.
    inspect_image(bytes)?;
    let bitmap = bitmap(bytes).await?;
    let pixels = read(&bitmap);
    // Frees the decoded picture now, not when the garbage collector comes round.
    bitmap.close();
    pixels
}

async fn bitmap(bytes: &[u8]) -> Result<ImageBitmap, JsValue> {
    let scope: WorkerGlobalScope = js_sys::global().dyn_into()?;
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence(&parts)?;
    let options = ImageBitmapOptions::new();
    options.set_image_orientation(ImageOrientation::FromImage);
    options.set_color_space_conversion(ColorSpaceConversion::None);
    options.set_premultiply_alpha(PremultiplyAlpha::None);
    let promise = scope.create_image_bitmap_with_blob_and_image_bitmap_options(&blob, &options)?;
    JsFuture::from(promise).await?.dyn_into()
}

/// Copies a bitmap's pixels strip by strip through an opaque canvas, so that transparent ones come
/// out over black as [`rollcall_core::BACKDROP`] says.
fn read(bitmap: &ImageBitmap) -> Result<Pixels, Refusal> {
    let (width, height) = (bitmap.width(), bitmap.height());
    let count = u64::from(width) * u64::from(height);
    if count == 0 {
        return Err(DecodeError::Empty.into());
    }
    if count > MAX_PIXELS {
        return Err(DecodeError::TooLarge { width, height }.into());
    }
    let rows = (STRIP_PIXELS / width).clamp(1, height);
    let context = canvas(width, rows)?;
    check_honest(&context)?;
    let mut rgb = Vec::with_capacity(3 * count as usize);
    for top in (0..height).step_by(rows as usize) {
        let rows = rows.min(height - top);
        context.set_fill_style_str("#000");
        context.fill_rect(0.0, 0.0, f64::from(width), f64::from(rows));
        context.draw_image_with_image_bitmap(bitmap, 0.0, -f64::from(top))?;
        let strip = context.get_image_data(0.0, 0.0, f64::from(width), f64::from(rows))?.data();
        rgb.extend(strip.chunks_exact(4).flat_map(|rgba| [rgba[0], rgba[1], rgba[2]]));
    }
    Ok(Pixels::new(width, height, rgb)?)
}

fn canvas(width: u32, height: u32) -> Result<Context, JsValue> {
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"alpha".into(), &JsValue::FALSE)?;
    // We only ever read: keep the canvas in ordinary memory.
    js_sys::Reflect::set(&options, &"willReadFrequently".into(), &JsValue::TRUE)?;
    OffscreenCanvas::new(width, height)?
        .get_context_with_context_options("2d", &options)?
        .ok_or_else(|| JsValue::from_str("no 2d canvas"))?
        .dyn_into()
        .map_err(Into::into)
}

/// Browsers set to resist fingerprinting return noise instead of a canvas's pixels; a face cannot
/// be found in that. Draws one known pixel and looks whether it comes back.
fn check_honest(context: &Context) -> Result<(), JsValue> {
    const KNOWN: [u8; 3] = [23, 92, 171];
    // Some browsers change each value by one, which harms nothing.
    const NOISE: u8 = 2;
    context.set_fill_style_str("rgb(23, 92, 171)");
    context.fill_rect(0.0, 0.0, 1.0, 1.0);
    let seen = context.get_image_data(0.0, 0.0, 1.0, 1.0)?.data();
    if KNOWN.iter().zip(seen.iter()).all(|(&known, &seen)| known.abs_diff(seen) <= NOISE) {
        Ok(())
    } else {
        Err(JsValue::from_str("this browser hides the pixels of a canvas"))
    }
}
