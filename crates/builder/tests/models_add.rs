//! Packs whose weights the user brings: `rollcall models add`.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

#[path = "../../core/tests/shared/mod.rs"]
mod shared;

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::{Command, assert::Assert};
use predicates::{prelude::*, str::contains};
use serde_json::Value;
use tempfile::TempDir;

fn rollcall() -> Command {
    Command::cargo_bin("rollcall").unwrap()
}

/// A user with a cache and a folder of models of their own, called `find.onnx` and `embed.onnx`.
struct User {
    home: TempDir,
}

impl User {
    /// Their models are those of the default pack, which are as good as any.
    fn new() -> Self {
        rollcall().args(["models", "fetch"]).assert().success();
        let report = rollcall().args(["models", "verify", "opencv", "--json"]).output().unwrap();
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        let pack = &report["packs"][0];
        let folder = PathBuf::from(pack["folder"].as_str().unwrap());
        let file = |model: &Value| {
            folder.join(format!("{}.onnx", model["model"]["sha256"].as_str().unwrap()))
        };
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("models/unpacked")).unwrap();
        let models = home.path().join("models");
        fs::copy(file(&pack["pack"]["detector"]), models.join("find.onnx")).unwrap();
        let embedder = file(&pack["pack"]["embedders"][0]);
        fs::copy(embedder, models.join("unpacked/embed.onnx")).unwrap();
        // The known faces, so that they are not fetched again for every user.
        let downloads = home.path().join("cache/downloads");
        fs::create_dir_all(&downloads).unwrap();
        let photos = "face_recognition-1.3.0.tar.gz";
        let there = folder.parent().and_then(Path::parent).unwrap().join("downloads").join(photos);
        if there.is_file() {
            fs::copy(there, downloads.join(photos)).unwrap();
        }
        Self { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The pack `mine`, described with some words changed.
    fn add(&self, change: (&str, &str), arguments: &[&str]) -> Assert {
        let description = MINE.replacen(change.0, change.1, 1);
        assert!(change.0.is_empty() || description != MINE, "{change:?} changes nothing");
        fs::write(self.path("mine.toml"), description).unwrap();
        let mut command = rollcall();
        command.env("ROLLCALL_CACHE", self.path("cache")).args(["models", "add", "--pack-file"]);
        command.arg(self.path("mine.toml")).arg("--from").arg(self.path("models"));
        command.args(arguments).assert()
    }

    fn has_pack(&self) -> bool {
        self.path("cache/models/mine/pack.json").exists()
    }
}

const MINE: &str = r#"
name = "mine"
version = 1
about = "a test"
notice = "For tests only."

[detector]
kind = "yunet"
sizes = [160, 320, 640]
[detector.model]
name = "finder"
licence = "MIT"
own = { names = ["find.onnx"], page = "its authors" }

[[embedders]]
dimension = 128
channels = "rgb"
mean = 0.0
scale = 1.0
[embedders.model]
name = "embedder"
licence = "Apache-2.0"
own = { names = ["other.onnx", "embed.onnx"], page = "the same" }
"#;

#[test]
fn a_pack_of_ones_own_is_prepared_proved_and_used() {
    let user = User::new();
    let added = user.add(("", ""), &["--json"]).success().stderr(contains("For tests only."));
    let added: Value = serde_json::from_slice(&added.get_output().stdout).unwrap();
    assert_eq!(added["models"][1]["name"], "embedder");
    assert!(added["models"][1]["file"].as_str().unwrap().ends_with("embed.onnx"));
    assert_eq!(added["proof"]["photos"], 3, "{added}");
    let proof = &added["proof"]["embedders"][0];
    let [same, different] = ["same_person", "two_people"].map(|name| proof[name].as_f64().unwrap());
    assert!(same > 0.6 && different < 0.45, "{proof}");

    let mut verify = rollcall();
    verify.env("ROLLCALL_CACHE", user.path("cache")).args(["models", "verify", "--pack-file"]);
    verify.arg(user.path("mine.toml")).assert().success().stdout(contains("ready"));
}

#[test]
fn what_does_not_fit_is_named_and_nothing_is_kept() {
    let user = User::new();
    let refused = |change: (&str, &str), words: &str| {
        user.add(change, &[]).code(1).stderr(contains(words));
        assert!(!user.has_pack(), "{change:?}");
    };
    refused(("find.onnx", "missing.onnx"), "missing.onnx");
    refused(("dimension = 128", "dimension = 512"), "128] instead of 512");
    refused(("\"yunet\"", "\"scrfd\""), "scrfd");
    refused(("\"yunet\"", "\"psychic\""), "psychic");
    refused(("find.onnx", "embed.onnx"), "embed.onnx");
    refused(("channels = \"rgb\"", "crop = \"facenet160\"\nchannels = \"rgb\""), "embed.onnx");
    // An embedder that sees nothing cannot tell people apart.
    refused(("scale = 1.0", "scale = 0.0"), "fails on known faces");
    let sum = "0".repeat(64);
    let stated = format!("page = \"its authors\", sha256 = \"{sum}\"");
    refused(("page = \"its authors\"", &stated), &sum);

    let whole = fs::read(user.path("models/find.onnx")).unwrap();
    for damaged in [&whole[..whole.len() / 2], b"<html>not found</html>", b""] {
        fs::write(user.path("models/find.onnx"), damaged).unwrap();
        user.add(("", ""), &[]).code(1).stderr(contains("find.onnx").and(contains("finder")));
        assert!(!user.has_pack());
    }
}

#[test]
fn terms_have_to_be_accepted() {
    let user = User::new();
    let strict = ("notice = \"For tests only.\"", "notice = \"For tests only.\"\naccept = true");
    user.add(strict, &[])
        .code(1)
        .stderr(contains("For tests only.").and(contains("--accept-licence")));
    assert!(!user.has_pack());
    user.add(strict, &["--accept-licence"]).success();
    assert!(user.has_pack());
}

#[test]
fn the_known_packs_say_what_to_bring() {
    let folder = tempfile::tempdir().unwrap();
    for (pack, files) in [
        ("buffalo_l", ["det_10g.onnx", "w600k_r50.onnx"]),
        ("buffalo_s", ["det_500m.onnx", "w600k_mbf.onnx"]),
        ("auraface", ["glintr100.onnx", "AuraFace"]),
        ("facenet512", ["facenet512.onnx", "DeepFace"]),
        ("trio", ["retinaface.onnx", "arcface.onnx"]),
    ] {
        let mut fetch = rollcall();
        fetch.env("ROLLCALL_CACHE", folder.path()).args(["models", "fetch", pack]);
        let words = contains(files[0]).and(contains(files[1]));
        fetch.assert().code(1).stderr(words.and(contains(format!("models add {pack}"))));
    }
    let mut add = rollcall();
    add.env("ROLLCALL_CACHE", folder.path()).args(["models", "add", "buffalo_l", "--from", "."]);
    add.assert().code(1).stderr(contains("non-commercial").and(contains("--accept-licence")));
}

/// SCRFD and a MobileFaceNet from the shared folder: another detector, another feeding.
#[test]
fn models_that_people_have_are_proved_on_a_known_face() {
    let Some(shared) = shared::shared() else { return };
    let user = User::new();
    for (from, to) in
        [("scrfd_500m_kps.onnx", "find.onnx"), ("foamliu_MobileFaceNet.onnx", "embed.onnx")]
    {
        let file = fs::read(shared.join("data/models").join(from)).unwrap();
        fs::write(user.path("models").join(to), file).unwrap();
    }
    fs::remove_file(user.path("models/unpacked/embed.onnx")).unwrap();
    // torchvision's mean and deviation, times 255.
    let feeding =
        "mean = [123.675, 116.28, 103.53]\nscale = [0.017124754, 0.017507003, 0.017429193]";
    let description = MINE.replace("yunet", "scrfd").replace("mean = 0.0\nscale = 1.0", feeding);
    let added = user.add((MINE, &description), &[]).success();
    let said = String::from_utf8_lossy(&added.get_output().stdout).into_owned();
    println!("{said}");
    assert!(
        said.contains("3 of 3 known photos") && said.contains("embedder: one person"),
        "{said}"
    );
}
