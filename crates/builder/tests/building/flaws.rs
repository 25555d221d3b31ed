//! Pictures that cannot be used, each dropped with its reason.

use rollcall_fakes::{Fake, Flaw, World};
use serde_json::json;

use crate::run::{Place, photos};

#[test]
fn each_unusable_picture_is_dropped_with_its_reason() {
    let mut world = World::with_pictures(3, Flaw::ALL.len(), 1);
    for (row, flaw) in Flaw::ALL.into_iter().enumerate() {
        world.add_picture(row);
        world.rows[row].birth_date = None;
        world.rows[row].pictures[1].flaw = Some(flaw);
    }
    world.rows[0].birth_date = Some("2009".to_owned());
    let place = Place::new();
    place.build(&Fake::stash_box(world, photos()).url());
    let report = place.report();
    let people = &report["people"];
    // Print colours and the first frame of an animation can be looked at. Who is under age is not
    // looked at at all: there is no 404.
    assert_eq!(
        people["dropped"],
        json!({
            "a group photo": 1,
            "damaged or cut off": 1,
            "no face": 1,
            "no picture but a drawing (SVG)": 1,
            "no picture but a web page": 1,
            "no picture but empty": 1,
            "too many bytes": 1,
        })
    );
    assert_eq!((&people["under_age"], &people["performers"]), (&json!(1), &json!(9)));
    assert_eq!((&people["with_faces"], &people["faces"]), (&json!(9), &json!(11)));
    assert_eq!(report["performers"], 9);
}
