//! Whose databases are believed, and which of them.
//!
//! A hash says that a file is the one its manifest names; this module says whether the manifest is
//! one to go by. Keys are pinned by the user, or remembered from the first visit; versions only
//! rise; what is out of date is not used. All but a wrong signature and a wrong pinned key can be
//! overruled by a user who confirms exactly this manifest.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Digest, IndexError, Manifest, Version, digest::hex};

/// The only kind of signature there is.
pub(crate) const ED25519: &str = "ed25519";

/// How far a clock may be behind the one that made the database before it is not believed itself.
const CLOCK_SLACK: u64 = 24 * 3600;

/// An ed25519 key (RFC 8032) that vouches for databases: 64 hex digits as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; 32]);

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a public key is 64 hex digits, as `rollcall key show` prints it")]
pub struct PublicKeyError;

impl PublicKey {
    /// Ten groups of four hex digits of its SHA-256, for people to compare.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digits = Digest::of(&self.0).to_string();
        let groups: Vec<&str> = (0..10).filter_map(|i| digits.get(4 * i..4 * i + 4)).collect();
        groups.join(" ")
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = ed25519_compact::Signature::from_slice(signature) else { return false };
        ed25519_compact::PublicKey::new(self.0).verify(message, &signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        // A digest reads the same way: 32 bytes in lower-case hex.
        text.parse::<Digest>().map(|digest| Self(digest.0)).map_err(|_| PublicKeyError)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = PublicKeyError;

    fn try_from(text: String) -> Result<Self, PublicKeyError> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

/// The secret half of a [`PublicKey`]. It is never printed.
#[derive(Clone)]
pub struct SigningKey(ed25519_compact::KeyPair);

impl SigningKey {
    /// The key that grows from 32 secret random bytes.
    ///
    /// # Errors
    /// When all bytes are zero: that is a file gone wrong, not a secret.
    pub fn from_seed(seed: [u8; 32]) -> Result<Self, PublicKeyError> {
        if seed == [0; 32] {
            return Err(PublicKeyError);
        }
        Ok(Self(ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new(seed))))
    }

    /// What others check its signatures with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(*self.0.pk)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        *self.0.sk.sign(message, None)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public())
    }
}

/// What a client keeps of a database from one visit to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Who signed it; `None` if nobody did.
    pub signer: Option<PublicKey>,
    /// Its version.
    #[serde(with = "crate::version::text")]
    pub version: Version,
}

impl Remembered {
    /// What to remember of a release that is there for the first time.
    pub(crate) fn of(manifest: &Manifest) -> Self {
        Self { signer: manifest.signer(), version: manifest.version }
    }

    /// What to remember if `before` was remembered until now. A user who let one older or unsigned
    /// manifest pass has not let others pass: neither is forgotten.
    #[must_use]
    pub fn after(self, before: Option<&Self>) -> Self {
        let Some(before) = before else { return self };
        let version = self.version.max(before.version);
        Self { signer: self.signer.or(before.signer), version }
    }
}

/// What makes a manifest worth believing. By default: any that is not signed wrongly.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Keys the user named: if there are any, one of them must have signed.
    pub pinned: Vec<PublicKey>,
    /// The database as it was last time.
    pub remembered: Option<Remembered>,
    /// Seconds since 1970 by this machine's clock, if it has one.
    pub now: Option<u64>,
    /// A manifest that the user has confirmed in spite of a [`Distrust`].
    pub confirmed: Option<Digest>,
}

/// Why a manifest needs the user's word before it is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Somebody else signed it than last time, or nobody.
    #[error("it is signed by {found}, but used to be signed by {known}")]
    Signer {
        /// The fingerprint found, or "nobody".
        found: String,
        /// The fingerprint remembered.
        known: String,
    },
    /// An older version than last time.
    #[error("its version {found} is older than {known}, which was here before")]
    Older {
        /// The version found.
        found: Version,
        /// The version remembered.
        known: Version,
    },
    /// Its maintainer does not want it used any more.
    #[error(
        "it was to be used until {days} days ago by this device's clock, so people who asked to be \
         removed since then may still be in it"
    )]
    Expired {
        /// For how many days, rounded up.
        days: u64,
    },
    /// More than one of these.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; and "))]
    Several(Vec<Distrust>),
}

impl Trust {
    /// Whether the manifest with this digest is to be used.
    pub(crate) fn check(&self, digest: Digest, manifest: &Manifest) -> Result<(), IndexError> {
        let signer = manifest.signer();
        if !self.pinned.is_empty() && !signer.is_some_and(|key| self.pinned.contains(&key)) {
            let found = words(signer);
            return Err(IndexError::NotPinned { found });
        }
        match self.distrust(manifest) {
            Some(why) if self.confirmed != Some(digest) => {
                Err(IndexError::Unconfirmed { manifest: digest, why })
            }
            _ => Ok(()),
        }
    }

    /// Everything that is odd: whoever confirms it must know all of it.
    fn distrust(&self, manifest: &Manifest) -> Option<Distrust> {
        let reasons = [self.signer(manifest), self.older(manifest), self.expired(manifest)];
        let mut reasons: Vec<Distrust> = reasons.into_iter().flatten().collect();
        if reasons.len() > 1 { Some(Distrust::Several(reasons)) } else { reasons.pop() }
    }

    fn signer(&self, manifest: &Manifest) -> Option<Distrust> {
        let known = self.remembered.as_ref()?.signer;
        // A pinned key has been checked already, and another pinned one may take over.
        let other = known.is_some() && known != manifest.signer() && self.pinned.is_empty();
        let (found, known) = (words(manifest.signer()), words(known));
        other.then_some(Distrust::Signer { found, known })
    }

    fn older(&self, manifest: &Manifest) -> Option<Distrust> {
        let (found, known) = (manifest.version, self.remembered.as_ref()?.version);
        (found < known).then_some(Distrust::Older { found, known })
    }

    fn expired(&self, manifest: &Manifest) -> Option<Distrust> {
        let (now, expires) = (self.now?, manifest.expires?);
        // A clock from before the database was made says nothing about when it ends.
        let credible = now.saturating_add(CLOCK_SLACK) >= manifest.created;
        let days = now.saturating_sub(expires).div_ceil(24 * 3600);
        (credible && now > expires).then_some(Distrust::Expired { days })
    }
}

fn words(signer: Option<PublicKey>) -> String {
    signer.map_or_else(|| "nobody".to_owned(), |key| key.fingerprint())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_rfc_8032() {
        // Test 2 of section 7.1.
        let seed: Digest =
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb".parse().unwrap();
        let key = SigningKey::from_seed(seed.0).unwrap();
        assert_eq!(
            key.public().to_string(),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        let signature = key.sign(&[0x72]);
        assert_eq!(
            hex(&signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        assert!(key.public().verifies(&[0x72], &signature));
        assert!(!key.public().verifies(&[0x73], &signature));
        assert!(!key.public().verifies(&[0x72], &signature[1..]));
    }

    #[test]
    fn secrets_are_not_printed() {
        let key = SigningKey::from_seed([7; 32]).unwrap();
        assert!(!format!("{key:?}").contains(&hex(&[7; 32])));
        assert!(SigningKey::from_seed([0; 32]).is_err());
    }

    #[test]
    fn fingerprints_are_readable() {
        let key = SigningKey::from_seed([7; 32]).unwrap().public();
        assert_eq!(key.fingerprint().len(), 49);
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!("xyz".parse::<PublicKey>(), Err(PublicKeyError));
    }
}
