//! Interlaced frames: two moments in one picture, one in the even lines and one in the odd.

use super::brightness;
use crate::Pixels;

/// Sides of the blocks that are looked at, in pixels.
const BLOCK: usize = 16;

/// Neighbouring lines of a block that says something differ by this much in the mean, of 255.
const TEXTURE: i32 = 4;

/// A block is combed if neighbouring lines differ this much more than lines two apart do. In a
/// picture of one moment, lines further apart differ more. Of 127 photos at 720 x 576, with and
/// without noise, at most 1 % of the blocks pass for combed; torn by 4 pixels, 38 % at least.
const EXCESS: f32 = 1.25;

/// A frame is combed if this share of its telling blocks is.
const SHARE: f32 = 0.05;

/// The fewest combed blocks of a combed frame.
const BLOCKS: usize = 6;

/// Whether enough of the frames are combed: a quarter of them, and two at least. Where nothing
/// moves nothing is torn, so not all will be.
pub(super) fn detect(frames: &[Pixels]) -> bool {
    let combed = frames.iter().filter(|frame| is_combed(frame)).count();
    combed >= 2 && 4 * combed >= frames.len()
}

fn is_combed(frame: &Pixels) -> bool {
    let (combed, telling) = combed_blocks(frame);
    combed >= BLOCKS && combed as f32 >= SHARE * telling as f32
}

/// How many blocks are combed, and how many could be.
fn combed_blocks(frame: &Pixels) -> (usize, usize) {
    let width = frame.width() as usize;
    let lines: Vec<i32> = brightness(frame).collect();
    let (mut combed, mut telling) = (0, 0);
    // Each block needs the two lines below it.
    for top in (0..(frame.height() as usize).saturating_sub(BLOCK + 1)).step_by(BLOCK) {
        for left in (0..(width + 1).saturating_sub(BLOCK)).step_by(BLOCK) {
            let difference = |apart: usize| -> i32 {
                let row = |y: usize| lines.get(y * width + left..).unwrap_or_default();
                let rows = (top..top + BLOCK).map(|y| (row(y), row(y + apart)));
                let sum = |(a, b): (&[i32], &[i32])| -> i32 {
                    a.iter().zip(b).take(BLOCK).map(|(a, b)| (a - b).abs()).sum()
                };
                rows.map(sum).sum()
            };
            let neighbours = difference(1);
            if neighbours >= TEXTURE * (BLOCK * BLOCK) as i32 {
                telling += 1;
                combed += usize::from(neighbours as f32 > EXCESS * difference(2) as f32);
            }
        }
    }
    (combed, telling)
}

/// The picture of the even lines; the odd ones are what lies between them.
pub(super) fn one_field(frame: Pixels) -> Pixels {
    let (width, height) = (frame.width(), frame.height());
    let row_bytes = 3 * width as usize;
    let mut rgb = frame.rgb().to_vec();
    for y in (1..height as usize).step_by(2) {
        let (before, rest) = rgb.split_at_mut(y * row_bytes);
        let above = before.rchunks_exact(row_bytes).next().unwrap_or_default();
        let (odd, after) = rest.split_at_mut(row_bytes);
        let below = after.get(..row_bytes).unwrap_or(above);
        for ((value, above), below) in odd.iter_mut().zip(above).zip(below) {
            *value = above.midpoint(*below);
        }
    }
    Pixels::new(width, height, rgb).unwrap_or(frame)
}
