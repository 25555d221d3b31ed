//! Databases on their way to where their users fetch them.
#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "../../index/tests/common/mod.rs"]
mod common;
#[path = "../../index/tests/common/host.rs"]
mod host;
#[path = "../../index/tests/common/release.rs"]
mod release;
mod s3;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory};
use release::{Files, at, files, is_whole, pull_with};
use rollcall_builder::{
    Error,
    publish::{Current, Folder, Objects, Published, Target, There, publish},
};
use s3::S3;
use tempfile::{TempDir, tempdir};

const MONTH: u64 = 30 * 24 * 3600;

/// A database folder with these files.
fn database(files: &Files) -> TempDir {
    let folder = tempdir().unwrap();
    files.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).unwrap());
    folder
}

fn send<T: Target>(db: &TempDir, target: &mut T, days: u64) -> Result<Published, Error> {
    let now = SystemTime::now() + Duration::from_secs(days * 24 * 3600);
    publish(db.path(), target, MONTH, now, &mut |_| ())
}

fn bucket(store: &Arc<InMemory>) -> Objects {
    let store: Arc<dyn ObjectStore> = store.clone();
    Objects::with(store, "some/folder".into(), "memory".to_owned()).unwrap()
}

/// What a bucket has, in a folder of its own.
fn fetched(target: &mut dyn FnMut(&str) -> Vec<u8>, names: Vec<String>) -> TempDir {
    let folder = tempdir().unwrap();
    for name in names {
        fs::write(folder.path().join(&name), target(&name)).unwrap();
    }
    folder
}

fn whole<T: Target>(target: &mut T, count: usize) {
    let names = target.list().unwrap().into_keys().collect();
    let folder = fetched(&mut |name| target.read(name, 1 << 24).unwrap(), names);
    is_whole(folder.path(), count);
}

#[test]
fn a_folder_gets_what_it_lacks_and_loses_what_is_old() {
    let to = tempdir().unwrap();
    let (first, second) = (at(1, 60, Some(1)), at(2, 90, Some(1)));
    fs::write(to.path().join("index.html"), "somebody else's").unwrap();
    let mut target = Folder::open(to.path()).unwrap();
    let busy = Folder::open(to.path()).unwrap_err().to_string();
    assert!(busy.contains("another"), "{busy}");

    let sent = send(&database(&first), &mut target, 0).unwrap();
    assert_eq!((sent.uploaded, sent.kept, sent.already), (first.len() - 2, 0, false));
    is_whole(to.path(), 60);
    let again = send(&database(&first), &mut target, 0).unwrap();
    assert_eq!((again.uploaded, again.already), (0, true));

    // A second version on top: the files of the first stay, for somebody may be in the middle of it.
    let sent = send(&database(&second), &mut target, 0).unwrap();
    assert_eq!(sent.removed, 0);
    is_whole(to.path(), 90);
    assert!(first.keys().all(|name| to.path().join(name).is_file()));

    // A month later the old ones are gone, and nothing else is.
    let later = send(&database(&second), &mut target, 31).unwrap();
    assert!(later.already && later.removed > 0);
    assert_eq!(files(to.path()).len(), second.len() + 1);
    is_whole(to.path(), 90);

    let older = send(&database(&first), &mut target, 31).unwrap_err().to_string();
    assert!(older.contains("2026.11.2 is published there already"), "{older}");
    is_whole(to.path(), 90);
}

#[test]
fn a_database_that_is_not_whole_is_not_published() {
    let mut damaged = at(1, 60, None);
    let shard = damaged.keys().find(|name| name.len() == 64).unwrap().clone();
    damaged.get_mut(&shard).unwrap()[20] ^= 1;
    let store = Arc::new(InMemory::new());
    assert!(send(&database(&damaged), &mut bucket(&store), 0).is_err());
    assert!(bucket(&store).current().unwrap().is_none());
}

/// A target at which somebody else is always a moment faster.
struct Slow<'a> {
    target: Objects,
    other: &'a mut dyn FnMut(),
}

impl Target for Slow<'_> {
    type Stamp = <Objects as Target>::Stamp;

    fn current(&mut self) -> Result<Option<Current<Self::Stamp>>, Error> {
        self.target.current()
    }

    fn list(&mut self) -> Result<std::collections::BTreeMap<String, There>, Error> {
        self.target.list()
    }

    fn put(&mut self, files: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        self.target.put(files)
    }

    fn commit(&mut self, latest: &[u8], before: Option<Self::Stamp>) -> Result<(), Error> {
        (self.other)();
        self.target.commit(latest, before)
    }

    fn remove(&mut self, names: &[String]) -> Result<(), Error> {
        self.target.remove(names)
    }

    fn read(&mut self, name: &str, max_bytes: usize) -> Result<Vec<u8>, Error> {
        self.target.read(name, max_bytes)
    }
}

#[test]
fn of_two_who_publish_at_once_one_wins_and_the_other_is_told() {
    let store = Arc::new(InMemory::new());
    let mine = database(&at(1, 60, None));
    let theirs = database(&at(1, 70, None));
    // On an empty bucket, and on one with a version already.
    for (mine, theirs, count) in
        [(mine, theirs, 70), (database(&at(2, 80, None)), database(&at(2, 75, None)), 75)]
    {
        let mut other = || {
            send(&theirs, &mut bucket(&store), 0).unwrap();
        };
        let mut slow = Slow { target: bucket(&store), other: &mut other };
        let lost = send(&mine, &mut slow, 0).unwrap_err();
        assert!(matches!(lost, Error::Overtaken(_)), "{lost}");
        whole(&mut bucket(&store), count);
    }
    let sent = send(&database(&at(3, 80, None)), &mut bucket(&store), 0).unwrap();
    assert_eq!(sent.version.to_string(), "2026.11.3");
    whole(&mut bucket(&store), 80);
}

#[test]
fn a_page_in_the_place_of_latest_json_is_never_overwritten() {
    let store = Arc::new(InMemory::new());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let path = "some/folder/latest.json".into();
    runtime.block_on(store.put(&path, "<html>".into())).unwrap();
    let refused = send(&database(&at(1, 60, None)), &mut bucket(&store), 0).unwrap_err();
    assert!(refused.to_string().contains("none of ours"), "{refused}");
}

#[test]
fn addresses_that_nothing_can_be_published_to() {
    for address in ["https://host/folder", "memory:///", "ftp://host", "bucket"] {
        let error = Objects::open(address, []).err().unwrap().to_string();
        assert!(error.contains("s3://bucket/folder"), "{address}: {error}");
    }
}

/// Real requests over HTTP, to moto's double of S3.
#[test]
fn two_publishers_race_on_s3() {
    let Some(s3) = S3::start() else { return };
    let dbs: Vec<TempDir> = (0..2).map(|n| database(&at(1, 60 + n, None))).collect();
    let results: Vec<Result<Published, Error>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            dbs.iter().map(|db| scope.spawn(|| send(db, &mut s3.bucket("race/db"), 0))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let winners: Vec<usize> = (0..2).filter(|&n| results[n].is_ok()).collect();
    let [winner] = winners[..] else { panic!("not one winner: {results:?}") };
    whole(&mut s3.bucket("race/db"), 60 + winner);
    let lost = results[1 - winner].as_ref().unwrap_err();
    // Who comes too late to race is told that the version is taken.
    assert!(matches!(lost, Error::Overtaken(_) | Error::Usage(_)), "{lost}");

    // And one who is overtaken between reading and writing.
    let theirs = database(&at(2, 75, None));
    let mut other = || {
        send(&theirs, &mut s3.bucket("race/db"), 0).unwrap();
    };
    let mut slow = Slow { target: s3.bucket("race/db"), other: &mut other };
    let lost = send(&database(&at(2, 80, None)), &mut slow, 0).unwrap_err();
    assert!(matches!(lost, Error::Overtaken(_)), "{lost}");
    whole(&mut s3.bucket("race/db"), 75);

    // Users fetch it as from any host.
    let here = tempdir().unwrap();
    pull_with(&s3.address("race/db"), here.path(), &Default::default()).unwrap();
    is_whole(here.path(), 75);
}

#[test]
fn wrong_keys_are_an_error_that_does_not_tell_them() {
    let settings = [
        ("AWS_ACCESS_KEY_ID", "AKIDSECRET"),
        ("AWS_SECRET_ACCESS_KEY", "very-secret-words"),
        ("AWS_ENDPOINT", "http://127.0.0.1:9"),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_MAX_RETRIES", "0"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut target = Objects::open("s3://bucket/folder", settings).unwrap();
    let error = send(&database(&at(1, 60, None)), &mut target, 0).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("s3://bucket/folder"), "{text}");
    assert!(!text.contains("secret-words") && !text.contains("AKIDSECRET"), "{text}");
}

#[test]
fn the_command_publishes_to_a_folder() {
    let to = tempdir().unwrap();
    let db = database(&at(1, 60, Some(1)));
    let folder: PathBuf = to.path().join("site");
    let run = |to: &Path| {
        let mut command = assert_cmd::Command::cargo_bin("rollcall").unwrap();
        let to = to.to_str().unwrap();
        command.args(["publish", "--db", db.path().to_str().unwrap(), "--to", to, "--json"]);
        command
    };
    let output = run(&folder).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&said["version"], &said["already"]), (&"2026.11.1".into(), &false.into()));
    is_whole(&folder, 60);

    // The layout of a release page: the archive, its checksums and latest.json, all in one folder.
    let page = to.path().join("page");
    run(&page).args(["--layout", "github"]).assert().success();
    let names = files(&page).into_keys().collect::<Vec<_>>();
    assert_eq!(names, ["SHA256SUMS", "latest.json", "rollcall-db-2026.11.1.tar.zst"]);
}
