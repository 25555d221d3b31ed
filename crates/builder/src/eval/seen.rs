//! Looking at a scene, once: what was seen can be kept, so that another calibration, database or
//! expectation is measured without reading a frame.

use std::{ops::ControlFlow, path::Path, time::Instant};

use rollcall_core::{Recogniser, Scene, SceneOptions, SeenScene};
use serde::{Deserialize, Serialize};

use crate::{
    Error, files,
    frames::{self, SceneFiles},
};

/// Raised when the same networks begin to see something else in the same scene.
const RECIPE: u32 = 1;

/// The largest file that is kept of a scene: a thousand people's.
const MAX_KEPT: u64 = 64 << 20;

/// What is kept of a scene.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The checksums of the embedders.
    embedders: Vec<String>,
    seen: SeenScene,
}

/// Who is seen in the scene in `path`, and the seconds it took; no seconds where it was looked at
/// before and kept in `folder`.
///
/// # Errors
/// When it cannot be looked at, or not be kept.
pub(super) fn look(
    path: &Path,
    recogniser: &Recogniser,
    options: &SceneOptions,
    folder: Option<&Path>,
) -> Result<(SeenScene, Option<f64>), Error> {
    let start = Instant::now();
    let (sheet, vtt) = (path.join("sprite.jpg"), path.join("thumbs.vtt"));
    let embedders = recogniser.pack().embedders.iter().map(|one| one.model.sha256.clone());
    let embedders: Vec<String> = embedders.collect();
    let file = match folder {
        None => None,
        Some(folder) => {
            // Faces are told apart by the first embedder; the others look at what it has chosen.
            let (detector, first) = (&recogniser.pack().detector.model.sha256, embedders.first());
            let parts =
                (RECIPE, files::sha256_of(&sheet)?, files::sha256_of(&vtt)?, detector, first);
            let name = files::sha256(format!("{parts:?} {:?}", options).as_bytes());
            Some(folder.join(name))
        }
    };
    if let Some(seen) = file.as_deref().and_then(|file| kept(file, &embedders)) {
        return Ok((seen, None));
    }
    let frames = frames::open(SceneFiles::Sprite { sheet: &sheet, vtt: &vtt })?;
    let failed = |error: &dyn std::fmt::Display| Error::Recognise {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let go_on = |_: rollcall_core::SceneProgress<'_>| ControlFlow::Continue(());
    let mut scene = Scene::new(recogniser, &*frames, options, &go_on);
    let seen = pollster::block_on(async {
        scene.look_around(None).await.map_err(|error| failed(&error))?;
        scene.seen().await.map_err(|error| failed(&error))
    })?;
    let seconds = start.elapsed().as_secs_f64();
    if let Some(file) = file {
        let kept = rmp_serde::to_vec_named(&Kept { embedders, seen: seen.clone() });
        let kept = kept.map_err(|error| failed(&error))?;
        files::write_atomically(&file, &kept)?;
    }
    Ok((seen, Some(seconds)))
}

/// What a file has, if it was made with these embedders and perhaps more.
fn kept(file: &Path, embedders: &[String]) -> Option<SeenScene> {
    let kept = files::read_limited(file, MAX_KEPT).ok()?;
    let mut kept: Kept = rmp_serde::from_slice(&kept).ok()?;
    if !kept.embedders.starts_with(embedders) {
        return None;
    }
    kept.seen.people.iter_mut().for_each(|person| person.template.truncate(embedders.len()));
    Some(kept.seen)
}
