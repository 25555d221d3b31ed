//! Copies of databases, kept up to date over HTTP.
#![allow(clippy::panic, clippy::unwrap_used, reason = "these are tests")]

mod common;
#[path = "common/host.rs"]
mod host;
#[path = "common/release.rs"]
mod release;

use std::{collections::BTreeMap, fs, path::Path, thread, time::Duration};

use host::Host;
use release::{at, is_whole, key, names, pull, pull_with, source};
use rollcall_index::{
    Distrust, IndexError, LATEST, StoreError,
    pull::{PREVIOUS, Progress, PullOptions, check},
};
use tempfile::tempdir;

#[test]
fn only_what_is_missing_is_fetched() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 300, None)));
    let first = pull(&host, folder.path()).unwrap();
    assert!(first.files >= 8, "{first:?}");
    assert_eq!((first.fetched_files, host.fetched()), (first.files, first.files));
    assert_eq!((first.before, first.first_visit, first.removed_files), (None, true, 0));
    is_whole(folder.path(), 300);

    let again = pull(&host, folder.path()).unwrap();
    assert_eq!((again.fetched_files, host.fetched(), again.fetched_bytes), (0, 0, 0));
    assert!(!folder.path().join(PREVIOUS).exists(), "it is the same release");

    // One is gone, one is cut, one is rotten.
    let hashed: Vec<_> = names(folder.path()).into_iter().filter(|n| n.len() == 64).collect();
    fs::remove_file(folder.path().join(&hashed[0])).unwrap();
    fs::write(folder.path().join(&hashed[1]), b"cut").unwrap();
    let rotten = folder.path().join(&hashed[2]);
    let mut bytes = fs::read(&rotten).unwrap();
    bytes[0] ^= 1;
    fs::write(rotten, bytes).unwrap();
    let mended = pull(&host, folder.path()).unwrap();
    assert_eq!((mended.fetched_files, host.fetched()), (3, 3));
    is_whole(folder.path(), 300);
}

#[test]
fn requests_tell_the_host_nothing() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 5, None)));
    pull(&host, folder.path()).unwrap();
    for (_, headers) in host.requests() {
        assert_eq!(headers["accept-encoding"], "identity");
        for name in ["cookie", "referer", "authorization", "accept-language"] {
            assert!(!headers.contains_key(name), "{name}");
        }
    }
}

#[test]
fn a_folder_is_a_source_too() {
    let (from, to) = (tempdir().unwrap(), tempdir().unwrap());
    for (name, bytes) in at(1, 20, None) {
        fs::write(from.path().join(name), bytes).unwrap();
    }
    let sources = [from.path().display().to_string(), format!("file://{}", from.path().display())];
    for (i, source) in sources.iter().enumerate() {
        let to = to.path().join(i.to_string());
        pull_with(source, &to, &PullOptions::default()).unwrap();
        is_whole(&to, 20);
    }
    let same = pull_with(&sources[0], from.path(), &PullOptions::default()).unwrap_err();
    assert!(same.to_string().contains("both source and target"), "{same}");
}

#[test]
fn the_release_before_stays_until_the_next_but_one() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 100, None)));
    let path = folder.path();
    pull(&host, path).unwrap();
    let first = release::files(path);
    host.offer(at(2, 200, None));
    let second = pull(&host, path).unwrap();
    assert_eq!((second.before.as_deref(), second.removed_files), (Some("2026.11.1"), 0));
    assert!(!second.first_visit);
    is_whole(path, 200);
    // Back to the one before: all its files are there.
    let back = tempdir().unwrap();
    release::copy(path, back.path());
    fs::rename(back.path().join(PREVIOUS), back.path().join(LATEST)).unwrap();
    is_whole(back.path(), 100);

    host.offer(at(3, 250, None));
    let third = pull(&host, path).unwrap();
    assert_eq!(third.before.as_deref(), Some("2026.11.2"));
    assert!(third.removed_files >= 6, "{third:?}");
    assert!(first.keys().filter(|name| name.len() == 64).all(|name| !path.join(name).exists()));
    is_whole(path, 250);
    fs::rename(path.join(PREVIOUS), path.join(LATEST)).unwrap();
    is_whole(path, 200);
}

#[test]
fn a_check_changes_nothing_and_tells_the_price() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 100, None)));
    let path = folder.path().join("db");
    let options = PullOptions::default();
    let price = check(&source(&host), &path, &options).unwrap();
    assert!(!path.exists() && price.newer && price.installed.is_none());
    let pulled = pull(&host, &path).unwrap();
    assert_eq!((price.files, price.bytes), (pulled.fetched_files, pulled.fetched_bytes));

    host.requests();
    let none = check(&source(&host), &path, &options).unwrap();
    assert_eq!((none.newer, none.files, none.bytes), (false, 0, 0));
    assert_eq!(host.asked(), 2, "latest.json and the manifest");
    let before = release::files(&path);
    host.offer(at(2, 100, None));
    let newer = check(&source(&host), &path, &options).unwrap();
    assert_eq!(newer.installed.as_deref(), Some("2026.11.1"));
    assert_eq!((newer.available.as_str(), newer.newer), ("2026.11.2", true));
    assert_eq!(newer.files, 0, "the same people are the same files");
    assert_eq!(release::files(&path), before);
}

#[test]
fn progress_adds_up() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 100, None)));
    let (mut planned, mut fetched, mut checked) = ((0, 0), (0, 0), 0);
    let mut note = |progress| match progress {
        Progress::Checked(more, _) => checked += more,
        Progress::Planned(files, bytes) => planned = (files, bytes),
        Progress::Fetched(bytes) => fetched = (fetched.0 + 1, fetched.1 + bytes),
    };
    let options = PullOptions::default();
    rollcall_index::pull::pull(&source(&host), folder.path(), &options, &mut note).unwrap();
    assert!(planned.0 > 4 && planned == fetched && checked == planned.0);
}

#[test]
fn keys_are_remembered_and_versions_only_rise() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(2, 30, Some(1))));
    let path = folder.path();
    let first = pull(&host, path).unwrap();
    assert!(first.first_visit && first.signer == Some(key(1).public().fingerprint()));
    let good = release::files(path);
    let refused = |files: BTreeMap<String, Vec<u8>>| {
        host.offer(files);
        let error = pull(&host, path).unwrap_err();
        assert_eq!(release::files(path), good, "{error}");
        is_whole(path, 30);
        error
    };
    for (version, signer) in [(3, None), (3, Some(2)), (1, Some(1))] {
        let error = refused(at(version, 40, signer));
        let older = matches!(&error, IndexError::Unconfirmed { why: Distrust::Older { .. }, .. });
        assert_eq!(older, version == 1, "{error}");
    }
    // A forged one: signed by the right key, then changed.
    let mut forged = at(3, 40, Some(1));
    let name = release::manifest_of(&forged);
    let mut bytes = forged[&name].clone();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    release::rename_manifest(&mut forged, bytes);
    assert!(matches!(refused(forged), IndexError::Forged(_) | IndexError::Damaged { .. }));

    // The user's word counts for one manifest.
    host.offer(at(1, 40, Some(1)));
    let Err(IndexError::Unconfirmed { manifest, .. }) = pull(&host, path) else { panic!() };
    let mut options = PullOptions::default();
    options.trust.confirmed = Some(manifest);
    assert_eq!(pull_with(&host.address, path, &options).unwrap().version, "2026.11.1");
    is_whole(path, 40);
}

#[test]
fn a_confirmed_release_lowers_no_bar_for_others() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(5, 30, Some(1))));
    let path = folder.path();
    pull(&host, path).unwrap();
    let confirm = |files| {
        host.offer(files);
        let Err(IndexError::Unconfirmed { manifest, .. }) = pull(&host, path) else { panic!() };
        let mut options = PullOptions::default();
        options.trust.confirmed = Some(manifest);
        pull_with(&host.address, path, &options).unwrap();
        // The same one again, as the server does every day: the user's word holds.
        assert_eq!(pull(&host, path).unwrap().fetched_files, 0);
    };
    let refused = |files| {
        host.offer(files);
        match pull(&host, path) {
            Err(IndexError::Unconfirmed { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    };
    confirm(at(2, 30, Some(1)));
    assert!(matches!(refused(at(2, 40, Some(1))), Distrust::Older { .. }), "another one of then");
    assert!(matches!(refused(at(4, 30, Some(1))), Distrust::Older { .. }), "5 was here before");
    confirm(at(6, 30, None));
    assert!(matches!(refused(at(6, 40, None)), Distrust::Signer { .. }), "the key is still known");
    assert!(matches!(refused(at(7, 40, Some(2))), Distrust::Signer { .. }));
    host.offer(at(8, 40, Some(1)));
    pull(&host, path).unwrap();
    // What was confirmed once is old by now.
    assert!(matches!(refused(at(2, 30, Some(1))), Distrust::Older { .. }));
    is_whole(path, 40);
}

#[test]
fn pinned_keys_must_have_signed() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 10, Some(1))));
    let mut options = PullOptions::default();
    options.trust.pinned = vec![key(2).public()];
    let error = pull_with(&host.address, folder.path(), &options).unwrap_err();
    assert!(matches!(error, IndexError::NotPinned { .. }), "{error}");
    assert!(release::files(folder.path()).is_empty());
    options.trust.pinned.push(key(1).public());
    pull_with(&host.address, folder.path(), &options).unwrap();
}

#[test]
fn what_is_remembered_is_not_forgotten_by_accident() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 10, Some(1))));
    pull(&host, folder.path()).unwrap();
    // Without its database the key is still known.
    fs::remove_file(folder.path().join(LATEST)).unwrap();
    host.offer(at(2, 10, Some(2)));
    assert!(matches!(pull(&host, folder.path()), Err(IndexError::Unconfirmed { .. })));
    fs::write(folder.path().join(".rollcall-trust.json"), b"{").unwrap();
    let error = pull(&host, folder.path()).unwrap_err().to_string();
    assert!(error.contains("delete the file and try again"), "{error}");
}

#[test]
fn two_pulls_do_not_share_a_folder() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 100, None)));
    host.pause(Duration::from_millis(100));
    let pulls = thread::scope(|scope| {
        let run = || scope.spawn(|| pull(&host, folder.path()));
        [run(), run()].map(|pull| pull.join().unwrap())
    });
    let busy = pulls.iter().filter(|pull| matches!(pull, Err(IndexError::Busy(_)))).count();
    assert_eq!(busy, 1, "{pulls:?}");
    is_whole(folder.path(), 100);
}

#[test]
fn a_foreign_folder_is_left_alone() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 3, None)));
    let theirs = folder.path().join("ab".repeat(32));
    fs::write(&theirs, b"somebody's").unwrap();
    let error = pull(&host, folder.path()).unwrap_err().to_string();
    assert!(error.contains("choose another folder"), "{error}");
    assert_eq!(fs::read(theirs).unwrap(), b"somebody's");
}

#[test]
fn other_files_of_the_folder_stay() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 3, None)));
    let keep = |path: &Path| path.join("notes.txt");
    fs::write(keep(folder.path()), b"mine").unwrap();
    for version in 1..4 {
        host.offer(at(version, 10 * version as usize, None));
        pull(&host, folder.path()).unwrap();
    }
    assert_eq!(fs::read(keep(folder.path())).unwrap(), b"mine");
}

#[test]
fn no_host_at_all() {
    let folder = tempdir().unwrap();
    let error = pull_with("http://127.0.0.1:9/db", folder.path(), &PullOptions::default());
    let error = error.unwrap_err();
    assert!(matches!(error, IndexError::Store(StoreError::Unreachable { .. })), "{error}");
    let words = error.to_string();
    assert!(words.contains("latest.json") && words.contains("check the connection"), "{words}");
}
