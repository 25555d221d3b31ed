//! Two stash-boxes that have people in common: one person, one entry, and nobody taken for another.

use std::collections::BTreeSet;

use rollcall_core::PerformerId;
use rollcall_fakes::{Fake, World, photos};

use super::{run::Place, shared::shared};

const FIRST: &str = "stashdb.org";
const SECOND: &str = "fansdb.cc";

/// Whom each box has, by the number of the person in the folder of photos. Seven are in both.
const FIRST_HAS: std::ops::Range<usize> = 0..15;
const SECOND_HAS: std::ops::Range<usize> = 8..22;

/// A box of these people. Its pictures of a person begin at another one than the other box's.
fn world(seed: u64, people: std::ops::Range<usize>, from: usize) -> World {
    let mut world = World::with_pictures(seed, people.len(), 3).with_people_from(people.start);
    for row in &mut world.rows {
        row.birth_date = Some("1980-01-01".to_owned());
        row.pictures.iter_mut().for_each(|picture| picture.index += from);
    }
    world
}

fn ids(world: &World, endpoint: &str) -> Vec<PerformerId> {
    world.rows.iter().map(|row| PerformerId::new(endpoint, row.id).unwrap()).collect()
}

#[test]
fn exactly_those_who_are_in_both_boxes_are_linked() {
    let Some(shared) = shared() else { return };
    let people = photos::folder(&shared.join("data/faces-dev/people"));
    let (mut first, mut second) = (world(1, FIRST_HAS, 0), world(2, SECOND_HAS, 1));
    let in_second = |person: usize| person - SECOND_HAS.start;
    let common: Vec<usize> = FIRST_HAS.filter(|person| SECOND_HAS.contains(person)).collect();
    // Two name the page that the person has in the first box, two share a page, the rest have nothing
    // but their faces.
    for &person in &common[..2] {
        let page = format!("https://{FIRST}/performers/{}", first.rows[person].id);
        second.rows[in_second(person)].urls = vec![page];
    }
    for &person in &common[2..4] {
        let page = format!("https://www.instagram.com/person{person}/");
        second.rows[in_second(person)].urls = vec![page.clone()];
        first.rows[person].urls = vec![page];
    }
    // Namesakes are not linked, nor are people whose studio has one page for all of them, be it at a
    // stash-box.
    second.rows[in_second(20)].name = first.rows[0].name.clone();
    let studio = format!("https://{FIRST}/performers/{}", first.rows[1].id);
    for person in [17, 18, 19] {
        second.rows[in_second(person)].urls = vec![studio.clone()];
    }
    let planted: BTreeSet<[PerformerId; 2]> = common
        .iter()
        .map(|&person| {
            [ids(&first, FIRST)[person].clone(), ids(&second, SECOND)[in_second(person)].clone()]
        })
        .collect();

    let (first, second) = (Fake::stash_box(first, people.clone()), Fake::stash_box(second, people));
    let place = Place::new();
    let mut command = place.command(&first.url());
    place.add_upstream(&second.url(), SECOND);
    assert!(command.status().unwrap().success());

    let links = place.links();
    let linked: BTreeSet<[PerformerId; 2]> = links["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| {
            let mut pair = ["a", "b"].map(|end| link[end].as_str().unwrap().parse().unwrap());
            pair.sort_by_key(|id: &PerformerId| id.endpoint() != FIRST);
            pair
        })
        .collect();
    assert_eq!(linked, planted, "{links:#}");
}
