//! A face turned, scaled and moved to where embedders expect it.

use crate::{BACKDROP, Landmarks, Letterbox, Pixels, Point, Region};

/// Width and height of an aligned face, in pixels.
pub const CROP: u32 = 112;

/// Where the landmarks of an aligned face lie: the template that ArcFace (Deng et al., 2019) and
/// the embedders after it were trained on.
pub const TEMPLATE: Landmarks = Landmarks([
    Point { x: 38.2946, y: 51.6963 },
    Point { x: 73.5318, y: 51.5014 },
    Point { x: 56.0252, y: 71.7366 },
    Point { x: 41.5493, y: 92.3655 },
    Point { x: 70.7299, y: 92.2041 },
]);

/// A turn, one scale for both axes and a shift: `(x, y)` becomes
/// `(a x - b y + shift.x, b x + a y + shift.y)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimilarityTransform {
    a: f64,
    b: f64,
    shift: (f64, f64),
}

impl SimilarityTransform {
    /// The one that brings `from` closest to `to` by least squares (Umeyama, 1991; in the plane it
    /// has a closed form). `None` where the points coincide or are no numbers.
    #[must_use]
    pub fn estimate(from: &Landmarks, to: &Landmarks) -> Option<Self> {
        let (from_centre, to_centre) = (centre(from), centre(to));
        let (mut dot, mut cross, mut spread) = (0.0, 0.0, 0.0);
        for (p, q) in from.0.iter().zip(&to.0) {
            let (px, py) = (f64::from(p.x) - from_centre.0, f64::from(p.y) - from_centre.1);
            let (qx, qy) = (f64::from(q.x) - to_centre.0, f64::from(q.y) - to_centre.1);
            dot += px * qx + py * qy;
            cross += px * qy - py * qx;
            spread += px * px + py * py;
        }
        let (a, b) = (dot / spread, cross / spread);
        let shift = (
            to_centre.0 - a * from_centre.0 + b * from_centre.1,
            to_centre.1 - b * from_centre.0 - a * from_centre.1,
        );
        let sound = [a, b, shift.0, shift.1].iter().all(|v| v.is_finite())
            && a.hypot(b) > f64::from(f32::EPSILON);
        sound.then_some(Self { a, b, shift })
    }

    /// The one that goes from a square input of `side` pixels to the picture, when the input looks
    /// at a square around `centre`, `extent` pixels wide, of a picture turned back by `roll`
    /// degrees (see [`Landmarks::roll`]).
    #[must_use]
    pub fn around(centre: Point, extent: f32, roll: f32, side: u32) -> Self {
        let zoom = f64::from(extent) / f64::from(side);
        let (sin, cos) = f64::from(roll).to_radians().sin_cos();
        let turn = Self { a: zoom * cos, b: zoom * sin, shift: (0.0, 0.0) };
        let (x, y) = turn.apply((f64::from(side) / 2.0, f64::from(side) / 2.0));
        Self { shift: (f64::from(centre.x) - x, f64::from(centre.y) - y), ..turn }
    }

    /// How much larger things become.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.a.hypot(self.b)
    }

    /// Where a place goes.
    #[must_use]
    pub fn apply(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.a * x - self.b * y + self.shift.0, self.b * x + self.a * y + self.shift.1)
    }

    /// Where a point goes.
    #[must_use]
    pub fn apply_to(&self, point: Point) -> Point {
        let (x, y) = self.apply((point.x.into(), point.y.into()));
        Point { x: x as f32, y: y as f32 }
    }

    /// The way back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        let (x, y) = self.shift;
        Self { a, b, shift: (-a * x + b * y, -b * x - a * y) }
    }
}

impl Landmarks {
    /// How far the face is turned clockwise in the picture, in degrees from -180 to 180; 0 where
    /// the landmarks span no face.
    #[must_use]
    pub fn roll(&self) -> f32 {
        let upright = SimilarityTransform::estimate(self, &TEMPLATE);
        upright.map_or(0.0, |t| (-t.b).atan2(t.a).to_degrees() as f32)
    }
}

fn centre(points: &Landmarks) -> (f64, f64) {
    let sum = |of: fn(&Point) -> f32| points.0.iter().map(|p| f64::from(of(p))).sum::<f64>();
    let n = points.0.len() as f64;
    (sum(|p| p.x) / n, sum(|p| p.y) / n)
}

/// The [`CROP`] x [`CROP`] face whose landmarks lie on [`TEMPLATE`]; black where the picture ends.
/// `None` for landmarks that span no face.
///
/// A face larger than the crop is averaged over the area that each pixel covers.
#[must_use]
pub fn align(pixels: &Pixels, landmarks: &Landmarks) -> Option<Pixels> {
    let back = SimilarityTransform::estimate(landmarks, &TEMPLATE)?.inverse();
    warp(pixels, &back, CROP)
}

/// The `side` x `side` pixels that `back` brings to places in the picture; whole numbers are the
/// centres of pixels in both.
///
/// What is more than twice as large in the picture is first shrunk by averaging. Single samples
/// alias: on 98 photos of 22 people, averaging lifts the distance between same and different
/// people (d') from 5.09 to 5.41 with SFace and from 5.25 to 5.38 with MobileFaceNet, and SFace's
/// TAR at FAR 1e-3 from .986 to .991.
pub(crate) fn warp(pixels: &Pixels, back: &SimilarityTransform, side: u32) -> Option<Pixels> {
    let factor = back.scale().floor();
    if factor < 2.0 {
        let samples = back.scale().ceil().max(1.0) as u32;
        return sample(pixels, side, samples, |place| back.apply(place));
    }
    let Some(region) = surroundings(pixels, back, side, factor) else {
        return sample(pixels, side, 1, |place| back.apply(place));
    };
    let long = f64::from(region.width.max(region.height));
    let smaller = Letterbox::top_left(region, (long / factor).ceil() as u32);
    let content = smaller.content(pixels).ok()?;
    sample(&content, side, 2, |place| smaller.to_content(back.apply(place)))
}

/// The part of the picture that a square of `side` pixels shows, with `margin` pixels around it.
fn surroundings(
    pixels: &Pixels,
    back: &SimilarityTransform,
    side: u32,
    margin: f64,
) -> Option<Region> {
    let far = f64::from(side);
    let corners = [(0.0, 0.0), (far, 0.0), (0.0, far), (far, far)].map(|c| back.apply(c));
    let range = |of: fn(&(f64, f64)) -> f64, length: u32| {
        let low = corners.iter().map(of).fold(f64::INFINITY, f64::min) - margin;
        let high = corners.iter().map(of).fold(f64::NEG_INFINITY, f64::max) + margin;
        let clip = |v: f64| v.clamp(0.0, f64::from(length)) as u32;
        (clip(low), clip(high.ceil()))
    };
    let (left, right) = range(|c| c.0, pixels.width());
    let (top, bottom) = range(|c| c.1, pixels.height());
    let some = left < right && top < bottom;
    some.then(|| Region { x: left, y: top, width: right - left, height: bottom - top })
}

/// Each pixel is the mean of `n` x `n` bilinear samples spread evenly over it, at the places in
/// `pixels` where `back` brings them.
fn sample(
    pixels: &Pixels,
    side: u32,
    n: u32,
    back: impl Fn((f64, f64)) -> (f64, f64),
) -> Option<Pixels> {
    let offset = |i: u32| (f64::from(i) + 0.5) / f64::from(n) - 0.5;
    let share = 1.0 / (n * n) as f32;
    let mut rgb = Vec::with_capacity(3 * (side * side) as usize);
    for y in 0..side {
        for x in 0..side {
            let mut sum = [0.0f32; 3];
            for (sx, sy) in (0..n).flat_map(|sy| (0..n).map(move |sx| (sx, sy))) {
                let place = (f64::from(x) + offset(sx), f64::from(y) + offset(sy));
                for (sum, value) in sum.iter_mut().zip(bilinear(pixels, back(place))) {
                    *sum += value;
                }
            }
            rgb.extend(sum.map(|v| (v * share + 0.5) as u8));
        }
    }
    Pixels::new(side, side, rgb).ok()
}

/// The colour between four pixels.
fn bilinear(pixels: &Pixels, (x, y): (f64, f64)) -> [f32; 3] {
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = ((x - left) as f32, (y - top) as f32);
    let (left, top) = (left as i64, top as i64);
    let (a, b) = (pixel(pixels, left, top), pixel(pixels, left + 1, top));
    let (c, d) = (pixel(pixels, left, top + 1), pixel(pixels, left + 1, top + 1));
    std::array::from_fn(|i| {
        let upper = a[i] + (b[i] - a[i]) * fx;
        let lower = c[i] + (d[i] - c[i]) * fx;
        upper + (lower - upper) * fy
    })
}

fn pixel(pixels: &Pixels, x: i64, y: i64) -> [f32; 3] {
    let (width, height) = (i64::from(pixels.width()), i64::from(pixels.height()));
    let inside = (0..width).contains(&x) && (0..height).contains(&y);
    let at = if inside { 3 * (y * width + x) as usize } else { usize::MAX };
    let found = at.checked_add(3).and_then(|end| pixels.rgb().get(at..end));
    match found {
        Some(&[r, g, b]) => [r, g, b],
        _ => BACKDROP,
    }
    .map(f32::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn landmarks() -> impl Strategy<Value = Landmarks> {
        // The template under a random similarity, with every point moved a little.
        let moved = prop::array::uniform5((-3.0f32..3.0, -3.0f32..3.0));
        (0.0f32..6.3, 0.2f32..20.0, -50.0f32..500.0, -50.0f32..500.0, moved).prop_map(
            |(turn, scale, x, y, moved)| {
                let (sin, cos) = turn.sin_cos();
                let mut points = TEMPLATE;
                for (p, (dx, dy)) in points.0.iter_mut().zip(moved) {
                    let (px, py) = (p.x + dx, p.y + dy);
                    *p = Point {
                        x: scale * (cos * px - sin * py) + x,
                        y: scale * (sin * px + cos * py) + y,
                    };
                }
                points
            },
        )
    }

    /// The least squares problem written out: the normal equations of the unknowns (a, b, x, y),
    /// solved by Gaussian elimination.
    fn estimate_slowly(from: &Landmarks, to: &Landmarks) -> [f64; 4] {
        let mut rows = [[0.0f64; 5]; 4];
        for (p, q) in from.0.iter().zip(&to.0) {
            let [px, py, qx, qy] = [p.x, p.y, q.x, q.y].map(f64::from);
            for (equation, value) in [([px, -py, 1.0, 0.0], qx), ([py, px, 0.0, 1.0], qy)] {
                for i in 0..4 {
                    for j in 0..4 {
                        rows[i][j] += equation[i] * equation[j];
                    }
                    rows[i][4] += equation[i] * value;
                }
            }
        }
        for i in 0..4 {
            let best =
                (i..4).max_by(|&a, &b| rows[a][i].abs().total_cmp(&rows[b][i].abs())).unwrap();
            rows.swap(i, best);
            for j in 0..4 {
                if j != i {
                    let factor = rows[j][i] / rows[i][i];
                    let pivot = rows[i];
                    for (value, p) in rows[j].iter_mut().zip(pivot) {
                        *value -= factor * p;
                    }
                }
            }
        }
        std::array::from_fn(|i| rows[i][4] / rows[i][i])
    }

    proptest! {
        #[test]
        fn the_closed_form_solves_the_least_squares_problem(points in landmarks()) {
            let fast = SimilarityTransform::estimate(&points, &TEMPLATE).unwrap();
            let slow = estimate_slowly(&points, &TEMPLATE);
            for (f, s) in [fast.a, fast.b, fast.shift.0, fast.shift.1].iter().zip(slow) {
                prop_assert!((f - s).abs() < 1e-6 * (1.0 + s.abs()), "{f} {s}");
            }
        }

        #[test]
        fn there_and_back_is_nowhere(points in landmarks(), x in -99.0..99.0, y in -99.0..99.0) {
            let there = SimilarityTransform::estimate(&points, &TEMPLATE).unwrap();
            let (p, q) = there.inverse().apply(there.apply((x, y)));
            prop_assert!((p - x).abs() < 1e-6 && (q - y).abs() < 1e-6);
        }

        #[test]
        fn roll_is_the_turn_a_face_was_given(degrees in -179f32..179.0) {
            let centre = Point { x: 300.0, y: 200.0 };
            let turn = SimilarityTransform::around(centre, 250.0, degrees, 112);
            let points = Landmarks(TEMPLATE.0.map(|p| turn.apply_to(p)));
            prop_assert!((points.roll() - degrees).abs() < 0.01, "{}", points.roll());
            let middle = turn.apply_to(Point { x: 56.0, y: 56.0 });
            prop_assert!((middle.x - 300.0).abs() < 0.01 && (middle.y - 200.0).abs() < 0.01);
        }

        #[test]
        fn any_points_give_a_crop_or_nothing(bits in any::<[[u32; 2]; 5]>()) {
            let points = Landmarks(bits.map(|[x, y]| Point {
                x: f32::from_bits(x),
                y: f32::from_bits(y),
            }));
            let pixels = Pixels::new(3, 2, vec![9; 18]).unwrap();
            if let Some(crop) = align(&pixels, &points) {
                prop_assert_eq!((crop.width(), crop.height()), (CROP, CROP));
            }
        }
    }

    /// A picture whose colour says where a pixel is.
    fn ramp() -> Pixels {
        let place = |y: u8, x: u8| [x, y, x / 2 + y / 2];
        let rgb = (0..200).flat_map(|y| (0..200).flat_map(move |x| place(y, x))).collect();
        Pixels::new(200, 200, rgb).unwrap()
    }

    #[test]
    fn a_face_on_the_template_is_not_changed() {
        let picture = ramp();
        let crop = align(&picture, &TEMPLATE).unwrap();
        for y in 0..112usize {
            for x in 0..112usize {
                let (got, want) = (3 * (y * 112 + x), 3 * (y * 200 + x));
                assert_eq!(crop.rgb()[got..got + 3], picture.rgb()[want..want + 3], "{x} {y}");
            }
        }
    }

    #[test]
    fn a_large_face_is_averaged_not_picked() {
        // Black and white columns, shrunk to a quarter: every crop pixel must be nearly grey.
        let rgb = (0..600 * 600).flat_map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3]).collect();
        let picture = Pixels::new(600, 600, rgb).unwrap();
        let large = Landmarks(TEMPLATE.0.map(|p| Point { x: 4.0 * p.x, y: 4.0 * p.y }));
        let crop = align(&picture, &large).unwrap();
        let centre = &crop.rgb()[3 * (56 * 112 + 10)..][..3 * 90];
        assert!(centre.iter().all(|&v| (100..=155).contains(&v)), "{centre:?}");
    }

    #[test]
    fn the_shortcut_for_large_faces_agrees_with_averaging_every_pixel() {
        // A smooth picture, so that the exact shape of the average does not matter.
        let wave = |x: u32, y: u32, c: u32| (x * (c + 1) / 9 + y * (3 - c) / 9).min(255) as u8;
        let rgb = (0..700)
            .flat_map(|y| (0..700).flat_map(move |x| [0, 1, 2].map(|c| wave(x, y, c))))
            .collect();
        let picture = Pixels::new(700, 700, rgb).unwrap();
        for (degrees, extent) in [(0.0, 300.0), (33.0, 400.0), (-120.0, 450.0)] {
            let centre = Point { x: 350.0, y: 340.0 };
            let back = SimilarityTransform::around(centre, extent, degrees, CROP);
            let fast = warp(&picture, &back, CROP).unwrap();
            let slow = sample(&picture, CROP, 8, |place| back.apply(place)).unwrap();
            for (fast, slow) in fast.rgb().iter().zip(slow.rgb()) {
                assert!(fast.abs_diff(*slow) <= 2, "{degrees} {extent}: {fast} {slow}");
            }
        }
    }

    #[test]
    fn landmarks_that_span_no_face_give_nothing() {
        let pixels = ramp();
        assert!(align(&pixels, &Landmarks::default()).is_none());
        let nan = Landmarks([Point { x: f32::NAN, y: 0.0 }; 5]);
        assert!(align(&pixels, &nan).is_none());
    }

    #[test]
    fn outside_the_picture_is_black() {
        let pixels = Pixels::new(1, 1, vec![255; 3]).unwrap();
        let crop = align(&pixels, &TEMPLATE).unwrap();
        assert_eq!(crop.rgb()[..3], [255; 3]);
        assert!(crop.rgb()[3..].iter().all(|&v| v == 0));
    }
}
