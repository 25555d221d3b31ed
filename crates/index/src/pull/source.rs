//! Where a database is pulled from.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::{DirectoryStore, IndexError, RemoteStore, Store, StoreError};

/// A database on a host, or one in a folder of this machine.
#[derive(Clone, Debug)]
pub enum Source {
    /// Below an `https://` or `http://` address.
    Host(RemoteStore),
    /// In a folder: a path, or a `file://` address.
    Folder(PathBuf),
}

impl Source {
    pub(crate) fn store(&self) -> Box<dyn Store> {
        match self {
            Self::Host(store) => Box::new(store.clone()),
            Self::Folder(folder) => Box::new(DirectoryStore::new(folder)),
        }
    }
}

impl FromStr for Source {
    type Err = IndexError;

    fn from_str(text: &str) -> Result<Self, IndexError> {
        let Some((scheme, _)) = text.split_once("://") else {
            return Ok(Self::Folder(text.into()));
        };
        if !scheme.eq_ignore_ascii_case("file") {
            return Ok(Self::Host(RemoteStore::new(text)?));
        }
        let path = text.parse::<reqwest::Url>().ok().and_then(|url| url.to_file_path().ok());
        let what = "a file:// address needs a whole path, as in file:///srv/database";
        Ok(Self::Folder(path.ok_or_else(|| StoreError::Address(what.to_owned()))?))
    }
}

impl fmt::Display for Source {
    /// Without the password that may be in an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(store) => f.write_str(&store.address()),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_an_address_or_a_folder() {
        let shown = |text: &str| text.parse::<Source>().map(|source| source.to_string());
        assert_eq!(shown("https://me:pw@h.org/db").unwrap(), "https://h.org/db/");
        assert_eq!(shown("db").unwrap(), "db");
        assert_eq!(shown("C:\\db").unwrap(), "C:\\db");
        if cfg!(unix) {
            assert_eq!(shown("file:///srv/my%20db").unwrap(), "/srv/my db");
        }
        assert!(shown("file://srv/db").is_err() && shown("ftp://srv/db").is_err());
    }
}
