//! A database's version.

use std::{fmt, str::FromStr};

/// A database's version: the year and month of its data and a number, such as `2026.11.1`.
/// Versions are compared number by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub [u32; 3]);

/// A text that is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a database's version is three numbers, such as 2026.11.1")]
pub struct VersionError;

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, number] = self.0;
        write!(f, "{year}.{month}.{number}")
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let mut numbers = text.split('.').map(|part| match part.as_bytes() {
            [b'0', _, ..] | [b'+', ..] => Err(VersionError),
            _ => part.parse::<u32>().map_err(|_| VersionError),
        });
        let mut next = || numbers.next().unwrap_or(Err(VersionError));
        let version = Self([next()?, next()?, next()?]);
        if numbers.next().is_none() { Ok(version) } else { Err(VersionError) }
    }
}

/// As a text in what is stored.
pub(crate) mod text {
    use super::Version;

    pub(crate) fn serialize<S: serde::Serializer>(v: &Version, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(v)
    }

    pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Version, D::Error> {
        let text: String = serde::Deserialize::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
