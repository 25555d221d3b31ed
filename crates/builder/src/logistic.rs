//! Logistic regression: the probability of a yes as a curve over any number of features.

/// What keeps the weights of yes and no that can be parted cleanly from growing without end: half of
/// this times the sum of their squares (per standard deviation of their feature) is added to the loss.
/// A tenth of a case: it decides nothing where there are cases on both sides.
pub(crate) const RIDGE: f64 = 0.1;

/// Newton's method needs five or six steps; more than this many means that it does not settle.
const STEPS: usize = 100;

/// A step that gains less of the loss than this is the last.
const SETTLED: f64 = 1e-10;

/// `p = 1 / (1 + exp(-(intercept + sum of weight * feature)))`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Logistic {
    /// The logarithm of the odds where all features are 0.
    pub(crate) intercept: f64,
    /// What each feature adds to the logarithm of the odds, per unit.
    pub(crate) weights: Vec<f64>,
}

/// A case to learn from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Example {
    /// Its features, as many as any other's.
    pub(crate) features: Vec<f64>,
    /// Yes or no.
    pub(crate) yes: bool,
    /// How much it counts; 1 for an ordinary case.
    pub(crate) weight: f64,
}

impl Logistic {
    /// The curve that makes `examples` likeliest (Newton's method on the standardised features, with
    /// the penalty [`RIDGE`]). `None` where there are not both yes and no, features are missing or not
    /// finite, or it does not settle.
    #[must_use]
    pub(crate) fn fit(examples: &[Example], ridge: f64) -> Option<Self> {
        let width = examples.first()?.features.len();
        let sound = |e: &Example| {
            e.features.len() == width && e.features.iter().all(|x| x.is_finite()) && e.weight > 0.0
        };
        let both = examples.iter().any(|e| e.yes) && examples.iter().any(|e| !e.yes);
        if !both || !examples.iter().all(sound) {
            return None;
        }
        let scales: Vec<(f64, f64)> = (0..width).map(|i| mean_and_sd(examples, i)).collect();
        // The intercept's feature is 1; a feature that never changes tells nothing and becomes 0.
        let row = |e: &Example| -> Vec<f64> {
            let scaled = e
                .features
                .iter()
                .zip(&scales)
                .map(|(x, (mean, sd))| if *sd > 0.0 { (x - mean) / sd } else { 0.0 });
            std::iter::once(1.0).chain(scaled).collect()
        };
        let problem = Problem { rows: examples.iter().map(row).collect(), examples, ridge };
        let found = problem.solve(width + 1)?;
        let weight = |(w, (_, sd)): (&f64, &(f64, f64))| if *sd > 0.0 { w / sd } else { 0.0 };
        let weights: Vec<f64> = found[1..].iter().zip(&scales).map(weight).collect();
        let shift: f64 = weights.iter().zip(&scales).map(|(w, (mean, _))| w * mean).sum();
        Some(Self { intercept: found[0] - shift, weights })
    }

    /// The probability of a yes. Features that are missing count as 0.
    #[must_use]
    pub(crate) fn probability(&self, features: &[f64]) -> f64 {
        let sum: f64 = self.weights.iter().zip(features).map(|(w, x)| w * x).sum();
        sigmoid(self.intercept + sum)
    }
}

fn mean_and_sd(examples: &[Example], feature: usize) -> (f64, f64) {
    let total: f64 = examples.iter().map(|e| e.weight).sum();
    let mean = examples.iter().map(|e| e.weight * e.features[feature]).sum::<f64>() / total;
    let square = |e: &Example| e.weight * (e.features[feature] - mean).powi(2);
    (mean, (examples.iter().map(square).sum::<f64>() / total).sqrt())
}

fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// `ln(1 + exp(x))`, which does not overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

struct Problem<'a> {
    rows: Vec<Vec<f64>>,
    examples: &'a [Example],
    ridge: f64,
}

impl Problem<'_> {
    fn loss(&self, at: &[f64]) -> f64 {
        let misfit = |(row, e): (&Vec<f64>, &Example)| {
            let score = dot(row, at);
            e.weight * softplus(if e.yes { -score } else { score })
        };
        let penalty = self.ridge / 2.0 * dot(&at[1..], &at[1..]);
        self.rows.iter().zip(self.examples).map(misfit).sum::<f64>() + penalty
    }

    fn solve(&self, width: usize) -> Option<Vec<f64>> {
        let mut at = vec![0.0; width];
        let mut loss = self.loss(&at);
        for _ in 0..STEPS {
            let step = self.newton_step(&at)?;
            let mut share = 1.0;
            let (next, next_loss) = loop {
                let next: Vec<f64> = at.iter().zip(&step).map(|(a, s)| a + share * s).collect();
                let next_loss = self.loss(&next);
                if next_loss <= loss || share < 1e-6 {
                    break (next, next_loss);
                }
                share /= 2.0;
            };
            if loss - next_loss < SETTLED * (1.0 + loss) {
                return Some(if next_loss <= loss { next } else { at });
            }
            (at, loss) = (next, next_loss);
        }
        None
    }

    /// Where the quadratic that the loss looks like here is lowest, as seen from here.
    fn newton_step(&self, at: &[f64]) -> Option<Vec<f64>> {
        let width = at.len();
        let mut gradient = vec![0.0; width];
        let mut curvature = vec![vec![0.0; width]; width];
        for (row, e) in self.rows.iter().zip(self.examples) {
            let p = sigmoid(dot(row, at));
            let miss = e.weight * (f64::from(u8::from(e.yes)) - p);
            let spread = e.weight * p * (1.0 - p);
            for i in 0..width {
                gradient[i] += miss * row[i];
                for j in 0..=i {
                    curvature[i][j] += spread * row[i] * row[j];
                }
            }
        }
        for i in 1..width {
            gradient[i] -= self.ridge * at[i];
            // Features that never change would leave a hole where there is no penalty either.
            curvature[i][i] += self.ridge.max(1e-9);
        }
        solve_symmetric(curvature, gradient)
    }
}

/// Solves `a x = b` for a positive definite `a`, of which the lower half is given (Cholesky).
fn solve_symmetric(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| a[i][k] * a[j][k]).sum();
            let rest = a[i][j] - sum;
            a[i][j] = if i == j { rest.sqrt() } else { rest / a[j][j] };
        }
        if !(a[i][i] > 0.0 && a[i][i].is_finite()) {
            return None;
        }
    }
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| a[i][k] * b[k]).sum();
        b[i] = (b[i] - sum) / a[i][i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| a[k][i] * b[k]).sum();
        b[i] = (b[i] - sum) / a[i][i];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn example(features: &[f64], yes: bool) -> Example {
        Example { features: features.to_vec(), yes, weight: 1.0 }
    }

    #[test]
    fn it_finds_the_coefficients_that_made_the_answers() {
        let mut random = Random::new(7);
        let truth = Logistic { intercept: -1.5, weights: vec![8.0, -0.02] };
        let examples: Vec<Example> = (0..20_000)
            .map(|_| {
                // One feature like a similarity, one like a size in pixels.
                let features = [0.3 + 0.2 * random.normal(), 50.0 + 40.0 * random.normal()];
                let uniform = random.below(1 << 20) as f64 / f64::from(1 << 20);
                example(&features, uniform < truth.probability(&features))
            })
            .collect();
        let found = Logistic::fit(&examples, RIDGE).unwrap();
        assert!((found.intercept - truth.intercept).abs() < 0.1, "{found:?}");
        assert!((found.weights[0] - 8.0).abs() < 0.25, "{found:?}");
        assert!((found.weights[1] + 0.02).abs() < 0.0015, "{found:?}");
    }

    /// With one feature of two values the best curve goes through the two shares of yes.
    #[test]
    fn it_equals_what_can_be_worked_out_by_hand() {
        let of = |x: f64, yes: usize, no: usize| {
            let case = move |yes| example(&[x], yes);
            std::iter::repeat_n(case(true), yes).chain(std::iter::repeat_n(case(false), no))
        };
        let examples: Vec<Example> = of(0.0, 1, 4).chain(of(2.0, 3, 1)).collect();
        let found = Logistic::fit(&examples, 0.0).unwrap();
        assert!((found.intercept - 0.25f64.ln()).abs() < 1e-6, "{found:?}");
        assert!((found.weights[0] - (3.0f64.ln() - 0.25f64.ln()) / 2.0).abs() < 1e-6, "{found:?}");

        // Weights are as good as repetition.
        let weighed: Vec<Example> =
            [(0.0, true, 1.0), (0.0, false, 4.0), (2.0, true, 3.0), (2.0, false, 1.0)]
                .map(|(x, yes, weight)| Example { features: vec![x], yes, weight })
                .to_vec();
        let again = Logistic::fit(&weighed, 0.0).unwrap();
        assert!((again.intercept - found.intercept).abs() < 1e-6);
        assert!((again.weights[0] - found.weights[0]).abs() < 1e-6);
    }

    #[test]
    fn clean_cuts_and_idle_features_do_no_harm() {
        let examples: Vec<Example> =
            (0..100).map(|i| example(&[f64::from(i) / 100.0, 3.0], i >= 50)).collect();
        let found = Logistic::fit(&examples, RIDGE).unwrap();
        assert!(found.weights[0] > 10.0 && found.weights[0] < 200.0, "{found:?}");
        assert_eq!(found.weights[1], 0.0);
        assert!((found.probability(&[0.495, 3.0]) - 0.5).abs() < 0.02);
    }

    #[test]
    fn what_cannot_be_fitted_is_said() {
        assert_eq!(Logistic::fit(&[], RIDGE), None);
        assert_eq!(Logistic::fit(&[example(&[1.0], true)], RIDGE), None);
        let uneven = [example(&[1.0], true), example(&[], false)];
        assert_eq!(Logistic::fit(&uneven, RIDGE), None);
        let endless = [example(&[f64::NAN], true), example(&[1.0], false)];
        assert_eq!(Logistic::fit(&endless, RIDGE), None);
    }
}
