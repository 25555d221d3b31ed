//! Packages: where they come from, and fetching them with the ordinary client of each registry.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use crate::{Cache, Error, archive, files};

/// A package or file that others are taken from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What the rest of the description calls it.
    pub id: String,
    /// The file name that the registry gives it; it lies in the cache under this name.
    pub archive: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
    /// Where to get it.
    pub from: Origin,
}

/// Where a [`Source`] comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Origin {
    /// The Python package index, through pip.
    Pypi {
        /// The project's name there.
        name: String,
        /// The exact version.
        version: String,
        /// Take the source distribution, not a wheel.
        #[serde(default)]
        sdist: bool,
        /// The Python version a wheel is made for, where it is not for all.
        python: Option<String>,
        /// The platform tag of such a wheel. It is only unpacked here, never run.
        platform: Option<String>,
    },
    /// The npm registry, through npm.
    Npm {
        /// The package's name there, with its scope.
        name: String,
        /// The exact version.
        version: String,
    },
    /// An address, for people with the internet.
    Url {
        /// `https://…`
        url: String,
    },
    /// A file that the user already has.
    Path {
        /// Relative to the current folder, or absolute.
        path: PathBuf,
    },
}

/// A file of a [`Source`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// The [`Source::id`].
    pub source: String,
    /// Its path in the package. Left out where the source is the file itself.
    pub path: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
}

impl SourceFile {
    /// The file's name for messages.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.path {
            Some(path) => format!("{path} in {}", self.source),
            None => self.source.clone(),
        }
    }
}

/// Gets files of sources, each package at most once.
#[derive(Debug)]
pub struct Fetcher<'a> {
    cache: &'a Cache,
    sources: &'a [Source],
}

impl<'a> Fetcher<'a> {
    /// Fetches from `sources` into the downloads folder of `cache`.
    #[must_use]
    pub fn new(cache: &'a Cache, sources: &'a [Source]) -> Self {
        Self { cache, sources }
    }

    /// The bytes of a file, its size and checksum proved.
    ///
    /// # Errors
    /// When its package cannot be had, or package or file are not the promised ones.
    pub fn file(&self, file: &SourceFile) -> Result<Vec<u8>, Error> {
        let source = self.sources.iter().find(|s| s.id == file.source).ok_or_else(|| {
            Error::Description {
                file: file.label(),
                reason: format!("there is no source {:?}", file.source),
            }
        })?;
        let package = self.package(source)?;
        let bytes = match &file.path {
            Some(path) => archive::read_entry(&package, path, file.bytes)?,
            None => files::read_limited(&package, file.bytes)?,
        };
        files::check(&file.label(), &bytes, file.bytes, &file.sha256)?;
        Ok(bytes)
    }

    /// The path of a package whose checksum holds, fetched if need be.
    fn package(&self, source: &Source) -> Result<PathBuf, Error> {
        if let Origin::Path { path } = &source.from {
            return verified(path, source).map(|()| path.clone());
        }
        let downloads = self.cache.downloads();
        let path = downloads.join(plain_name(&source.archive)?);
        if path.is_file() {
            match verified(&path, source) {
                Ok(()) => return Ok(path),
                Err(error) => tracing::warn!("{error}; fetching it again"),
            }
        }
        fs::create_dir_all(&downloads).map_err(Error::write(&downloads))?;
        let folder = tempfile::Builder::new()
            .prefix(".fetching-")
            .tempdir_in(&downloads)
            .map_err(Error::write(&downloads))?;
        tracing::info!("fetching {} ({} bytes)", source.archive, source.bytes);
        let fail = |tool, what: &str, reason| Error::Tool {
            tool,
            what: what.to_owned(),
            reason,
            downloads: downloads.clone(),
        };
        match &source.from {
            Origin::Pypi { name, version, .. } => pip(source, folder.path())
                .map_err(|reason| fail("pip", &format!("{name} {version}"), reason))?,
            Origin::Npm { name, version } => npm(name, version, folder.path())
                .map_err(|reason| fail("npm", &format!("{name} {version}"), reason))?,
            Origin::Url { url } => {
                download(url, source.bytes, &folder.path().join(&source.archive))
                    .map_err(|reason| fail("the download", url, reason))?;
            }
            Origin::Path { .. } => {}
        }
        let fetched = folder.path().join(&source.archive);
        verified(&fetched, source)?;
        fs::rename(&fetched, &path).map_err(Error::write(&path))?;
        Ok(path)
    }
}

/// A name that stays in its folder.
fn plain_name(name: &str) -> Result<&str, Error> {
    let fine = !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b));
    if fine {
        Ok(name)
    } else {
        Err(Error::Description {
            file: name.to_owned(),
            reason: "an archive's name has only letters, digits and . _ + -".to_owned(),
        })
    }
}

fn verified(path: &Path, source: &Source) -> Result<(), Error> {
    let size = fs::metadata(path).map_err(Error::read(path))?.len();
    let file = path.display().to_string();
    if size != source.bytes {
        return Err(Error::Size { file, wanted: source.bytes, got: size });
    }
    let got = files::sha256_of(path)?;
    if got == source.sha256 {
        Ok(())
    } else {
        Err(Error::Checksum { file, wanted: source.sha256.clone(), got })
    }
}

/// The first of the usual Python commands that has pip.
#[must_use]
pub fn python() -> Option<&'static str> {
    ["python3", "python", "py"]
        .into_iter()
        .find(|command| run(Command::new(command).args(["-m", "pip", "--version"])).is_ok())
}

/// The name of the npm command here.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// `pip download` with the hash demanded, so that pip itself looks before it opens anything.
fn pip(source: &Source, into: &Path) -> Result<(), String> {
    let Origin::Pypi { name, version, sdist, python: made_for, platform } = &source.from else {
        return Err("not a Python package".to_owned());
    };
    let python = python().ok_or("Python 3 with pip is not installed")?;
    let requirements = into.join("requirements.txt");
    fs::write(&requirements, format!("{name}=={version} --hash=sha256:{}\n", source.sha256))
        .map_err(|e| e.to_string())?;
    let mut command = Command::new(python);
    command.args(["-m", "pip", "download", "--no-deps", "--quiet", "--no-input"]);
    command.args(["--disable-pip-version-check", "--ignore-requires-python", "--require-hashes"]);
    command.args(if *sdist { ["--no-binary", name] } else { ["--only-binary", ":all:"] });
    if let Some(version) = made_for {
        command.args(["--implementation", "cp", "--python-version", version]);
    }
    if let Some(platform) = platform {
        command.args(["--platform", platform]);
    }
    command.arg("--dest").arg(into).arg("--requirement").arg(requirements);
    run(&mut command)
}

fn npm(name: &str, version: &str, into: &Path) -> Result<(), String> {
    let mut command = Command::new(NPM);
    command.args(["pack", "--silent", "--ignore-scripts", "--pack-destination"]).arg(into);
    run(command.arg(format!("{name}@{version}")))
}

/// Runs a command to its end; where it fails, the end of what it said on stderr.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{} does not start: {e}", command.get_program().display()))?;
    tracing::debug!(?command, status = %output.status);
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().filter(|l| !l.trim().is_empty()).collect();
    Err(lines[lines.len().saturating_sub(12)..].join("\n"))
}

/// Gets `url` into a file, at most `limit` bytes of it.
fn download(url: &str, limit: u64, into: &Path) -> Result<(), String> {
    let mut answer = ureq::get(url).call().map_err(|e| e.to_string())?;
    let mut body = answer.body_mut().with_config().limit(limit.saturating_add(1)).reader();
    let mut file = File::create(into).map_err(|e| e.to_string())?;
    std::io::copy(&mut body, &mut file).map_err(|e| e.to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(archive: &str, bytes: &[u8], from: Origin) -> Source {
        Source {
            id: "s".to_owned(),
            archive: archive.to_owned(),
            bytes: bytes.len() as u64,
            sha256: files::sha256(bytes),
            from,
        }
    }

    fn whole(bytes: &[u8]) -> SourceFile {
        SourceFile {
            source: "s".to_owned(),
            path: None,
            bytes: bytes.len() as u64,
            sha256: files::sha256(bytes),
        }
    }

    #[test]
    fn a_file_of_the_users_own_is_checked_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net.onnx");
        fs::write(&path, b"net").unwrap();
        let cache = Cache::at(folder.path().join("cache"));
        let sources = [source("net.onnx", b"net", Origin::Path { path: path.clone() })];
        let fetcher = Fetcher::new(&cache, &sources);
        assert_eq!(fetcher.file(&whole(b"net")).unwrap(), b"net");

        fs::write(&path, b"met").unwrap();
        let message = fetcher.file(&whole(b"net")).unwrap_err().to_string();
        assert!(message.contains("net.onnx"), "{message}");
        assert!(message.contains(&files::sha256(b"net")), "{message}");
        assert!(message.contains(&files::sha256(b"met")), "{message}");
    }

    #[test]
    fn what_lies_in_the_downloads_is_not_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().to_owned());
        files::write_atomically(&cache.downloads().join("net.onnx"), b"net").unwrap();
        let nowhere = Origin::Url { url: "http://127.0.0.1:9/net.onnx".to_owned() };
        let sources = [source("net.onnx", b"net", nowhere)];
        assert_eq!(Fetcher::new(&cache, &sources).file(&whole(b"net")).unwrap(), b"net");

        files::write_atomically(&cache.downloads().join("net.onnx"), b"bad").unwrap();
        let message = Fetcher::new(&cache, &sources).file(&whole(b"net")).unwrap_err().to_string();
        assert!(message.contains("http://127.0.0.1:9/net.onnx"), "{message}");
        assert!(message.contains("downloads"), "{message}");
    }

    #[test]
    fn an_address_is_fetched_within_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().to_owned());
        let url = serve(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nnet and more than was said");
        let sources = [source("net.onnx", b"net", Origin::Url { url })];
        let error = Fetcher::new(&cache, &sources).file(&whole(b"net")).unwrap_err();
        assert!(
            matches!(error, Error::Tool { .. } | Error::Size { wanted: 3, got: 4, .. }),
            "{error}"
        );

        let url = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nnet");
        let sources = [source("net.onnx", b"net", Origin::Url { url })];
        assert_eq!(Fetcher::new(&cache, &sources).file(&whole(b"net")).unwrap(), b"net");
    }

    /// Answers one request with `answer`.
    fn serve(answer: &'static [u8]) -> String {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/net.onnx", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        });
        url
    }

    #[test]
    fn names_cannot_leave_the_downloads() {
        for name in ["../x", "a/b", "", ".hidden", "a\\b", "a\0b"] {
            assert!(plain_name(name).is_err(), "{name:?}");
        }
        assert!(plain_name("scikit_image-0.26.0-cp311.manylinux_2_28_x86_64.whl").is_ok());
    }
}
