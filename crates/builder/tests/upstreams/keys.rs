//! Keys: wrong ones stop everything at once, and none is ever shown.

use rollcall_builder::{
    net::Secret,
    sources::{Access, Order, Software},
};
use rollcall_fakes::{Fake, Fault, KEY, Route, World, photos};

use crate::{access, net};

const WRONG: &str = "geheim-und-falsch";

fn fakes() -> [(Fake, Software, &'static str); 3] {
    let world = || World::new(1, 3);
    [
        (Fake::stash_box(world(), photos::plain()), Software::StashBox, "stashdb.org"),
        (Fake::theporndb(world(), photos::plain()), Software::ThePornDb, "stashdb.org"),
        (Fake::stash(world(), photos::plain()), Software::Stash, "local"),
    ]
}

#[test]
fn a_wrong_key_stops_at_once_and_says_where() {
    for (fake, software, name) in fakes() {
        for key in [WRONG, ""] {
            let access = Access { software, key: Secret::new(key), ..access(&fake.url()) };
            let error = access.open(&net()).unwrap().page(Order::Name, 1).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with(&format!("{name} does not accept the API key")), "{text}");
            assert!(!text.contains(WRONG) && !format!("{error:?}").contains(WRONG), "{error:?}");
        }
    }
}

#[test]
fn a_server_that_repeats_the_key_is_not_repeated() {
    let (fake, ..) = &fakes()[0];
    let says = format!(r#"{{"errors":[{{"message":"no luck with {KEY} today"}}]}}"#);
    fake.fault(Route::Api, Fault::Instead(says), 1);
    let error = access(&fake.url()).open(&net()).unwrap().page(Order::Name, 1).unwrap_err();
    assert!(error.to_string().contains("says: no luck with … today"), "{error}");
}

#[test]
fn nothing_that_is_printed_for_finding_faults_shows_a_key() {
    for (fake, software, _) in fakes() {
        let access = Access { software, key: Secret::new(WRONG), ..access(&fake.url()) };
        let source = access.open(&net()).unwrap();
        let shown = format!("{access:?} {:?}", source.upstream());
        assert!(shown.contains("Secret(…)") && !shown.contains(WRONG), "{shown}");
    }
}
