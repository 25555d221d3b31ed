//! Who is linked, and who is not.

use rollcall_core::{Embedding, PerformerId};
use uuid::Uuid;

use super::*;
use crate::{known::Known, random::Random, sources::Listed};

pub(super) const BOXES: [&str; 3] = ["stashdb.org", "fansdb.cc", "pmvstash.org"];

pub(super) fn id(host: &str, number: u128) -> PerformerId {
    PerformerId::new(host, Uuid::from_u128(number)).unwrap()
}

/// A face nobody else has.
pub(super) fn stranger(random: &mut Random) -> Embedding {
    Embedding::from_raw(random.normals(128).into_iter().map(|x| x as f32).collect()).unwrap()
}

/// A face whose cosine with `to` is `cosine`.
pub(super) fn like(to: &Embedding, cosine: f32, random: &mut Random) -> Embedding {
    let other = stranger(random);
    let along = other.similarity(to).unwrap().0;
    let across = other.unit().iter().zip(to.unit()).map(|(o, t)| o - along * t).collect();
    let across = Embedding::from_raw(across).unwrap();
    let side = (1.0 - cosine * cosine).sqrt();
    let both = to.unit().iter().zip(across.unit());
    Embedding::from_raw(both.map(|(t, a)| cosine * t + side * a).collect()).unwrap()
}

pub(super) fn known(host: &str, number: u128, face: Embedding) -> Known {
    let listed = Listed::new(id(host, number), format!("Person {number} of {host}"));
    Known { listed, faces: vec![vec![face]], image: None }
}

pub(super) fn options() -> LinkOptions {
    let endpoints = BOXES.map(str::to_owned).to_vec();
    LinkOptions { endpoints, weights: vec![1.0], far: Some(FAR), ..LinkOptions::default() }
}

/// `count` people with faces of their own, one box after the other.
fn strangers(count: u128) -> Vec<Known> {
    let mut random = Random::new(5);
    (0..count).map(|n| known(BOXES[n as usize % 3], n + 1, stranger(&mut random))).collect()
}

/// The persons of several performers, as numbers of their ids.
fn joined(linked: &Linked) -> Vec<Vec<u128>> {
    let numbers = |person: &Person| person.members.iter().map(|id| id.uuid().as_u128()).collect();
    linked.persons().filter(|person| person.members.len() > 1).map(numbers).collect()
}

fn page(known: &Known) -> String {
    format!("https://{}/performers/{}", known.listed.id.endpoint(), known.listed.id.uuid())
}

#[test]
fn pages_and_stated_ids_link_and_names_do_not() {
    let mut people = strangers(9);
    let first = page(&people[0]);
    people[1].listed.urls = vec![first, "https://twitter.com/Ada".to_owned()];
    people[5].listed.urls = vec!["https://www.x.com/ada/".to_owned()];
    people[4].listed.stash_ids = vec![id(BOXES[0], 4), id("javstash.org", 99)];
    for namesake in &mut people[6..8] {
        namesake.listed.name = "Ada".to_owned();
    }
    people.sort_by(|a, b| a.listed.id.cmp(&b.listed.id));
    let linked = link(&people, &options()).unwrap();
    assert_eq!(joined(&linked), [vec![1, 2, 6], vec![4, 5]]);
    let why: Vec<&Why> = linked.report.links.iter().map(|link| &link.why).collect();
    assert_eq!(why, [&Why::Stated, &Why::Stated, &Why::Page("x.com/ada".to_owned())]);
    assert!(linked.report.links.iter().all(|link| link.similarity.is_some()));

    let mut entries = Vec::new();
    let each = &mut |entry| {
        entries.push(entry);
        Ok(())
    };
    linked.entries(&people, each).unwrap();
    assert_eq!(entries.len(), 6);
    let of = |number| entries.iter().find(|e| e.performer.id == id(BOXES[0], number)).unwrap();
    assert_eq!((of(1).faces.len(), of(1).performer.faces), (3, 3));
    let ids: Vec<_> = of(1).performer.stash_ids.clone().into_iter().collect();
    let wanted = [(BOXES[1], 2), (BOXES[2], 6), (BOXES[0], 1)];
    assert_eq!(ids, wanted.map(|(host, n)| (host.to_owned(), Uuid::from_u128(n))));
    assert!(of(4).performer.stash_ids.contains_key("javstash.org"), "known by id only");
}

#[test]
fn a_page_that_many_have_links_nobody() {
    let mut people = strangers(12);
    for known in &mut people {
        known.listed.urls = vec!["https://onlyfans.com/agency".to_owned()];
    }
    let linked = link(&people, &options()).unwrap();
    assert!(joined(&linked).is_empty());
    let hub = Hub { page: "onlyfans.com/agency".to_owned(), performers: 12 };
    assert_eq!(linked.report.hubs, [hub]);

    let of_one = page(&people[0]);
    people.iter_mut().filter(|k| k.listed.id.endpoint() != BOXES[0]).for_each(|known| {
        known.listed.urls = vec![of_one.clone()];
    });
    let linked = link(&people, &options()).unwrap();
    assert!(joined(&linked).is_empty(), "four performers of a box give the same id elsewhere");
}

#[test]
fn where_two_claim_the_same_performer_faces_decide() {
    let mut random = Random::new(6);
    let mut people = strangers(8);
    // 2 and 5 of one box both say that they are 1; 8 has the same face as 1.
    let of_first = page(&people[0]);
    people[1].listed.urls = vec![of_first.clone()];
    people[4].listed.urls = vec![of_first];
    let linked = link(&people, &options()).unwrap();
    assert!(joined(&linked).is_empty());
    assert_eq!(linked.report.refused.len(), 2);
    assert!(linked.report.refused[0].because.contains("override file"));
    people[4].faces = vec![vec![like(&people[0].faces[0][0], 0.8, &mut random)]];
    let linked = link(&people, &options()).unwrap();
    assert_eq!(joined(&linked), [[1, 5]]);
}

#[test]
fn the_override_file_goes_before_everything() {
    let mut random = Random::new(7);
    let mut people = strangers(12);
    // 1 = 2 by a page, 2 = 3 by a page; 4 and 5 by face; 7 and 8 share nothing.
    people[0].listed.urls = vec!["https://x.com/ab".to_owned()];
    people[1].listed.urls = vec!["https://x.com/ab".to_owned(), "https://x.com/bc".to_owned()];
    people[2].listed.urls = vec!["https://x.com/bc".to_owned()];
    people[4].faces = vec![vec![like(&people[3].faces[0][0], 0.85, &mut random)]];
    assert_eq!(joined(&link(&people, &options()).unwrap()), [vec![1, 2, 3], vec![4, 5]]);

    let of = |number: u128| people[number as usize - 1].listed.id.clone();
    let mut options = options();
    options.overrides.apart = vec![vec![of(1), of(3)], vec![of(4), of(5)]];
    options.overrides.together = vec![vec![of(7), of(8), id("gone.example", 1)]];
    let linked = link(&people, &options).unwrap();
    assert_eq!(joined(&linked), [vec![1, 2], vec![7, 8]]);
    assert_eq!(linked.report.refused.len(), 2);
    assert!(linked.report.refused[0].because.contains("apart"));
    assert_eq!(linked.report.unknown_overrides, [id("gone.example", 1)]);

    options.overrides.together.push(vec![of(1), of(2), of(3)]);
    let error = link(&people, &options).unwrap_err().to_string();
    assert!(error.contains("both together and apart"), "{error}");
}

#[test]
fn performers_of_one_endpoint_are_one_only_if_that_is_stated() {
    let mut random = Random::new(8);
    let mut people = strangers(6);
    // 1 and 4 look the same at one box; 2 says it is 1, 3 says it is 4, and 2 and 3 have one page.
    people[3].faces = vec![vec![like(&people[0].faces[0][0], 0.9, &mut random)]];
    let (one, four) = (page(&people[0]), page(&people[3]));
    people[1].listed.urls = vec![one, "https://x.com/ada".to_owned()];
    people[2].listed.urls = vec![four, "https://x.com/ada".to_owned()];
    let linked = link(&people, &options()).unwrap();
    assert_eq!(joined(&linked), [[1, 2], [4, 3]]);
    assert!(linked.report.refused[0].because.contains("one endpoint"), "{:?}", linked.report);

    // The box merges 1 into 4, and its old row is still here.
    people[3].listed.merged = vec![Uuid::from_u128(1)];
    let linked = link(&people, &options()).unwrap();
    assert_eq!(joined(&linked), [[4, 2, 3, 1]]);
    let person = linked.persons().next().unwrap();
    assert_eq!(person.stash_ids[BOXES[0]], Uuid::from_u128(4), "filed under who is left");
    assert_eq!(person.merged_ids, [id(BOXES[0], 1)].into());
}

#[test]
fn whoever_is_removed_goes_with_all_their_ids() {
    let mut people = strangers(6);
    people[1].listed.stash_ids = vec![people[0].listed.id.clone()];
    people[1].listed.merged = vec![Uuid::from_u128(77)];
    for opted_out in [id(BOXES[1], 2), id(BOXES[0], 1), id(BOXES[1], 77)] {
        let mut linked = link(&people, &options()).unwrap();
        let gone = linked.remove(&[opted_out].into());
        assert_eq!(gone[0].ids.len(), 3);
        assert_eq!(gone[0].merged_ids, [id(BOXES[1], 77)].into());
        assert_eq!(linked.persons().count(), 4);
        let mut left = 0;
        let each = &mut |_| {
            left += 1;
            Ok(())
        };
        linked.entries(&people, each).unwrap();
        assert_eq!(left, 4);
    }
}
