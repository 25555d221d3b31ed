use pollster::block_on;

use super::*;

/// A picture with something to see everywhere, another one for each `seed`; `shift` moves it.
fn view(width: u32, height: u32, seed: u32, shift: f32) -> Pixels {
    let wave = |n: u32, x: f32, y: f32| {
        let turn = (seed * 31 + n * 17) as f32;
        let (across, down) = (turn.sin() * 9.0, (turn * 1.7).cos() * 9.0);
        ((x * across + y * down) + turn).sin()
    };
    let mut rgb = Vec::new();
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let (x, y) = ((x as f32 + shift) / width as f32, y as f32 / height as f32);
        let sum: f32 = (1..7).map(|n| wave(n, x * 2.0, y * 2.0)).sum();
        rgb.extend([(128.0 + 20.0 * sum) as u8; 3]);
    }
    Pixels::new(width, height, rgb).unwrap()
}

/// Two pictures in one.
fn beside(left: &Pixels, right: &Pixels) -> Pixels {
    let row = 3 * left.width() as usize;
    let rows = left.rgb().chunks(row).zip(right.rgb().chunks(row));
    let rgb = rows.flat_map(|(a, b)| [a, b].concat()).collect();
    Pixels::new(left.width() + right.width(), left.height(), rgb).unwrap()
}

fn above(upper: &Pixels, lower: &Pixels) -> Pixels {
    let rgb = [upper.rgb(), lower.rgb()].concat();
    Pixels::new(upper.width(), upper.height() + lower.height(), rgb).unwrap()
}

/// The odd lines come from another picture.
fn torn(even: &Pixels, odd: &Pixels) -> Pixels {
    let row = 3 * even.width() as usize;
    let lines = even.rgb().chunks(row).zip(odd.rgb().chunks(row)).enumerate();
    let rgb = lines.flat_map(|(y, (a, b))| if y % 2 == 0 { a } else { b }).copied().collect();
    Pixels::new(even.width(), even.height(), rgb).unwrap()
}

fn several(make: impl Fn(u32) -> Pixels) -> Vec<Pixels> {
    (0..5).map(make).collect()
}

#[test]
fn two_eyes_are_found_by_shape_and_likeness() {
    let eyes = |seed| (view(160, 160, seed, 0.0), view(160, 160, seed, 3.0));
    let side = several(|seed| beside(&eyes(seed).0, &eyes(seed).1));
    assert_eq!(Layout::detect(&side, "").stereo, Stereo::SideBySide);
    let wide = |seed, shift| view(160, 80, seed, shift);
    let stacked = several(|seed| above(&wide(seed, 0.0), &wide(seed, 3.0)));
    assert_eq!(Layout::detect(&stacked, "").stereo, Stereo::TopBottom);
    let shown = Layout::detect(&side, "").apply(side[0].clone());
    assert_eq!(shown, eyes(0).0);
    let shown = Layout::detect(&stacked, "").apply(stacked[0].clone());
    assert_eq!(shown, wide(0, 0.0));
}

#[test]
fn one_picture_stays_one_whatever_its_shape_or_name() {
    for (width, height) in [(320, 160), (160, 160), (160, 90), (90, 160)] {
        let frames = several(|seed| view(width, height, seed, 0.0));
        for name in ["", "Scene 180 LR", "holiday_TB.mp4"] {
            let layout = Layout::detect(&frames, name);
            assert_eq!(layout, Layout::default(), "{width} x {height} {name}");
            assert_eq!(layout.apply(frames[0].clone()), frames[0]);
        }
    }
}

#[test]
fn two_frames_and_black_ones_decide_nothing() {
    let same = |seed| beside(&view(160, 160, seed, 0.0), &view(160, 160, seed, 2.0));
    assert_eq!(Layout::detect(&[same(0), same(1)], "").stereo, Stereo::Mono);
    let black = Pixels::new(320, 160, vec![0; 3 * 320 * 160]).unwrap();
    assert_eq!(Layout::detect(&vec![black.clone(); 8], "x_LR").stereo, Stereo::Mono);
    // With a name one telling frame is enough.
    assert_eq!(Layout::detect(&[black, same(0)], "x_LR").stereo, Stereo::SideBySide);
    assert_eq!(Layout::detect(&[], "x_LR"), Layout::default());
}

#[test]
fn a_name_tells_the_layout_of_other_shapes_and_squeezed_eyes_are_stretched() {
    let half = |seed, shift| view(160, 180, seed, shift);
    let film = several(|seed| beside(&half(seed, 0.0), &half(seed, 3.0)));
    assert_eq!(Layout::detect(&film, "film.mp4").stereo, Stereo::Mono);
    let layout = Layout::detect(&film, "film-3D-HSBS.mp4");
    assert_eq!(layout.stereo, Stereo::SideBySide);
    let shown = layout.apply(film[0].clone());
    assert_eq!((shown.width(), shown.height()), (320, 180));
}

#[test]
fn torn_frames_are_found_and_mended() {
    let moving = several(|seed| torn(&view(320, 240, seed, 0.0), &view(320, 240, seed, 12.0)));
    let layout = Layout::detect(&moving, "");
    assert!(layout.interlaced && layout.stereo == Stereo::Mono);
    let shown = layout.apply(moving[0].clone());
    let still = view(320, 240, 0, 0.0);
    assert_eq!((shown.width(), shown.height()), (320, 240));
    let error = |a: &Pixels, b: &Pixels| {
        let sum: u32 = a.rgb().iter().zip(b.rgb()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        sum as f32 / a.rgb().len() as f32
    };
    // The last line has nothing below it.
    assert!(error(&moving[0], &still) > 5.0 && error(&shown, &still) < 0.5);
    let calm = several(|seed| view(320, 240, seed, 0.0));
    assert!(!Layout::detect(&calm, "").interlaced);
    assert!(!Layout::detect(&[moving[0].clone()], "").interlaced, "one frame decides nothing");
    assert!(Layout::detect(&[moving[..2].to_vec(), calm].concat(), "").interlaced);
}

#[test]
fn pixels_that_are_not_square_are_made_so() {
    let picture = view(72, 57, 0, 0.0);
    let size = |pixel_aspect| {
        let shown = Layout { pixel_aspect, ..Layout::default() }.apply(picture.clone());
        (shown.width(), shown.height())
    };
    assert_eq!(size(64.0 / 45.0), (102, 57));
    assert_eq!(size(8.0 / 9.0), (72, 64));
    for odd in [1.0, 1.005, 0.0, -1.0, f32::NAN, f32::INFINITY, 1000.0] {
        assert_eq!(size(odd), (72, 57), "{odd}");
    }
}

#[test]
fn stretching_keeps_what_is_even_and_goes_gently_between() {
    let picture = Pixels::new(2, 1, vec![0, 10, 20, 100, 10, 40]).unwrap();
    let wide = stretched(picture, 4, 2);
    let row = [0, 10, 20, 25, 10, 25, 75, 10, 35, 100, 10, 40];
    assert_eq!(wide.rgb(), [row, row].concat());
}

#[test]
fn the_smallest_pictures_survive_every_layout() {
    let layouts = [Stereo::Mono, Stereo::SideBySide, Stereo::TopBottom].map(|stereo| Layout {
        stereo,
        interlaced: true,
        pixel_aspect: 3.0,
    });
    for (width, height) in [(1, 1), (2, 1), (1, 2), (3, 3), (17, 17)] {
        let tiny = Pixels::new(width, height, vec![9; (3 * width * height) as usize]).unwrap();
        for layout in layouts {
            let shown = layout.apply(tiny.clone());
            assert!(shown.rgb().iter().all(|v| *v == 9));
        }
        assert_eq!(Layout::detect(&vec![tiny; 4], "_LR"), Layout::default());
    }
}

/// Frames in memory; one of them is missing.
struct Given(Vec<Pixels>, usize);

impl FrameSource for Given {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn time(&self, number: usize) -> Option<f64> {
        Some(number as f64)
    }

    fn frame<'a>(&'a self, number: usize) -> LocalFuture<'a, Result<Pixels, FrameError>> {
        let missing = FrameError::Missing { number, reason: "it is a test".to_owned() };
        let there = self.0.get(number).filter(|_| number != self.1).cloned();
        Box::pin(std::future::ready(there.ok_or(missing)))
    }
}

#[test]
fn a_source_is_looked_at_all_along_and_shown_as_it_is_meant() {
    let eyes = |seed| beside(&view(120, 120, seed, 0.0), &view(120, 120, seed, 2.0));
    let source = Given((0..40).map(eyes).collect(), 2);
    let layout = block_on(Layout::of(&source, "")).unwrap();
    assert_eq!(layout.stereo, Stereo::SideBySide);
    let shown = Shown { source: Box::new(source), layout };
    assert_eq!((shown.count(), shown.time(3), shown.layout()), (40, Some(3.0), layout));
    assert_eq!(block_on(shown.frame(7)).unwrap(), view(120, 120, 7, 0.0));
    assert!(matches!(block_on(shown.frame(2)), Err(FrameError::Missing { number: 2, .. })));
    let nothing = Given(Vec::new(), 0);
    assert_eq!(block_on(Layout::of(&nothing, "_LR")), Ok(Layout::default()));
}
