//! Remembers what a step was made from, so that nothing is done twice.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};

/// The hash of everything a step depends on, and the file that remembers the last one.
pub(crate) struct Stamp {
    file: PathBuf,
    hash: String,
}

impl Stamp {
    /// Hashes `inputs` (files, or folders with all below them; what is not there counts as empty)
    /// together with `words`, such as a compiler's version or the flags used.
    pub(crate) fn of(file: PathBuf, inputs: &[PathBuf], words: &[&str]) -> Result<Self> {
        let mut hasher = Sha256::new();
        for word in words {
            part(&mut hasher, word.as_bytes());
        }
        for input in inputs {
            add(&mut hasher, input, input.parent().unwrap_or(input))?;
        }
        let digest = hasher.finalize();
        let hash = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { file, hash })
    }

    /// Whether the step was done with just these inputs and all it made is still there.
    pub(crate) fn holds(&self, made: &[PathBuf]) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|last| last.trim() == self.hash)
            && made.iter().all(|path| path.exists())
    }

    /// Remembers that the step was done.
    pub(crate) fn set(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder.display().to_string()))?;
        }
        fs::write(&self.file, &self.hash).map_err(Error::io(self.file.display().to_string()))
    }
}

/// Adds one part with its length, so that parts cannot run into each other.
fn part(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
    hasher.update(bytes);
}

/// Names files relative to `base`: a checkout at another place is the same input.
fn add(hasher: &mut Sha256, path: &Path, base: &Path) -> Result<()> {
    let at = || Error::io(path.display().to_string());
    if path.is_dir() {
        let entries = fs::read_dir(path).map_err(at())?;
        let mut paths = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<Vec<_>>>()
            .map_err(at())?;
        paths.sort();
        for path in paths {
            add(hasher, &path, base)?;
        }
    } else if path.is_file() {
        let name = path.strip_prefix(base).unwrap_or(path);
        part(hasher, name.as_os_str().as_encoded_bytes());
        part(hasher, &fs::read(path).map_err(at())?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_holds_until_an_input_a_word_or_a_product_changes() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        let inputs = [folder.join("in")];
        fs::create_dir_all(&inputs[0]).unwrap();
        fs::write(inputs[0].join("a"), "1").unwrap();
        let made = [folder.join("out")];
        let stamp = |words: &[&str]| Stamp::of(folder.join("stamp"), &inputs, words).unwrap();

        assert!(!stamp(&[]).holds(&[]), "nothing was done yet");
        stamp(&[]).set().unwrap();
        assert!(stamp(&[]).holds(&[]));
        assert!(!stamp(&[]).holds(&made), "the product is not there");
        fs::write(&made[0], "").unwrap();
        assert!(stamp(&[]).holds(&made));
        assert!(!stamp(&["flag"]).holds(&made));
        fs::write(inputs[0].join("a"), "2").unwrap();
        assert!(!stamp(&[]).holds(&made));
        fs::remove_dir_all(&folder).unwrap();
    }
}
