//! A folder of people to a database.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use rollcall_core::{BoundingBox, Embedding, PerformerId, Recogniser};
use rollcall_index::{
    DatabaseWriter, DirectorySink, IndexError, Manifest, PerformerEntry, SigningKey, Sink,
    WriteOptions,
};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    distractors::{Distractors, FEWEST_PEOPLE, distractor},
    files,
    folder::{self, Person, Problem},
    photo::{self, Photo, SeenFace},
    pipeline::PeopleReport,
    reference::reference_picture,
    setup::Setup,
    terminal::Terminal,
    workers,
};

/// The folder of reference pictures in a database.
const IMAGES: &str = "images";

/// What to build.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// One folder per person.
    pub source: PathBuf,
    /// Where the database goes.
    pub out: PathBuf,
    /// Take only the first photo of each person, by name, that has a usable face.
    pub one_per_person: bool,
    /// Made-up performers to add, for measuring.
    pub distractors: usize,
    /// What they are drawn from.
    pub distractor_seed: u64,
    /// The database's version.
    pub version: String,
    /// Its time of birth, in seconds since 1970.
    pub created: u64,
    /// Who vouches for it.
    pub key: Option<SigningKey>,
    /// How many photos at once; [`Setup::jobs`] decides if none is given.
    pub jobs: Option<usize>,
}

/// What became of the source. It stays beside the database, for it names files.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BuildReport {
    /// People with a template, without made-up ones.
    pub performers: usize,
    /// Faces kept, of real people.
    pub faces: usize,
    /// Made-up performers: the database is for measuring, not for publishing.
    #[serde(default)]
    pub distractors: usize,
    /// What they were drawn from.
    #[serde(default)]
    pub distractor_seed: u64,
    /// The photos used. `rollcall eval` leaves them out of the probes.
    pub gallery: Vec<GalleryPhoto>,
    /// Photos and people that could not be used.
    pub problems: Vec<Problem>,
    /// What became of upstreams' performers, where the database is made from such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<PeopleReport>,
}

/// A photo whose face is in the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryPhoto {
    /// Whose.
    pub performer: PerformerId,
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
}

impl BuildReport {
    /// Where the report of the database in `folder` lies: beside it, never in it, so that it is
    /// not published by accident.
    #[must_use]
    pub fn path(folder: &Path) -> PathBuf {
        files::beside(folder, ".report.json")
    }

    /// The report of the database in `folder`, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(folder: &Path) -> Result<Option<Self>, Error> {
        let path = Self::path(folder);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = fs::read(&path).map_err(Error::read(&path))?;
        serde_json::from_slice(&bytes).map(Some).map_err(|e| Error::Read { path, source: e.into() })
    }
}

/// Builds a database. A bad photo or person is reported and left out, never the end of it.
///
/// # Errors
/// When the source cannot be read, nobody in it has a usable face, or `out` cannot be written.
pub fn build(
    options: &BuildOptions,
    setup: &Setup,
    terminal: Terminal,
) -> Result<(Manifest, BuildReport), Error> {
    let jobs = setup.jobs(options.jobs);
    let folder::People { people, problems } = folder::read_people(&options.source)?;
    let mut report = BuildReport { problems, ..BuildReport::default() };
    let bar = terminal.bar("people", people.len());
    let enrolled = workers::map(
        &people,
        jobs,
        || setup.recogniser(jobs),
        |recogniser, person| enrol(recogniser, person, options.one_per_person),
        || bar.inc(1),
    )?;
    bar.finish_and_clear();

    let database = |e: IndexError| Error::Database(e.to_string());
    let mut write =
        WriteOptions::new(&options.version, options.created, setup.pack()).map_err(database)?;
    write.key.clone_from(&options.key);
    write.distractors = options.distractors as u64;
    let mut writer = DatabaseWriter::new(write);
    let mut pictures = Vec::new();
    // One face of everybody, that distractors be like them.
    let mut real = Vec::new();
    for (person, enrolled) in people.iter().zip(enrolled) {
        report.problems.extend(enrolled.problems);
        let mut performer = person.performer.clone();
        if enrolled.faces.is_empty() {
            let reason = format!("no usable face in {} photos", person.photos.len());
            report.problems.push(Problem { path: person.folder.clone(), reason });
            continue;
        }
        if let Some(picture) = enrolled.picture {
            let path = format!("{IMAGES}/{}.jpg", performer.id.uuid());
            pictures.push((path.clone(), picture));
            performer.image = Some(path);
        }
        performer.faces = u32::try_from(enrolled.faces.len()).unwrap_or(u32::MAX);
        let faces = enrolled.faces.into_iter().map(|seen| seen.embeddings).collect::<Vec<_>>();
        let count = faces.len();
        real.extend(faces.first().filter(|_| options.distractors > 0).cloned());
        match writer.add(PerformerEntry { performer, faces }) {
            Ok(()) => {
                report.faces += count;
                report.gallery.extend(enrolled.gallery);
            }
            Err(error) => {
                let reason = error.to_string();
                report.problems.push(Problem { path: person.folder.clone(), reason });
            }
        }
    }
    report.performers = writer.len();
    if writer.is_empty() {
        let first = report.problems.first().map(|p| format!(", for example {p}"));
        return Err(Error::Usage(format!(
            "nobody in {} has a usable face{}; put one folder per person into it, with photos",
            options.source.display(),
            first.unwrap_or_default()
        )));
    }
    add_distractors(options, &real, &mut writer, &mut report)?;
    let manifest = publish(&options.out, writer, &pictures)?;
    let path = BuildReport::path(&options.out);
    files::write_json(&path, &report)?;
    Ok((manifest, report))
}

/// Adds made-up performers who are as like the `real` ones as those are like each other.
fn add_distractors(
    options: &BuildOptions,
    real: &[Vec<Embedding>],
    writer: &mut DatabaseWriter,
    report: &mut BuildReport,
) -> Result<(), Error> {
    if options.distractors == 0 {
        return Ok(());
    }
    let mut source = Distractors::like(real, options.distractor_seed).ok_or_else(|| {
        Error::Usage(format!(
            "distractors are drawn to be like the people in {}, of whom {} have a face; put at least {FEWEST_PEOPLE} into it",
            options.source.display(),
            real.len()
        ))
    })?;
    for number in 1..=options.distractors {
        let face = source.draw().map_err(|e| Error::Database(e.to_string()))?;
        let performer = distractor(number, options.distractor_seed);
        writer.add(PerformerEntry { performer, faces: vec![face] })?;
    }
    report.distractors = options.distractors;
    report.distractor_seed = options.distractor_seed;
    Ok(())
}

/// A person as the photos show them.
#[derive(Default)]
struct Enrolled {
    faces: Vec<SeenFace>,
    gallery: Vec<GalleryPhoto>,
    picture: Option<Vec<u8>>,
    problems: Vec<Problem>,
}

fn enrol(recogniser: &Recogniser, person: &Person, only_one: bool) -> Enrolled {
    let mut enrolled = Enrolled::default();
    let mut photos: Vec<(&Path, Photo)> = Vec::new();
    for path in &person.photos {
        match photo::faces_of(recogniser, path) {
            Ok(photo) if photo.faces.is_empty() => {
                enrolled.problem(path, "no face found".to_owned());
            }
            Ok(photo) => photos.push((path, photo)),
            Err(error) => enrolled.problem(path, error.to_string()),
        }
        if only_one && !photos.is_empty() {
            break;
        }
    }
    let (paths, photos): (Vec<&Path>, Vec<Photo>) = photos.into_iter().unzip();
    let mut shown = None;
    for ((path, photo), face) in paths.into_iter().zip(&photos).zip(photo::the_person_in(&photos)) {
        let Some(face) = face else {
            enrolled
                .problem(path, "none of its faces is like those of the other photos".to_owned());
            continue;
        };
        shown.get_or_insert((path, face.face.bounding_box));
        enrolled.faces.push(face.clone());
        enrolled.gallery.push(GalleryPhoto {
            performer: person.performer.id.clone(),
            path: path.to_owned(),
            sha256: photo.sha256.clone(),
        });
    }
    if person.performer.id.endpoint() == PerformerId::LOCAL {
        enrolled.picture = shown.and_then(|(path, face)| picture_of(person, path, &face));
    }
    enrolled
}

/// The reference picture: the one `performer.json` names, else the face in the first photo.
fn picture_of(person: &Person, path: &Path, face: &BoundingBox) -> Option<Vec<u8>> {
    let (path, face) = match &person.reference {
        Some(wanted) if wanted != path => (wanted.as_path(), None),
        _ => (path, Some(face)),
    };
    let (_, pixels) = photo::read(path).ok()?;
    reference_picture(&pixels, face)
}

impl Enrolled {
    fn problem(&mut self, path: &Path, reason: String) {
        self.problems.push(Problem { path: path.to_owned(), reason });
    }
}

/// Writes pictures, then the database, and removes what an earlier build left: nobody who is no
/// longer in the source stays in the folder.
pub(crate) fn publish(
    out: &Path,
    writer: DatabaseWriter,
    pictures: &[(String, Vec<u8>)],
) -> Result<Manifest, Error> {
    let database = |e: IndexError| Error::Database(e.to_string());
    let inner = DirectorySink::create(out).map_err(database)?;
    for (name, picture) in pictures {
        files::write_atomically(&out.join(name), picture)?;
    }
    let mut sink = Recorded { inner, names: BTreeSet::new() };
    let manifest = writer.finish(&mut sink).map_err(database)?;
    remove_others(out, |name| !is_database_file(name) || sink.names.contains(name))?;
    let kept =
        |name: &str| pictures.iter().any(|(path, _)| path.strip_prefix("images/") == Some(name));
    remove_others(&out.join(IMAGES), |name| !name.ends_with(".jpg") || kept(name))?;
    Ok(manifest)
}

/// A sink that remembers what it was given.
struct Recorded {
    inner: DirectorySink,
    names: BTreeSet<String>,
}

impl Sink for Recorded {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
        self.names.insert(name.to_owned());
        self.inner.put(name, bytes)
    }

    fn publish(&mut self, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
        self.inner.publish(name, bytes)
    }
}

/// Files named by their SHA-256: shards, sketches, manifests.
pub(crate) fn is_database_file(name: &str) -> bool {
    let hash = name.strip_prefix("manifest-").and_then(|n| n.strip_suffix(".mp")).unwrap_or(name);
    hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit())
}

fn remove_others(folder: &Path, keep: impl Fn(&str) -> bool) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(Error::read(folder))?;
        if !keep(&entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path()).map_err(Error::write(entry.path()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_lies_beside_the_database() {
        for folder in ["a/db", "a/db/", "a/db/."] {
            assert_eq!(BuildReport::path(Path::new(folder)), Path::new("a/db.report.json"));
        }
    }

    #[test]
    fn only_database_files_are_ever_removed() {
        let hash = "0f".repeat(32);
        assert!(is_database_file(&hash));
        assert!(is_database_file(&format!("manifest-{hash}.mp")));
        for name in ["latest.json", "thesis.doc", &hash[1..], &format!("{hash}.jpg")] {
            assert!(!is_database_file(name), "{name}");
        }
    }
}
