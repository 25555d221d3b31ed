//! The folder source: one folder per person, photos in it, and optionally a `performer.json`.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Component, Path, PathBuf},
};

use rollcall_core::{Performer, PerformerId, endpoint_of};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, files};

/// The longest `performer.json` read.
const MAX_PERFORMER: u64 = 64 << 10;
/// What a photo's name may end in, in lower case.
const PHOTO_EXTENSIONS: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "avif"];

/// A person and where their photos are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who; no faces are counted yet.
    pub performer: Performer,
    /// Their folder.
    pub folder: PathBuf,
    /// Their photos, by name.
    pub photos: Vec<PathBuf>,
    /// The photo that `performer.json` wants shown, for a person at [`PerformerId::LOCAL`].
    pub reference: Option<PathBuf>,
}

/// Something in the source that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file or folder.
    pub path: PathBuf,
    /// Why, in a sentence.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Many reasons name the file themselves.
        match self.path.display().to_string() {
            path if self.reason.contains(&path) => f.write_str(&self.reason),
            path => write!(f, "{path}: {}", self.reason),
        }
    }
}

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// By the name of their folder.
    pub people: Vec<Person>,
    /// Folders that could not be used; the others are there nevertheless.
    pub problems: Vec<Problem>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PerformerFile {
    id: Option<PerformerId>,
    name: Option<String>,
    disambiguation: Option<String>,
    country: Option<String>,
    #[serde(default)]
    stash_ids: BTreeMap<String, Uuid>,
    image: Option<String>,
}

/// Reads who is in `root`. Hidden files and folders are passed over.
///
/// # Errors
/// When `root` itself cannot be read.
pub fn read_people(root: &Path) -> Result<People, Error> {
    let mut all = People::default();
    let mut known = BTreeMap::new();
    for folder in entries(root)? {
        if !folder.is_dir() {
            continue;
        }
        match read_person(&folder) {
            Ok(person) => match known.insert(person.performer.id.clone(), folder.clone()) {
                None => all.people.push(person),
                Some(first) => {
                    known.insert(person.performer.id, first.clone());
                    let reason = format!("{} has the same id already", first.display());
                    all.problems.push(Problem { path: folder, reason });
                }
            },
            Err(reason) => all.problems.push(Problem { path: folder, reason }),
        }
    }
    Ok(all)
}

/// The photos directly in `folder`, by name.
///
/// # Errors
/// When it cannot be read.
pub fn photos_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    Ok(entries(folder)?.into_iter().filter(|p| is_photo(p) && p.is_file()).collect())
}

fn is_photo(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|e| PHOTO_EXTENSIONS.contains(&e.as_str()))
}

/// What is in a folder, by name, without what is hidden.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::read(folder))? {
        let entry = entry.map_err(Error::read(folder))?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn read_person(folder: &Path) -> Result<Person, String> {
    let name = folder.file_name().and_then(|n| n.to_str()).ok_or("its name is not UTF-8")?;
    let path = folder.join("performer.json");
    let about: PerformerFile = if path.is_file() {
        let bytes = files::read_limited(&path, MAX_PERFORMER).map_err(|e| e.to_string())?;
        serde_json::from_slice(&bytes).map_err(|e| format!("performer.json: {e}"))?
    } else {
        PerformerFile::default()
    };
    let photos = photos_in(folder).map_err(|e| e.to_string())?;
    let id = about.id.unwrap_or_else(|| PerformerId::local(name));
    let local = id.endpoint() == PerformerId::LOCAL;
    if let Some(image) = &about.image {
        if local && !(is_file_name(image) && folder.join(image).is_file()) {
            return Err(format!("performer.json: there is no {image:?} in the folder"));
        }
        if !local && !is_plain_path(image) {
            return Err(format!("performer.json: {image:?} is no plain relative path"));
        }
    }
    Ok(Person {
        reference: about.image.as_ref().filter(|_| local).map(|image| folder.join(image)),
        performer: Performer {
            disambiguation: about.disambiguation,
            country: about.country,
            stash_ids: about.stash_ids.iter().map(|(e, id)| (endpoint_of(e), *id)).collect(),
            image: about.image.filter(|_| !local),
            faces: 0,
            ..Performer::named(id, about.name.as_deref().unwrap_or(name))
        },
        folder: folder.to_owned(),
        photos,
    })
}

fn is_file_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
}

/// Path segments of `[A-Za-z0-9._-]`, never `..` (see [`Performer::image`]).
fn is_plain_path(path: &str) -> bool {
    path.len() <= 255
        && path.split('/').all(|segment| {
            !segment.is_empty()
                && segment != ".."
                && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, path: &str, text: &str) {
        files::write_atomically(&root.join(path), text.as_bytes()).unwrap();
    }

    #[test]
    fn a_bare_folder_is_a_local_person() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "Ada Lovelace/b.JPG", "");
        put(root.path(), "Ada Lovelace/a.png", "");
        put(root.path(), "Ada Lovelace/notes.txt", "");
        put(root.path(), "Ada Lovelace/.a.jpg", "");
        put(root.path(), ".hidden/a.jpg", "");
        put(root.path(), "stray.jpg", "");
        let found = read_people(root.path()).unwrap();
        assert_eq!(found.problems, []);
        let [ada] = &found.people[..] else { panic!("{found:?}") };
        assert_eq!(ada.performer.id, PerformerId::local("Ada Lovelace"));
        assert_eq!(ada.performer.name, "Ada Lovelace");
        let names: Vec<_> = ada.photos.iter().map(|p| p.file_name().unwrap()).collect();
        assert_eq!(names, ["a.png", "b.JPG"]);
    }

    #[test]
    fn performer_json_says_who() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "x/face.jpg", "");
        put(
            root.path(),
            "x/performer.json",
            r#"{"id": "stashdb.org:00000000-0000-0000-0000-000000000001", "name": "Ada",
                "country": "GB", "image": "images/ada.jpg",
                "stash_ids": {"https://theporndb.net/graphql": "00000000-0000-0000-0000-000000000002"}}"#,
        );
        let found = read_people(root.path()).unwrap();
        let performer = &found.people[0].performer;
        assert_eq!(performer.id.to_string(), "stashdb.org:00000000-0000-0000-0000-000000000001");
        assert_eq!(performer.stash_ids["theporndb.net"], Uuid::from_u128(2));
        assert_eq!(performer.image.as_deref(), Some("images/ada.jpg"));
        assert_eq!(found.people[0].reference, None);
    }

    #[test]
    fn one_bad_folder_is_named_and_the_rest_read() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "good/a.jpg", "");
        put(root.path(), "bad-json/performer.json", "{");
        put(root.path(), "bad-key/performer.json", r#"{"nmae": "x"}"#);
        put(root.path(), "bad-id/performer.json", r#"{"id": "stashdb.org"}"#);
        put(root.path(), "climbing/performer.json", r#"{"image": "../../etc/passwd"}"#);
        put(root.path(), "far/performer.json", r#"{"image": "/etc/passwd"}"#);
        put(root.path(), "no-image/performer.json", r#"{"image": "gone.jpg"}"#);
        let found = read_people(root.path()).unwrap();
        assert_eq!(found.people.len(), 1);
        assert_eq!(found.problems.len(), 6, "{:?}", found.problems);
    }

    #[test]
    fn two_folders_cannot_be_one_person() {
        let root = tempfile::tempdir().unwrap();
        let id = PerformerId::local("a");
        put(root.path(), "a/x.jpg", "");
        put(root.path(), "b/performer.json", &format!(r#"{{"id": "{id}"}}"#));
        put(root.path(), "c/performer.json", &format!(r#"{{"id": "{id}"}}"#));
        let found = read_people(root.path()).unwrap();
        assert_eq!(found.people.len(), 1);
        assert_eq!(found.problems.len(), 2);
        assert!(found.problems[1].reason.contains("/a "), "{:?}", found.problems);
    }

    #[test]
    fn no_folder_no_people() {
        assert!(read_people(Path::new("/nowhere/at/all")).is_err());
    }
}
