//! What the host knows of its database, and how it learns of a new one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use common::{Folders, Running, SHARD, ask, body_of, get, golden, text_of};
use rollcall_server::{Limits, Settings, Token, app, inner_app};
use serde_json::Value;

const TOKEN: &str = "a token of some length";

/// A site with the database of the golden files.
fn with_database() -> (Folders, Settings) {
    let folders = Folders::new();
    for entry in fs::read_dir(golden()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        folders.write(&format!("database/{name}"), fs::read(entry.path()).unwrap());
    }
    let settings =
        Settings { reload_token: Some(Token::new(TOKEN).unwrap()), ..folders.settings() };
    (folders, settings)
}

async fn json(app: &axum::Router, path: &str) -> Value {
    serde_json::from_slice(&body_of(get(app, path).await).await).unwrap()
}

#[tokio::test]
async fn info_tells_what_the_manifest_says() {
    let (_folders, settings) = with_database();
    let (app, site) = app(&settings).unwrap();
    site.reload().await;
    let info = json(&app, "/database/info").await;
    assert!(info["performers"].as_u64().unwrap() > 0, "{info}");
    assert!(info["version"].is_string() && info["created"].is_u64());
    assert!(!info["models"].as_array().unwrap().is_empty());
    assert!(info["sources"].is_object());
    let health = json(&app, "/health").await;
    assert_eq!((&health["status"], &health["database"]), (&Value::from("ok"), &info["version"]));
}

#[tokio::test]
async fn without_a_database_there_is_nothing_to_tell() {
    let folders = Folders::new();
    let mut settings = folders.settings();
    settings.directories.database = None;
    let (app, site) = app(&settings).unwrap();
    site.reload().await;
    assert_eq!(get(&app, "/database/info").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(json(&app, "/health").await["status"], "ok");
}

#[tokio::test]
async fn a_broken_database_is_told_and_the_last_good_one_stays_known() {
    let (folders, settings) = with_database();
    let (app, site) = app(&settings).unwrap();
    site.reload().await;
    let good = json(&app, "/database/info").await;
    let latest = fs::read(folders.path("database/latest.json")).unwrap();
    let absent = String::from_utf8(latest.clone()).unwrap().replace("manifest-", "manifest-0");
    for broken in ["", "{}", "<!doctype html>", r#"{"format":99}"#, &absent, &"x".repeat(10_000)] {
        folders.write("database/latest.json", broken);
        site.reload().await;
        assert_eq!(json(&app, "/database/info").await, good, "{broken}");
        let health = json(&app, "/health").await;
        assert_eq!(health["status"], "degraded", "{broken}");
        assert!(health["problem"].as_str().unwrap().len() > 20, "{health}");
    }
    fs::remove_file(folders.path("database/latest.json")).unwrap();
    site.reload().await;
    assert_eq!(json(&app, "/health").await["status"], "degraded");
    folders.write("database/latest.json", latest);
    site.reload().await;
    assert_eq!(json(&app, "/health").await["status"], "ok");
}

#[tokio::test]
async fn a_database_that_never_was_good_has_no_info() {
    let folders = Folders::new();
    let (app, site) = app(&folders.settings()).unwrap();
    site.reload().await;
    let info = get(&app, "/database/info").await;
    assert_eq!(info.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(json(&app, "/health").await["status"], "degraded");
}

#[tokio::test]
async fn reloading_takes_the_token() {
    let (_folders, settings) = with_database();
    let (app, _site) = app(&settings).unwrap();
    let post =
        async |headers: &[(&str, &str)]| ask(&app, "POST", "/database/reload", headers).await;
    for wrong in [
        &[][..],
        &[("authorization", "Bearer wrong")],
        &[("authorization", TOKEN)],
        &[("authorization", "Bearer ")],
    ] {
        let refused = post(wrong).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(text_of(&refused, "www-authenticate"), "Bearer");
    }
    let fine = post(&[("authorization", &format!("Bearer {TOKEN}"))]).await;
    assert_eq!(fine.status(), StatusCode::OK);
    assert!(body_of(fine).await.starts_with(br#"{"status":"ok""#));
    assert_eq!(get(&app, "/database/reload").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(Token::new("short").is_err());
    assert!(!format!("{settings:?}").contains(TOKEN));
}

#[tokio::test]
async fn without_a_token_there_is_no_such_address() {
    let folders = Folders::new();
    let app = folders.app();
    let authorised = [("authorization", "Bearer a token of some length")];
    for method in ["POST", "GET"] {
        let answer = ask(&app, method, "/database/reload", &authorised).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_database_is_noticed_without_being_told() {
    let (folders, settings) = with_database();
    let latest = fs::read(folders.path("database/latest.json")).unwrap();
    folders.write("database/latest.json", "{}");
    let running = Running::start(&settings, Limits::default()).await;
    running.site.reload().await;
    let watching = tokio::spawn(Arc::clone(&running.site).watch_database());
    assert!(running.get("/health").await.contains("degraded"));
    folders.write("database/latest.json", latest);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(running.get("/health").await.contains(r#""status":"ok""#));
    watching.abort();
}

#[tokio::test]
async fn what_is_held_in_memory_goes_when_the_database_changes() {
    let (folders, settings) = with_database();
    let (app, site) = app(&settings).unwrap();
    let shard = format!("/database/{SHARD}");
    assert_eq!(get(&app, &shard).await.status(), StatusCode::OK);
    fs::remove_file(folders.path(&format!("database/{SHARD}"))).unwrap();
    site.reload().await;
    assert_eq!(get(&app, &shard).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_that_does_not_fit_its_name_is_not_held() {
    let folders = Folders::new();
    let app = folders.app();
    let shard = format!("/database/{SHARD}");
    folders.write(&format!("database/{SHARD}"), "sha");
    assert_eq!(body_of(get(&app, &shard).await).await, b"sha");
    folders.write(&format!("database/{SHARD}"), "shard");
    assert_eq!(body_of(get(&app, &shard).await).await, b"shard");
}

#[tokio::test(flavor = "multi_thread")]
async fn reloading_under_load_loses_no_request() {
    let (folders, settings) = with_database();
    let running = Arc::new(Running::start(&settings, Limits::default()).await);
    running.site.reload().await;
    let (done, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let (running, done, served) =
                (Arc::clone(&running), Arc::clone(&done), Arc::clone(&served));
            tokio::spawn(async move {
                let shard = format!("/database/{SHARD}");
                let paths = ["/database/latest.json", "/database/info", &shard, "/health"];
                while !done.load(Ordering::Relaxed) {
                    let answer = running.get(paths[client % paths.len()]).await;
                    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                    served.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let latest = folders.path("database/latest.json");
    let good = fs::read(&latest).unwrap();
    for round in 0..30 {
        swap(&latest, if round % 3 == 1 { b"{}" } else { &good });
        let head = format!("Authorization: Bearer {TOKEN}\r\nHost: 127.0.0.1\r\nConnection: close");
        let answer = running.raw(format!("POST /database/reload HTTP/1.1\r\n{head}\r\n\r\n")).await;
        assert!(answer.contains(if round % 3 == 1 { " 409 " } else { " 200 " }), "{answer}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    assert!(served.load(Ordering::Relaxed) > 50);
}

/// As `rollcall build` does it: the name never stands for half a file.
fn swap(file: &Path, bytes: &[u8]) {
    let new = file.with_extension("new");
    fs::write(&new, bytes).unwrap();
    fs::rename(new, file).unwrap();
}

#[tokio::test]
async fn figures_are_told_inside_only() {
    let (_folders, settings) = with_database();
    let (app, site) = app(&settings).unwrap();
    site.reload().await;
    get(&app, "/database/latest.json?secret=1").await;
    get(&app, "/nothing").await;
    assert_eq!(get(&app, "/metrics").await.status(), StatusCode::NOT_FOUND);
    let inner = inner_app(site);
    let text = String::from_utf8(body_of(get(&inner, "/metrics").await).await).unwrap();
    assert!(
        text.contains(r#"rollcall_requests_total{area="database",method="GET",status="200"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"status="404""#)
            && text.contains("rollcall_request_duration_seconds_bucket")
    );
    assert!(!text.contains("secret") && !text.contains("latest"));
    let foreign = ask(&inner, "GET", "/metrics", &[("host", "evil.example")]).await;
    assert_eq!(foreign.status(), StatusCode::MISDIRECTED_REQUEST);
}
