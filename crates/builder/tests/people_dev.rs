//! `rollcall eval` on the development people, where they are.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;
#[path = "../../core/tests/shared/mod.rs"]
mod shared;

use std::{fs, path::PathBuf, sync::LazyLock};

use common::{SAMPLE, build, json_of, rollcall};
use serde_json::json;

/// The development photos, on machines that have them.
fn development_faces() -> Option<PathBuf> {
    Some(shared::shared()?.join("data/faces-dev"))
}

/// One gallery photo per person, the rest probes, on the development photos.
#[test]
fn development_people_are_found_and_named() {
    let Some(faces) = development_faces() else { return };
    LazyLock::force(&SAMPLE);
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("db");
    build(&faces.join("people"), &db).arg("--one-per-person").assert().success();
    let figures = json_of(
        rollcall()
            .args(["--quiet", "eval", "--json", "--engine", "cpu", "--db"])
            .arg(&db)
            .arg("--probes")
            .arg(faces.join("people"))
            .arg("--strangers")
            .arg(faces.join("strangers")),
    );
    assert_eq!(figures["gallery_photos_left_out"], 22);
    for name in ["detection_rate", "top1", "tar_at_far_1e-3"] {
        let measure = &figures[name];
        assert!(measure["value"].as_f64().unwrap() >= 0.99, "{name}: {measure}");
    }
    assert_eq!(figures["top1"]["n"], 76);
    assert_eq!(figures["misnamed"]["value"], 0.0);
    assert_eq!(figures["strangers_named"]["value"], 0.0);
}

/// The same people among a thousand who are made up: none is surely named by mistake, and a confidence
/// can be fitted.
#[test]
fn development_people_are_told_from_a_thousand_others() {
    let Some(faces) = development_faces() else { return };
    LazyLock::force(&SAMPLE);
    let folder = tempfile::tempdir().unwrap();
    let (db, fitted) = (folder.path().join("db"), folder.path().join("fitted.toml"));
    let people = faces.join("people");
    build(&people, &db).args(["--one-per-person", "--distractors", "1000"]).assert().success();
    let figures = json_of(
        rollcall()
            .args(["--quiet", "eval", "--json", "--engine", "cpu", "--db"])
            .arg(&db)
            .arg("--probes")
            .arg(&people)
            .arg("--calibrate")
            .arg(&fitted),
    );
    assert_eq!((&figures["distractors"], &figures["calibrated"]), (&json!(1000), &json!(true)));
    let sure = &figures["open_set"]["words"][0];
    assert_eq!((&sure["wrong"], &sure["strangers"]), (&json!(0), &json!(0)), "{sure}");
    assert!(sure["right"].as_u64().unwrap() > 50, "{sure}");
    let error = &figures["fitted"]["cross_validated"]["expected_calibration_error"];
    assert!(error.as_f64().unwrap() < 0.1, "{error}");
    let text = fs::read_to_string(&fitted).unwrap();
    assert!(text.contains("[calibration]") && text.contains("calibrated = true"), "{text}");
}
