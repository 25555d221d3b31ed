//! A build on several machines.

use std::{thread, time::Duration};

use rollcall_fakes::{Fake, World};

use crate::run::{Place, photos};

#[test]
fn shares_put_together_are_the_database_of_one_machine() {
    let fake = Fake::stash_box(World::with_pictures(9, 60, 2).with_flaws(0.06), photos());
    let alone = Place::new();
    alone.build(&fake.url());

    let together = Place::new();
    let shares: Vec<String> = (0..3).map(|share| format!("{share}/3")).collect();
    let mut running: Vec<_> =
        shares.iter().map(|share| together.share(&fake.url(), share).spawn().unwrap()).collect();
    // One is killed twice, and goes on.
    for milliseconds in [300, 600] {
        thread::sleep(Duration::from_millis(milliseconds));
        running[1].kill().unwrap();
        running[1].wait().unwrap();
        running[1] = together.share(&fake.url(), &shares[1]).spawn().unwrap();
    }
    for mut share in running {
        assert!(share.wait().unwrap().success());
    }
    assert!(together.merge(&shares).status().unwrap().success());
    let (one, other) = (alone.files(), together.files());
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    assert!(one == other, "the files have the same names and other bytes");

    // A share that was never built is no share of nobody.
    assert_eq!(together.merge(&["5/6".to_owned()]).status().unwrap().code(), Some(1));
}
