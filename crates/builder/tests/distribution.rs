//! Databases on their way from who builds them to who uses them: keys, packages, pulls.
#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "../../index/tests/common/mod.rs"]
mod common;
#[path = "../../index/tests/common/host.rs"]
mod host;
#[path = "../../index/tests/common/release.rs"]
mod release;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command as Process, Stdio},
    time::Duration,
};

use assert_cmd::Command;
use host::Host;
use predicates::str::contains;
use release::{Files, at, files, is_whole, key};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

fn rollcall(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("rollcall").unwrap();
    command.args(arguments);
    command
}

fn pull(host: &Host, db: &Path) -> Command {
    rollcall(&["db", "pull", &host.address, "--json", "--db", db.to_str().unwrap()])
}

fn json_of(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn write(folder: &Path, files: &Files) {
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

#[test]
fn pull_says_what_it_did_and_check_what_it_would_do() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 60, Some(1))));
    let db = folder.path().join("db");
    let check = json_of(pull(&host, &db).arg("--check"));
    assert_eq!((&check["newer"], &check["installed"]), (&Value::Bool(true), &Value::Null));
    assert!(!db.exists());
    let pulled = json_of(&mut pull(&host, &db));
    assert_eq!(pulled["fetched_bytes"], check["bytes"]);
    assert_eq!(pulled["version"], "2026.11.1");
    is_whole(&db, 60);
    host.offer(at(2, 60, Some(1)));
    rollcall(&["db", "pull", &host.address, "--check", "--db"])
        .arg(&db)
        .assert()
        .success()
        .stdout(contains("version 2026.11.2 is there, 0 files"));
}

#[test]
fn keys_and_words_of_the_user_decide() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(2, 20, Some(1))));
    let other = key(2).public().to_string();
    let pinned = |key: &str| {
        let mut command = pull(&host, folder.path());
        command.args(["--trusted-key", key]);
        command
    };
    pinned(&other).assert().code(1).stderr(contains("not by a key you trust"));
    pinned("abc").assert().code(2).stderr(contains("64 hex digits"));
    pinned(&key(1).public().to_string()).assert().success().stderr(contains("It is signed by"));
    host.offer(at(1, 20, Some(1)));
    let refused = pull(&host, folder.path()).assert().code(1).stderr(contains("--confirm"));
    let words = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    let manifest = words.trim().rsplit(' ').next().unwrap();
    pull(&host, folder.path()).args(["--confirm", manifest]).assert().success();
    is_whole(folder.path(), 20);
}

#[test]
fn passwords_are_not_told() {
    let folder = tempdir().unwrap();
    let db = folder.path().to_str().unwrap();
    for address in ["http://me:secret@127.0.0.1:9/db", "http://me:secret@127.0.0.1:9/db?secret"] {
        let refused =
            rollcall(&["-vv", "db", "pull", address, "--db", db]).env("RUST_LOG", "trace").assert();
        let words = String::from_utf8(refused.code(1).get_output().stderr.clone()).unwrap();
        assert!(!words.contains("secret"), "{words}");
    }
}

/// SIGKILL in the middle, as a power cut or the out-of-memory killer.
#[test]
fn a_killed_pull_is_gone_on_with() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 40, None)));
    let db = folder.path();
    pull(&host, db).assert().success();
    host.offer(at(2, 1500, None));
    let whole = json_of(pull(&host, db).arg("--check"))["files"].as_u64().unwrap() as usize;
    host.requests();
    host.pause(Duration::from_millis(150));
    let mut child = Process::new(assert_cmd::cargo::cargo_bin("rollcall"))
        .args(["db", "pull", &host.address, "--db"])
        .arg(db)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while host.asked() < 12 {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    is_whole(db, 40);
    let first = host.fetched();
    assert!(first < whole, "it was killed in the middle: {first} of {whole}");
    host.pause(Duration::ZERO);
    let pulled = json_of(&mut pull(&host, db));
    let second = host.fetched();
    assert_eq!(pulled["fetched_files"], second);
    // What was on its way when the kill came is fetched again: at most six files.
    assert!(second < whole && first + second <= whole + 6, "{first} + {second} of {whole}");
    let mut names = fs::read_dir(db).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.any(|name| name.to_string_lossy().starts_with(".new")));
    is_whole(db, 1500);
}

#[test]
fn a_key_is_made_once_and_shown_without_its_secret() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("key");
    let made = rollcall(&["key", "new"]).arg(&file).assert().success();
    let shown = rollcall(&["key", "show"]).arg(&file).assert().success();
    assert_eq!(made.get_output().stdout, shown.get_output().stdout);
    let secret = fs::read_to_string(&file).unwrap();
    let secret = secret.trim();
    assert_eq!(secret.len(), 64);
    let words = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    assert!(words.starts_with("public key ") && !words.contains(secret));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    rollcall(&["key", "new"]).arg(&file).assert().code(1).stderr(contains("already"));
    assert_eq!(fs::read_to_string(&file).unwrap().trim(), secret);
    let public = json_of(rollcall(&["key", "show", "--json"]).arg(&file))["public_key"].clone();
    assert_eq!(public.as_str().unwrap().len(), 64);

    // What is nearly a key is not repeated in the error.
    fs::write(&file, format!("{secret}0")).unwrap();
    let refused = rollcall(&["-vv", "key", "show"]).arg(&file).assert().code(1);
    let words = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(words.contains("is no key's file") && !words.contains(&secret[..16]), "{words}");
    rollcall(&["key", "show"]).arg(folder.path()).assert().code(1);
}

/// From photos to another machine's answer, with real models (fetched once per cache).
#[test]
fn a_signed_build_is_pulled_with_its_key_and_used() {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    rollcall(&["models", "fetch"]).assert().success();
    rollcall(&["samples", "fetch", "--out"]).arg(path("samples")).assert().success();
    rollcall(&["key", "new"]).arg(path("key")).assert().success();
    let key = json_of(rollcall(&["key", "show", "--json"]).arg(path("key")));
    let public = key["public_key"].as_str().unwrap();
    rollcall(&["--quiet", "build", "--engine", "cpu", "--source"])
        .arg(format!("folder:{}", path("samples/gallery").display()))
        .args(["--sign-key".as_ref(), path("key").as_os_str()])
        .args(["--out".as_ref(), path("built").as_os_str()])
        .assert()
        .success();

    let host = Host::start(files(&path("built")));
    let other = release::key(2).public().to_string();
    let refused = pull(&host, &path("db")).args(["--trusted-key", &other]).assert().code(1);
    refused.stderr(contains("not by a key you trust"));
    let pulled = json_of(pull(&host, &path("db")).args(["--trusted-key", public]));
    assert_eq!(pulled["signer"], key["fingerprint"]);
    let info = json_of(rollcall(&["info", "--json", "--db"]).arg(path("db")));
    assert_eq!((&info["signer"], &info["performers"]), (&key["fingerprint"], &2.into()));
    let fingerprint = key["fingerprint"].as_str().unwrap();
    let told = rollcall(&["info", "--db"]).arg(path("db")).assert().success();
    told.stdout(contains(format!("signed by   {fingerprint}")));

    let probes = path("samples/probes/Barack Obama");
    let probe = fs::read_dir(probes).unwrap().next().unwrap().unwrap().path();
    let mut identify = rollcall(&["identify", "--json", "--engine", "cpu", "--db"]);
    let answer = json_of(identify.arg(path("db")).arg(probe));
    assert_eq!(answer["matches"][0]["name"], "Barack Obama");
}

/// A folder with a database, and one for packages.
fn packed(count: usize, part_size: Option<&str>) -> (TempDir, PathBuf, Value) {
    let folder = tempdir().unwrap();
    let db = folder.path().join("db");
    fs::create_dir(&db).unwrap();
    write(&db, &at(1, count, Some(1)));
    let package = package(folder.path(), part_size);
    (folder, db, package)
}

fn package(folder: &Path, part_size: Option<&str>) -> Value {
    let mut command = rollcall(&["package", "--json", "--db"]);
    command.arg(folder.join("db")).arg("--out").arg(folder.join("out"));
    command.args(part_size.map(|size| ["--part-size", size]).iter().flatten());
    json_of(&mut command)
}

fn unpack(archive: &Path, db: &Path) -> Command {
    let mut command = rollcall(&["db", "unpack", "--json"]);
    command.arg(archive).arg("--db").arg(db);
    command
}

fn first_of(folder: &TempDir, package: &Value) -> PathBuf {
    folder.path().join("out").join(package["parts"][0]["name"].as_str().unwrap())
}

#[test]
fn a_package_is_unpacked_byte_for_byte() {
    for (part_size, end) in [(None, ".tar.zst"), (Some("100kB"), ".tar.zst.part001")] {
        let (folder, db, package) = packed(400, part_size);
        let first = first_of(&folder, &package);
        assert!(first.to_str().unwrap().ends_with(&format!("rollcall-db-2026.11.1{end}")));
        let parts = package["parts"].as_array().unwrap();
        assert_eq!(parts.len() > 1, part_size.is_some());
        assert!(
            part_size.is_none() || parts.iter().all(|p| p["bytes"].as_u64().unwrap() <= 100_000)
        );
        let sums = Process::new("sha256sum")
            .args(["--strict", "-c", "SHA256SUMS"])
            .current_dir(folder.path().join("out"))
            .output();
        if let Ok(sums) = sums {
            assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stderr));
        }
        let unpacked = folder.path().join("unpacked");
        let report = json_of(&mut unpack(&first, &unpacked));
        assert_eq!(report["fetched_files"], report["files"]);
        assert_eq!(files(&unpacked), files(&db));
        // Again: everything is there.
        assert_eq!(json_of(&mut unpack(&first, &unpacked))["fetched_files"], 0);
    }
}

#[test]
fn the_same_database_gives_the_same_package() {
    let (folder, db, first) = packed(300, Some("100kB"));
    let out = files(&folder.path().join("out"));
    // Other times, other order in the folder, and things that do not belong there.
    let copy = at(1, 300, Some(1));
    copy.keys().rev().for_each(|name| fs::remove_file(db.join(name)).unwrap());
    fs::write(db.join("notes.txt"), b"mine").unwrap();
    copy.iter().rev().for_each(|(name, bytes)| fs::write(db.join(name), bytes).unwrap());
    assert_eq!(package(folder.path(), Some("100kB")), first);
    assert_eq!(files(&folder.path().join("out")), out);
    // In one file: the parts are gone, or somebody would put them together.
    package(folder.path(), None);
    assert_eq!(files(&folder.path().join("out")).len(), 2);
}

#[test]
fn only_a_whole_database_is_packed() {
    let (folder, db, _) = packed(300, None);
    let name = files(&db).into_keys().find(|name| name.len() == 64).unwrap();
    let good = fs::read(db.join(&name)).unwrap();
    let before = files(&folder.path().join("out"));
    let mut bad = good.clone();
    bad[0] ^= 1;
    for bytes in [Some(bad), Some(good[1..].to_vec()), None] {
        match bytes {
            Some(bytes) => fs::write(db.join(&name), bytes).unwrap(),
            None => fs::remove_file(db.join(&name)).unwrap(),
        }
        let mut command = rollcall(&["package", "--db"]);
        command.arg(&db).arg("--out").arg(folder.path().join("out"));
        command.assert().code(1).stderr(contains(&name));
        assert_eq!(files(&folder.path().join("out")), before);
    }
}

#[test]
fn a_cut_archive_leaves_the_old_database() {
    let (folder, _, package) = packed(400, Some("100kB"));
    let first = first_of(&folder, &package);
    let db = folder.path().join("target");
    fs::create_dir(&db).unwrap();
    write(&db, &at(0, 30, Some(1)));
    let count = package["parts"].as_array().unwrap().len();
    let last = first.with_extension(format!("part{count:03}"));
    let bytes = fs::read(&last).unwrap();
    for cut in [Some(bytes.len() / 2), Some(0), None] {
        match cut {
            Some(length) => fs::write(&last, &bytes[..length]).unwrap(),
            None => fs::remove_file(&last).unwrap(),
        }
        let output = unpack(&first, &db).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && words.contains("with all its parts"), "{words}");
        is_whole(&db, 30);
    }
    fs::write(&last, &bytes).unwrap();
    unpack(&first, &db).assert().success();
    is_whole(&db, 400);
}

#[test]
fn whose_archive_it_is_matters_too() {
    let (folder, _, package) = packed(40, None);
    let archive = first_of(&folder, &package);
    let db = folder.path().join("target");
    fs::create_dir(&db).unwrap();
    write(&db, &at(2, 30, Some(1)));
    unpack(&archive, &db).assert().code(1).stderr(contains("older than 2026.11.2"));
    let other = key(2).public().to_string();
    unpack(&archive, &db).args(["--trusted-key", &other]).assert().code(1);
    is_whole(&db, 30);
}

type Entry<'a> = (&'a str, tar::EntryType, &'a [u8]);

/// An archive made by hand.
fn archive(path: &Path, good: &Files, bad: &[Entry]) {
    let file = fs::File::create(path).unwrap();
    let mut tar = tar::Builder::new(zstd::Encoder::new(file, 1).unwrap());
    let mut add = |(name, kind, bytes): &Entry| {
        let mut header = tar::Header::new_ustar();
        // Past the library's own checks, as an attacker does.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_entry_type(*kind);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    };
    let manifest = release::manifest_of(good);
    for name in ["latest.json", &manifest] {
        add(&(name, tar::EntryType::Regular, &good[name]));
    }
    let mut tables: Vec<&String> = good.keys().filter(|name| name.len() == 64).collect();
    // The shard table has 40 bytes a shard, and there is one shard.
    tables.sort_by_key(|name| good[*name].len() != 40);
    bad.iter().for_each(&mut add);
    for name in tables {
        add(&(name, tar::EntryType::Regular, &good[name]));
    }
    tar.into_inner().unwrap().finish().unwrap();
}

#[test]
fn hostile_archives_are_refused() {
    use tar::EntryType as Kind;
    let folder = tempdir().unwrap();
    let path = folder.path().join("archive.tar.zst");
    let good = at(1, 20, None);
    archive(&path, &good, &[]);
    unpack(&path, &folder.path().join("good")).assert().success();
    is_whole(&folder.path().join("good"), 20);

    let hash = "ab".repeat(32);
    let zeros = vec![0; 64 << 20];
    let long: &str = good.keys().find(|name| good[*name].len() == 40).unwrap();
    let cases: [(&str, Kind, &[u8], &str); 13] = [
        ("../evil", Kind::Regular, b"x", "does not belong there"),
        ("/tmp/rollcall-evil", Kind::Regular, b"x", "does not belong there"),
        ("a/../../evil", Kind::Regular, b"x", "does not belong there"),
        ("..\\evil", Kind::Regular, b"x", "does not belong there"),
        (".rollcall-trust.json", Kind::Regular, b"{}", "does not belong there"),
        ("evil", Kind::Regular, b"x", "does not belong there"),
        (&hash, Kind::Regular, b"x", "does not belong there"),
        (long, Kind::Symlink, b"", "is no plain file"),
        (long, Kind::Link, b"", "is no plain file"),
        ("folder", Kind::Directory, b"", "is no plain file"),
        (long, Kind::Fifo, b"", "is no plain file"),
        ("long name", Kind::GNULongName, &zeros, "is no plain file"),
        (long, Kind::Regular, &zeros, "longer than 40 bytes"),
    ];
    for (name, kind, bytes, words) in cases {
        archive(&path, &good, &[(name, kind, bytes)]);
        let db = folder.path().join("db");
        unpack(&path, &db).assert().code(1).stderr(contains(words));
        assert!(files(&db).is_empty(), "{name}");
        assert!(!folder.path().join("evil").exists() && !Path::new("/tmp/rollcall-evil").exists());
    }
    // A table of the right length with other bytes, and things that are no archive.
    archive(&path, &good, &[(long, Kind::Regular, &[7; 40])]);
    unpack(&path, &folder.path().join("db")).assert().code(1).stderr(contains("wrong SHA-256"));
    for bytes in [b"".as_slice(), b"<html>404</html>", &zeros[..1000]] {
        fs::write(&path, bytes).unwrap();
        unpack(&path, &folder.path().join("db")).assert().code(1);
    }
}
