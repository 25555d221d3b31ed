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
        environment(places).interpreter()
    }
}

/// What the scripts in `tests/` import.
fn environment(places: &Places) -> Environment {
    let requirements = ["reference", "format"]
        .map(|area| places.root.join("tests").join(area).join("requirements.txt"));
    Environment { folder: places.cache.join("python"), requirements: requirements.to_vec() }
}

impl Piece for PythonEnvironment {
    fn is_there(&self, places: &Places) -> Result<bool> {
        environment(places).is_there()
    }

    fn why(&self) -> String {
        "Installing onnxruntime and a few more into a Python environment in the cache: they give \
         the independent results that our engines and our database format are compared with."
            .to_owned()
    }

    fn install(&self, places: &Places) -> Result<()> {
        environment(places).install(places, "pip-install")
    }
}

/// The environment of a benchmark whose peers are Python packages, apart from the tests' one: it is
/// installed only when the benchmark is asked for.
pub(crate) struct BenchEnvironment {
    bench: String,
    environment: Environment,
}

impl BenchEnvironment {
    /// The one that `tests/bench/<bench>/requirements.txt` asks for, if there is such a file.
    pub(crate) fn of(places: &Places, bench: &str) -> Option<Self> {
        let file = places.root.join("tests/bench").join(bench).join("requirements.txt");
        file.is_file().then(|| Self {
            bench: bench.to_owned(),
            environment: Environment {
                folder: places.cache.join(format!("python-bench-{bench}")),
                requirements: vec![file],
            },
        })
    }

    /// Its interpreter.
    pub(crate) fn interpreter(&self) -> PathBuf {
        self.environment.interpreter()
    }
}

impl Piece for BenchEnvironment {
    fn is_there(&self, _: &Places) -> Result<bool> {
        self.environment.is_there()
    }

    fn why(&self) -> String {
        let bench = &self.bench;
        format!(
            "Installing what the benchmark {bench} compares us with into a Python environment in the cache."
        )
    }

    fn install(&self, places: &Places) -> Result<()> {
        self.environment.install(places, &format!("pip-install-{}", self.bench))
    }
}

/// The environment of the scene generator, `tests/scenes`, in the cache's folder `python-scenes`.
pub(crate) struct ScenesEnvironment;

impl ScenesEnvironment {
    /// Its interpreter.
    pub(crate) fn interpreter(places: &Places) -> PathBuf {
        Self::environment(places).interpreter()
    }

    fn environment(places: &Places) -> Environment {
        Environment {
            folder: places.cache.join("python-scenes"),
            requirements: vec![places.root.join("tests/scenes/requirements.txt")],
        }
    }
}

impl Piece for ScenesEnvironment {
    fn is_there(&self, places: &Places) -> Result<bool> {
        Self::environment(places).is_there()
    }

    fn why(&self) -> String {
        "Installing OpenCV into a Python environment in the cache: it makes the scenes with known \
         truth that recognition is measured on."
            .to_owned()
    }

    fn install(&self, places: &Places) -> Result<()> {
        Self::environment(places).install(places, "pip-install-scenes")
    }
}

/// A folder with packages, and the files that list them.
struct Environment {
    folder: PathBuf,
    requirements: Vec<PathBuf>,
}

impl Environment {
    fn interpreter(&self) -> PathBuf {
        self.folder.join("bin").join("python3")
    }

    fn stamp(&self) -> Result<Stamp> {
        let read = |file: &PathBuf| fs::read_to_string(file).unwrap_or_default();
        let texts: Vec<String> = self.requirements.iter().map(read).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        Stamp::of(self.folder.join("rollcall-stamp"), &[], &texts)
    }

    fn is_there(&self) -> Result<bool> {
        Ok(self.stamp()?.holds(&[self.interpreter()]))
    }

    fn install(&self, places: &Places, step: &str) -> Result<()> {
        Step::new(places, "python-venv", "python3 -m venv", "python3")
            .args(["-m", "venv"])
            .args([&self.folder])
            .run()?;
        Step::new(places, step, "pip install", self.interpreter())
            .args(["-m", "pip", "install", "--disable-pip-version-check"])
            .args(self.requirements.iter().flat_map(|file| [Path::new("-r"), file]))
            .run()?;
        self.stamp()?.set()
    }
}
