//! A Python environment of our own, for the independent reference outputs of the networks.

use std::path::PathBuf;

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

fn requirements(places: &Places) -> PathBuf {
    places.root.join("tests").join("reference").join("requirements.txt")
}

fn stamp(places: &Places) -> Result<Stamp> {
    Stamp::of(folder(places).join("rollcall-stamp"), &[requirements(places)], &[])
}

impl Piece for PythonEnvironment {
    fn is_there(&self, places: &Places) -> Result<bool> {
        Ok(stamp(places)?.holds(&[Self::interpreter(places)]))
    }

    fn why(&self) -> String {
        "Installing onnx, onnxruntime and numpy into a Python environment in the cache: they \
         compute the reference outputs that our engines are compared with."
            .to_owned()
    }

    fn install(&self, places: &Places) -> Result<()> {
        Step::new(places, "python-venv", "python3 -m venv", "python3")
            .args(["-m", "venv"])
            .args([folder(places)])
            .run()?;
        Step::new(places, "pip-install", "pip install", Self::interpreter(places))
            .args(["-m", "pip", "install", "--disable-pip-version-check", "-r"])
            .args([requirements(places)])
            .run()?;
        stamp(places)?.set()
    }
}
