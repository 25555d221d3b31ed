//! People without a name, over many scenes: who is the same.

use super::{
    SeenPerson,
    cluster::{Pair, cluster},
};
use crate::{SAME_PERSON, mean_similarity};

/// Of more people only the first are brought together: time and memory grow with their square.
pub const MOST_UNKNOWN: usize = 5000;

/// Groups of `people` who are one person as far as faces tell: each two or more, the largest first.
/// Takes the first [`MOST_UNKNOWN`].
#[must_use]
pub fn group_people(people: &[&SeenPerson]) -> Vec<Vec<usize>> {
    let people = &people[..people.len().min(MOST_UNKNOWN)];
    let alike = |a: usize, b: usize| {
        let alike = mean_similarity(&people[a].template, &people[b].template);
        alike.map_or(-1.0, |similarity| similarity.0)
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    // Two groups are joined only where somebody of the one is like enough to somebody of the other: what
    // such likeness does not connect need not be compared again.
    for part in connected(people.len(), &|a, b| alike(a, b) >= SAME_PERSON.0) {
        let pair = |a: usize, b: usize| Pair { similarity: alike(part[a], part[b]), apart: false };
        let one = cluster(part.len(), pair, SAME_PERSON.0);
        groups.extend(one.iter().map(|group| group.iter().map(|&place| part[place]).collect()));
    }
    groups.retain(|group| group.len() > 1);
    groups.sort_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
    groups
}

/// What is connected, one by one: parts by their first member, members rising.
fn connected(count: usize, linked: &dyn Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..count).collect();
    let mut parts = Vec::new();
    while let Some(&first) = left.first() {
        left.remove(0);
        let mut part = vec![first];
        let mut next = 0;
        while let Some(&member) = part.get(next) {
            let near: Vec<usize>;
            (near, left) = left.into_iter().partition(|&other| linked(member, other));
            part.extend(near);
            next += 1;
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Embedding;

    fn person(x: f32, y: f32, z: f32) -> Option<SeenPerson> {
        let template = vec![Embedding::from_raw(vec![x, y, z]).ok()?];
        Some(SeenPerson { template, faces: vec![], thumbnail: None, weight: 1.0 })
    }

    proptest! {
        #[test]
        fn parts_change_nothing(at in proptest::collection::vec((-1.0f32..1.0, -1.0f32..1.0, -1.0f32..1.0), 0..40)) {
            let all: Vec<SeenPerson> = at.iter().filter_map(|&(x, y, z)| person(x, y, z)).collect();
            let people: Vec<&SeenPerson> = all.iter().collect();
            let alike = |a: usize, b: usize| Pair {
                similarity: mean_similarity(&people[a].template, &people[b].template).unwrap().0,
                apart: false,
            };
            let mut plain = cluster(people.len(), alike, SAME_PERSON.0);
            plain.retain(|group| group.len() > 1);
            let mut ours = group_people(&people);
            ours.sort();
            plain.sort();
            prop_assert_eq!(ours, plain);
        }
    }

    #[test]
    fn the_largest_group_comes_first_and_nobody_is_a_group_alone() {
        let at = [
            (1.0, 0.0, 0.0),
            (0.0, 1.0, 0.0),
            (0.9, 0.1, 0.0),
            (0.0, 0.0, 1.0),
            (0.1, 1.0, 0.0),
            (0.0, 0.9, 0.1),
        ];
        let all: Vec<SeenPerson> = at.iter().filter_map(|&(x, y, z)| person(x, y, z)).collect();
        let people: Vec<&SeenPerson> = all.iter().collect();
        assert_eq!(group_people(&people), [vec![1, 4, 5], vec![0, 2]]);
        assert!(group_people(&[]).is_empty());
    }
}
