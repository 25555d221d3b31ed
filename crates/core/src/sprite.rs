//! The frames of a sprite sheet: one picture with a tile for each moment of a scene.

use std::future::ready;

use crate::{Cue, FrameError, FrameSource, LocalFuture, Pixels};

/// A sheet and what its tiles show. Tiles are cut out when they are asked for, at the size and in
/// the grid that the cues say.
#[derive(Clone, Debug)]
pub struct SpriteSheet {
    sheet: Pixels,
    cues: Vec<Cue>,
}

impl SpriteSheet {
    /// Takes a decoded sheet and the cues of its VTT file, in any order. A cue that leads out of
    /// the sheet is a frame that cannot be had; the others can.
    ///
    /// # Errors
    /// When the cues name more than one sheet, or none leads into this one.
    pub fn new(sheet: Pixels, mut cues: Vec<Cue>) -> Result<Self, FrameError> {
        if let Some(first) = cues.first()
            && let Some(other) = cues.iter().find(|cue| cue.file != first.file)
        {
            let (first, other) = (short(&first.file), short(&other.file));
            return Err(FrameError::Unusable(format!(
                "the cues name several sprite sheets ({first:?}, {other:?}); only one is read, as Stash makes it"
            )));
        }
        if !cues.iter().any(|cue| sheet.cut(cue.region).is_some()) {
            return Err(FrameError::Unusable(format!(
                "no cue leads into this sprite sheet of {} x {} pixels; give it the VTT file that was made with it",
                sheet.width(),
                sheet.height()
            )));
        }
        cues.sort_by(|a, b| a.start.total_cmp(&b.start));
        Ok(Self { sheet, cues })
    }

    fn tile(&self, number: usize) -> Result<Pixels, FrameError> {
        let missing = |reason| FrameError::Missing { number, reason };
        let cue = self.cues.get(number).ok_or_else(|| missing("no such cue".to_owned()))?;
        let r = cue.region;
        self.sheet.cut(r).ok_or_else(|| {
            let place = format!("{},{} {}x{}", r.x, r.y, r.width, r.height);
            missing(format!("its tile {place} is not within the sprite sheet"))
        })
    }
}

/// Enough of a stranger's text to recognise it by.
fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

impl FrameSource for SpriteSheet {
    fn count(&self) -> usize {
        self.cues.len()
    }

    /// The middle of the cue: a tile stands for all of it.
    fn time(&self, number: usize) -> Option<f64> {
        self.cues.get(number).map(|cue| f64::midpoint(cue.start, cue.end))
    }

    fn frame<'a>(&'a self, number: usize) -> LocalFuture<'a, Result<Pixels, FrameError>> {
        Box::pin(ready(self.tile(number)))
    }
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;
    use crate::{Region, parse_vtt};

    /// Every pixel says where it is: red is the column, green the row.
    fn sheet(width: u32, height: u32) -> Pixels {
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 0]));
        Pixels::new(width, height, rgb.collect()).unwrap()
    }

    fn cue(start: f64, x: u32, y: u32) -> Cue {
        let region = Region { x, y, width: 3, height: 2 };
        Cue { start, end: start + 1.0, file: "s.jpg".to_owned(), region }
    }

    #[test]
    fn tiles_are_cut_where_the_cues_say_in_the_order_of_time() {
        let sprite = SpriteSheet::new(sheet(7, 5), vec![cue(9.0, 4, 3), cue(0.0, 1, 0)]).unwrap();
        assert_eq!((sprite.count(), sprite.time(0), sprite.time(1)), (2, Some(0.5), Some(9.5)));
        assert_eq!(sprite.time(2), None);
        let tile = block_on(sprite.frame(0)).unwrap();
        let there = [1, 0, 0, 2, 0, 0, 3, 0, 0, 1, 1, 0, 2, 1, 0, 3, 1, 0];
        assert_eq!((tile.width(), tile.height(), tile.rgb()), (3, 2, &there[..]));
        let last = block_on(sprite.frame(1)).unwrap();
        assert_eq!(last.rgb()[15..], [6, 4, 0]);
    }

    #[test]
    fn a_tile_beyond_the_sheet_is_missing_and_the_others_are_there() {
        let far = cue(2.0, u32::MAX, 1);
        let cues = vec![cue(0.0, 0, 0), cue(1.0, 5, 0), far, cue(3.0, 4, 4)];
        let sprite = SpriteSheet::new(sheet(7, 5), cues).unwrap();
        assert!(block_on(sprite.frame(0)).is_ok());
        for number in 1..5 {
            let error = block_on(sprite.frame(number)).unwrap_err();
            assert!(matches!(error, FrameError::Missing { number: n, .. } if n == number));
        }
    }

    #[test]
    fn a_sheet_of_another_scene_or_in_pieces_is_refused() {
        let refused = |cues| SpriteSheet::new(sheet(7, 5), cues).unwrap_err().to_string();
        assert!(refused(vec![cue(0.0, 70, 0)]).contains("7 x 5"));
        assert!(refused(vec![]).contains("no cue"));
        let other = Cue { file: "t.jpg".to_owned(), ..cue(1.0, 0, 0) };
        let words = refused(vec![cue(0.0, 0, 0), other]);
        assert!(words.contains("\"s.jpg\", \"t.jpg\""), "{words}");
    }

    #[test]
    fn text_and_sheet_together_give_frames() {
        let text = b"WEBVTT\n\n00:00:00.000 --> 00:00:04.000\ns.jpg#xywh=0,0,7,5\n\n";
        let sprite = SpriteSheet::new(sheet(7, 5), parse_vtt(text).unwrap()).unwrap();
        assert_eq!(block_on(sprite.frame(0)), Ok(sheet(7, 5)));
        assert_eq!(sprite.time(0), Some(2.0));
    }
}
