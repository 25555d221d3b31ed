//! Where things lie: the checkout, the build's output and the cache.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The folders every command needs.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Cargo's target directory. What is built from the checkout goes below it.
    pub(crate) target: PathBuf,
    /// What outlives a checkout: downloads, models, tools.
    pub(crate) cache: PathBuf,
}

impl Places {
    /// Finds them from the environment.
    pub(crate) fn find() -> Self {
        // At run time rather than compile time: several checkouts may share one target directory.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.ancestors().nth(2).map_or_else(|| manifest.clone(), Path::to_path_buf);
        let target = folder("CARGO_TARGET_DIR").unwrap_or_else(|| root.join("target"));
        let home = folder("HOME").unwrap_or_else(env::temp_dir);
        let cache = folder("ROLLCALL_CACHE")
            .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("rollcall")))
            .unwrap_or_else(|| home.join(".cache").join("rollcall"));
        Self { root, target, cache }
    }

    /// The log of a step.
    pub(crate) fn log(&self, step: &str) -> PathBuf {
        self.target.join("logs").join(format!("{step}.log"))
    }

    /// Where the page and the two .wasm files land.
    pub(crate) fn web(&self) -> PathBuf {
        self.target.join("web")
    }

    /// Cargo's target directory for wasm32, apart because its compiler may be another one.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm-rollcall")
    }

    /// Where our native programs are, built for release.
    pub(crate) fn programs(&self) -> PathBuf {
        self.target.join("release")
    }

    /// A native program of ours, built for release.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs().join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// The photos and models for development that stand beside the project, where they do.
    pub(crate) fn shared(&self) -> Option<PathBuf> {
        let beside = || self.root.parent().map(|parent| parent.join("shared"));
        folder("ROLLCALL_SHARED").or_else(beside).filter(|shared| shared.is_dir())
    }
}

/// An environment variable that names a folder, as an absolute path.
fn folder(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty())?;
    std::path::absolute(PathBuf::from(value)).ok()
}

/// The first of these programs that is on the PATH.
pub(crate) fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names.iter().find_map(|name| {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&path).map(|folder| folder.join(&file)).find(|file| file.is_file())
    })
}
