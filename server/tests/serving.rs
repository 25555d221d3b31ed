//! The site as a browser meets it.

mod common;

use std::{fs, os::unix::fs::PermissionsExt as _};

use axum::http::StatusCode;
use common::{Folders, SHARD, ask, body_of, get, text_of};
use rollcall_server::{Directories, ServerError, Settings, Token, app};

#[tokio::test]
async fn the_page_comes_with_a_policy_that_keeps_pictures_in_the_browser() {
    let folders = Folders::new();
    let app = folders.app();
    let page = get(&app, "/").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(text_of(&page, "content-type"), "text/html");
    assert!(text_of(&page, "content-security-policy").contains("connect-src 'self'"));
    assert_eq!(text_of(&page, "x-content-type-options"), "nosniff");
    assert_eq!(text_of(&page, "cross-origin-resource-policy"), "cross-origin");
}

#[tokio::test]
async fn types_are_what_browsers_insist_on() {
    let folders = Folders::new();
    folders.write("web/a.mjs", "");
    folders.write("web/a.css", "");
    folders.write("web/a.svg", "");
    let app = folders.app();
    for (path, kind) in [
        ("/rollcall_cpu_bg.wasm", "application/wasm"),
        ("/page.js", "text/javascript"),
        ("/a.mjs", "application/javascript"),
        ("/a.css", "text/css"),
        ("/a.svg", "image/svg+xml"),
        ("/database/latest.json", "application/json"),
        (&format!("/database/{SHARD}"), "application/octet-stream"),
    ] {
        assert_eq!(text_of(&get(&app, path).await, "content-type"), kind, "{path}");
    }
}

#[tokio::test]
async fn only_files_that_exist_and_carry_their_hash_are_immutable() {
    let folders = Folders::new();
    let app = folders.app();
    let cached = async |headers: &[(&str, &str)], path: &str| {
        let response = ask(&app, "GET", path, headers).await;
        (response.status(), text_of(&response, "cache-control").contains("immutable"))
    };
    let shard = format!("/database/{SHARD}");
    let missing = SHARD.replace('e', "f");
    assert_eq!(cached(&[], &shard).await, (StatusCode::OK, true));
    assert_eq!(cached(&[], &shard).await, (StatusCode::OK, true), "from memory");
    assert_eq!(
        cached(&[("range", "bytes=0-1")], &shard).await,
        (StatusCode::PARTIAL_CONTENT, true)
    );
    let tag = text_of(&get(&app, &shard).await, "etag").to_owned();
    assert_eq!(cached(&[("if-none-match", &tag)], &shard).await, (StatusCode::NOT_MODIFIED, true));
    assert_eq!(
        cached(&[("range", "bytes=90-")], &shard).await,
        (StatusCode::RANGE_NOT_SATISFIABLE, false)
    );
    assert_eq!(
        cached(&[("if-match", "\"x\"")], &shard).await,
        (StatusCode::PRECONDITION_FAILED, false)
    );
    assert_eq!(
        cached(&[("host", "evil.example")], &shard).await,
        (StatusCode::MISDIRECTED_REQUEST, false)
    );
    assert_eq!(cached(&[], &format!("/database/{missing}")).await, (StatusCode::NOT_FOUND, false));
    assert_eq!(cached(&[], "/database/latest.json").await, (StatusCode::OK, false));
    assert_eq!(text_of(&get(&app, "/database/latest.json").await, "cache-control"), "no-cache");
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let folders = Folders::new();
    let app = folders.app();
    for path in ["/database/latest.json", "/", "/page.js", &format!("/database/{SHARD}")] {
        let first = get(&app, path).await;
        let (tag, date) = (text_of(&first, "etag"), text_of(&first, "last-modified"));
        for headers in [[("if-none-match", tag)], [("if-modified-since", date)]] {
            let again = ask(&app, "GET", path, &headers).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
            assert_eq!(text_of(&again, "vary"), text_of(&first, "vary"), "{path}");
            assert!(body_of(again).await.is_empty());
        }
    }
}

#[tokio::test]
async fn head_says_what_get_would() {
    let folders = Folders::new();
    let app = folders.app();
    for path in
        ["/", "/samples/big.bin", "/health", "/database/latest.json", &format!("/database/{SHARD}")]
    {
        let (get, head) =
            (get(&app, path).await, ask(&app, "HEAD", path, &[("range", "bytes=0-1")]).await);
        assert_eq!(head.status(), get.status(), "{path}");
        for name in ["content-length", "content-type", "etag", "cache-control"] {
            assert_eq!(text_of(&head, name), text_of(&get, name), "{path} {name}");
        }
        assert!(body_of(head).await.is_empty());
    }
}

#[tokio::test]
async fn other_methods_are_told_which_ones_there_are() {
    let folders = Folders::new();
    let app = folders.app();
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        for path in ["/", "/health", "/database/info", "/database/latest.json", "/nothing/../here"]
        {
            let refused = ask(&app, method, path, &[]).await;
            assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(text_of(&refused, "allow").replace(' ', ""), "GET,HEAD", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn programs_are_sent_compressed_and_vectors_never() {
    let folders = Folders::new();
    folders.write("web/page.js.br", "brotli");
    folders.write("web/page.js.gz", "gzip");
    for file in ["index.html", "rollcall_cpu_bg.wasm"] {
        folders.write(&format!("web/{file}.br"), "brotli");
    }
    folders.write(&format!("database/{SHARD}.gz"), "gzip");
    folders.write(&format!("database/{SHARD}.br"), "brotli");
    folders.write("samples/big.bin.br", "brotli");
    folders.write("models/opencv/pack.json", "{}");
    folders.write("models/opencv/pack.json.gz", "gzip");
    let mut settings = folders.settings();
    settings.directories.models = Some(folders.path("models"));
    let app = app(&settings).unwrap().0;
    for (accepted, encoding, body) in
        [("gzip, br", "br", "brotli"), ("gzip", "gzip", "gzip"), ("", "", "page()")]
    {
        let answer = ask(&app, "GET", "/page.js", &[("accept-encoding", accepted)]).await;
        assert_eq!(text_of(&answer, "content-encoding"), encoding);
        assert_eq!(text_of(&answer, "content-type"), "text/javascript");
        assert!(text_of(&answer, "vary").contains("accept-encoding"));
        assert_eq!(body_of(answer).await, body.as_bytes());
    }
    for (path, kind) in [("/", "text/html"), ("/rollcall_cpu_bg.wasm", "application/wasm")] {
        for method in ["GET", "HEAD"] {
            let answer = ask(&app, method, path, &[("accept-encoding", "gzip, deflate, br")]).await;
            assert_eq!(text_of(&answer, "content-encoding"), "br", "{method} {path}");
            assert_eq!(text_of(&answer, "content-length"), "6", "{method} {path}");
            assert_eq!(text_of(&answer, "content-type"), kind);
        }
    }
    let shard = format!("/database/{SHARD}");
    for path in [&shard, &shard, "/samples/big.bin", "/models/opencv/pack.json"] {
        let answer = ask(&app, "GET", path, &[("accept-encoding", "gzip, br")]).await;
        assert_eq!((answer.status(), text_of(&answer, "content-encoding")), (StatusCode::OK, ""));
        assert!(!matches!(&*body_of(answer).await, b"gzip" | b"brotli"), "{path}");
    }
}

#[tokio::test]
async fn whatever_goes_wrong_the_answer_is_as_safe() {
    let folders = Folders::new();
    let token = Token::new("a token of some length").unwrap();
    let settings = Settings {
        base_path: "/rollcall".to_owned(),
        reload_token: Some(token),
        ..folders.settings()
    };
    let app = app(&settings).unwrap().0;
    for (method, path, header, status) in [
        ("GET", "/rollcall", ("a", "b"), 308),
        ("GET", "/", ("a", "b"), 200),
        ("GET", "/", ("transfer-encoding", "chunked"), 411),
        ("GET", "/", ("content-length", "5000"), 413),
        ("GET", "/", ("host", "evil.example"), 421),
        ("GET", "/", ("host", "evil@127.0.0.1"), 421),
        ("GET", "/nothing", ("a", "b"), 404),
        ("GET", "/samples/big.bin", ("range", "bytes=9999999-"), 416),
        ("GET", "/samples/big.bin", ("if-match", "\"x\""), 412),
        ("GET", "/plugin/index.yml", ("a", "b"), 404),
        ("PUT", "/", ("a", "b"), 405),
        ("POST", "/database/reload", ("a", "b"), 401),
        ("GET", "/database/info", ("a", "b"), 503),
    ] {
        let answer = ask(&app, method, path, &[header]).await;
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        for (name, value) in [
            ("cross-origin-resource-policy", "cross-origin"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(text_of(&answer, name), value, "{method} {path}");
        }
        assert!(text_of(&answer, "content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(text_of(&answer, "access-control-allow-origin"), "", "{method} {path}");
    }
}

#[tokio::test]
async fn a_folder_that_may_only_be_read_is_enough() {
    let folders = Folders::new();
    let locked = |mode| {
        for folder in ["web", "database", "samples"] {
            fs::set_permissions(folders.path(folder), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    locked(0o555);
    let app = folders.app();
    assert_eq!(get(&app, "/").await.status(), StatusCode::OK);
    assert_eq!(get(&app, &format!("/database/{SHARD}")).await.status(), StatusCode::OK);
    locked(0o755);
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let directories = Directories { web: "/nowhere/at/all".into(), ..Directories::default() };
    let error = app(&Settings { directories, ..Settings::default() }).err().unwrap();
    assert!(matches!(error, ServerError::NoFolder { option: "web", .. }));
    assert!(error.to_string().contains("/nowhere/at/all"));
}
