//! The site as a browser meets it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use http_body_util::BodyExt;
use rollcall_server::{Directories, ServerError, app};
use tempfile::TempDir;
use tower::ServiceExt;

const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn site() -> (TempDir, Router) {
    let root = TempDir::new().unwrap();
    for (file, text) in [
        ("web/index.html", "<!doctype html>"),
        ("web/rollcall_cpu_bg.wasm", "\0asm"),
        ("database/latest.json", "{}"),
        (&format!("database/{HASH}"), "shard"),
        ("secret.txt", "secret"),
    ] {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let directories = Directories {
        web: root.path().join("web"),
        database: Some(root.path().join("database")),
        ..Directories::default()
    };
    let app = app(&directories).unwrap();
    (root, app)
}

async fn get(app: &Router, path: &str) -> Response<Body> {
    app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
}

fn text_of<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).unwrap().to_str().unwrap()
}

#[tokio::test]
async fn the_page_comes_with_a_policy_that_keeps_pictures_in_the_browser() {
    let (_root, app) = site();
    let page = get(&app, "/").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(text_of(&page, "content-type"), "text/html");
    assert!(text_of(&page, "content-security-policy").contains("connect-src 'self'"));
    assert_eq!(text_of(&page, "x-content-type-options"), "nosniff");
    let wasm = get(&app, "/rollcall_cpu_bg.wasm").await;
    assert_eq!(text_of(&wasm, "content-type"), "application/wasm");
}

#[tokio::test]
async fn only_files_that_exist_and_carry_their_hash_are_immutable() {
    let (_root, app) = site();
    let cached = async |path: &str| {
        let response = get(&app, path).await;
        (response.status(), text_of(&response, "cache-control").contains("immutable"))
    };
    assert_eq!(cached(&format!("/database/{HASH}")).await, (StatusCode::OK, true));
    assert_eq!(cached("/database/latest.json").await, (StatusCode::OK, false));
    let missing = HASH.replace('e', "f");
    assert_eq!(cached(&format!("/database/{missing}")).await, (StatusCode::NOT_FOUND, false));
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let (_root, app) = site();
    let first = get(&app, "/database/latest.json").await;
    let tag = first.headers().get(header::ETAG).unwrap().clone();
    let again = Request::get("/database/latest.json").header(header::IF_NONE_MATCH, tag);
    let second = app.clone().oneshot(again.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn nothing_outside_the_folders_is_served() {
    let (_root, app) = site();
    for path in ["/../secret.txt", "/database/..%2fsecret.txt", "/database/%2e%2e/secret.txt"] {
        let body = get(&app, path).await.into_body().collect().await.unwrap().to_bytes();
        assert!(!body.windows(6).any(|w| w == b"secret"), "{path} leaks");
    }
    assert_eq!(get(&app, "/models/opencv/pack.json").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let error =
        app(&Directories { web: "/nowhere/at/all".into(), ..Directories::default() }).unwrap_err();
    assert!(matches!(error, ServerError::NoFolder { option: "web", .. }));
    assert!(error.to_string().contains("/nowhere/at/all"));
}
