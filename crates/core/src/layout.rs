//! What a frame really shows: one eye of a stereo picture, one field of an interlaced one, and the
//! shape it is meant to be seen in.
//!
//! Two pictures of everybody would be two people in a cluster and half of the pixels for each; the
//! two moments of an interlaced frame tear a moving face. Neither is written down anywhere that
//! can be relied on, so it is told from several frames of a scene together.

mod comb;
mod stereo;

use crate::{FrameError, FrameSource, LocalFuture, Pixels, Region};

/// How many frames are looked at to tell the layout of a scene.
const LOOKS: usize = 8;

/// How the two eyes share a frame. The left or the upper one is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stereo {
    /// There is one picture.
    #[default]
    Mono,
    /// The left eye's picture is left of the right eye's.
    SideBySide,
    /// One eye's picture is above the other's.
    TopBottom,
}

/// How the frames of a scene are to be read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// How many pictures a frame holds, and where.
    pub stereo: Stereo,
    /// Whether odd and even lines are of two moments.
    pub interlaced: bool,
    /// Width of a pixel, divided by its height: 1 unless the file says otherwise (its sample aspect
    /// ratio). No frame can tell.
    pub pixel_aspect: f32,
}

impl Default for Layout {
    fn default() -> Self {
        Self { stereo: Stereo::Mono, interlaced: false, pixel_aspect: 1.0 }
    }
}

impl Layout {
    /// Tells the layout from frames of one scene, the more different the better, at the size they
    /// are stored in. `name` is the scene's or the file's; what it says of the layout is believed
    /// where the frames do not contradict it.
    #[must_use]
    pub fn detect(frames: &[Pixels], name: &str) -> Self {
        Self {
            stereo: stereo::detect(frames, name),
            interlaced: comb::detect(frames),
            pixel_aspect: 1.0,
        }
    }

    /// Tells the layout of a source from a few of its frames. Frames that cannot be had are left
    /// out.
    ///
    /// # Errors
    /// When no frame of the source can be had at all.
    pub async fn of(source: &dyn FrameSource, name: &str) -> Result<Self, FrameError> {
        let count = source.count();
        let mut frames = Vec::new();
        for look in 0..count.min(LOOKS) {
            // The middles of equal parts: the very first and last frame are often black.
            let number = (2 * look + 1) * count / (2 * count.min(LOOKS));
            match source.frame(number).await {
                Ok(frame) => frames.push(frame),
                Err(FrameError::Missing { .. }) => {}
                Err(error @ FrameError::Unusable(_)) => return Err(error),
            }
        }
        Ok(Self::detect(&frames, name))
    }

    /// The picture that a frame of this layout is meant to show.
    #[must_use]
    pub fn apply(&self, frame: Pixels) -> Pixels {
        let frame = if self.interlaced { comb::one_field(frame) } else { frame };
        let (width, height) = (frame.width(), frame.height());
        let aspect = width as f32 / height as f32;
        // Films for 3D televisions squeeze each eye into half a frame of the usual shape; pictures
        // for headsets (2:1 and 1:1) do not.
        let (eye, squeezed) = match self.stereo {
            Stereo::SideBySide if width > 1 => (frame.left_half(), aspect < 1.9),
            Stereo::TopBottom if height > 1 => (frame.upper_half(), aspect > 1.4),
            _ => (frame, false),
        };
        let squeeze = match self.stereo {
            Stereo::SideBySide if squeezed => 2.0,
            Stereo::TopBottom if squeezed => 0.5,
            _ => 1.0,
        };
        with_square_pixels(eye, self.pixel_aspect * squeeze)
    }
}

impl Pixels {
    fn part(self, width: u32, height: u32) -> Self {
        self.cut(Region { x: 0, y: 0, width, height }).unwrap_or(self)
    }

    fn left_half(self) -> Self {
        let (width, height) = (self.width() / 2, self.height());
        self.part(width, height)
    }

    fn upper_half(self) -> Self {
        let (width, height) = (self.width(), self.height() / 2);
        self.part(width, height)
    }
}

/// Stretches a picture, never shrinks it, until its pixels are square. Shapes that no video has
/// are taken for a mistake and left alone.
fn with_square_pixels(picture: Pixels, aspect: f32) -> Pixels {
    if !(0.2..=5.0).contains(&aspect) || (aspect - 1.0).abs() < 0.01 {
        return picture;
    }
    let (width, height) = (picture.width(), picture.height());
    let longer = |side: u32, by: f32| (side as f32 * by).round() as u32;
    if aspect > 1.0 {
        stretched(picture, longer(width, aspect), height)
    } else {
        stretched(picture, width, longer(height, 1.0 / aspect))
    }
}

/// Resizes with linear interpolation between the centres of pixels.
fn stretched(picture: Pixels, width: u32, height: u32) -> Pixels {
    let columns = samples(picture.width(), width);
    let row_bytes = 3 * picture.width() as usize;
    let mut rgb = Vec::with_capacity(3 * width as usize * height as usize);
    for (above, below, down) in samples(picture.height(), height) {
        let row = |y: usize| picture.rgb().get(y * row_bytes..).unwrap_or_default();
        let (above, below) = (row(above), row(below));
        for &(left, right, across) in &columns {
            for channel in 0..3 {
                let at = |row: &[u8], x: usize| {
                    f32::from(row.get(3 * x + channel).copied().unwrap_or_default())
                };
                let mix = |a: f32, b: f32, by: f32| a + (b - a) * by;
                let upper = mix(at(above, left), at(above, right), across);
                let lower = mix(at(below, left), at(below, right), across);
                rgb.push(mix(upper, lower, down).round() as u8);
            }
        }
    }
    Pixels::new(width, height, rgb).unwrap_or(picture)
}

/// For each of `to` places along a line of `from`: the two neighbours and how far between them.
fn samples(from: u32, to: u32) -> Vec<(usize, usize, f32)> {
    let sample = |place: u32| {
        let at =
            ((place as f32 + 0.5) * from as f32 / to as f32 - 0.5).clamp(0.0, (from - 1) as f32);
        (at as usize, (at as usize + 1).min(from as usize - 1), at.fract())
    };
    (0..to).map(sample).collect()
}

/// The brightness of pixels, 0 to 255: the mean of red, twice green, and blue.
fn brightness(picture: &Pixels) -> impl Iterator<Item = i32> {
    let mean = |p: &[u8; 3]| (i32::from(p[0]) + 2 * i32::from(p[1]) + i32::from(p[2])) / 4;
    picture.rgb().as_chunks().0.iter().map(mean)
}

/// A source whose frames are shown as their layout says.
#[derive(Clone, Debug)]
pub struct Shown<S> {
    source: S,
    layout: Layout,
}

impl<S: FrameSource> Shown<S> {
    /// Shows a source as [`Layout::of`] tells it from some of its frames and its `name`.
    ///
    /// # Errors
    /// When no frame of the source can be had at all.
    pub async fn of(source: S, name: &str) -> Result<Self, FrameError> {
        let layout = Layout::of(&source, name).await?;
        Ok(Self { source, layout })
    }

    /// The layout.
    pub fn layout(&self) -> Layout {
        self.layout
    }
}

impl<S: FrameSource> FrameSource for Shown<S> {
    fn count(&self) -> usize {
        self.source.count()
    }

    fn time(&self, number: usize) -> Option<f64> {
        self.source.time(number)
    }

    fn frame<'a>(&'a self, number: usize) -> LocalFuture<'a, Result<Pixels, FrameError>> {
        Box::pin(async move { Ok(self.layout.apply(self.source.frame(number).await?)) })
    }
}

impl<S: FrameSource + ?Sized> FrameSource for Box<S> {
    fn count(&self) -> usize {
        (**self).count()
    }

    fn time(&self, number: usize) -> Option<f64> {
        (**self).time(number)
    }

    fn frame<'a>(&'a self, number: usize) -> LocalFuture<'a, Result<Pixels, FrameError>> {
        (**self).frame(number)
    }
}

#[cfg(test)]
mod tests;
