//! Which frames are looked at, and what came of it.

use std::collections::BTreeMap;

use super::{look::Looks, lookout::Sight, sampling};
use crate::{FrameError, SceneFacts};

/// What the frames that were looked at have shown, and which are to be looked at next.
pub(crate) struct Search {
    /// How many frames are looked at in the end.
    total: usize,
    /// Of each frame that was looked at, whether it has faces.
    seen: BTreeMap<usize, bool>,
    facts: SceneFacts,
    trouble: Option<FrameError>,
}

impl Search {
    /// `total` of `frames` are to be looked at.
    pub(crate) fn new(frames: usize, total: usize) -> Self {
        let facts = SceneFacts { frames, ..SceneFacts::default() };
        Self { total, seen: BTreeMap::new(), facts, trouble: None }
    }

    pub(crate) fn facts(&self) -> SceneFacts {
        self.facts
    }

    /// Which frames to look at: first some that are spread evenly, then more where there were faces.
    /// Where all can be looked at, the first pass has them all.
    pub(crate) fn plan(&self, first_pass: bool) -> Vec<usize> {
        match first_pass {
            true if self.total == self.facts.frames => sampling::even(self.total, self.total),
            true => sampling::even(self.facts.frames, 2 * self.total / 3),
            false => sampling::refine(&self.seen, self.total.saturating_sub(self.seen.len())),
        }
    }

    /// Why no frame was searched.
    pub(crate) fn nothing(&self) -> FrameError {
        let none = || FrameError::Unusable("this scene has no frames".to_owned());
        self.trouble.clone().unwrap_or_else(none)
    }

    /// Takes what frame `number` has shown.
    pub(crate) fn take(&mut self, number: usize, sight: Sight, looks: &mut Looks) {
        let mut has_faces = false;
        match sight {
            Sight::Missing(error) => {
                self.facts.missing += 1;
                self.trouble = Some(error);
            }
            // What is the same again needs no closer look.
            Sight::Repeated => self.facts.repeated += 1,
            Sight::Faces { seen, too_poor } => {
                has_faces = too_poor + seen.len() > 0;
                self.facts.searched += 1;
                self.facts.too_poor += too_poor;
                for look in seen {
                    let dropped = looks.add(look);
                    self.facts.too_poor += usize::from(dropped);
                    self.facts.faces += usize::from(!dropped);
                }
            }
        }
        self.seen.insert(number, has_faces);
    }
}
