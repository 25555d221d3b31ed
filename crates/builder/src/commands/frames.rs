//! The scene that `rollcall identify` is to look at.

use std::path::Path;

use rollcall_builder::{Error, frames::SceneFiles};
use rollcall_core::FrameSource;

use crate::cli::Identify;

/// A scene on this machine that has been opened.
pub(super) struct Opened<'a> {
    /// The file or folder it is called by.
    pub(super) path: &'a Path,
    pub(super) frames: Box<dyn FrameSource>,
}

/// Opens the frames of the scene that the arguments name; `None` where they name pictures.
///
/// # Errors
/// When they cannot be opened (see [`rollcall_builder::frames::open`]).
pub(super) fn open(command: &Identify) -> Result<Option<Opened<'_>>, Error> {
    let (path, scene) = match command {
        Identify { sprite: Some(sheet), vtt: Some(vtt), .. } => {
            (sheet, SceneFiles::Sprite { sheet, vtt })
        }
        Identify { frames: Some(folder), .. } => (folder, SceneFiles::Frames(folder)),
        Identify { video: Some(file), .. } => (file, SceneFiles::Video(file)),
        _ => return Ok(None),
    };
    Ok(Some(Opened { path, frames: rollcall_builder::frames::open(scene)? }))
}
