//! The manifest's file: a body, and who vouches for exactly these bytes.

use serde::{Deserialize, Serialize};

use crate::{
    FORMAT, IndexError, PublicKey, SigningKey, digest::hex, limits, manifest::newest, msgpack,
    trust::ED25519,
};

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    format: u32,
    signature: Option<Signature>,
    #[serde(borrow, with = "bytes")]
    body: &'a [u8],
}

/// All in text, so that a look into the file tells who signed it.
#[derive(Serialize, Deserialize)]
struct Signature {
    algorithm: String,
    key: String,
    value: String,
}

mod bytes {
    pub(super) fn serialize<S: serde::Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        d: D,
    ) -> Result<&'de [u8], D::Error> {
        serde::Deserialize::deserialize(d)
    }
}

/// The body of the file called `file`, and who signed it. A signature that does not fit is an
/// error: better none than a wrong one.
pub(crate) fn open<'a>(
    file: &str,
    bytes: &'a [u8],
) -> Result<(&'a [u8], Option<PublicKey>), IndexError> {
    if bytes.len() > limits::MANIFEST_BYTES {
        return Err(IndexError::damaged(file, "a manifest above 8 MiB"));
    }
    // The format first: a newer one may have other fields.
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let Format { format } = msgpack::decode(file, bytes)?;
    newest(file, format, FORMAT)?;
    let Envelope { signature, body, .. } = msgpack::decode(file, bytes)?;
    let signer = match signature {
        None => None,
        Some(signature) => match signature.check(body) {
            None => return Err(IndexError::Forged(file.to_owned())),
            signer => signer,
        },
    };
    Ok((body, signer))
}

impl Signature {
    /// Who signed `body`, if it is so.
    fn check(&self, body: &[u8]) -> Option<PublicKey> {
        let key: PublicKey = self.key.parse().ok()?;
        let (high, low) = self.value.split_at_checked(64)?;
        let halves = [high.parse::<crate::Digest>().ok()?, low.parse().ok()?];
        let value: Vec<u8> = halves.iter().flat_map(|half| half.0).collect();
        (self.algorithm == ED25519 && key.verifies(body, &value)).then_some(key)
    }
}

/// The file's bytes for a body, signed if there is a key.
pub(crate) fn seal(
    file: &str,
    body: &[u8],
    key: Option<&SigningKey>,
) -> Result<Vec<u8>, IndexError> {
    let signature = key.map(|key| Signature {
        algorithm: ED25519.to_owned(),
        key: key.public().to_string(),
        value: hex(&key.sign(body)),
    });
    let bytes = msgpack::encode(file, &Envelope { format: FORMAT, signature, body })?;
    if bytes.len() > limits::MANIFEST_BYTES {
        return Err(IndexError::damaged(file, "a manifest above 8 MiB"));
    }
    Ok(bytes)
}
