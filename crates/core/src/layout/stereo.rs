//! Stereo frames: the halves show the same, from two points a little apart.

use super::{Stereo, brightness};
use crate::Pixels;

/// A half is looked at in this many cells from left to right and from top to bottom.
const CELLS: (usize, usize) = (48, 36);

/// Sides of the blocks that are looked up in the other half, in cells.
const BLOCK: usize = 12;

/// How far to both sides a block is looked for, in cells: 6 % of a picture's width is more than
/// eyes that are 65 mm apart see of what is further than an arm's length.
const REACH: usize = 3;

/// Brightness varies within a block that says something by this much (standard deviation, of 255).
const TEXTURE: f32 = 3.0;

/// The fewest such blocks of a frame that says something.
const BLOCKS: usize = 4;

/// The halves are of one scene at this correlation and above: by themselves, and where the name
/// says so. Of 127 photos as they are, halves side by side reach .17 in the median and .52 at most,
/// one above the other .40 and .76; of the same photos beside themselves, seen from a little
/// aside, .95 and .82 at least.
const ALIKE: (f32, f32) = (0.80, 0.60);

/// The fewest frames that decide by themselves.
const FRAMES: usize = 3;

/// What `frames` of a scene called `name` are.
pub(super) fn detect(frames: &[Pixels], name: &str) -> Stereo {
    let hint = hint(name);
    let Some(first) = frames.first() else { return Stereo::Mono };
    let aspect = first.width() as f32 / first.height() as f32;
    let headset = (1.9..=2.1).contains(&aspect) || (0.95..=1.05).contains(&aspect);
    let mut best = (Stereo::Mono, 0.0);
    for stereo in [Stereo::SideBySide, Stereo::TopBottom] {
        let mut alike: Vec<f32> = frames.iter().filter_map(|f| likeness(f, stereo)).collect();
        alike.sort_by(f32::total_cmp);
        let hinted = hint == Some(stereo);
        let fewest = if hinted { 1 } else { FRAMES };
        if !(hinted || headset) || alike.len() < fewest {
            continue;
        }
        let median = alike.get(alike.len() / 2).copied().unwrap_or_default();
        if median >= if hinted { ALIKE.1 } else { ALIKE.0 } && median > best.1 {
            best = (stereo, median);
        }
    }
    best.0
}

/// What words in a name say, as players for headsets read them.
fn hint(name: &str) -> Option<Stereo> {
    let name = name.to_ascii_lowercase();
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().find_map(|word| match word {
        "lr" | "rl" | "sbs" | "hsbs" | "fsbs" | "3dh" | "180" | "vr180" | "180x180" => {
            Some(Stereo::SideBySide)
        }
        "tb" | "bt" | "ou" | "hou" | "fou" | "htb" | "3dv" | "overunder" => Some(Stereo::TopBottom),
        _ => None,
    })
}

/// The mean correlation of the blocks of one half with where they fit best in the other, -1 to 1;
/// `None` where there is too little to see.
fn likeness(frame: &Pixels, stereo: Stereo) -> Option<f32> {
    let (columns, rows) = CELLS;
    let side_by_side = stereo == Stereo::SideBySide;
    let (across, down) = if side_by_side { (2 * columns, rows) } else { (columns, 2 * rows) };
    let cells = cells(frame, across, down)?;
    // Where the cell (x, y) of a half is.
    let at = |other: bool, x: usize, y: usize| {
        let (right, below) = (other && side_by_side, other && !side_by_side);
        let (x, y) = (x + if right { columns } else { 0 }, y + if below { rows } else { 0 });
        cells.get(y * across + x).copied().unwrap_or_default()
    };
    let block = |other: bool, left: usize, top: usize| -> Vec<f32> {
        let of_row = |y: usize| (left..left + BLOCK).map(move |x| at(other, x, y));
        (top..top + BLOCK).flat_map(of_row).collect()
    };
    let mut sum = (0.0, 0);
    for top in (0..rows).step_by(BLOCK) {
        for left in (0..columns).step_by(BLOCK) {
            let here = centred(block(false, left, top));
            if here.1 < TEXTURE * BLOCK as f32 {
                continue;
            }
            let reach = left.saturating_sub(REACH)..=(left + REACH).min(columns - BLOCK);
            let there = reach.map(|left| correlation(&here, &centred(block(true, left, top))));
            sum = (sum.0 + there.fold(-1.0, f32::max), sum.1 + 1);
        }
    }
    (sum.1 >= BLOCKS).then(|| sum.0 / sum.1 as f32)
}

/// A picture in few cells, each the mean brightness of its pixels.
fn cells(picture: &Pixels, across: usize, down: usize) -> Option<Vec<f32>> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if width < across || height < down {
        return None;
    }
    let mut sums = vec![(0, 0); across * down];
    for (at, value) in brightness(picture).enumerate() {
        let (x, y) = (at % width * across / width, at / width * down / height);
        if let Some((sum, count)) = sums.get_mut(y * across + x) {
            (*sum, *count) = (*sum + value, *count + 1);
        }
    }
    Some(sums.into_iter().map(|(sum, count)| sum as f32 / count as f32).collect())
}

/// Values less their mean, and their length as a vector.
fn centred(mut values: Vec<f32>) -> (Vec<f32>, f32) {
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    values.iter_mut().for_each(|value| *value -= mean);
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    (values, length)
}

fn correlation(a: &(Vec<f32>, f32), b: &(Vec<f32>, f32)) -> f32 {
    let product: f32 = a.0.iter().zip(&b.0).map(|(a, b)| a * b).sum();
    if b.1 > 0.0 { product / (a.1 * b.1) } else { 0.0 }
}
