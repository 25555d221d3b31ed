//! A Python environment of our own, for the independent results that tests compare ours with.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::Piece;
use crate::{error::Result, places::Places, stamp::Stamp, step::Step};

/// The environment as a piece of the set-up.
pub(crate) struct PythonEnvironment;

impl PythonEnvironment {
    /// Its interpreter.
    pub(crate) fn interpreter(places: &Places) -> PathBuf {
        folder(places).join("bin").join("python3")
    }
}

fn folder(places: &Places) -> PathBuf {
    places.cache.join("python")
}

/// What the scripts in `tests/` import.
fn requirements(places: &Places) -> [PathBuf; 2] {
    ["reference", "format"]
        .map(|area| places.root.join("tests").join(area).join("requirements.txt"))
}

fn stamp(places: &Places) -> Result<Stamp> {
    let texts = requirements(places).map(|file| fs::read_to_string(file).unwrap_or_default());
    Stamp::of(folder(places).join("rollcall-stamp"), &[], &texts.each_ref().map(String::as_str))
}

impl Piece for PythonEnvironment {
    fn is_there(&self, places: &Places) -> Result<bool> {
        Ok(stamp(places)?.holds(&[Self::interpreter(places)]))
    }

    fn why(&self) -> String {
        "Installing onnxruntime and a few more into a Python environment in the cache: they give \
         the independent results that our engines and our database format are compared with."
            .to_owned()
    }

    fn install(&self, places: &Places) -> Result<()> {
        Step::new(places, "python-venv", "python3 -m venv", "python3")
            .args(["-m", "venv"])
            .args([folder(places)])
            .run()?;
        Step::new(places, "pip-install", "pip install", Self::interpreter(places))
            .args(["-m", "pip", "install", "--disable-pip-version-check"])
            .args(requirements(places).iter().flat_map(|file| [Path::new("-r"), file]))
            .run()?;
        stamp(places)?.set()
    }
}
