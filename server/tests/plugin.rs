//! The Stash plugin's source: an index and a zip.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{fs, io::Read as _, path::PathBuf};

use axum::http::StatusCode;
use common::{Folders, ask, body_of, get, text_of};
use filetime::FileTime;
use rollcall_server::{Package, ServerError, Settings, app};
use serde_norway::Value;
use sha2::{Digest as _, Sha256};

const MANIFEST: &str = "\
# requires: stash-userscript-library, another
name: Rollcall
description: 'Says who is in a scene: locally.'
version: 0.1.0
ui:
  javascript:
    - main.js
  assets:
    /: assets
  csp:
    connect-src:
      - 'blob:'
settings:
  minConfidence:
    displayName: Least confidence
    type: NUMBER
";

fn plugin(folders: &Folders) -> PathBuf {
    folders.write("plugin/rollcall.yml", MANIFEST);
    folders.write("plugin/main.js", "main()");
    folders.write("plugin/assets/worker.js", "work()");
    folders.write("plugin/.DS_Store", "rubbish");
    for (file, time) in
        [("rollcall.yml", 1_700_000_000), ("main.js", 1_763_000_000), ("assets/worker.js", 1)]
    {
        filetime::set_file_mtime(
            folders.path("plugin").join(file),
            FileTime::from_unix_time(time, 5),
        )
        .unwrap();
    }
    folders.path("plugin")
}

fn site(folders: &Folders, origins: &[&str]) -> axum::Router {
    let origins: Vec<_> = origins.iter().map(|origin| (*origin).to_owned()).collect();
    let package = Package::pack(&plugin(folders), &origins).unwrap();
    app(&Settings { plugin: Some(package), ..folders.settings() }).unwrap().0
}

#[tokio::test]
async fn stash_can_install_from_it() {
    let folders = Folders::new();
    let app = site(&folders, &["http://nas.local:7878", "https://rollcall.example"]);
    let index = get(&app, "/plugin/index.yml").await;
    assert_eq!(text_of(&index, "cache-control"), "no-cache");
    let index: Value = serde_norway::from_slice(&body_of(index).await).unwrap();
    let entry = &index[0];
    assert_eq!(
        (&entry["id"], &entry["name"]),
        (&Value::from("rollcall"), &Value::from("Rollcall"))
    );
    assert_eq!(entry["version"], Value::from("0.1.0"));
    assert_eq!(entry["date"], Value::from("2025-11-13 02:13:20"));
    assert_eq!(entry["metadata"]["description"], Value::from("Says who is in a scene: locally."));
    assert_eq!(entry["requires"], Value::from(vec!["stash-userscript-library", "another"]));
    assert_eq!(index[1], Value::Null);

    let zip = get(&app, &format!("/plugin/{}", entry["path"].as_str().unwrap())).await;
    assert_eq!(text_of(&zip, "content-type"), "application/zip");
    let zip = body_of(zip).await;
    let hash: String = Sha256::digest(&zip).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(entry["sha256"], Value::from(hash));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, ["assets/worker.js", "main.js", "rollcall.yml"]);
    let mut text = String::new();
    zip.by_name("rollcall.yml").unwrap().read_to_string(&mut text).unwrap();
    let manifest: Value = serde_norway::from_str(&text).unwrap();
    let allowed = vec!["blob:", "http://nas.local:7878", "https://rollcall.example"];
    assert_eq!(manifest["ui"]["csp"]["connect-src"], Value::from(allowed));
    assert_eq!(manifest["settings"]["minConfidence"]["type"], Value::from("NUMBER"));
}

#[tokio::test]
async fn the_same_files_give_the_same_bytes() {
    let (one, other) = (Folders::new(), Folders::new());
    let bytes = async |folders: &Folders, origin: &str| {
        let app = site(folders, &[origin]);
        (
            body_of(get(&app, "/plugin/index.yml").await).await,
            body_of(get(&app, "/plugin/rollcall.zip").await).await,
        )
    };
    assert_eq!(bytes(&one, "http://a:1").await, bytes(&other, "http://a:1").await);
    assert_ne!(bytes(&one, "http://a:1").await, bytes(&one, "http://b:1").await);
}

#[tokio::test]
async fn only_the_index_and_the_zip_are_there() {
    let folders = Folders::new();
    let app = site(&folders, &[]);
    for path in [
        "/plugin/rollcall.yml",
        "/plugin/main.js",
        "/plugin/",
        "/plugin",
        "/plugin/..%2fsecret.txt",
    ] {
        assert_eq!(get(&app, path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let tag = text_of(&get(&app, "/plugin/rollcall.zip").await, "etag").to_owned();
    let again = ask(&app, "GET", "/plugin/rollcall.zip", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(get(&folders.app(), "/plugin/index.yml").await.status(), StatusCode::NOT_FOUND);
}

#[test]
fn a_folder_without_a_good_plugin_is_refused() {
    let folders = Folders::new();
    let refused = |what: &str| {
        let error = Package::pack(&folders.path("plugin"), &["http://a:1".to_owned()]).unwrap_err();
        assert!(matches!(error, ServerError::Plugin { .. }), "{what}");
        error.to_string()
    };
    refused("no folder");
    folders.write("plugin/main.js", "");
    assert!(refused("no manifest").contains("exactly one .yml"));
    for wrong in ["ui: 5", "ui:\n  csp: []", "ui:\n  csp:\n    connect-src: all", "[", "- a", ""] {
        folders.write("plugin/rollcall.yml", wrong);
        refused(wrong);
    }
    folders.write("plugin/rollcall.yml", MANIFEST);
    std::os::unix::fs::symlink("../secret.txt", folders.path("plugin/link")).unwrap();
    refused("a link");
    fs::remove_file(folders.path("plugin/link")).unwrap();
    folders.write("plugin/second.yml", MANIFEST);
    refused("two manifests");
}

#[test]
fn another_static_host_can_serve_it() {
    let folders = Folders::new();
    let package = Package::pack(&plugin(&folders), &["https://db.example".to_owned()]).unwrap();
    let to = folders.path("source");
    package.write(&to).unwrap();
    let index: Value = serde_norway::from_slice(&fs::read(to.join("index.yml")).unwrap()).unwrap();
    let zip = fs::read(to.join("rollcall.zip")).unwrap();
    let hash: String = Sha256::digest(&zip).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(index[0]["sha256"], Value::from(hash));
}
