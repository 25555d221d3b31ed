//! A part of a picture, resized into a detector's square input.

use crate::{ChannelOrder, DecodeError, PerPlane, Pixels, Point, ShapeError, Tensor};

/// How a network wants its values: `(value - mean) * scale` of each 0..=255 value, in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feed {
    /// The order of the colour planes.
    pub channels: ChannelOrder,
    /// Subtracted first.
    pub mean: PerPlane,
    /// Multiplied after that.
    pub scale: PerPlane,
}

impl ChannelOrder {
    /// The plane that each of red, green and blue belongs to, and the other way round.
    pub(crate) fn planes(self) -> [usize; 3] {
        match self {
            Self::Rgb => [0, 1, 2],
            Self::Bgr => [2, 1, 0],
        }
    }
}

impl Feed {
    /// Brings the values of whole planes, in the network's order, to what it wants.
    pub fn apply(self, planes: &mut [f32]) {
        let length = planes.len() / 3;
        for (plane, values) in planes.chunks_exact_mut(length.max(1)).enumerate() {
            values.iter_mut().for_each(|value| *value = self.value(plane, *value));
        }
    }

    fn value(self, plane: usize, value: f32) -> f32 {
        let of = |PerPlane(each): PerPlane| each.get(plane).copied().unwrap_or_default();
        (value - of(self.mean)) * of(self.scale)
    }
}

/// A part of a picture, in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, positive.
    pub width: u32,
    /// Height, positive.
    pub height: u32,
}

impl Region {
    /// All of a picture.
    #[must_use]
    pub fn all(pixels: &Pixels) -> Self {
        Self { x: 0, y: 0, width: pixels.width(), height: pixels.height() }
    }
}

/// Where a region of a picture lies in a square input, its shape kept, black around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letterbox {
    region: Region,
    side: u32,
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Letterbox {
    /// The region fills a `side` x `side` input from its top left corner, as detectors expect.
    #[must_use]
    pub fn top_left(region: Region, side: u32) -> Self {
        let (width, height) = fit(region, side);
        Self { region, side, left: 0, top: 0, width, height }
    }

    /// The region's longer side takes `content` pixels in the middle of the input.
    #[must_use]
    pub fn padded(region: Region, side: u32, content: u32) -> Self {
        let (width, height) = fit(region, content.min(side));
        let (left, top) = ((side - width) / 2, (side - height) / 2);
        Self { region, side, left, top, width, height }
    }

    /// From the whole numbers that are the centres of the picture's pixels to those that are the
    /// centres of the resized region's.
    pub(crate) fn to_content(self, (x, y): (f64, f64)) -> (f64, f64) {
        let axis = |p: f64, start: u32, length: u32, from: u32| {
            (p + 0.5 - f64::from(start)) * f64::from(length) / f64::from(from) - 0.5
        };
        let r = self.region;
        (axis(x, r.x, self.width, r.width), axis(y, r.y, self.height, r.height))
    }

    /// The input's width and height.
    #[must_use]
    pub fn side(&self) -> u32 {
        self.side
    }

    /// How many input pixels one pixel of the picture becomes.
    #[must_use]
    pub fn zoom(&self) -> f32 {
        self.width.max(self.height) as f32 / self.region.width.max(self.region.height) as f32
    }

    /// From a place in the input to the same place in the picture.
    #[must_use]
    pub fn to_picture(&self, p: Point) -> Point {
        let axis = |p: f32, start: u32, length: u32, from: u32, full: u32| {
            (p - start as f32) * (full as f32 / length as f32) + from as f32
        };
        Point {
            x: axis(p.x, self.left, self.width, self.region.x, self.region.width),
            y: axis(p.y, self.top, self.height, self.region.y, self.region.height),
        }
    }

    /// The input itself, `[1, 3, side, side]`. `region` must lie in `pixels`.
    ///
    /// # Errors
    /// Never for a box made for this picture.
    pub fn fill(&self, pixels: &Pixels, feed: Feed) -> Result<Tensor, ShapeError> {
        let side = self.side as usize;
        let mut planes = vec![0.0; 3 * side * side];
        feed.apply(&mut planes);
        self.resize(pixels, |x, y, colour| {
            let at = (self.top as usize + y) * side + self.left as usize + x;
            for (plane, value) in feed.channels.planes().into_iter().zip(colour) {
                if let Some(out) = planes.get_mut(plane * side * side + at) {
                    *out = feed.value(plane, value);
                }
            }
        });
        Tensor::new(vec![1, 3, side, side], planes)
    }

    /// The resized region alone, without what is around it.
    pub(crate) fn content(&self, pixels: &Pixels) -> Result<Pixels, DecodeError> {
        let mut rgb = Vec::with_capacity(3 * self.width as usize * self.height as usize);
        self.resize(pixels, |_, _, colour| rgb.extend(colour.map(|v| (v + 0.5) as u8)));
        Pixels::new(self.width, self.height, rgb)
    }

    /// Tells the colour of each pixel of the resized region, row by row.
    ///
    /// Shrinking averages over the area a pixel covers, enlarging is bilinear. Both passes are
    /// plain loops over contiguous rows, rows first, so that the compiler vectorises the one that
    /// reads the whole picture.
    fn resize(&self, pixels: &Pixels, mut tell: impl FnMut(usize, usize, [f32; 3])) {
        let columns = taps(self.region.width, self.width);
        let mut row = vec![0.0; 3 * self.region.width as usize];
        for (y, tap) in taps(self.region.height, self.height).iter().enumerate() {
            self.blend_rows(pixels, tap, &mut row);
            for (x, tap) in columns.iter().enumerate() {
                tell(x, y, tap.blend_columns(&row));
            }
        }
    }

    /// One row of the input before its columns are blended: `3 * region.width` values.
    fn blend_rows(&self, pixels: &Pixels, tap: &Tap, row: &mut [f32]) {
        row.fill(0.0);
        let stride = 3 * pixels.width() as usize;
        let from = 3 * self.region.x as usize;
        for (y, &weight) in (self.region.y as usize + tap.first..).zip(&tap.weights) {
            let source = pixels.rgb().iter().skip(y * stride + from);
            for (sum, &byte) in row.iter_mut().zip(source) {
                *sum += weight * f32::from(byte);
            }
        }
    }
}

/// The size of a region whose longer side becomes `side`, at least one pixel each way.
fn fit(region: Region, side: u32) -> (u32, u32) {
    let long = region.width.max(region.height).max(1);
    let scaled = |n: u32| {
        let rounded = (u64::from(n) * u64::from(side) + u64::from(long) / 2) / u64::from(long);
        (rounded as u32).clamp(1, side.max(1))
    };
    (scaled(region.width), scaled(region.height))
}

/// The source pixels that make one output pixel along one axis.
struct Tap {
    first: usize,
    weights: Vec<f32>,
}

impl Tap {
    fn blend_columns(&self, row: &[f32]) -> [f32; 3] {
        let mut sum = [0.0; 3];
        let source = row.get(3 * self.first..).unwrap_or_default();
        for (pixel, weight) in source.chunks_exact(3).zip(&self.weights) {
            for (sum, value) in sum.iter_mut().zip(pixel) {
                *sum += weight * value;
            }
        }
        sum
    }
}

/// A triangle as wide as two output pixels, or two source pixels when enlarging; what falls
/// outside is left out and the rest weighs more, as if the edge pixel went on.
fn taps(from: u32, to: u32) -> Vec<Tap> {
    let ratio = f64::from(from) / f64::from(to);
    let radius = ratio.max(1.0);
    (0..to)
        .map(|i| {
            let centre = (f64::from(i) + 0.5) * ratio;
            let first = (centre - radius).floor().max(0.0) as u32;
            let last = ((centre + radius).ceil() as u32).min(from);
            let weight = |j: u32| (1.0 - (f64::from(j) + 0.5 - centre).abs() / radius).max(0.0);
            let total: f64 = (first..last).map(weight).sum();
            let weights = (first..last).map(|j| (weight(j) / total) as f32).collect();
            Tap { first: first as usize, weights }
        })
        .collect()
}

/// A clockwise turn in quarters.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// None.
    #[default]
    Upright,
    /// A quarter clockwise.
    Clockwise90,
    /// Half.
    Clockwise180,
    /// A quarter anticlockwise.
    Clockwise270,
}

impl Rotation {
    /// Every turn but none.
    pub const TURNS: [Self; 3] = [Self::Clockwise90, Self::Clockwise270, Self::Clockwise180];

    /// The place in a square of `side` pixels that this turn brings to `p`.
    #[must_use]
    pub fn undo(self, p: Point, side: f32) -> Point {
        match self {
            Self::Upright => p,
            Self::Clockwise90 => Point { x: p.y, y: side - p.x },
            Self::Clockwise180 => Point { x: side - p.x, y: side - p.y },
            Self::Clockwise270 => Point { x: side - p.y, y: p.x },
        }
    }

    /// Turns the square planes of a `[1, c, side, side]` tensor.
    ///
    /// # Errors
    /// When the tensor is no stack of squares.
    pub fn turn(self, input: &Tensor) -> Result<Tensor, ShapeError> {
        let shape = input.shape().to_vec();
        let side = shape.last().copied().unwrap_or_default();
        let mut out = Vec::with_capacity(input.data().len());
        for plane in input.data().chunks_exact((side * side).max(1)) {
            for y in 0..side {
                let last = side - 1;
                let at = |x: usize| match self {
                    Self::Upright => y * side + x,
                    Self::Clockwise90 => (last - x) * side + y,
                    Self::Clockwise180 => (last - y) * side + (last - x),
                    Self::Clockwise270 => x * side + (last - y),
                };
                out.extend((0..side).filter_map(|x| plane.get(at(x))));
            }
        }
        Tensor::new(shape, out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Feed =
        Feed { channels: ChannelOrder::Rgb, mean: PerPlane([0.0; 3]), scale: PerPlane([1.0; 3]) };

    fn picture() -> impl Strategy<Value = Pixels> {
        (1u32..40, 1u32..40).prop_flat_map(|(w, h)| {
            prop::collection::vec(any::<u8>(), (3 * w * h) as usize)
                .prop_map(move |rgb| Pixels::new(w, h, rgb).unwrap())
        })
    }

    /// One value of the input straight from the definition: all pixels of the region, weighed by a
    /// triangle in each direction.
    fn slow_value(pixels: &Pixels, boxed: &Letterbox, channel: usize, x: u32, y: u32) -> f32 {
        let r = boxed.region;
        let inside = |p: u32, start: u32, length: u32| p >= start && p < start + length;
        if !inside(x, boxed.left, boxed.width) || !inside(y, boxed.top, boxed.height) {
            return 0.0;
        }
        let weight = |source: u32, out: u32, from: u32, to: u32| {
            let ratio = f64::from(from) / f64::from(to);
            let distance = f64::from(source) + 0.5 - (f64::from(out) + 0.5) * ratio;
            (1.0 - distance.abs() / ratio.max(1.0)).max(0.0)
        };
        let (mut sum, mut total) = (0.0, 0.0);
        for sy in 0..r.height {
            for sx in 0..r.width {
                let w = weight(sx, x - boxed.left, r.width, boxed.width)
                    * weight(sy, y - boxed.top, r.height, boxed.height);
                let at = 3 * ((r.y + sy) * pixels.width() + r.x + sx) as usize + channel;
                sum += w * f64::from(pixels.rgb()[at]);
                total += w;
            }
        }
        (sum / total) as f32
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_input_is_what_the_definition_gives(
            pixels in picture(), crop in (0u32..8, 0u32..8), content in 1u32..=32, centred: bool,
        ) {
            let (x, y) = (crop.0.min(pixels.width() - 1), crop.1.min(pixels.height() - 1));
            let region = Region { x, y, width: pixels.width() - x, height: pixels.height() - y };
            let boxed = if centred {
                Letterbox::padded(region, 32, content)
            } else {
                Letterbox::top_left(region, 32)
            };
            let input = boxed.fill(&pixels, PLAIN).unwrap();
            for channel in 0..3 {
                for y in 0..32 {
                    for x in 0..32 {
                        let fast = input.data()[channel * 1024 + (y * 32 + x) as usize];
                        let slow = slow_value(&pixels, &boxed, channel, x, y);
                        prop_assert!((fast - slow).abs() < 0.01, "{fast} {slow} at {x} {y}");
                    }
                }
            }
        }

        #[test]
        fn a_turn_and_its_way_back_agree(x in 0usize..5, y in 0usize..5, turn in 0usize..3) {
            let turn = Rotation::TURNS[turn];
            let mut data = vec![0.0; 25];
            data[y * 5 + x] = 1.0;
            let turned = turn.turn(&Tensor::new(vec![1, 1, 5, 5], data).unwrap()).unwrap();
            let at = turned.data().iter().position(|&v| v == 1.0).unwrap();
            let centre = Point { x: (at % 5) as f32 + 0.5, y: (at / 5) as f32 + 0.5 };
            let back = turn.undo(centre, 5.0);
            prop_assert_eq!((back.x, back.y), (x as f32 + 0.5, y as f32 + 0.5));
        }

        #[test]
        fn corners_of_the_content_are_corners_of_the_region(
            w in 1u32..5000, h in 1u32..5000, content in 1u32..=640,
        ) {
            let region = Region { x: 7, y: 9, width: w, height: h };
            let boxed = Letterbox::padded(region, 640, content);
            let (l, t) = (boxed.left as f32, boxed.top as f32);
            let p = boxed.to_picture(Point { x: l, y: t });
            let q = boxed.to_picture(Point {
                x: l + boxed.width as f32,
                y: t + boxed.height as f32,
            });
            prop_assert!((p.x - 7.0).abs() < 0.01 && (p.y - 9.0).abs() < 0.01);
            prop_assert!((q.x - 7.0 - w as f32).abs() < 0.01 && (q.y - 9.0 - h as f32).abs() < 0.01);
        }
    }

    #[test]
    fn channels_mean_and_scale_are_applied() {
        let pixels = Pixels::new(1, 1, vec![10, 20, 30]).unwrap();
        let feed = Feed { channels: ChannelOrder::Bgr, mean: 10.0.into(), scale: 0.5.into() };
        let input = Letterbox::top_left(Region::all(&pixels), 1).fill(&pixels, feed).unwrap();
        assert_eq!(input.data(), [10.0, 5.0, 0.0]);
    }

    #[test]
    fn a_wide_picture_lies_at_the_top() {
        let pixels = Pixels::new(4, 2, vec![200; 24]).unwrap();
        let input = Letterbox::top_left(Region::all(&pixels), 4).fill(&pixels, PLAIN).unwrap();
        assert_eq!(&input.data()[..8], [200.0; 8]);
        assert_eq!(&input.data()[8..16], [0.0; 8]);
    }
}
