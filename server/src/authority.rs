//! The certificate of `--tls-local`, and the authority that signs it.
//!
//! Devices are told to trust an authority: Firefox and Android import nothing else. Both are made at
//! once, and the authority's key is not kept, so nobody can sign anything else with what the user has
//! been asked to trust; nor may it speak for other names.

use std::{
    fs,
    io::Write as _,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, SanType,
};
use time::OffsetDateTime;

use crate::{error::ServerError, tls::wrong};

/// What the host shows.
pub(crate) const CERTIFICATE: &str = "certificate.pem";
/// Its key.
pub(crate) const KEY: &str = "key.pem";
/// What devices are to trust.
pub(crate) const AUTHORITY: &str = "authority.pem";
/// Until when the certificate is good (seconds since 1970), and its names.
const MADE_FOR: &str = "made-for.txt";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Apple's devices refuse certificates of servers that are good for more than 825 days, whoever signed
/// them (its "Requirements for trusted certificates in iOS 13 and macOS 10.15").
const GOOD_FOR: Duration = DAY.saturating_mul(820);
/// A certificate that ends so soon is made anew.
const SPARE: Duration = DAY.saturating_mul(30);

/// Makes certificate and authority, unless those in the folder are for the same names and good for a
/// while yet.
///
/// # Errors
/// When the folder cannot be written, or a name cannot be in a certificate.
pub(crate) fn provide(folder: &Path, names: &[String]) -> Result<(), ServerError> {
    let now = SystemTime::now();
    if serves(folder, names, now) {
        return Ok(());
    }
    let cannot = |why: String| wrong("state", folder, why);
    fs::create_dir_all(folder).map_err(|error| cannot(error.to_string()))?;
    let (certificate, key, authority) =
        make(names, now).map_err(|error| cannot(error.to_string()))?;
    write_secret(&folder.join(KEY), &key)?;
    write(&folder.join(AUTHORITY), &authority)?;
    write(&folder.join(CERTIFICATE), &certificate)?;
    write(&folder.join(MADE_FOR), &made_for(names, seconds(now + GOOD_FOR)))
}

/// Whether what lies there will do.
fn serves(folder: &Path, names: &[String], now: SystemTime) -> bool {
    let Ok(text) = fs::read_to_string(folder.join(MADE_FOR)) else { return false };
    let until = text.lines().next().and_then(|line| line.parse().ok()).unwrap_or_default();
    text == made_for(names, until)
        && until > seconds(now + SPARE)
        && [CERTIFICATE, KEY, AUTHORITY].iter().all(|file| folder.join(file).is_file())
}

fn made_for(names: &[String], until: u64) -> String {
    format!("{until}\n{}", names.join("\n"))
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Certificate, its key and the authority, as PEM.
fn make(names: &[String], now: SystemTime) -> Result<(String, String, String), rcgen::Error> {
    let mut host = parameters(names, "Rollcall on this machine", now)?;
    host.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    host.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    host.use_authority_key_identifier_extension = true;

    let mut authority = parameters(&[], "Rollcall's own authority", now)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    authority.name_constraints = Some(NameConstraints {
        permitted_subtrees: host.subject_alt_names.iter().filter_map(only).collect(),
        excluded_subtrees: Vec::new(),
    });

    let (key, secret) = (KeyPair::generate()?, KeyPair::generate()?);
    let root = authority.self_signed(&secret)?;
    let certificate = host.signed_by(&key, &Issuer::new(authority, secret))?;
    Ok((certificate.pem(), key.serialize_pem(), root.pem()))
}

fn parameters(
    names: &[String],
    subject: &str,
    now: SystemTime,
) -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, subject);
    // A day earlier: clocks of a home differ.
    parameters.not_before = OffsetDateTime::from(now - DAY);
    parameters.not_after = OffsetDateTime::from(now + GOOD_FOR);
    Ok(parameters)
}

/// A name of the host as all that its authority may speak for.
fn only(name: &SanType) -> Option<GeneralSubtree> {
    match name {
        SanType::DnsName(name) => Some(GeneralSubtree::DnsName(name.to_string())),
        SanType::IpAddress(address) => {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            Some(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*address, bits)))
        }
        _ => None,
    }
}

fn write(path: &Path, text: &str) -> Result<(), ServerError> {
    fs::write(path, text).map_err(|error| wrong("state", path, error.to_string()))
}

/// For its owner's eyes only.
fn write_secret(path: &Path, text: &str) -> Result<(), ServerError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| wrong("state", path, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_made_anew_for_other_names_and_before_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let (one, two) = (names(&["localhost"]), names(&["localhost", "nas.local"]));
        let made = |names: &[String]| {
            provide(folder.path(), names).unwrap();
            fs::read_to_string(folder.path().join(CERTIFICATE)).unwrap()
        };
        let first = made(&one);
        assert_eq!(made(&one), first);
        assert_ne!(made(&two), first);
        let second = made(&two);
        let later = SystemTime::now() + GOOD_FOR;
        assert!(serves(folder.path(), &two, later - SPARE - DAY));
        assert!(!serves(folder.path(), &two, later - SPARE + DAY));
        for damaged in ["", "x\nlocalhost", "99999999999\nlocalhost\nnas.local\nmore"] {
            fs::write(folder.path().join(MADE_FOR), damaged).unwrap();
            assert_ne!(made(&two), second, "{damaged}");
        }
        fs::remove_file(folder.path().join(AUTHORITY)).unwrap();
        made(&two);
        assert!(folder.path().join(AUTHORITY).is_file());
    }
}
