//! The scene that `rollcall identify` is to look at.

use rollcall_builder::{
    Error,
    frames::{SceneFiles, open},
};
use rollcall_core::FrameSource;

use crate::cli::Identify;

/// Opens the frames of the scene that the arguments name; `None` where they name pictures.
///
/// # Errors
/// When they cannot be opened (see [`open`]).
pub(super) fn open_frames(command: &Identify) -> Result<Option<Box<dyn FrameSource>>, Error> {
    let scene = match command {
        Identify { sprite: Some(sheet), vtt: Some(vtt), .. } => SceneFiles::Sprite { sheet, vtt },
        Identify { frames: Some(folder), .. } => SceneFiles::Frames(folder),
        Identify { video: Some(file), .. } => SceneFiles::Video(file),
        _ => return Ok(None),
    };
    open(scene).map(Some)
}
