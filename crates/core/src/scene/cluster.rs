//! Which looks are at one person.
//!
//! Agglomerative clustering with average linkage: the two groups whose looks are most alike on
//! average become one, until no two are alike enough. Two looks in one frame are two people, unless
//! they are so alike that it must be a mirror or a split screen.

/// What is known of two looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// How alike they are.
    pub similarity: f32,
    /// They cannot be one person.
    pub apart: bool,
}

/// Groups of the looks `0..count`: groups by their first look, looks rising.
///
/// Takes time and memory with the square of `count` (and at worst a little more).
#[must_use]
pub fn cluster(
    count: usize,
    pair: impl Fn(usize, usize) -> Pair,
    at_least: f32,
) -> Vec<Vec<usize>> {
    let mut linkage = Linkage::new(count, pair);
    while let Some((a, b)) = linkage.closest(at_least) {
        linkage.join(a, b);
    }
    linkage.groups.into_iter().filter(|group| !group.is_empty()).collect()
}

/// Sums of similarities between groups. A group is called by its first look.
struct Linkage {
    groups: Vec<Vec<usize>>,
    /// For each two groups, the sum over the pairs of their looks; -∞ where they must stay apart.
    sums: Vec<f32>,
    /// For each group, the one most like it of those after it, and how alike they are.
    best: Vec<Option<(f32, usize)>>,
}

impl Linkage {
    fn new(count: usize, pair: impl Fn(usize, usize) -> Pair) -> Self {
        let mut sums = vec![f32::NEG_INFINITY; count * count];
        for (a, b) in (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))) {
            let Pair { similarity, apart } = pair(a, b);
            let sum = if apart { f32::NEG_INFINITY } else { similarity };
            sums[a * count + b] = sum;
            sums[b * count + a] = sum;
        }
        let groups = (0..count).map(|look| vec![look]).collect();
        let mut linkage = Self { groups, sums, best: vec![None; count] };
        (0..count).for_each(|group| linkage.find_best(group));
        linkage
    }

    fn similarity(&self, a: usize, b: usize) -> f32 {
        let pairs = self.groups[a].len() * self.groups[b].len();
        if pairs == 0 {
            f32::NEG_INFINITY
        } else {
            self.sums[a * self.groups.len() + b] / pairs as f32
        }
    }

    fn find_best(&mut self, group: usize) {
        let others =
            (group + 1..self.groups.len()).map(|other| (self.similarity(group, other), other));
        // Of equals the first.
        self.best[group] = others
            .filter(|(similarity, _)| *similarity > f32::NEG_INFINITY)
            .reduce(|a, b| if b.0 > a.0 { b } else { a });
    }

    /// The two most alike groups, the earlier one first, if they are alike enough.
    fn closest(&self, at_least: f32) -> Option<(usize, usize)> {
        let each = self.best.iter().enumerate();
        let all = each
            .filter_map(|(group, best)| best.map(|(similarity, other)| (similarity, group, other)));
        let (similarity, a, b) = all.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
        (similarity >= at_least).then_some((a, b))
    }

    fn join(&mut self, a: usize, b: usize) {
        let count = self.groups.len();
        for other in 0..count {
            // Minus infinity stays what it is.
            let sum = self.sums[a * count + other] + self.sums[b * count + other];
            self.sums[a * count + other] = sum;
            self.sums[other * count + a] = sum;
        }
        let joined = std::mem::take(&mut self.groups[b]);
        self.groups[a].extend(joined);
        self.groups[a].sort_unstable();
        self.best[b] = None;
        for group in (0..count).filter(|&group| !self.groups[group].is_empty()).collect::<Vec<_>>()
        {
            let stale = self.best[group].is_some_and(|(_, other)| other == a || other == b);
            if group == a || stale {
                self.find_best(group);
            } else if group < a {
                let now = self.similarity(group, a);
                if self.best[group]
                    .is_none_or(|(best, other)| now > best || (now == best && a < other))
                    && now > f32::NEG_INFINITY
                {
                    self.best[group] = Some((now, a));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The slow, obvious twin: all pairs of groups anew in each round.
    fn plain(count: usize, pair: &dyn Fn(usize, usize) -> Pair, at_least: f32) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = (0..count).map(|i| vec![i]).collect();
        loop {
            let mut best: Option<(f32, usize, usize)> = None;
            for (a, b) in (0..groups.len()).flat_map(|a| (a + 1..groups.len()).map(move |b| (a, b)))
            {
                let pairs: Vec<Pair> = groups[a]
                    .iter()
                    .flat_map(|&i| groups[b].iter().map(move |&j| pair(i.min(j), i.max(j))))
                    .collect();
                if pairs.iter().any(|pair| pair.apart) {
                    continue;
                }
                let mean = pairs.iter().map(|p| p.similarity).sum::<f32>() / pairs.len() as f32;
                if best.is_none_or(|(most, ..)| mean > most) {
                    best = Some((mean, a, b));
                }
            }
            match best {
                Some((mean, a, b)) if mean >= at_least => {
                    let joined = groups.remove(b);
                    groups[a].extend(joined);
                    groups[a].sort_unstable();
                }
                _ => return groups,
            }
        }
    }

    #[test]
    fn chains_do_not_join_strangers() {
        // 0-1 and 1-2 are alike, 0-2 are not: on average 2 is too far from the two others.
        let pair = |a: usize, b: usize| Pair {
            similarity: if b - a == 1 { 0.6 } else { 0.0 },
            apart: false,
        };
        assert_eq!(cluster(3, pair, 0.4), [vec![0, 1], vec![2]]);
        assert_eq!(cluster(3, pair, 0.2), [vec![0, 1, 2]]);
        assert_eq!(cluster(0, pair, 0.2), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn who_must_stay_apart_does() {
        let pair = |a: usize, b: usize| Pair { similarity: 0.9, apart: (a, b) == (0, 2) };
        for group in cluster(3, pair, 0.1) {
            assert!(!(group.contains(&0) && group.contains(&2)));
        }
    }

    proptest! {
        #[test]
        fn it_does_what_it_says(
            count in 0usize..14, values in proptest::collection::vec((-64i8..64, 0u8..8), 91),
            at_least in -0.5f32..0.5,
        ) {
            // Multiples of 1/64 add up exactly, so both ways see the same ties.
            let pair = |a: usize, b: usize| {
                let (value, apart) = values[b * (b - 1) / 2 + a];
                Pair { similarity: f32::from(value) / 64.0, apart: apart == 0 }
            };
            prop_assert_eq!(cluster(count, pair, at_least), plain(count, &pair, at_least));
        }
    }
}
