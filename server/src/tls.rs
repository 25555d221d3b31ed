//! TLS from given files, or with a certificate made here.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{ServerConfig, crypto::ring};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;

use crate::{authority, error::ServerError};

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

    /// A certificate for these names, made by an authority of our own and kept in the folder.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn local(folder: &Path, names: &[String]) -> Result<Self, ServerError> {
        authority::provide(folder, names)?;
        Self::from_files(&folder.join(authority::CERTIFICATE), &folder.join(authority::KEY))
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

pub(crate) fn wrong(option: &'static str, path: &Path, why: String) -> ServerError {
    ServerError::Tls { option, path: path.to_owned(), why }
}
