//! Format 1 as it lies in `tests/format`: golden files, and a reader in another language.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{open, people};
use pollster::block_on;
use rollcall_core::{
    ChannelOrder, Crop, Embedding, Lookup, PerPlane, Performer, PerformerId, Standardise,
};
use rollcall_index::{
    DirectorySink, DirectoryStore, PerformerEntry, SplitMix64, WriteOptions, write_database,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// 2 planes, and 3 planes with padding.
const DIMENSIONS: [usize; 2] = [512, 100];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/format")
}

/// Per model, a raw vector of small whole numbers, so that every language reads the same.
type Query = Vec<Vec<i8>>;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Named {
    id: String,
    name: String,
    similarity: f32,
}

fn raw(random: &mut SplitMix64, around: Option<&Query>) -> Query {
    let vector = |(model, dimension): (usize, usize)| {
        let value = |i: usize| {
            let noise = (random.next().unwrap() % 15) as i8 - 7;
            around.map_or(noise, |around| around[model][i] + noise / 2)
        };
        (0..dimension).map(value).collect()
    };
    DIMENSIONS.into_iter().enumerate().map(vector).collect()
}

fn face(query: &Query) -> Vec<Embedding> {
    let values = |raw: &Vec<i8>| raw.iter().map(|&x| f32::from(x)).collect();
    query.iter().map(|raw| Embedding::from_raw(values(raw)).unwrap()).collect()
}

/// Seven people, one of them removed, with 1 to 40 faces; and a query for each.
fn golden() -> (Vec<PerformerEntry>, Vec<Query>, WriteOptions) {
    let mut random = SplitMix64(2026);
    let mut options = common::options(&DIMENSIONS);
    let (mut entries, mut queries) = (Vec::new(), Vec::new());
    for (number, faces) in [1, 2, 3, 5, 8, 40, 1].into_iter().enumerate() {
        let look = raw(&mut random, None);
        let mut performer: Performer = common::performer(&format!("Person {number} – Ünï ✓"));
        let id = performer.id.uuid();
        if number % 2 == 1 {
            performer.stash_ids = [("stashdb.org".into(), id), ("theporndb.net".into(), id)].into();
            let merged = Uuid::from_u128(number as u128);
            performer.merged_ids = [PerformerId::new("stashdb.org", merged).unwrap()].into();
            performer.country = Some("NO".into());
            performer.disambiguation = Some("the odd one".into());
            performer.image = Some(format!("images/{number}.jpg"));
        }
        if number == 6 {
            options.tombstones.insert(performer.id.clone());
        }
        let faces = (0..faces).map(|_| face(&raw(&mut random, Some(&look)))).collect();
        queries.push(raw(&mut random, Some(&look)));
        entries.push(PerformerEntry { performer, faces });
    }
    (entries, queries, options)
}

fn names(found: rollcall_core::Found) -> Vec<Named> {
    let named = |c: rollcall_core::Candidate| Named {
        id: c.performer.id.to_string(),
        name: c.performer.name,
        similarity: c.similarity.0,
    };
    found.candidates.into_iter().map(named).collect()
}

fn ask(folder: &Path, queries: &[Query], limit: usize) -> Vec<Vec<Named>> {
    let database = open(DirectoryStore::new(folder), &DIMENSIONS);
    let ask = |query| names(block_on(database.find(&face(query), limit)).unwrap());
    queries.iter().map(ask).collect()
}

fn assert_same(a: &[Vec<Named>], b: &[Vec<Named>]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
        assert_eq!((&a.id, &a.name), (&b.id, &b.name));
        assert!((a.similarity - b.similarity).abs() < 1e-5, "{a:?} {b:?}");
    }
    assert!(a.iter().zip(b).all(|(a, b)| a.len() == b.len()));
}

/// With `ROLLCALL_BLESS` set, the golden files are made anew: only before a format is published.
#[test]
fn golden_files_still_open_and_are_still_written() {
    let (entries, queries, options) = golden();
    let golden = folder().join("golden");
    if std::env::var_os("ROLLCALL_BLESS").is_some() {
        let _ = fs::remove_dir_all(&golden);
        let mut sink = DirectorySink::create(golden.join("database")).unwrap();
        write_database(entries.clone(), &options, &mut sink).unwrap();
        fs::remove_file(golden.join("database/.lock")).unwrap();
        let answers = ask(&golden.join("database"), &queries, 5);
        fs::write(golden.join("queries.json"), serde_json::to_string(&queries).unwrap()).unwrap();
        let answers = serde_json::to_string_pretty(&answers).unwrap();
        fs::write(golden.join("answers.json"), answers + "\n").unwrap();
    }
    let read = |name: &str| fs::read_to_string(golden.join(name)).unwrap();
    let queries: Vec<Query> = serde_json::from_str(&read("queries.json")).unwrap();
    let answers: Vec<Vec<Named>> = serde_json::from_str(&read("answers.json")).unwrap();
    assert_same(&ask(&golden.join("database"), &queries, 5), &answers);
    for (entry, answer) in entries.iter().zip(&answers).take(6) {
        assert_eq!(answer[0].id, entry.performer.id.to_string());
        assert!(answer[0].similarity > 0.8, "{answer:?}");
    }
    assert!(answers[6].iter().all(|found| found.similarity < 0.5), "the removed one is not found");

    let ours = tempfile::tempdir().unwrap();
    let mut sink = DirectorySink::create(ours.path()).unwrap();
    write_database(entries, &options, &mut sink).unwrap();
    let files = fs::read_dir(golden.join("database")).unwrap().map(|file| file.unwrap().path());
    for file in files {
        let written = fs::read(ours.path().join(file.file_name().unwrap()));
        assert_eq!(written.unwrap(), fs::read(&file).unwrap(), "{}", file.display());
    }
    assert_eq!(
        fs::read_dir(ours.path()).unwrap().count(),
        fs::read_dir(golden.join("database")).unwrap().count() + 1,
        "and the lock"
    );
}

/// Runs `reader.py` with `ROLLCALL_PYTHON` (or `python3`), which must have msgpack and numpy.
fn read_with_python(database: &Path, queries: &Path) -> Option<Vec<Vec<Named>>> {
    let python = std::env::var("ROLLCALL_PYTHON").unwrap_or_else(|_| "python3".into());
    let probe = Command::new(&python).args(["-c", "import msgpack, numpy"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        println!("skipped: {python} has no msgpack and numpy (name one in ROLLCALL_PYTHON)");
        return None;
    }
    let mut command = Command::new(&python);
    let output = command.arg(folder().join("reader.py")).arg(database).arg(queries).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_reader_written_from_the_document_finds_the_same_people() {
    let golden = folder().join("golden");
    let queries = golden.join("queries.json");
    let Some(theirs) = read_with_python(&golden.join("database"), &queries) else { return };
    let queries: Vec<Query> = serde_json::from_slice(&fs::read(queries).unwrap()).unwrap();
    // The document's reader shows all that are reranked.
    let ours = ask(&golden.join("database"), &queries, 5);
    let first = |all: Vec<Vec<Named>>| {
        all.into_iter()
            .map(|mut v| {
                v.truncate(5);
                v
            })
            .collect::<Vec<_>>()
    };
    assert_same(&first(theirs), &ours);

    // Several shards, from the writer as it is today.
    let folder = tempfile::tempdir().unwrap();
    let (entries, looks) = crowd();
    let mut sink = DirectorySink::create(folder.path().join("db")).unwrap();
    let options = common::options(&DIMENSIONS);
    let manifest = write_database(entries, &options, &mut sink).unwrap();
    assert!(manifest.counts.shards > 3);
    assert_eq!(manifest.segments[0].looks.len(), 15);
    let path = folder.path().join("queries.json");
    fs::write(&path, serde_json::to_vec(&looks).unwrap()).unwrap();
    let Some(theirs) = read_with_python(&folder.path().join("db"), &path) else { return };
    let ours = ask(&folder.path().join("db"), &looks, 1);
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_same(
            &[vec![Named { id: theirs[0].id.clone(), name: theirs[0].name.clone(), ..theirs[0] }]],
            std::slice::from_ref(ours),
        );
    }
}

fn crowd() -> (Vec<PerformerEntry>, Vec<Query>) {
    let mut random = SplitMix64(7);
    let mut looks = Vec::new();
    let mut entries = people(150, 3, &DIMENSIONS, 1);
    for (number, entry) in entries.iter_mut().enumerate() {
        let look = raw(&mut random, None);
        entry.faces = (0..3).map(|_| face(&raw(&mut random, Some(&look)))).collect();
        if number % 10 == 0 {
            let other = raw(&mut random, None);
            entry.faces.extend((0..2).map(|_| face(&raw(&mut random, Some(&other)))));
        }
        looks.push(look);
    }
    (entries, looks)
}

/// A database says in these words how its faces were fed; other words are another model.
#[test]
fn the_words_for_feeding_a_face_do_not_change() {
    let mut spec = common::embedder("m", 'a', 128);
    let mut words = |mean: PerPlane, scale: PerPlane| {
        (spec.mean, spec.scale) = (mean, scale);
        rollcall_index::preprocessing_of(&spec)
    };
    // SFace and the MobileFaceNet of opencv-mbf, as databases of version 0.1 have them.
    assert_eq!(words(0.0.into(), 1.0.into()), "umeyama112-rgb-minus0-times1");
    let words_of_mbf = words(127.0.into(), 0.007_812_5.into());
    assert_eq!(words_of_mbf, "umeyama112-rgb-minus127-times0.0078125");
    let each = words(PerPlane([123.5, 116.0, 104.0]), 0.5.into());
    assert_eq!(each, "umeyama112-rgb-minus123.5,116,104-times0.5");
    spec.mean = 0.0.into();
    spec.channels = ChannelOrder::Bgr;
    spec.crop = Crop::Facenet160;
    spec.standardise = Standardise::PerImage;
    assert_eq!(rollcall_index::preprocessing_of(&spec), "facenet160-bgr-perimage-minus0-times0.5");
}
