//! Stash's GraphQL schema, which a Python package holds as data.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Piece, python::PythonEnvironment};
use crate::{error::Result, places::Places, stamp::Stamp, step::Step};

/// The schema as a piece of the set-up; `pip` comes from the [`PythonEnvironment`].
pub(crate) struct StashSchema;

impl StashSchema {
    fn folder(places: &Places) -> PathBuf {
        places.cache.join("stash-schema")
    }

    fn requirements(places: &Places) -> PathBuf {
        places.root.join("tests/graphql/requirements.txt")
    }

    fn stamp(places: &Places) -> Result<Stamp> {
        let wanted = fs::read_to_string(Self::requirements(places)).unwrap_or_default();
        Stamp::of(Self::folder(places).join("rollcall-stamp"), &[], &[&wanted])
    }
}

impl Piece for StashSchema {
    fn is_there(&self, places: &Places) -> Result<bool> {
        let schema = Self::folder(places).join("stashapp_client/generated/schema.json");
        Ok(Self::stamp(places)?.holds(&[schema]))
    }

    fn why(&self) -> String {
        "Fetching Stash's GraphQL schema, a file of the Python package stashapp-client: what we ask \
         of Stash is checked against it."
            .to_owned()
    }

    fn install(&self, places: &Places) -> Result<()> {
        // Without what the package needs to run: only its data is wanted.
        Step::new(places, "stash-schema", "pip install", PythonEnvironment::interpreter(places))
            .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--upgrade"])
            .args([Path::new("--target"), &Self::folder(places)])
            .args([Path::new("-r"), &Self::requirements(places)])
            .run()?;
        Self::stamp(places)?.set()
    }
}
