//! From upstreams to releases that others use.

use std::fs;

use rollcall_builder::lookup::{Wanted, lookup};
use rollcall_core::PerformerId;
use rollcall_fakes::{Fake, World};

use crate::{
    refused::words,
    run::{Place, photos},
};

#[test]
fn who_opts_out_is_in_no_release_from_then_on() {
    let fake = Fake::stash_box(World::with_pictures(3, 12, 1), photos());
    let place = Place::new();
    place.build(&fake.url());
    let rows = fake.world().rows;
    let known = |row: usize| {
        let id = PerformerId::new("stashdb.org", rows[row].id).unwrap();
        lookup(&place.published(), &Wanted::At(id)).unwrap().is_some()
    };

    // Without a list of who asked to be left out there is no release; it may be empty, but somebody
    // must have thought of it.
    assert!(words(&mut place.release()).contains("opt-outs.txt"));
    fs::write(place.opt_outs(), "").unwrap();
    assert!(place.release().status().unwrap().success());
    assert!(known(4) && known(5));

    fs::write(place.opt_outs(), format!("stashdb.org:{}  # asked on Monday\n", rows[4].id))
        .unwrap();
    let output = place.release().arg("--json").output().unwrap();
    let released: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(released["version"], "2026.11.2");
    assert_eq!((&released["changes"]["removed"], &released["left_out"]), (&1.into(), &1.into()));
    assert!(!known(4) && known(5));
}

#[test]
fn who_was_merged_is_found_under_the_old_id_and_opts_out_under_it() {
    let fake = Fake::stash_box(World::with_pictures(3, 12, 1), photos());
    let place = Place::new();
    let rows = fake.world().rows;
    let id = |row: usize| PerformerId::new("stashdb.org", rows[row].id).unwrap();
    let found = |row: usize| lookup(&place.published(), &Wanted::At(id(row))).unwrap();
    fs::write(place.opt_outs(), "").unwrap();
    place.build(&fake.url());
    assert!(place.release().status().unwrap().success());
    assert_eq!(found(4).unwrap().performer.id, id(4));

    fake.change(|world| world.merge(4, 5));
    place.build(&fake.url());
    assert!(place.release().status().unwrap().success());
    let now = found(4).unwrap();
    assert_eq!((now.performer.id, now.ids), (id(5), vec![id(5)]));
    assert_eq!(now.performer.merged_ids, [id(4)].into());

    fs::write(place.opt_outs(), id(4).to_string()).unwrap();
    assert!(place.release().status().unwrap().success());
    assert!(found(4).is_none() && found(5).is_none());
}
