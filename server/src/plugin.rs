//! The Stash plugin, packed as a source that Stash can install from.
//!
//! The page of a Stash may only talk to hosts that a plugin's manifest names (`connect-src`), and
//! every installation is reached by another address. So the zip is made when the host starts, with
//! the addresses of this host in it, and nobody has to edit YAML that the next update overwrites.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use serde::Serialize;
use serde_norway::{Mapping, Value};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use crate::error::ServerError;

/// More than any plugin needs: all of it is held in memory.
const MOST_BYTES: u64 = 256 << 20;

/// The zip and the index that names it.
#[derive(Clone, Debug)]
pub struct Package {
    /// `<id>.zip`.
    name: String,
    zip: Bytes,
    index: Bytes,
    tag: HeaderValue,
}

/// One package of a Stash source index.
#[derive(Serialize)]
struct Entry {
    id: String,
    name: String,
    metadata: BTreeMap<&'static str, String>,
    version: String,
    /// `2006-01-02 15:04:05`, UTC. Stash offers an upgrade if it is later, whatever the version.
    date: String,
    path: String,
    sha256: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requires: Vec<String>,
}

struct Source {
    files: BTreeMap<String, Vec<u8>>,
    newest: SystemTime,
}

impl Package {
    /// Packs the plugin of a folder for a host that is reached by these origins. The same files and
    /// origins give the same bytes.
    ///
    /// # Errors
    /// When the folder holds no plugin, or files that cannot be read.
    pub fn pack(folder: &Path, origins: &[String]) -> Result<Self, ServerError> {
        let wrong = |why: String| ServerError::Plugin { path: folder.to_owned(), why };
        let mut source = Source { files: BTreeMap::new(), newest: SystemTime::UNIX_EPOCH };
        collect(folder, "", &mut source, &mut 0)?;
        let mut manifests = source.files.keys().filter_map(|name| {
            let id = name.strip_suffix(".yml")?;
            (!id.contains('/')).then(|| id.to_owned())
        });
        let (Some(id), None) = (manifests.next(), manifests.next()) else {
            return Err(wrong(
                "it must hold exactly one .yml beside the plugin's files".to_owned(),
            ));
        };
        let file = format!("{id}.yml");
        let text = source.files.remove(&file).unwrap_or_default();
        let mut manifest: Mapping =
            serde_norway::from_slice(&text).map_err(|error| wrong(format!("{file}: {error}")))?;
        if !manifest.get("name").is_some_and(Value::is_string) {
            return Err(wrong(format!("{file}: it has no name, so it is no plugin's manifest")));
        }
        allow(&mut manifest, origins)
            .ok_or_else(|| wrong(format!("{file}: ui.csp is no mapping of lists")))?;
        let yaml = serde_norway::to_string(&manifest).map_err(|error| wrong(error.to_string()))?;
        source.files.insert(file, yaml.into_bytes());
        let zip = zip_of(&source.files).map_err(|error| wrong(error.to_string()))?;
        let index = [entry(id.clone(), &manifest, &text, &zip, source.newest)];
        let index = serde_norway::to_string(&index).map_err(|error| wrong(error.to_string()))?;
        let tag = HeaderValue::from_str(&format!("\"{}\"", hex(&zip)));
        Ok(Self {
            name: format!("{id}.zip"),
            zip: zip.into(),
            index: index.into(),
            tag: tag.unwrap_or(HeaderValue::from_static("\"plugin\"")),
        })
    }

    /// Writes zip and index into a folder, for another static host.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, to: &Path) -> Result<(), ServerError> {
        let wrong = |error: std::io::Error| ServerError::Plugin {
            path: to.to_owned(),
            why: error.to_string(),
        };
        fs::create_dir_all(to).map_err(wrong)?;
        // The index last: it must not name a zip that is not there.
        fs::write(to.join(&self.name), &self.zip).map_err(wrong)?;
        fs::write(to.join("index.yml"), &self.index).map_err(wrong)
    }

    pub(crate) fn answer(&self, request: &Request) -> Response {
        let file = request.uri().path().strip_prefix("/plugin/").unwrap_or_default();
        let (bytes, kind) = if file == self.name {
            (&self.zip, "application/zip")
        } else if file == "index.yml" {
            (&self.index, "application/yaml")
        } else {
            return StatusCode::NOT_FOUND.into_response();
        };
        // The index holds the zip's hash, so the tag tells versions of both.
        if request.headers().get(header::IF_NONE_MATCH) == Some(&self.tag) {
            return (StatusCode::NOT_MODIFIED, [(header::ETAG, self.tag.clone())]).into_response();
        }
        let kind = HeaderValue::from_static(kind);
        ([(header::CONTENT_TYPE, kind), (header::ETAG, self.tag.clone())], bytes.clone())
            .into_response()
    }
}

/// Reads a folder's files, hidden ones left out. Links are refused: what they lead to is not the
/// plugin's.
fn collect(
    folder: &Path,
    prefix: &str,
    source: &mut Source,
    bytes: &mut u64,
) -> Result<(), ServerError> {
    let wrong = |path: &Path, why: String| ServerError::Plugin { path: path.to_owned(), why };
    let entries = fs::read_dir(folder).map_err(|error| wrong(folder, error.to_string()))?;
    for entry in entries {
        let entry = entry.map_err(|error| wrong(folder, error.to_string()))?;
        let path: PathBuf = entry.path();
        let io = |error: std::io::Error| wrong(&path, error.to_string());
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| wrong(&path, "its name is no UTF-8".to_owned()))?;
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{name}");
        let metadata = entry.metadata().map_err(io)?;
        if metadata.is_dir() {
            collect(&path, &format!("{name}/"), source, bytes)?;
        } else if metadata.is_file() {
            *bytes += metadata.len();
            if *bytes > MOST_BYTES {
                return Err(wrong(folder, "it is larger than 256 MiB".to_owned()));
            }
            source.newest = source.newest.max(metadata.modified().map_err(io)?);
            source.files.insert(name, fs::read(&path).map_err(io)?);
        } else {
            return Err(wrong(&path, "only plain files can be packed".to_owned()));
        }
    }
    Ok(())
}

/// Adds origins to `ui.csp.connect-src`. Nothing if the manifest has something else there.
fn allow(manifest: &mut Mapping, origins: &[String]) -> Option<()> {
    let ui = manifest.entry("ui".into()).or_insert_with(|| Mapping::new().into());
    let csp = ui.as_mapping_mut()?.entry("csp".into()).or_insert_with(|| Mapping::new().into());
    let sources = csp
        .as_mapping_mut()?
        .entry("connect-src".into())
        .or_insert_with(|| Value::Sequence(Vec::new()));
    let sources = sources.as_sequence_mut()?;
    for origin in origins {
        let origin = Value::from(origin.as_str());
        if !sources.contains(&origin) {
            sources.push(origin);
        }
    }
    Some(())
}

fn entry(id: String, manifest: &Mapping, text: &[u8], zip: &[u8], newest: SystemTime) -> Entry {
    let value = |key: &str| match manifest.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    Entry {
        name: value("name").unwrap_or_else(|| id.clone()),
        metadata: value("description").map(|text| ("description", text)).into_iter().collect(),
        version: value("version").unwrap_or_else(|| "0.0.0".to_owned()),
        date: date(newest),
        path: format!("{id}.zip"),
        sha256: hex(zip),
        requires: requires(text),
        id,
    }
}

/// Packages named in lines `# requires: a, b`, as plugin sources have it.
fn requires(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let names = text.lines().filter_map(|line| line.strip_prefix("# requires:"));
    names
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

fn date(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (hour, minute, second) = time.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}", time.date())
}

/// Files in the order of their names, with a time that never changes.
fn zip_of(files: &BTreeMap<String, Vec<u8>>) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
