//! Nothing outside the folders is served, however it is asked for.

mod common;

use std::{os::unix::fs::symlink, process::Command, time::Duration};

use axum::http::StatusCode;
use common::{Folders, Running, SHARD, ask, body_of, get};
use rollcall_server::Limits;

/// Ways to spell "the file beside the folder".
const CLIMBING: [&str; 22] = [
    "/../secret.txt",
    "/database/../secret.txt",
    "/database/../../secret.txt",
    "/database/..%2fsecret.txt",
    "/database/%2e%2e/secret.txt",
    "/database/%2E%2E%2Fsecret.txt",
    "/database/.%2e/secret.txt",
    "/database/%252e%252e/secret.txt",
    "/database/..%5csecret.txt",
    "/database/..\\secret.txt",
    "/database/....//secret.txt",
    "/database/..;/secret.txt",
    "/database/%c0%ae%c0%ae/secret.txt",
    "/database/%uff0e%uff0e/secret.txt",
    "/database//secret.txt",
    "/database/./../secret.txt",
    "//secret.txt",
    "/%2fsecret.txt",
    "/database/latest.json/../../secret.txt",
    "/database/latest.json%00/../../secret.txt",
    "/samples/..%00/secret.txt",
    "/file:///secret.txt",
];

#[tokio::test]
async fn climbing_leads_nowhere_in_any_spelling() {
    let folders = Folders::new();
    let running = Running::start(&folders.settings(), Limits::default()).await;
    for path in CLIMBING {
        for prefix in ["", "http://127.0.0.1"] {
            let answer = running
                .raw(format!(
                    "GET {prefix}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
                ))
                .await;
            assert!(answer.starts_with("HTTP/1.1 40"), "{path}: {answer}");
            assert!(!answer.contains("\r\n\r\nsecret"), "{path} leaks");
        }
    }
}

#[tokio::test]
async fn absolute_paths_are_looked_up_below_the_folder() {
    let folders = Folders::new();
    let app = folders.app();
    let secret = folders.path("secret.txt");
    for path in ["/database", "/samples", ""] {
        let answer = get(&app, &format!("{path}{}", secret.display())).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let answer = get(&app, &format!("{path}/{}", secret.display())).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn odd_names_are_not_found_even_if_they_exist() {
    let folders = Folders::new();
    for name in [".env", ".git/config", "con", "NUL.txt", "com1.json", "a\\b", "a:b", "dot.", "sp "]
    {
        folders.write(&format!("samples/{name}"), "secret");
    }
    let app = folders.app();
    for path in [
        "/samples/.env",
        "/samples/.git/config",
        "/samples/con",
        "/samples/NUL.txt",
        "/samples/com1.json",
        "/samples/a%5Cb",
        "/samples/a:b",
        "/samples/dot.",
        "/samples/sp%20",
        "/samples/%00",
        "/samples/big.bin%00",
        "/samples/%ff",
        "/samples/big.bin%0d%0aX:%20y",
    ] {
        for method in ["GET", "HEAD"] {
            let answer = ask(&app, method, path, &[]).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
            assert!(body_of(answer).await.is_empty());
        }
    }
}

#[tokio::test]
async fn links_may_lead_within_a_folder_but_not_out_of_it() {
    let folders = Folders::new();
    symlink("big.bin", folders.path("samples/inside.bin")).unwrap();
    symlink("../secret.txt", folders.path("samples/outside.txt")).unwrap();
    symlink(folders.path("secret.txt"), folders.path("samples/absolute.txt")).unwrap();
    symlink("..", folders.path("samples/up")).unwrap();
    symlink("outside.txt", folders.path("samples/twice.txt")).unwrap();
    symlink("round", folders.path("samples/round")).unwrap();
    symlink("/dev/zero", folders.path("samples/zero")).unwrap();
    symlink("../secret.txt", folders.path(&format!("database/{}", SHARD.replace('d', "e"))))
        .unwrap();
    let app = folders.app();
    assert_eq!(get(&app, "/samples/inside.bin").await.status(), StatusCode::OK);
    for path in ["outside.txt", "absolute.txt", "up/secret.txt", "up", "twice.txt", "round", "zero"]
    {
        for method in ["GET", "HEAD"] {
            let answer = ask(&app, method, &format!("/samples/{path}"), &[]).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
    let shard = get(&app, &format!("/database/{}", SHARD.replace('d', "e"))).await;
    assert_eq!(shard.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn folders_and_pipes_are_no_files() {
    let folders = Folders::new();
    folders.write("samples/deep/file.txt", "fine");
    let pipe = folders.path("samples/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let app = folders.app();
    assert_eq!(get(&app, "/samples/deep/file.txt").await.status(), StatusCode::OK);
    for path in
        ["/samples", "/samples/", "/samples/deep", "/samples/deep/", "/database/", "/samples/pipe"]
    {
        let answer = tokio::time::timeout(Duration::from_secs(5), get(&app, path)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
