//! What the figures would be with 10,000, 100,000 or a million performers.
//!
//! Of a probe and a stranger's picture only their similarity counts, and strangers are taken to be
//! alike independently of each other: then a probe of similarity `s` with its own performer is first
//! among `N` if none of the other `N - 1` is more alike. What share of strangers is more alike than
//! `s` is known from the measured pairs; beyond them, from a tail fitted to the highest
//! ([`crate::tail`]). Intervals come from drawing the people, not the pairs, again and again (Efron's
//! bootstrap): a person's pairs rise and fall together.

use rollcall_core::{Evidence, Similarity};
use serde::Serialize;

use crate::{
    random::Random,
    tail::{Strangers, Tail},
};

/// The sizes that are always forecast.
pub const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];

/// How often people are drawn anew: the ends of a 95 % interval are then the 5th and the 195th value.
const RESAMPLES: usize = 200;

/// The seed of the draws: the first digits of e.
const SEED: u64 = 0xb7e1_5162_8aed_2a6a;

/// The share of strangers that a threshold may let pass.
const FPIR: f64 = 0.01;

/// Measured similarities and whose they are.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    /// How many people there are; the numbers below are smaller.
    pub people: usize,
    /// Of a person with their own picture in the gallery.
    pub genuine: Vec<(usize, f64)>,
    /// Of two different people.
    pub impostors: Vec<(usize, usize, f64)>,
}

/// A forecast for one way to compare.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// The embedder, or `all` of them together.
    pub of: String,
    /// How many photos of the person asked for make up one query.
    pub looks: usize,
    /// People behind it.
    pub people: usize,
    /// Measured similarities of a person with their own picture.
    pub genuine_pairs: usize,
    /// Measured similarities of different people.
    pub impostor_pairs: usize,
    /// The tail of the latter.
    pub tail: Tail,
    /// The figures by size.
    pub at: Vec<AtSize>,
}

/// The figures with so many performers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtSize {
    /// How many.
    pub performers: u64,
    /// Whether there are more than the measured similarities can speak for.
    pub extrapolated: bool,
    /// The share of probes that are most like the right performer.
    pub top1: Estimate,
    /// The share of strangers whose best similarity reaches the word "sure".
    pub fpir_sure: Option<Estimate>,
    /// The share of probes that do not reach it with the right name.
    pub fnir_sure: Option<Estimate>,
    /// The similarity that one stranger in a hundred reaches.
    pub threshold_at_fpir_1: Estimate,
    /// The share of probes that do not reach that with the right name.
    pub fnir_at_fpir_1: Estimate,
}

/// A figure with its 95 % interval over people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What one set of people says of one size.
#[derive(Clone, Copy, Default)]
struct Figures {
    top1: f64,
    fpir_sure: f64,
    fnir_sure: f64,
    threshold: f64,
    fnir: f64,
}

/// Whether a name with this evidence is called sure.
pub type Sure<'a> = &'a dyn Fn(&Evidence) -> bool;

/// Forecasts for `sizes`. `sure` is given where the words are known.
///
/// `None` where there are too few pairs to have a tail, or none of a person with themselves.
#[must_use]
pub fn forecast(
    of: &str,
    looks: usize,
    scores: &Scores,
    sizes: &[u64],
    sure: Option<Sure>,
) -> Option<Forecast> {
    let mut impostors = scores.impostors.clone();
    impostors.sort_by(|a, b| b.2.total_cmp(&a.2));
    let sorted = Scores { impostors, ..scores.clone() };
    let sure = &|similarity: f64, margin: f64, performers: u64| {
        let (similarity, margin) = (Similarity(similarity as f32), margin as f32);
        let evidence = Evidence { similarity, margin, looks, performers, expected: false };
        sure.is_some_and(|sure| sure(&evidence))
    };
    let has_words = sure(1.0, 1.0, 1);
    let (tail, measured) = sorted.figures(&vec![1.0; scores.people], sizes, sure)?;
    let mut random = Random::new(SEED);
    let drawn: Vec<Vec<Figures>> = (0..RESAMPLES)
        .filter_map(|_| sorted.figures(&random.resample(scores.people), sizes, sure))
        .map(|(_, figures)| figures)
        .collect();
    let at_size = |(number, (&performers, measured)): (usize, (&u64, &Figures))| {
        let estimate = |of: fn(&Figures) -> f64| {
            Estimate::of(of(measured), drawn.iter().map(|figures| of(&figures[number])).collect())
        };
        AtSize {
            performers,
            extrapolated: scores.impostors.len() as f64 * FPIR < performers as f64,
            top1: estimate(|f| f.top1),
            fpir_sure: has_words.then(|| estimate(|f| f.fpir_sure)),
            fnir_sure: has_words.then(|| estimate(|f| f.fnir_sure)),
            threshold_at_fpir_1: estimate(|f| f.threshold),
            fnir_at_fpir_1: estimate(|f| f.fnir),
        }
    };
    Some(Forecast {
        of: of.to_owned(),
        looks,
        people: scores.people,
        genuine_pairs: scores.genuine.len(),
        impostor_pairs: scores.impostors.len(),
        tail,
        at: sizes.iter().zip(&measured).enumerate().map(at_size).collect(),
    })
}

impl Scores {
    /// The figures where each person counts as often as `times` says. `impostors` fall.
    fn figures(
        &self,
        times: &[f64],
        sizes: &[u64],
        sure: &dyn Fn(f64, f64, u64) -> bool,
    ) -> Option<(Tail, Vec<Figures>)> {
        let weighed: Vec<(f64, f64)> =
            self.impostors.iter().map(|&(a, b, s)| (s, times[a] * times[b])).collect();
        let strangers = Strangers::of(&weighed)?;
        let total: f64 = self.genuine.iter().map(|&(person, _)| times[person]).sum();
        if total <= 0.0 {
            return None;
        }
        let figures = sizes.iter().map(|&performers| {
            let others = performers.saturating_sub(1) as f64;
            let best_of_all =
                |share: f64| strangers.value(-((1.0 - share).ln() / performers as f64).exp_m1());
            let threshold = best_of_all(FPIR);
            // The margin is that of the median: of the best stranger, and of the second best, above
            // whom 1.678 are expected (the root of exp(-x) (1 + x) = 1/2).
            let rival = best_of_all(0.5);
            let second = strangers.value((1.678 / performers as f64).min(1.0));
            let stranger_sure = least(|s| sure(s, rival - second, performers));
            let known_sure = least(|s| sure(s, s - rival, performers));
            let mut figures = Figures {
                threshold,
                fpir_sure: 1.0 - strangers.none_above(stranger_sure, performers as f64),
                fnir: 1.0,
                fnir_sure: 1.0,
                ..Figures::default()
            };
            for &(person, similarity) in &self.genuine {
                let first = times[person] / total * strangers.none_above(similarity, others);
                figures.top1 += first;
                figures.fnir -= if similarity >= threshold { first } else { 0.0 };
                figures.fnir_sure -= if similarity >= known_sure { first } else { 0.0 };
            }
            // What is left of rounding must not be printed as less than nothing.
            figures.fnir = figures.fnir.max(0.0);
            figures.fnir_sure = figures.fnir_sure.max(0.0);
            figures
        });
        Some((strangers.tail, figures.collect()))
    }
}

/// The least similarity for which something holds that holds for every higher one, to a
/// thousandth; infinite where it holds for none.
fn least(holds: impl Fn(f64) -> bool) -> f64 {
    let steps: Vec<f64> = (-1000..=1000).map(|step| f64::from(step) / 1000.0).collect();
    let place = steps.partition_point(|&similarity| !holds(similarity));
    steps.get(place).copied().unwrap_or(f64::INFINITY)
}

impl Estimate {
    fn of(value: f64, mut drawn: Vec<f64>) -> Self {
        drawn.sort_by(f64::total_cmp);
        let end = |share: f64| {
            let place = (share * drawn.len().saturating_sub(1) as f64).round() as usize;
            drawn.get(place).copied().unwrap_or(value)
        };
        // Of a figure at the edge of what can be, the draws may all lie on one side.
        Self { value, low: end(0.025).min(value), high: end(0.975).max(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// People on a sphere: photos of one scatter around their own direction.
    struct World {
        random: Random,
        dimension: usize,
        noise: f64,
    }

    fn unit(v: &[f64]) -> Vec<f64> {
        let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        v.iter().map(|x| x / length).collect()
    }

    fn cosine(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    impl World {
        fn stranger(&mut self) -> Vec<f64> {
            unit(&self.random.normals(self.dimension))
        }

        fn photo(&mut self, of: &[f64]) -> Vec<f64> {
            let scale = self.noise / (self.dimension as f64).sqrt();
            let noise = self.random.normals(self.dimension);
            unit(&of.iter().zip(noise).map(|(x, n)| x + scale * n).collect::<Vec<_>>())
        }

        /// `photos` photos of each of `people`, the first one in the gallery.
        fn people(&mut self, people: usize, photos: usize) -> Vec<Vec<Vec<f64>>> {
            (0..people)
                .map(|_| {
                    let person = self.stranger();
                    (0..photos).map(|_| self.photo(&person)).collect()
                })
                .collect()
        }
    }

    fn scores(people: &[Vec<Vec<f64>>]) -> Scores {
        let mut scores = Scores { people: people.len(), ..Scores::default() };
        for (i, photos) in people.iter().enumerate() {
            scores.genuine.extend(photos[1..].iter().map(|p| (i, cosine(p, &photos[0]))));
            for (j, others) in people.iter().enumerate().filter(|(j, _)| *j != i) {
                scores.impostors.extend(photos[1..].iter().map(|p| (i, j, cosine(p, &others[0]))));
            }
        }
        scores
    }

    #[test]
    fn a_forecast_from_sixty_people_holds_for_twenty_thousand() {
        const STRANGERS: usize = 20_000;
        let mut world = World { random: Random::new(11), dimension: 64, noise: 1.3 };
        let people = world.people(60, 4);
        let sure = 0.55;
        let size = [1_000, STRANGERS as u64];
        let found = forecast("test", 1, &scores(&people), &size, Some(&|e| e.similarity.0 >= 0.55))
            .unwrap();

        // The truth, from many more people than the forecast saw and a real gallery.
        let gallery: Vec<Vec<f64>> = (0..STRANGERS).map(|_| world.stranger()).collect();
        let best = |probe: &[f64], among: usize| {
            gallery[..among].iter().map(|g| cosine(probe, g)).fold(-1.0, f64::max)
        };
        let probes: Vec<(f64, Vec<f64>)> = (0..150)
            .map(|_| {
                let person = world.stranger();
                let (probe, own) = (world.photo(&person), world.photo(&person));
                (cosine(&probe, &own), probe)
            })
            .collect();
        for at in &found.at {
            let among = at.performers as usize;
            let bests: Vec<f64> = probes.iter().map(|(_, p)| best(p, among)).collect();
            let share = |of: &dyn Fn(f64, f64) -> bool| {
                let hits = probes.iter().zip(&bests).filter(|((own, _), best)| of(*own, **best));
                hits.count() as f64 / probes.len() as f64
            };
            let close = |what: &str, estimate: Estimate, truth: f64| {
                println!("{what} at {among}: {estimate:?}, in truth {truth:.3}");
                // The truth has an error of its own: two standard errors of 150 probes.
                let own = 2.0
                    * (truth.clamp(0.02, 0.98) * (1.0 - truth.clamp(0.02, 0.98)) / 150.0).sqrt();
                assert!(
                    truth > estimate.low - own && truth < estimate.high + own,
                    "{what} at {among}"
                );
                assert!((truth - estimate.value).abs() < 0.12, "{what} at {among}");
            };
            close("top1", at.top1, share(&|own, best| own > best));
            close("fpir", at.fpir_sure.unwrap(), share(&|_, best| best >= sure));
            close("fnir", at.fnir_sure.unwrap(), share(&|own, best| own < sure || own < best));
            let threshold = at.threshold_at_fpir_1.value;
            close(
                "fnir at fpir 1 %",
                at.fnir_at_fpir_1,
                share(&|own, best| own < threshold.max(best)),
            );
            assert!(share(&|_, best| best >= threshold) < 0.06, "threshold at {among}");
        }
        assert!(found.at[0].top1.value > found.at[1].top1.value);
        assert!(found.at[1].extrapolated);
    }

    /// The same forecast from other people lies within the interval about as often as it says.
    #[test]
    fn intervals_cover_what_other_people_would_have_said() {
        let mut world = World { random: Random::new(12), dimension: 64, noise: 1.5 };
        let large = world.people(400, 3);
        let truth = forecast("all", 1, &scores(&large), &[10_000], None).unwrap().at[0].top1;
        let inside = (0..20)
            .filter(|_| {
                let few = world.people(30, 3);
                let found = forecast("few", 1, &scores(&few), &[10_000], None).unwrap();
                let top1 = found.at[0].top1;
                (top1.low..=top1.high).contains(&truth.value)
            })
            .count();
        println!("{inside} of 20 intervals cover {truth:?}");
        assert!(inside >= 15);
        assert!(truth.high - truth.low < 0.2);
    }

    #[test]
    fn too_little_is_no_forecast() {
        let sizes = [10_000];
        assert_eq!(forecast("none", 1, &Scores::default(), &sizes, None), None);
        let mut world = World { random: Random::new(13), dimension: 64, noise: 1.0 };
        let few = scores(&world.people(5, 2));
        assert_eq!(forecast("few", 1, &few, &sizes, None), None);
        let nobody = Scores { genuine: Vec::new(), ..scores(&world.people(30, 3)) };
        assert_eq!(forecast("nobody", 1, &nobody, &sizes, None), None);
    }
}
