//! Ten thousand synthetic people, some of them at two boxes.

use std::{collections::BTreeSet, time::Instant};

use super::{
    faces::{self, FAR},
    tests::{BOXES, id, known, like, options, stranger},
    *,
};
use crate::random::Random;

const PEOPLE: usize = 10_000;
const PLANTED: usize = 400;

/// Half of them at each of two boxes, and who of the first box is who of the second. Among them are
/// lookalikes, who must not be linked.
fn people(count: usize) -> (Vec<Known>, BTreeSet<(PerformerId, PerformerId)>) {
    let mut random = Random::new(21);
    let (mut people, mut planted) = (Vec::new(), BTreeSet::new());
    for number in 0..count / 2 {
        let here = stranger(&mut random);
        let there = match number {
            // Templates of the same person: about what several photos on each side give.
            ..PLANTED => like(&here, 0.6 + 0.3 * (number as f32 / PLANTED as f32), &mut random),
            // As alike as one pair of strangers in a million.
            PLANTED..500 => like(&here, 0.38, &mut random),
            _ => stranger(&mut random),
        };
        let number = number as u128;
        if (number as usize) < PLANTED {
            planted.insert((id(BOXES[0], number), id(BOXES[1], 1_000_000 - number)));
        }
        people.push(known(BOXES[0], number, here));
        people.push(known(BOXES[1], 1_000_000 - number, there));
        // Namesakes everywhere.
        people.iter_mut().rev().take(2).for_each(|known| known.listed.name = "Ada".to_owned());
    }
    people.sort_by(|a, b| a.listed.id.cmp(&b.listed.id));
    (people, planted)
}

#[test]
fn among_ten_thousand_exactly_the_planted_pairs_are_linked() {
    let (people, planted) = people(PEOPLE);
    let start = Instant::now();
    let linked = link(&people, &options()).unwrap();
    println!("{:?} in {:?}", linked.report.threshold, start.elapsed());
    let found: BTreeSet<_> =
        linked.report.links.iter().map(|link| (link.a.clone(), link.b.clone())).collect();
    assert_eq!(found, planted);
    assert!(linked.report.links.iter().all(|link| link.why == Why::Face));
    assert_eq!(linked.report.persons, PEOPLE - PLANTED);
    let threshold = linked.report.threshold.unwrap();
    assert!(threshold.far < FAR && threshold.strangers > 900_000);

    // Another order of reading changes nothing. A graph of fewer is made faster.
    let some: Vec<Known> = people.into_iter().step_by(10).collect();
    let backwards: Vec<Known> = some.iter().rev().cloned().collect();
    let report = |people: &Vec<Known>| link(people, &options()).unwrap().report;
    assert_eq!(report(&backwards), report(&some));
}

/// The graph against comparing everybody with everybody, from a similarity on that is reached by
/// strangers too, so that there is much to miss.
#[test]
fn the_graph_finds_the_pairs_that_comparing_everybody_finds() {
    let (people, _) = people(3_000);
    let nodes = read(&people, &options()).unwrap();
    let groups = Groups::new(nodes.iter().map(|n| n.endpoint).collect(), BTreeSet::new());
    let (likeness, _) = faces::measure(&nodes, &groups, &[1.0], FAR);
    let floor = 0.36;
    let (here, there): (Vec<usize>, Vec<usize>) =
        (0..nodes.len()).partition(|&person| nodes[person].endpoint == 0);
    let nearest = |a: usize, among: &[usize]| {
        let alike = |b: &usize| (likeness.between(&nodes[a], &nodes[*b]).unwrap(), *b);
        let best = among.iter().map(alike).max_by(|x, y| x.0.total_cmp(&y.0)).unwrap();
        (best.0 >= floor).then_some(best.1)
    };
    let exact: BTreeSet<(usize, usize)> = here
        .iter()
        .filter_map(|&a| {
            nearest(a, &there).filter(|&b| nearest(b, &here) == Some(a)).map(|b| (a, b))
        })
        .collect();
    let found: BTreeSet<(usize, usize)> = faces::pairs(&nodes, &likeness, floor)
        .unwrap()
        .into_iter()
        .map(|(a, b, _)| (a, b))
        .collect();
    let missed = exact.difference(&found).count();
    println!("{} pairs, {missed} missed, {} more", exact.len(), found.difference(&exact).count());
    assert!(exact.len() > PLANTED + 90);
    assert!(missed * 200 <= exact.len(), "{missed} of {} missed", exact.len());
}
