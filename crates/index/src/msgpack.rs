//! MessagePack within limits.

use serde::{Deserialize, Serialize};

use crate::{IndexError, limits};

/// Reads exactly one value that fills `bytes`.
///
/// Lengths are believed only as far as bytes follow (nothing is allocated for a promise), and
/// nesting only to [`limits::DEPTH`].
pub(crate) fn decode<'a, T: Deserialize<'a>>(file: &str, bytes: &'a [u8]) -> Result<T, IndexError> {
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
    deserializer.set_max_depth(limits::DEPTH);
    let value = T::deserialize(&mut deserializer).map_err(|error| {
        let what: String = error.to_string().chars().take(200).collect();
        IndexError::damaged(file, what)
    })?;
    // Nothing may follow: not even the marker of another value can be read.
    match bool::deserialize(&mut deserializer) {
        Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(value),
        _ => Err(IndexError::damaged(file, "bytes after its end")),
    }
}

/// Writes structs as maps with their fields' names.
pub(crate) fn encode<T: Serialize>(file: &str, value: &T) -> Result<Vec<u8>, IndexError> {
    rmp_serde::to_vec_named(value).map_err(|error| IndexError::damaged(file, error.to_string()))
}
