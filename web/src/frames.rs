//! The frames of a scene as the page has them: tiles of a sprite sheet, single pictures, or both.

use std::collections::BTreeSet;

use js_sys::{Array, Reflect};
use rollcall_core::{
    Decode as _, FrameError, FrameSource, LocalFuture, PerformerId, Pixels, Shown, SpriteSheet,
    parse_vtt,
};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Blob;

use crate::{
    decode::{BrowserDecoder, file_of},
    error::WebError,
};

/// More pictures than a page sends for one scene.
const MOST_PICTURES: usize = 2000;

/// A picture of one moment, decoded only when it is looked at.
struct Picture {
    file: Blob,
    /// Seconds from the start, where the page knows them.
    time: Option<f64>,
}

/// Tiles first, then pictures, whatever their moments: frames count from the first tile.
pub(crate) struct SceneFrames {
    sheet: Option<Shown<SpriteSheet>>,
    /// Pixels of the sheet, for the page to show boxes in.
    pub(crate) size: (u32, u32),
    pictures: Vec<Picture>,
    /// Who is likely to be there.
    pub(crate) expected: BTreeSet<PerformerId>,
    /// Whether what is seen is to be kept.
    pub(crate) keep: bool,
}

impl SceneFrames {
    /// `what` is `SceneFrames` of the TypeScript client.
    pub(crate) async fn read(what: &JsValue) -> Result<Self, WebError> {
        let text = |key: &str| field(what, key).as_string().unwrap_or_default();
        let pictures = pictures(&field(what, "pictures"))?;
        let (mut sheet, mut size) = (None, (0, 0));
        if let Ok(file) = field(what, "sheet").dyn_into::<Blob>() {
            let pixels = BrowserDecoder.decode(&file_of(&file).await?).await?;
            size = (pixels.width(), pixels.height());
            let cues = parse_vtt(text("vtt").as_bytes());
            let cues = cues.map_err(|error| WebError::Identify(error.to_string()))?;
            let unusable = |error: FrameError| WebError::Identify(error.to_string());
            let tiles = SpriteSheet::new(pixels, cues).map_err(unusable)?;
            sheet = Some(Shown::of(tiles, &text("name")).await.map_err(unusable)?);
        }
        let expected = expected(&field(what, "expected"));
        let keep = field(what, "keep").is_truthy();
        Ok(Self { sheet, size, pictures, expected, keep })
    }

    fn tiles(&self) -> usize {
        self.sheet.as_ref().map_or(0, FrameSource::count)
    }

    fn picture(&self, number: usize) -> Option<&Picture> {
        self.pictures.get(number.checked_sub(self.tiles())?)
    }
}

impl FrameSource for SceneFrames {
    fn count(&self) -> usize {
        self.tiles() + self.pictures.len()
    }

    fn time(&self, number: usize) -> Option<f64> {
        match (&self.sheet, self.picture(number)) {
            (_, Some(picture)) => picture.time,
            (Some(sheet), None) => sheet.time(number),
            (None, None) => None,
        }
    }

    fn frame<'a>(&'a self, number: usize) -> LocalFuture<'a, Result<Pixels, FrameError>> {
        Box::pin(async move {
            let missing = |reason: String| FrameError::Missing { number, reason };
            match (&self.sheet, self.picture(number)) {
                (_, Some(picture)) => {
                    let file =
                        file_of(&picture.file).await.map_err(|error| missing(error.to_string()))?;
                    let decoded = BrowserDecoder.decode(&file).await;
                    decoded.map_err(|error| missing(error.to_string()))
                }
                (Some(sheet), None) => sheet.frame(number).await,
                (None, None) => Err(missing("there is no such frame".to_owned())),
            }
        })
    }
}

pub(crate) fn field(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(key)).unwrap_or(JsValue::UNDEFINED)
}

fn pictures(list: &JsValue) -> Result<Vec<Picture>, WebError> {
    let Some(list) = list.dyn_ref::<Array>() else { return Ok(Vec::new()) };
    let picture = |entry: JsValue| {
        let file = field(&entry, "picture").dyn_into::<Blob>();
        let file = file.map_err(|_| WebError::Settings("a frame without a picture".to_owned()))?;
        Ok(Picture { file, time: field(&entry, "time").as_f64().filter(|time| time.is_finite()) })
    };
    list.iter().take(MOST_PICTURES).map(picture).collect()
}

/// An id that is none is left out: the others are as good without it.
pub(crate) fn expected(list: &JsValue) -> BTreeSet<PerformerId> {
    let ids = list.dyn_ref::<Array>().into_iter().flat_map(Array::iter);
    ids.filter_map(|id| id.as_string()?.parse().ok()).collect()
}
