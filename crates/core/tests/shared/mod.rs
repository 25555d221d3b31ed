//! The folder of development data, on machines that have it.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The shared folder, or `None` (and a word about it) where there is none.
pub(crate) fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = env::var_os("ROLLCALL_SHARED").map_or(beside, PathBuf::from);
    if shared.is_dir() {
        return Some(shared);
    }
    println!("skipped: {} is absent", shared.display());
    None
}
