//! Foreign names and foreign pages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use axum::http::StatusCode;
use common::{Folders, Running, ask, body_of, get, text_of};
use rollcall_server::{Limits, Settings, app};

fn named(folders: &Folders, names: &[&str], origins: &[&str]) -> axum::Router {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    app(&Settings { names: texts(names), origins: texts(origins), ..folders.settings() }).unwrap().0
}

#[tokio::test]
async fn who_calls_us_by_a_foreign_name_is_told_what_to_do() {
    let folders = Folders::new();
    let app = named(&folders, &["nas.example.org"], &[]);
    for host in [
        "127.0.0.1",
        "192.168.7.9:7878",
        "[::1]:7878",
        "localhost",
        "nas.local:1",
        "NAS.example.org:7878",
    ] {
        assert_eq!(
            ask(&app, "GET", "/", &[("host", host)]).await.status(),
            StatusCode::OK,
            "{host}"
        );
    }
    for host in [
        "evil.example",
        "evil.example:7878",
        "nas.example.org.evil.example",
        "localhost.evil.example",
    ] {
        for path in ["/", "/health", "/database/info", "/database/latest.json"] {
            let refused =
                ask(&app, "GET", path, &[("host", host), ("origin", "http://evil.example")]).await;
            assert_eq!(refused.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
            assert_eq!(text_of(&refused, "access-control-allow-origin"), "");
            let said = String::from_utf8(body_of(refused).await).unwrap();
            assert!(said.contains("--name"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_request_must_name_one_host() {
    let folders = Folders::new();
    let running = Running::start(&folders.settings(), Limits::default()).await;
    for (head, status) in [
        ("GET / HTTP/1.1\r\nHost: evil.example\r\n", "421"),
        ("GET / HTTP/1.1\r\n", "400"),
        ("GET / HTTP/1.0\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: evil@127.0.0.1\r\n", "421"),
        ("GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n", "400"),
        ("GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n", "200"),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", "200"),
    ] {
        let answer = running.raw(format!("{head}Connection: close\r\n\r\n")).await;
        assert!(answer.contains(&format!(" {status} ")), "{head}: {answer}");
    }
}

#[tokio::test]
async fn neighbouring_pages_may_read_and_measure() {
    let folders = Folders::new();
    let app = folders.app();
    for origin in [
        "http://192.168.1.5:9999",
        "https://192.168.1.5",
        "http://localhost:9999",
        "http://127.0.0.1:9999",
    ] {
        for path in [
            "/database/latest.json",
            "/health",
            "/database/info",
            "/rollcall_cpu_bg.wasm",
            "/nothing",
        ] {
            let answer =
                ask(&app, "GET", path, &[("host", "192.168.1.5:7878"), ("origin", origin)]).await;
            assert_eq!(text_of(&answer, "access-control-allow-origin"), origin, "{path}");
            assert_eq!(text_of(&answer, "timing-allow-origin"), origin);
            assert!(vary(&answer).contains("origin"), "{path}");
        }
    }
}

#[tokio::test]
async fn foreign_pages_may_not() {
    let folders = Folders::new();
    let listed = named(&folders, &[], &["https://stash.example"]);
    for (app, origin) in [
        (&folders.app(), "http://evil.example"),
        (&folders.app(), "null"),
        (&folders.app(), "http://192.168.1.50:9999"),
        (&listed, "http://127.0.0.1:9999"),
        (&listed, "http://stash.example"),
    ] {
        for method in ["GET", "OPTIONS"] {
            let asked = [
                ("host", "192.168.1.5:7878"),
                ("origin", origin),
                ("access-control-request-method", "GET"),
            ];
            let answer = ask(app, method, "/database/latest.json", &asked).await;
            for name in [
                "access-control-allow-origin",
                "timing-allow-origin",
                "access-control-allow-credentials",
            ] {
                assert_eq!(text_of(&answer, name), "", "{origin} {method} {name}");
            }
            assert!(vary(&answer).contains("origin"));
        }
    }
    let fine = ask(&listed, "GET", "/", &[("origin", "https://stash.example")]).await;
    assert_eq!(text_of(&fine, "access-control-allow-origin"), "https://stash.example");
}

#[tokio::test]
async fn a_preflight_allows_reading_only() {
    let folders = Folders::new();
    let asked = [
        ("origin", "http://127.0.0.1:9999"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "range"),
    ];
    let answer = ask(&folders.app(), "OPTIONS", "/database/latest.json", &asked).await;
    assert!(answer.status().is_success());
    assert_eq!(text_of(&answer, "access-control-allow-methods"), "GET,HEAD");
    assert!(text_of(&answer, "access-control-allow-headers").contains("range"));
}

#[tokio::test]
async fn behind_a_proxy_on_a_sub_path_everything_is_found() {
    let folders = Folders::new();
    let app = app(&Settings { base_path: "/rollcall".to_owned(), ..folders.settings() }).unwrap().0;
    for path in [
        "/rollcall/",
        "/rollcall/page.js?v=1",
        "/rollcall/health",
        "/rollcall/database/latest.json",
        "/",
        "/health",
        "/database/latest.json",
    ] {
        assert_eq!(get(&app, path).await.status(), StatusCode::OK, "{path}");
    }
    let bare = get(&app, "/rollcall").await;
    assert_eq!(
        (bare.status(), text_of(&bare, "location")),
        (StatusCode::PERMANENT_REDIRECT, "/rollcall/")
    );
    for path in [
        "/rollcallx/health",
        "/rollcall/rollcall/health",
        "/rollcall/../secret.txt",
        "/rollcall//health",
    ] {
        assert_eq!(get(&app, path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    // A hash in the base path makes nothing immutable.
    let page = get(&app, "/rollcall/").await;
    assert_eq!(text_of(&page, "cache-control"), "no-cache");
}

fn vary(response: &axum::http::Response<axum::body::Body>) -> String {
    let all = response.headers().get_all("vary").iter().map(|value| value.to_str().unwrap());
    all.collect::<Vec<_>>().join(",").to_ascii_lowercase()
}
