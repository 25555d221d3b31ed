//! Which frames are looked at, and in which order.

use std::collections::BTreeMap;

/// `budget` frames of `count`, evenly spread, in an order in which any beginning is spread as well
/// as can be: what is found early is found everywhere.
pub(crate) fn even(count: usize, budget: usize) -> Vec<usize> {
    let wanted = budget.min(count);
    let mut order: Vec<usize> = (0..wanted).collect();
    // Reversed bits (van der Corput's sequence): 0, 1/2, 1/4, 3/4, 1/8, …
    let bits = usize::BITS - wanted.saturating_sub(1).leading_zeros();
    order.sort_by_key(|&i| i.reverse_bits() >> (usize::BITS - bits.max(1)));
    order.into_iter().map(|i| (2 * i + 1) * count / (2 * wanted.max(1))).collect()
}

/// Up to `budget` more frames, each in the middle between two that were looked at, where one of the
/// two has faces: the largest gaps first. `seen` says of the frames looked at whether they have any.
pub(crate) fn refine(seen: &BTreeMap<usize, bool>, budget: usize) -> Vec<usize> {
    let pairs = seen.iter().zip(seen.iter().skip(1));
    let worth = pairs.filter(|((a, has), (b, have))| (**has || **have) && *b - *a > 1);
    let mut gaps: Vec<(usize, usize)> = worth.map(|((a, _), (b, _))| (b - a, *a)).collect();
    gaps.sort_by_key(|&(gap, start)| (std::cmp::Reverse(gap), start));
    gaps.into_iter().take(budget).map(|(gap, start)| start + gap / 2).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn any_beginning_is_spread() {
        assert_eq!(even(8, 8), [0, 4, 2, 6, 1, 5, 3, 7]);
        assert_eq!(even(80, 4), [10, 50, 30, 70]);
        assert_eq!(even(0, 5), Vec::<usize>::new());
        assert_eq!(even(1, 5), [0]);
    }

    #[test]
    fn gaps_next_to_faces_are_filled() {
        let seen = BTreeMap::from([(0, false), (10, false), (20, true), (40, false), (41, true)]);
        assert_eq!(refine(&seen, 9), [30, 15]);
        assert_eq!(refine(&seen, 1), [30]);
    }

    proptest! {
        #[test]
        fn frames_are_chosen_once_and_evenly(count in 0usize..3000, budget in 0usize..200) {
            let order = even(count, budget);
            let chosen: BTreeSet<usize> = order.iter().copied().collect();
            prop_assert_eq!(chosen.len(), budget.min(count));
            prop_assert_eq!(order.len(), chosen.len());
            prop_assert!(chosen.iter().all(|&n| n < count));
            let steps: Vec<usize> =
                chosen.iter().zip(chosen.iter().skip(1)).map(|(a, b)| b - a).collect();
            if let (Some(least), Some(most)) = (steps.iter().min(), steps.iter().max()) {
                prop_assert!(most - least <= 1, "{least} {most}");
            }
        }
    }
}
