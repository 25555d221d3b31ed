//! Scenes as the command line names the people in them.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::{SAMPLE, json_of, rollcall};
use image::{RgbImage, imageops};
use predicates::{prelude::*, str::contains};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Tiles as the sprite sheets of a large screen have them.
const TILE: (u32, u32) = (320, 180);

/// Columns of the sheet.
const COLUMNS: u32 = 3;

/// A scene of the sample's photos, one a frame, as a folder of frames and as a sprite sheet.
struct Scene {
    folder: TempDir,
    count: usize,
}

impl Scene {
    fn of(photos: &[PathBuf]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("frames")).unwrap();
        let rows = (photos.len() as u32).div_ceil(COLUMNS);
        let mut sheet = RgbImage::new(COLUMNS * TILE.0, rows * TILE.1);
        let mut cues = "WEBVTT\n\n".to_owned();
        for (number, photo) in photos.iter().enumerate() {
            let tile = tile(photo);
            tile.save(folder.path().join(format!("frames/{number}.jpg"))).unwrap();
            let n = number as u32;
            let (x, y) = (n % COLUMNS * TILE.0, n / COLUMNS * TILE.1);
            imageops::overlay(&mut sheet, &tile, i64::from(x), i64::from(y));
            cues += &format!(
                "00:00:{:02}.000 --> 00:00:{:02}.000\nsprite.jpg#xywh={x},{y},{},{}\n\n",
                2 * n,
                2 * n + 2,
                TILE.0,
                TILE.1
            );
        }
        sheet.save(folder.path().join("sprite.jpg")).unwrap();
        fs::write(folder.path().join("thumbs.vtt"), cues).unwrap();
        Self { folder, count: photos.len() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A photo in the middle of a black tile.
fn tile(photo: &Path) -> RgbImage {
    let photo = image::open(photo).unwrap().to_rgb8();
    let height = TILE.1;
    let width = (photo.width() * height / photo.height()).min(TILE.0);
    let small = imageops::resize(&photo, width, height, imageops::FilterType::Triangle);
    let mut tile = RgbImage::new(TILE.0, TILE.1);
    imageops::overlay(&mut tile, &small, i64::from((TILE.0 - width) / 2), 0);
    tile
}

fn named(answer: &Value) -> Vec<&Value> {
    answer["matches"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|person| person["unknown"] != true)
        .collect()
}

#[test]
fn a_scene_names_the_known_once_with_every_moment_and_nobody_else() {
    let sample = &*SAMPLE;
    let obama = |name: &str| sample.path("probes/Barack Obama").join(name);
    let stranger = |name: &str| sample.path("strangers").join(name);
    let scene = Scene::of(&[
        obama("obama2.jpg"),
        stranger("face-api-sample2.jpg"),
        obama("obama3.jpg"),
        stranger("face-api-sample4.jpg"),
        obama("obama_partial_face.jpg"),
    ]);
    let identify = || {
        let mut command = rollcall();
        command.args(["identify", "--engine", "cpu", "--db"]).arg(sample.path("db"));
        command
    };
    let by_sheet = |command: &mut assert_cmd::Command| {
        command.arg("--sprite").arg(scene.path("sprite.jpg"));
        command.arg("--vtt").arg(scene.path("thumbs.vtt"));
    };
    let mut command = identify();
    by_sheet(command.arg("--json"));
    let sheet = json_of(&mut command);
    let frames = json_of(identify().arg("--json").arg("--frames").arg(scene.path("frames")));
    for (answer, from) in [(&sheet, "sprite.jpg"), (&frames, "frames")] {
        assert_eq!(answer["scene"]["frames"], scene.count, "{from}");
        let [person] = named(answer)[..] else { panic!("{from}: {answer}") };
        assert_eq!(person["name"], "Barack Obama", "{from}");
        assert_eq!(person["appearances"], 3, "{from}: {person}");
        assert_eq!(person["why"]["looks"], 3, "{from}: {person}");
        assert!(
            answer["performers_detected"].as_u64().unwrap() > 2,
            "{from}: no stranger was seen"
        );
    }
    let times = named(&sheet)[0]["faces"].as_array().unwrap();
    let times: Vec<f64> = times.iter().map(|face| face["time"].as_f64().unwrap()).collect();
    assert_eq!(times, [1.0, 5.0, 9.0]);
    let mut command = identify();
    by_sheet(&mut command);
    command
        .assert()
        .success()
        .stdout(contains("Barack Obama").and(contains("3 frames, 0:01 to 0:09")));
}

/// The truth is who was named by eye, at the places where the detector saw them.
#[test]
fn eval_counts_names_in_scenes_and_fits_no_confidence_among_two_people() {
    let sample = &*SAMPLE;
    let scenes = tempfile::tempdir().unwrap();
    let photo = |name: &str| sample.path(name);
    for (name, photos) in [
        ("a", ["probes/Barack Obama/obama2.jpg", "strangers/face-api-sample2.jpg"]),
        ("b", ["strangers/face-api-sample4.jpg", "probes/Barack Obama/obama3.jpg"]),
    ] {
        let scene = Scene::of(&photos.map(photo));
        let mut command = rollcall();
        command.args(["identify", "--json", "--engine", "cpu", "--db"]).arg(sample.path("db"));
        command.arg("--sprite").arg(scene.path("sprite.jpg"));
        let answer = json_of(command.arg("--vtt").arg(scene.path("thumbs.vtt")));
        let person = |(number, person): (usize, &Value)| {
            let appearances = person["faces"].as_array().unwrap().iter().map(|face| {
                let side = |name: &str| face["box"][name].clone();
                let sides = ["x", "y", "width", "height"].map(side);
                json!({ "frame": face["frame"], "box": sides })
            });
            let appearances: Vec<Value> = appearances.collect();
            let known =
                photos[appearances[0]["frame"].as_u64().unwrap() as usize].contains("Obama");
            let id = if known {
                person["performer_id"].clone()
            } else {
                json!(format!("extra:{number}"))
            };
            json!({ "id": id, "in_gallery": known, "appearances": appearances })
        };
        let matches = answer["matches"].as_array().unwrap();
        let people: Vec<Value> = matches.iter().enumerate().map(person).collect();
        let folder = scenes.path().join(name);
        fs::create_dir(&folder).unwrap();
        for file in ["sprite.jpg", "thumbs.vtt"] {
            fs::copy(scene.path(file), folder.join(file)).unwrap();
        }
        fs::write(folder.join("truth.json"), json!({ "people": people }).to_string()).unwrap();
    }
    let page = scenes.path().join("page.html");
    let mut command = rollcall();
    command.args(["--quiet", "eval", "--engine", "cpu", "--db"]).arg(sample.path("db"));
    command.arg("--scenes").arg(scenes.path()).arg("--calibrate").arg(scenes.path().join("f.toml"));
    command.assert().code(1).stderr(contains("--distractors 1000"));
    let mut command = rollcall();
    command.args(["--quiet", "eval", "--json", "--engine", "cpu", "--db"]).arg(sample.path("db"));
    command.arg("--scenes").arg(scenes.path()).arg("--html").arg(&page);
    let found = json_of(&mut command);
    let figures = &found["scenes"];
    assert_eq!((&figures["scenes"], &figures["known"]), (&json!(2), &json!(2)));
    for rate in ["recall_at_sure", "precision_at_sure", "recall_at_any", "found"] {
        assert_eq!(figures[rate]["value"], 1.0, "{rate}: {figures}");
    }
    let unknown = &figures["words"][3];
    assert!(unknown["strangers"].as_u64().unwrap() >= 5, "{unknown}");
    assert_eq!(figures["misses"], json!([]));
    let page = fs::read_to_string(&page).unwrap();
    assert!(page.contains("<h2>Scenes</h2>") && !page.contains("<script"), "the page");
}

#[test]
fn a_scene_that_cannot_be_opened_is_an_error_that_says_why() {
    let sample = &*SAMPLE;
    let scene = Scene::of(&[sample.path("probes/Barack Obama/obama2.jpg")]);
    fs::write(scene.path("thumbs.vtt"), "no cues").unwrap();
    let mut command = rollcall();
    command.args(["identify", "--db"]).arg(sample.path("db")).arg("--sprite");
    command.arg(scene.path("sprite.jpg")).arg("--vtt").arg(scene.path("thumbs.vtt"));
    command.assert().code(1).stderr(contains("thumbs.vtt"));
}
