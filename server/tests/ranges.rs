//! Parts of files, and what becomes of them when the file has changed meanwhile.

mod common;

use axum::http::StatusCode;
use common::{Folders, ask, body_of, get, text_of};

const FILE: &str = "/samples/big.bin";

#[tokio::test]
async fn a_part_is_a_part() {
    let folders = Folders::new();
    let app = folders.app();
    for (range, said, bytes) in [
        ("bytes=0-3", "bytes 0-3/1000000", "0123"),
        ("bytes=999998-", "bytes 999998-999999/1000000", "89"),
        ("bytes=-3", "bytes 999997-999999/1000000", "789"),
    ] {
        let part = ask(&app, "GET", FILE, &[("range", range)]).await;
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(text_of(&part, "content-range"), said);
        assert_eq!(body_of(part).await, bytes.as_bytes());
    }
    let beyond = ask(&app, "GET", FILE, &[("range", "bytes=1000000-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(text_of(&beyond, "content-range"), "bytes */1000000");
    let several = ask(&app, "GET", FILE, &[("range", "bytes=0-1,5-6")]).await;
    assert_eq!(several.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_part_of_another_version_becomes_the_whole() {
    let folders = Folders::new();
    let app = folders.app();
    let whole = get(&app, FILE).await;
    let (tag, date) =
        (text_of(&whole, "etag").to_owned(), text_of(&whole, "last-modified").to_owned());
    let weak = format!("W/{tag}");
    for (condition, status) in [
        (tag.as_str(), StatusCode::PARTIAL_CONTENT),
        (date.as_str(), StatusCode::PARTIAL_CONTENT),
        (weak.as_str(), StatusCode::OK),
        ("\"another\"", StatusCode::OK),
        ("Thu, 01 Jan 1970 00:00:00 GMT", StatusCode::OK),
        ("nonsense", StatusCode::OK),
        ("", StatusCode::OK),
    ] {
        let part = ask(&app, "GET", FILE, &[("range", "bytes=5-9"), ("if-range", condition)]).await;
        assert_eq!(part.status(), status, "{condition}");
        let length = if status == StatusCode::OK { 1_000_000 } else { 5 };
        assert_eq!(body_of(part).await.len(), length);
    }
    // The file changes, and with it its tag.
    folders.write("samples/big.bin", "a new and shorter one");
    let part = ask(&app, "GET", FILE, &[("range", "bytes=5-9"), ("if-range", &tag)]).await;
    assert_eq!(
        (part.status(), body_of(part).await),
        (StatusCode::OK, b"a new and shorter one".to_vec())
    );
}

#[tokio::test]
async fn the_tag_of_a_compressed_file_is_its_own() {
    let folders = Folders::new();
    folders.write("web/page.js.gz", "compressed");
    let app = folders.app();
    let plain = get(&app, "/page.js").await;
    let plain = text_of(&plain, "etag");
    let mixed = [("accept-encoding", "gzip"), ("range", "bytes=0-1"), ("if-range", plain)];
    assert_eq!(ask(&app, "GET", "/page.js", &mixed).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_condition_without_a_part_says_nothing() {
    let folders = Folders::new();
    let app = folders.app();
    let whole = ask(&app, "GET", FILE, &[("if-range", "\"another\"")]).await;
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(body_of(whole).await.len(), 1_000_000);
}
