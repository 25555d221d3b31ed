//! What the builder asks of upstreams, over real HTTP on loopback, in good weather and bad.

mod stash_box;

use std::time::Duration;

use rollcall_builder::net::{Limits, Net, Pace, Secret};
use rollcall_fakes::KEY;

/// As patient as the real one, but in a hurry.
fn limits() -> Limits {
    Limits {
        silence: Duration::from_millis(400),
        answer: Duration::from_secs(5),
        first_wait: Duration::from_millis(5),
        rest: Duration::from_millis(300),
        ..Limits::default()
    }
}

fn net() -> Net {
    Net::new(limits()).unwrap()
}

/// So fast that no test waits for it.
fn fast() -> Pace {
    Pace { api_per_minute: 600_000.0, images_per_second: 10_000.0 }
}

fn key() -> Secret {
    Secret::new(KEY)
}
