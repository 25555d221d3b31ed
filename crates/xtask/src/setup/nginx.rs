//! What `rollcall-server` is compared with, and what asks both.

use std::path::{Path, PathBuf};

use super::{Piece, apt};
use crate::{
    error::{Error, Result},
    places::{Places, on_path},
};

/// nginx and wrk, for `cargo xtask bench host`.
pub(crate) struct NginxAndWrk;

/// nginx, which Debian puts where only root looks.
fn nginx() -> Option<PathBuf> {
    let debian = Path::new("/usr/sbin/nginx");
    on_path(&["nginx"]).or_else(|| debian.is_file().then(|| debian.to_path_buf()))
}

impl Piece for NginxAndWrk {
    fn is_there(&self, _: &Places) -> Result<bool> {
        Ok(nginx().is_some() && on_path(&["wrk"]).is_some())
    }

    fn why(&self) -> String {
        "Installing nginx and wrk: our host is compared with nginx, and wrk asks both. (Debian may \
         start nginx as a service; it is not needed.)"
            .to_owned()
    }

    fn install(&self, places: &Places) -> Result<()> {
        if apt::is_here() {
            return apt::install(places, &["nginx-light", "wrk"]);
        }
        Err(Error::Missing {
            what: "nginx or wrk".to_owned(),
            remedy: "install both with your system's packages".to_owned(),
        })
    }
}
