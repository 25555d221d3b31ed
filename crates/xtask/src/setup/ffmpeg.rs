//! ffmpeg, with which `rollcall` reads videos and the scene generator writes them.

use super::{Piece, apt};
use crate::{
    error::{Error, Result},
    places::{Places, on_path},
};

/// The programs `ffmpeg` and `ffprobe`.
pub(crate) struct Ffmpeg;

impl Piece for Ffmpeg {
    fn is_there(&self, _: &Places) -> Result<bool> {
        Ok(on_path(&["ffmpeg"]).is_some() && on_path(&["ffprobe"]).is_some())
    }

    fn why(&self) -> String {
        "Installing ffmpeg: reading videos is tested with it.".to_owned()
    }

    fn install(&self, places: &Places) -> Result<()> {
        if apt::is_here() {
            return apt::install(places, &["ffmpeg"]);
        }
        Err(Error::Missing {
            what: "ffmpeg or ffprobe".to_owned(),
            remedy: "install ffmpeg with your system's packages; both come with it".to_owned(),
        })
    }
}
