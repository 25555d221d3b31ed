//! What goes wrong with answers about performers.

use std::time::{Duration, Instant};

use rollcall_builder::{
    Error,
    net::{Limits, Net, NetError, Pace},
    sources::{Access, Order, Source as _, StashBox, UpstreamError},
};
use rollcall_fakes::{Fake, Fault, Route, World, photos};

use crate::{access, limits, net};

fn fake() -> Fake {
    Fake::stash_box(World::new(6, 10), photos::plain())
}

fn first_page(net: Net, access: &Access) -> Result<usize, UpstreamError> {
    match StashBox::new(net, access).unwrap().page(Order::Name, 1) {
        Ok(page) => Ok(page.performers.len()),
        Err(Error::Upstream(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_passes_is_waited_for() {
    let fake = fake();
    let busy = Fault::status(429).retry_after("0");
    for fault in [busy, Fault::status(500), Fault::status(503), Fault::Stall, Fault::Cut] {
        fake.fault(Route::Api, fault.clone(), 2);
        assert_eq!(first_page(net(), &access(&fake.url())), Ok(10), "{fault:?}");
        assert_eq!(fake.asked().len(), 3, "{fault:?}");
    }
}

#[test]
fn as_long_as_the_host_says() {
    let fake = fake();
    fake.fault(Route::Api, Fault::status(429).retry_after("1"), 1);
    let start = Instant::now();
    assert_eq!(first_page(net(), &access(&fake.url())), Ok(10));
    assert!(start.elapsed() >= Duration::from_secs(1));

    // But not for a day.
    fake.fault(Route::Api, Fault::status(429).retry_after("86400"), 1);
    let error = first_page(net(), &access(&fake.url())).unwrap_err();
    assert!(error.passes() && error.to_string().contains("answers 429"), "{error}");
}

#[test]
fn requests_come_at_the_pace_that_is_set() {
    let fake = fake();
    let pace = Pace { api_per_minute: 1200.0, ..Pace::default() };
    let mut source = StashBox::new(net(), &Access { pace, ..access(&fake.url()) }).unwrap();
    let start = Instant::now();
    for _ in 0..6 {
        source.page(Order::Name, 1).unwrap();
    }
    // The first at once, the other five every 50 ms.
    let took = start.elapsed();
    assert!((Duration::from_millis(245)..Duration::from_secs(2)).contains(&took), "{took:?}");
}

#[test]
fn a_host_that_keeps_failing_is_left_alone_for_a_while() {
    let fake = fake();
    let net = Net::new(Limits { retries: 1, break_after: 4, ..limits() }).unwrap();
    let access = access(&fake.url());
    fake.fault(Route::Api, Fault::status(500), 4);
    for _ in 0..2 {
        let error = first_page(net.clone(), &access).unwrap_err();
        assert!(error.passes() && error.to_string().contains("answers 500"), "{error}");
    }
    assert_eq!(fake.asked().len(), 4);
    let error = first_page(net.clone(), &access).unwrap_err();
    let UpstreamError::Net { source: NetError::Resting { failures: 4, wait, .. }, .. } = error
    else {
        panic!("{error}");
    };
    assert_eq!(fake.asked().len(), 0, "nothing is asked meanwhile");
    std::thread::sleep(wait);
    assert_eq!(first_page(net, &access), Ok(10), "and then it is tried again");
}

#[test]
fn a_form_that_nobody_knows_stops_at_once_and_says_what_to_do() {
    let fake = fake();
    for (answer, reason) in [
        ("<html>Sign in</html>", "it is no JSON"),
        (r#"{"data":{}}"#, "there is no queryPerformers"),
        (r#"{"data":{"queryPerformers":{"count":1}}}"#, "missing field `performers`"),
        (r#"{"data":{"queryPerformers":{"count":1,"performers":[{"id":"x"}]}}}"#, "x: "),
        (
            r#"{"errors":[{"message":"Cannot query field \"urls\" on type \"Performer\"."}]}"#,
            "Cannot query field",
        ),
    ] {
        fake.fault(Route::Api, Fault::Instead(answer.to_owned()), 1);
        let error = first_page(net(), &access(&fake.url())).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, UpstreamError::Form { .. }) && !error.passes(), "{text}");
        assert!(text.starts_with("stashdb.org answers in a form that this version"), "{text}");
        assert!(text.contains(reason) && text.contains("look for a newer version"), "{text}");
        assert_eq!(fake.asked().len(), 1, "asking again would not help");
    }
}

#[test]
fn one_row_that_makes_no_sense_does_not_spoil_a_page() {
    let fake = fake();
    let good = r#"{"id":"0190f2f0-1111-7000-8000-00000000000a","name":"A","urls":[],"images":[],
        "deleted":false,"merged_ids":[]}"#;
    let answer = format!(
        r#"{{"data":{{"queryPerformers":{{"count":2,"performers":[{{"id":7}},{good}]}}}}}}"#
    );
    fake.fault(Route::Api, Fault::Instead(answer), 1);
    let page = StashBox::new(net(), &access(&fake.url())).unwrap().page(Order::Name, 1).unwrap();
    assert_eq!((page.performers.len(), page.unusable.len()), (1, 1));
}

#[test]
fn what_a_server_says_is_passed_on() {
    let fake = fake();
    fake.fault(
        Route::Api,
        Fault::Instead(r#"{"errors":[{"message":"database is locked"}]}"#.into()),
        1,
    );
    let error = first_page(net(), &access(&fake.url())).unwrap_err();
    assert!(error.passes());
    assert!(error.to_string().starts_with("stashdb.org says: database is locked"), "{error}");
}

#[test]
fn an_answer_without_end_is_cut() {
    let fake = fake();
    let net = Net::new(Limits { api_bytes: 10_000, ..limits() }).unwrap();
    fake.fault(Route::Api, Fault::Instead("x".repeat(20_000)), 1);
    let error = first_page(net, &access(&fake.url())).unwrap_err();
    assert!(error.to_string().contains("has more than 10000 bytes"), "{error}");
}

#[test]
fn nobody_there_is_told_from_a_wrong_answer() {
    let error = first_page(net(), &access("http://127.0.0.1:9/graphql")).unwrap_err();
    assert!(error.passes());
    let text = error.to_string();
    assert!(
        text.contains("cannot be reached") && text.contains("run the same command again"),
        "{text}"
    );
}

#[test]
fn whoever_waits_can_be_stopped() {
    let fake = fake();
    fake.fault(Route::Api, Fault::status(429).retry_after("300"), 1);
    let (net, start) = (net(), Instant::now());
    let waiting = net.clone();
    let waiter = std::thread::spawn(move || first_page(waiting, &access(&fake.url())));
    std::thread::sleep(Duration::from_millis(100));
    net.stop();
    let error = waiter.join().unwrap().unwrap_err();
    assert!(matches!(error, UpstreamError::Net { source: NetError::Stopped, .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10));
}
