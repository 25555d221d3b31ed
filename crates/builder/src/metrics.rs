//! Rates, each with the number of cases it stands on.

use serde::Serialize;

/// A measured figure and the number of cases behind it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// The figure; none where it cannot be measured.
    pub value: Option<f64>,
    /// The lower end of a rate's 95 % interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// How many cases.
    pub n: usize,
    /// Why there is no value, or what else must be known to read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Measure {
    pub(crate) fn none(n: usize, note: String) -> Self {
        Self { value: None, low: None, high: None, n, note: Some(note) }
    }

    /// A figure that is no rate and has no interval.
    pub(crate) fn plain(value: f64, n: usize) -> Self {
        Self { value: Some(value), low: None, high: None, n, note: None }
    }

    /// The share `hits` of `n` cases, with its interval.
    #[must_use]
    pub fn rate(hits: usize, n: usize) -> Self {
        if n == 0 {
            return Self::none(0, "there are no cases".to_owned());
        }
        let (low, high) = wilson(hits, n);
        let value = Some(hits as f64 / n as f64);
        Self { value, low: Some(low), high: Some(high), n, note: None }
    }

    /// The share of false accepts: [`Measure::rate`], but without a value below 3/n. Seeing none among
    /// n says, with 95 % confidence, only that the rate is below 3/n (the rule of three).
    #[must_use]
    pub fn rare(hits: usize, n: usize) -> Self {
        let rate = Self::rate(hits, n);
        if n == 0 || hits >= 3 {
            return rate;
        }
        let below = 3.0 / n as f64;
        let note = format!("not measurable below 3/n = {below:.4}; {hits} of {n} were seen");
        Self { value: None, note: Some(note), ..rate }
    }

    /// The same with more to say of it.
    #[must_use]
    pub fn with_note(mut self, note: &str) -> Self {
        self.note = Some(self.note.map_or_else(|| note.to_owned(), |own| format!("{own}; {note}")));
        self
    }
}

/// Wilson's 95 % interval of a share (1927): right for few cases and shares near 0 and 1 too, as long
/// as the cases do not depend on each other.
#[must_use]
pub fn wilson(hits: usize, n: usize) -> (f64, f64) {
    /// What 97.5 % of normal numbers lie below.
    const Z: f64 = 1.959_964;
    if n == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (n as f64, hits as f64 / n as f64);
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
}

/// The share of cases that are `true`.
pub fn share(cases: impl IntoIterator<Item = bool>) -> Measure {
    let (mut hits, mut n) = (0usize, 0usize);
    for case in cases {
        hits += usize::from(case);
        n += 1;
    }
    Measure::rate(hits, n)
}

/// The lowest or highest value, as `pick` says.
pub fn extreme(values: impl IntoIterator<Item = f32>, pick: fn(f32, f32) -> f32) -> Measure {
    let values: Vec<f32> = values.into_iter().collect();
    match values.iter().copied().reduce(pick) {
        Some(value) => Measure::plain(f64::from(value), values.len()),
        None => Measure::none(0, "there are no cases".to_owned()),
    }
}

/// The middle value: of an even number, the mean of the two in the middle.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Measure {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => Measure::none(0, "there are no cases".to_owned()),
        _ => Measure::plain(f64::midpoint(values[(n - 1) / 2], values[n / 2]), n),
    }
}

/// The true accept rate: the share of `genuine` pairs (same person) whose similarity lies above
/// the threshold that at most a share `far` of the `impostor` pairs (different people) passes.
///
/// With n impostor pairs, rates below 3/n cannot be measured: seeing none among n says, with 95 %
/// confidence, only that the rate is below 3/n (the rule of three).
#[must_use]
pub fn tar_at_far(genuine: &[f32], impostor: &[f32], far: f64) -> Measure {
    if genuine.is_empty() {
        return Measure::none(0, "no two photos show the same person".to_owned());
    }
    match threshold("impostor pairs", impostor.to_vec(), far) {
        Ok((threshold, note)) => share(genuine.iter().map(|s| *s > threshold)).with_note(&note),
        Err(words) => Measure::none(genuine.len(), words),
    }
}

/// The similarity that at most the share `rate` of `strangers` lies above, and a note about it; or
/// words why there are too few of them, which are called `what`.
pub(crate) fn threshold(
    what: &str,
    mut strangers: Vec<f32>,
    rate: f64,
) -> Result<(f32, String), String> {
    let n = strangers.len();
    if (n as f64) * rate < 3.0 {
        let needed = (3.0 / rate).ceil();
        return Err(format!("not measurable: {n} {what}, needs at least {needed}"));
    }
    strangers.sort_by(|a, b| b.total_cmp(a));
    // This many may pass; the best one that may not sets the threshold.
    let threshold = strangers[(n as f64 * rate) as usize];
    Ok((threshold, format!("{n} {what}, threshold {threshold:.4}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (hits, n, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = wilson(hits, n);
            assert!((found.0 - low).abs() < 1e-4 && (found.1 - high).abs() < 1e-4, "{found:?}");
        }
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        assert_eq!(share([true; 9]).high, Some(1.0));
    }

    #[test]
    fn fewer_than_three_false_accepts_are_no_rate() {
        let rare = Measure::rare(2, 400);
        assert_eq!(rare.value, None);
        assert!(rare.note.unwrap().contains("3/n = 0.0075; 2 of 400"));
        assert!(rare.high.unwrap() > 0.0075);
        assert_eq!(Measure::rare(4, 400).value, Some(0.01));
        assert_eq!(Measure::rare(0, 0).note.unwrap(), "there are no cases");
    }

    #[test]
    fn shares_and_medians() {
        assert_eq!(share([true, true, false, true]).value, Some(0.75));
        assert_eq!(share([true, true, false, true]).n, 4);
        assert_eq!(share([]).value, None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]).value, Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]).value, Some(2.5));
        assert_eq!(median(vec![]).value, None);
    }

    #[test]
    fn tar_counts_genuine_pairs_above_the_allowed_impostors() {
        // 3000 impostors at 0.000 .. 0.2999: three may pass 1e-3, so the threshold is 0.2996.
        let impostor: Vec<f32> = (0..3000).map(|i| i as f32 / 10_000.0).collect();
        let tar = tar_at_far(&[0.2995, 0.2996, 0.2997, 0.9], &impostor, 1e-3);
        assert_eq!((tar.value, tar.n), (Some(0.5), 4));
    }

    #[test]
    fn a_rate_too_small_for_its_pairs_is_not_measurable() {
        let tar = tar_at_far(&[0.9; 5], &[0.1; 2999], 1e-3);
        assert_eq!((tar.value, tar.n), (None, 5));
        assert!(tar.note.unwrap().contains("3000"));
        assert_eq!(tar_at_far(&[], &[0.1; 3000], 1e-3).value, None);
    }

    proptest! {
        #[test]
        fn no_more_impostors_pass_than_allowed(
            impostor in prop::collection::vec(-1f32..1.0, 300..400),
            genuine in prop::collection::vec(-1f32..1.0, 1..50),
        ) {
            // Slow and obvious: the lowest impostor score that at most far * n scores lie above.
            let far = 0.01;
            let above = |t: f32| impostor.iter().filter(|s| **s > t).count() as f64;
            let allowed = impostor.iter().copied()
                .filter(|t| above(*t) <= far * impostor.len() as f64)
                .fold(f32::INFINITY, f32::min);
            let expected = share(genuine.iter().map(|s| *s > allowed)).value;
            prop_assert_eq!(tar_at_far(&genuine, &impostor, far).value, expected);
        }
    }
}
