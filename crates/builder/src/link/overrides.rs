//! A maintainer's word on who is who, which goes before everything that was found.

use std::path::Path;

use rollcall_core::PerformerId;
use serde::Deserialize;

use crate::{Error, files};

/// The longest file read: some hundred thousand ids.
const LONGEST: u64 = 16 << 20;

/// Who is the same person, and who is not, whatever addresses and faces say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    /// Ids of one person each.
    #[serde(default)]
    pub together: Vec<Vec<PerformerId>>,
    /// Ids of which no two are the same person.
    #[serde(default)]
    pub apart: Vec<Vec<PerformerId>>,
}

impl Overrides {
    /// Reads a file: TOML if its name ends in `.toml`, else YAML.
    ///
    /// # Errors
    /// When it cannot be read, or has something else in it than lists of ids.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let wrong =
            |reason: String| Error::Description { file: path.display().to_string(), reason };
        let text = files::read_text(path, LONGEST)?;
        if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("toml")) {
            return toml::from_str(&text).map_err(|e| wrong(e.to_string()));
        }
        // A file of comments only is a file without overrides.
        let read: Option<Self> = serde_norway::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        Ok(read.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "stashdb.org:00000000-0000-0000-0000-00000000000a";
    const B: &str = "fansdb.cc:00000000-0000-0000-0000-00000000000b";

    fn read(name: &str, text: &str) -> Result<Overrides, Error> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        Overrides::read(&folder.path().join(name))
    }

    #[test]
    fn yaml_and_toml_say_the_same() {
        let yaml = read("links.yaml", &format!("together:\n  - [{A:?}, {B:?}]\n")).unwrap();
        let toml = read("links.toml", &format!("together = [[{A:?}, {B:?}]]\n")).unwrap();
        assert_eq!(yaml, toml);
        assert_eq!(yaml.together[0][1], B.parse().unwrap());
        assert_eq!(read("links.yaml", "# nothing yet\n").unwrap(), Overrides::default());
    }

    #[test]
    fn what_is_no_override_is_named() {
        for text in ["together: [[Ada]]", "togehter: []", "apart: 3"] {
            let error = read("links.yaml", text).unwrap_err().to_string();
            assert!(error.contains("links.yaml"), "{error}");
        }
    }
}
