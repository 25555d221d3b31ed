//! Pictures in memory.

use crate::{LocalFuture, Region};

/// The most pixels a picture may have.
pub const MAX_PIXELS: u64 = 100_000_000;

/// What shows through transparent pixels, red, green, blue: black.
///
/// It is what the letterbox pads with, so a cut-out looks to the detector as if the picture ended
/// there; and it is what a browser's opaque canvas (`getContext("2d", {alpha: false})`) starts as,
/// so that both sides give the same pixels with nothing to remember.
pub const BACKDROP: [u8; 3] = [0, 0, 0];

/// An upright picture: packed 8-bit RGB, row by row from the top.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

/// Turns the bytes of a picture file into pixels. Browsers and native programs differ here.
pub trait Decode {
    /// Decodes `bytes`, turned upright as its EXIF orientation says.
    fn decode<'a>(&'a self, bytes: &'a [u8]) -> LocalFuture<'a, Result<Pixels, DecodeError>>;
}

/// Why a file gave no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Neither a picture nor one of a known kind.
    #[error("this file is not a picture we can read; use JPEG, PNG, WebP, GIF or BMP")]
    UnknownFormat,
    /// AVIF or HEIC, which only the browser reads.
    #[error("AVIF and HEIC pictures can be read in the browser only; convert it to JPEG or PNG")]
    BrowserOnlyFormat,
    /// The file breaks off or contradicts itself.
    #[error("this picture is damaged ({0}); try to save or download it again")]
    Damaged(String),
    /// No pixels at all.
    #[error("this picture is empty (0 pixels)")]
    Empty,
    /// More than [`MAX_PIXELS`].
    #[error(
        "this picture has {width} x {height} pixels; the limit is 100 megapixels, make it smaller"
    )]
    TooLarge {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
}

impl Pixels {
    /// Takes `3 * width * height` bytes of RGB.
    ///
    /// # Errors
    /// When there are no pixels, more than [`MAX_PIXELS`], or another number of bytes.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, DecodeError> {
        let count = u64::from(width) * u64::from(height);
        if count == 0 {
            Err(DecodeError::Empty)
        } else if count > MAX_PIXELS {
            Err(DecodeError::TooLarge { width, height })
        } else if rgb.len() as u64 != 3 * count {
            Err(DecodeError::Damaged(format!("{} bytes for {count} pixels", rgb.len())))
        } else {
            Ok(Self { width, height, rgb })
        }
    }

    /// Pixels from left to right.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels from top to bottom.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The bytes: red, green, blue of each pixel, row by row.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// A copy of a part, or `None` where it is not wholly in the picture or empty.
    #[must_use]
    pub fn cut(&self, region: Region) -> Option<Self> {
        let Region { x, y, width, height } = region;
        let inside = x.checked_add(width)? <= self.width && y.checked_add(height)? <= self.height;
        if !inside || width == 0 || height == 0 {
            return None;
        }
        let rows = self.rgb.chunks_exact(3 * self.width as usize);
        let part = 3 * x as usize..3 * (x + width) as usize;
        let rows = rows.skip(y as usize).take(height as usize);
        let rgb = rows.filter_map(|row| row.get(part.clone())).flatten().copied().collect();
        Self::new(width, height, rgb).ok()
    }
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({} x {})", self.width, self.height)
    }
}
