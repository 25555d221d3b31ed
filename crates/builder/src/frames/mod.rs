//! Where the frames of a scene come from natively: a sprite sheet, a folder, a video.

mod child;
mod folder;
mod natural;
mod video;

use std::path::Path;

use rollcall_core::{FrameSource, Shown, SpriteSheet, parse_vtt};

pub use folder::FrameFolder;
pub use video::VideoFrames;

use crate::{Error, files, photo};

/// A scene on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SceneFiles<'a> {
    /// A sprite sheet and the cues that Stash wrote with it.
    Sprite {
        /// The picture.
        sheet: &'a Path,
        /// The VTT file.
        vtt: &'a Path,
    },
    /// A folder of pictures.
    Frames(&'a Path),
    /// Anything ffmpeg reads.
    Video(&'a Path),
}

/// Opens the frames of a scene, each as it is meant to be seen (see [`rollcall_core::Layout`]).
///
/// # Errors
/// When a file cannot be read, is of another kind or too large, or ffmpeg is needed and not here.
pub fn open(scene: SceneFiles<'_>) -> Result<Box<dyn FrameSource>, Error> {
    let (source, path): (Box<dyn FrameSource>, _) = match scene {
        SceneFiles::Sprite { sheet, vtt } => (Box::new(open_sprite(sheet, vtt)?), sheet),
        SceneFiles::Frames(folder) => (Box::new(FrameFolder::open(folder)?), folder),
        SceneFiles::Video(file) => (Box::new(VideoFrames::open(file)?), file),
    };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let shown = pollster::block_on(Shown::of(source, &name));
    let shown = shown.map_err(|e| Error::Frames { path: path.into(), reason: e.to_string() })?;
    tracing::debug!(layout = ?shown.layout(), frames = shown.count(), path = %path.display());
    Ok(Box::new(shown))
}

fn open_sprite(sheet: &Path, vtt: &Path) -> Result<SpriteSheet, Error> {
    let unusable = |path: &Path, reason: String| Error::Frames { path: path.to_owned(), reason };
    let bytes = files::read_limited(vtt, rollcall_core::MAX_VTT_BYTES as u64)?;
    let cues = parse_vtt(&bytes).map_err(|e| unusable(vtt, e.to_string()))?;
    let (_, pixels) = photo::read(sheet)?;
    SpriteSheet::new(pixels, cues).map_err(|e| unusable(sheet, e.to_string()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::{ImageFormat, RgbImage};
    use pollster::block_on;

    use super::*;

    fn grey(path: &Path, width: u32, height: u32, value: u8) {
        let picture = RgbImage::from_pixel(width, height, image::Rgb([value; 3]));
        picture.save_with_format(path, ImageFormat::Jpeg).unwrap();
    }

    #[test]
    fn a_sheet_and_its_cues_are_a_scene() {
        let folder = tempfile::tempdir().unwrap();
        let (sheet, vtt) = (folder.path().join("a_sprite.jpg"), folder.path().join("a_thumbs.vtt"));
        grey(&sheet, 64, 18, 90);
        fs::write(&vtt, "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\na_sprite.jpg#xywh=0,0,32,18\n\n")
            .unwrap();
        let scene = open(SceneFiles::Sprite { sheet: &sheet, vtt: &vtt }).unwrap();
        assert_eq!((scene.count(), scene.time(0)), (1, Some(1.0)));
        let tile = block_on(scene.frame(0)).unwrap();
        assert_eq!((tile.width(), tile.height()), (32, 18));
        let turned_round = SceneFiles::Sprite { sheet: &vtt, vtt: &sheet };
        let words = open(turned_round).err().unwrap().to_string();
        assert!(words.contains("a_sprite.jpg") && words.contains("WEBVTT"), "{words}");
    }

    #[test]
    fn a_folder_is_a_scene_in_natural_order_and_a_bad_picture_is_one_frame_less() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        grey(&path("f10.jpg"), 8, 8, 200);
        grey(&path("f9.JPG"), 8, 8, 20);
        fs::write(path("f11.png"), b"no picture").unwrap();
        fs::write(path("f12.txt"), b"no frame").unwrap();
        let scene = open(SceneFiles::Frames(folder.path())).unwrap();
        assert_eq!((scene.count(), scene.time(0)), (3, None));
        let first = |number| block_on(scene.frame(number)).map(|p| p.rgb()[0]);
        assert!(first(0).unwrap() < 40 && first(1).unwrap() > 180);
        assert!(first(2).unwrap_err().to_string().contains("frame 2"), "{:?}", first(2));
        assert!(block_on(scene.frame(3)).is_err());
    }

    #[test]
    fn a_folder_without_pictures_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let words = open(SceneFiles::Frames(folder.path())).err().unwrap().to_string();
        assert!(words.contains("no pictures"), "{words}");
    }
}
