//! TLS from given files, or with a certificate made here.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::{ServerConfig, crypto::ring};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;

use crate::error::ServerError;

/// Certificate and key in their files, and what is made of them.
pub struct Tls {
    files: Files,
    acceptor: RwLock<TlsAcceptor>,
}

#[derive(Clone, Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Tls {
    /// Reads both files (PEM).
    ///
    /// # Errors
    /// When one cannot be read, or they do not belong together.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, ServerError> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let acceptor = RwLock::new(files.read()?);
        Ok(Self { files, acceptor })
    }

    /// A certificate for these names, made once and kept in the folder.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn local(folder: &Path, names: &[String]) -> Result<Self, ServerError> {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        let kept_names = folder.join("names.txt");
        let names_text = names.join("\n");
        let kept = certificate.is_file() && key.is_file();
        if !kept || fs::read_to_string(&kept_names).is_ok_and(|kept| kept != names_text) {
            make(folder, &certificate, &key, names)?;
            write(&kept_names, &names_text)?;
        }
        Self::from_files(&certificate, &key)
    }

    /// Reads the files again, for renewed certificates. If they cannot be used, the old ones stay.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn reload(&self) -> Result<(), ServerError> {
        let acceptor = self.files.read()?;
        *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
        Ok(())
    }

    /// How browsers show the certificate: SHA-256 in pairs of hex digits.
    ///
    /// # Errors
    /// When the file is gone.
    pub fn fingerprint(&self) -> Result<String, ServerError> {
        let first =
            self.files.certificates()?.into_iter().next().unwrap_or_else(|| Vec::new().into());
        let pairs: Vec<_> =
            Sha256::digest(&first).iter().map(|byte| format!("{byte:02X}")).collect();
        Ok(pairs.join(":"))
    }

    /// The certificate's file.
    #[must_use]
    pub fn certificate(&self) -> &Path {
        &self.files.certificate
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Files {
    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, ServerError> {
        let wrong = |why: String| wrong("tls-cert", &self.certificate, why);
        let certificates = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| wrong(error.to_string()))?;
        if certificates.is_empty() {
            Err(wrong("it holds no certificate".to_owned()))
        } else {
            Ok(certificates)
        }
    }

    fn read(&self) -> Result<TlsAcceptor, ServerError> {
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| wrong("tls-key", &self.key, error.to_string()))?;
        let certificates = self.certificates()?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key));
        let mut config = match config {
            Ok(config) => config,
            Err(error) => return Err(wrong("tls-key", &self.key, error.to_string())),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn wrong(option: &'static str, path: &Path, why: String) -> ServerError {
    ServerError::Tls { option, path: path.to_owned(), why }
}

/// Makes a certificate that signs itself. Browsers believe it only where the user says so.
fn make(
    folder: &Path,
    certificate: &Path,
    key: &Path,
    names: &[String],
) -> Result<(), ServerError> {
    let cannot = |error: rcgen::Error| wrong("state", folder, error.to_string());
    fs::create_dir_all(folder).map_err(|error| wrong("state", folder, error.to_string()))?;
    let mut params = CertificateParams::new(names).map_err(cannot)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "Rollcall on this machine");
    params.distinguished_name = subject;
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let pair = KeyPair::generate().map_err(cannot)?;
    let made = params.self_signed(&pair).map_err(cannot)?;
    write_secret(key, &pair.serialize_pem())?;
    write(certificate, &made.pem())
}

fn write(path: &Path, text: &str) -> Result<(), ServerError> {
    fs::write(path, text).map_err(|error| wrong("state", path, error.to_string()))
}

/// For its owner's eyes only.
fn write_secret(path: &Path, text: &str) -> Result<(), ServerError> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| wrong("state", path, error.to_string()))
}
