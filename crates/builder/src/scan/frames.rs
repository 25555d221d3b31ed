//! What is looked at of a scene: its sprite sheet, else its preview, else the file itself where this
//! machine has it. Nothing that Stash would have to make first.

use std::io::Write as _;

use rollcall_core::{FrameSource, Shown, SpriteSheet, decode_image, parse_vtt};

use crate::{
    Error,
    frames::VideoFrames,
    sources::{StashScene, StashScenes},
};

/// Frames, and the file they are read from as long as they are.
pub(super) struct Frames {
    pub(super) frames: Box<dyn FrameSource>,
    _preview: Option<tempfile::NamedTempFile>,
}

/// Why a scene cannot be looked at.
pub(super) enum Trouble {
    /// It is the scene's own: others can be looked at.
    Scene(String),
    /// It is Stash's: nothing more can be had.
    Stash(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let passes = match &error {
            Error::Net(error) => error.passes(),
            Error::Upstream(_) => true,
            _ => false,
        };
        if passes { Self::Stash(error) } else { Self::Scene(error.to_string()) }
    }
}

/// Fetches what there is to see of a scene.
pub(super) fn frames(server: &StashScenes, scene: &StashScene) -> Result<Frames, Trouble> {
    let mut why = vec!["it has no sprite".to_owned()];
    if let Some((sheet, vtt)) = &scene.sprite
        && let (Some(sheet), Some(vtt)) = (server.file(sheet)?, server.file(vtt)?)
    {
        match sprite(&sheet, &vtt) {
            Ok(sprite) => return shown(Box::new(sprite), scene, None),
            Err(reason) => why = vec![format!("its sprite cannot be used ({reason})")],
        }
    }
    match scene.preview.as_ref().map(|url| server.file(url)).transpose()?.flatten() {
        None => why.push("no preview".to_owned()),
        Some(preview) => {
            let preview = written(&preview).map_err(Trouble::Stash)?;
            match VideoFrames::open(preview.path()) {
                Ok(video) => return shown(Box::new(video), scene, Some(preview)),
                Err(reason) => why.push(format!("its preview cannot be used ({reason})")),
            }
        }
    }
    if scene.path.is_absolute() && scene.path.is_file() {
        match VideoFrames::open(&scene.path) {
            Ok(video) => return shown(Box::new(video), scene, None),
            Err(reason) => why.push(format!("its file cannot be used ({reason})")),
        }
    } else {
        why.push("its file is not on this machine under Stash's path".to_owned());
    }
    let why = why.join(", ");
    Err(Trouble::Scene(format!("{why}; let Stash generate sprites (Settings > Tasks)")))
}

fn written(preview: &[u8]) -> Result<tempfile::NamedTempFile, Error> {
    let write = || {
        let mut file = tempfile::Builder::new().suffix(".mp4").tempfile()?;
        file.write_all(preview)?;
        Ok(file)
    };
    write().map_err(Error::write(&std::env::temp_dir()))
}

fn sprite(sheet: &[u8], vtt: &[u8]) -> Result<SpriteSheet, String> {
    let cues = parse_vtt(vtt).map_err(|error| error.to_string())?;
    let pixels = decode_image(sheet).map_err(|error| error.to_string())?;
    SpriteSheet::new(pixels, cues).map_err(|error| error.to_string())
}

fn shown(
    source: Box<dyn FrameSource>,
    scene: &StashScene,
    preview: Option<tempfile::NamedTempFile>,
) -> Result<Frames, Trouble> {
    let shown = pollster::block_on(Shown::of(source, &scene.file));
    let shown = shown.map_err(|error| Trouble::Scene(error.to_string()))?;
    Ok(Frames { frames: Box::new(shown), _preview: preview })
}
