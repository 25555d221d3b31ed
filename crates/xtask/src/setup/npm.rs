//! The npm packages of package-lock.json.

use std::path::PathBuf;

use super::Piece;
use crate::{error::Result, places::Places, stamp::Stamp, step::Step};

/// The packages as a piece of the set-up.
pub(crate) struct NpmPackages;

fn stamp(places: &Places) -> Result<Stamp> {
    let inputs = ["package.json", "package-lock.json"].map(|name| places.root.join(name));
    Stamp::of(modules(places).join(".rollcall-stamp"), &inputs, &[])
}

fn modules(places: &Places) -> PathBuf {
    places.root.join("node_modules")
}

impl Piece for NpmPackages {
    fn is_there(&self, places: &Places) -> Result<bool> {
        Ok(stamp(places)?.holds(&[]))
    }

    fn why(&self) -> String {
        "Installing the npm packages of package-lock.json into node_modules: they compile the \
         page, shrink the WebAssembly and drive browsers in the tests."
            .to_owned()
    }

    fn install(&self, places: &Places) -> Result<()> {
        Step::new(places, "npm-ci", "npm ci", "npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .run()?;
        stamp(places)?.set()
    }
}
