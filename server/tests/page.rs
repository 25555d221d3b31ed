//! What the host tells the stand-alone page of its database: whether it may search it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
#[path = "../../crates/index/tests/common/mod.rs"]
mod numbers;

use axum::http::StatusCode;
use common::{Folders, body_of, get};
use rollcall_core::PerformerId;
use rollcall_index::{DirectorySink, SigningKey, write_database};
use rollcall_server::{Settings, app};
use serde_json::Value;

/// What `/database/info` says of a database of three people, all or one of them of a stash-box.
async fn info(from: &[&str], signed: bool, allow_drop: bool) -> Value {
    let folders = Folders::new();
    let mut people = numbers::people(3, 1, &[128], 1);
    for (one, endpoint) in people.iter_mut().zip(from) {
        one.performer.id = PerformerId::new(endpoint, one.performer.id.uuid()).unwrap();
    }
    let mut options = numbers::options(&[128]);
    options.key = signed.then(|| SigningKey::from_seed([1; 32]).unwrap());
    let mut sink = DirectorySink::create(folders.path("people")).unwrap();
    write_database(people, &options, &mut sink).unwrap();
    let mut settings = Settings { allow_drop, ..folders.settings() };
    settings.directories.database = Some(folders.path("people"));
    let (app, site) = app(&settings).unwrap();
    site.reload().await;
    let answer = get(&app, "/database/info").await;
    assert_eq!(answer.status(), StatusCode::OK);
    serde_json::from_slice(&body_of(answer).await).unwrap()
}

#[tokio::test]
async fn a_collection_of_ones_own_is_searched_with_and_without_leave() {
    for allow_drop in [false, true] {
        let info = info(&[], false, allow_drop).await;
        assert_eq!((&info["page"], &info["own"]), (&"all".into(), &true.into()), "{info}");
        assert_eq!(info["performers"], 3);
    }
}

#[tokio::test]
async fn a_published_one_is_searched_with_leave_only_and_then_for_sure_names() {
    for (from, signed) in [
        (&["stashdb.org"][..], false),
        (&["stashdb.org", "stashdb.org", "theporndb.net"], false),
        (&[], true),
        (&["stashdb.org"], true),
    ] {
        for (allow_drop, page) in [(false, "none"), (true, "sure")] {
            let info = info(from, signed, allow_drop).await;
            assert_eq!(info["page"], page, "{from:?}, signed: {signed}, {info}");
            assert_eq!(info["own"], false);
        }
    }
}
