//! What the builder asks of upstreams, over real HTTP on loopback, in good weather and bad.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic")]

mod keys;
mod pictures;
mod stash;
mod stash_box;
mod theporndb;
mod weather;

use std::time::Duration;

use rollcall_builder::{
    net::{Limits, Net, Pace, Secret},
    sources::Access,
};
use rollcall_fakes::KEY;

/// As patient as the real one, but in a hurry.
fn limits() -> Limits {
    Limits {
        silence: Duration::from_secs(2),
        answer: Duration::from_secs(20),
        first_wait: Duration::from_millis(5),
        rest: Duration::from_millis(300),
        ..Limits::default()
    }
}

fn net() -> Net {
    Net::new(limits()).unwrap()
}

/// The right key, a small page, and so fast that no test waits for it.
fn access(url: &str) -> Access {
    Access {
        endpoint: Some("stashdb.org".to_owned()),
        pace: Pace { api_per_minute: 600_000.0, images_per_second: 10_000.0 },
        per_page: 50,
        ..Access::new(url, Secret::new(KEY))
    }
}
