//! How alike strangers are.

use super::SEED;
use crate::{SplitMix64, manifest::Impostor, shard::Stored};

/// Fewer performers say too little of strangers.
const PERFORMERS: usize = 100;

/// Pairs that are compared: the mean is then known to a hundredth of the standard deviation.
const PAIRS: usize = 10_000;

/// Mean and standard deviation of the cosine of the templates of random pairs of `rows`, the same
/// pairs for the same rows; `None` where there are too few.
pub(super) fn measure(rows: &[Stored], model: usize) -> Option<Impostor> {
    if rows.len() < PERFORMERS {
        return None;
    }
    let mut random = SplitMix64(SEED);
    let mut pick = || Some((random.next()? % rows.len() as u64) as usize);
    let (mut sum, mut squares, mut pairs) = (0.0, 0.0, 0.0);
    for _ in 0..PAIRS {
        let (a, b) = (pick()?, pick()?);
        let template = |row: usize| rows[row].vectors[model].first();
        if let (true, Some(a), Some(b)) = (a != b, template(a), template(b)) {
            let cosine = f64::from(a.cosine(b));
            sum += cosine;
            squares += cosine * cosine;
            pairs += 1.0;
        }
    }
    let mean = sum / pairs;
    let sd = (squares / pairs - mean * mean).max(0.0).sqrt();
    Some(Impostor { mean: mean as f32, sd: sd as f32 }).filter(|found| found.is_plausible())
}
