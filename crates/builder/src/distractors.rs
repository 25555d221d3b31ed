//! Made-up performers, so that a small set of people can be asked for among many.
//!
//! Their embeddings are drawn so that they are as like the real people, and as like each other, as
//! real people are like each other: the cosines have the same mean and standard deviation, and where
//! there are several embedders, what looks alike to one looks alike to the others as often.
//!
//! A draw is `mean + spread * noise`. The mean points partly along that of the real people, partly
//! elsewhere; so does the noise: a share `along` of its variance lies along the differences of real
//! people, the rest has a spectrum of its own in a random orientation. Both shares are solved for. The
//! sample's own covariance alone would not do: a few dozen people say little of 128 dimensions, and
//! what is drawn along their differences is far too like them.
//!
//! What is matched is two moments. Real strangers have a few doubles, siblings among them, whom nobody
//! draws: figures from distractors are a lower bound for the false names among real people.

use rollcall_core::{Embedding, Performer, PerformerId};
use rollcall_index::{Rotation, RotationSpec, padded};

use crate::random::Random;

/// Fewer real people say too little of how alike strangers are.
pub(crate) const FEWEST_PEOPLE: usize = 8;

/// More real people than these add nothing but time.
const MOST_PEOPLE: usize = 300;

/// What a distractor's disambiguation says.
pub(crate) const NOBODY: &str = "made up for measuring, nobody";

/// Draws made-up people.
#[derive(Clone, Debug)]
pub(crate) struct Distractors {
    models: Vec<Source>,
    /// The share of the variance along real people's differences that all embedders have in common.
    shared: f64,
    random: Random,
}

/// How one embedder's vectors are drawn.
#[derive(Clone, Debug)]
struct Source {
    mean: Vec<f64>,
    /// What each real person differs by from their mean, scaled so that the squares sum to 1.
    differences: Vec<Vec<f64>>,
    /// The standard deviation of the noise along the differences, and of the rest.
    along: f64,
    rest: f64,
    /// The standard deviations of the rest's coordinates before they are turned; squares sum to 1.
    spectrum: Vec<f64>,
    rotation: Rotation,
}

/// What is known of the cosines of different people to one embedder.
struct Measured {
    mean: f64,
    variance: f64,
    /// Of each pair.
    cosines: Vec<f64>,
}

impl Distractors {
    /// A source of people who could be among `people`: one embedding per embedder each. `None` if
    /// they are fewer than [`FEWEST_PEOPLE`], or have different embedders.
    #[must_use]
    pub(crate) fn like(people: &[Vec<Embedding>], seed: u64) -> Option<Self> {
        let step = people.len().div_ceil(MOST_PEOPLE).max(1);
        let people: Vec<&Vec<Embedding>> = people.iter().step_by(step).collect();
        let embedders = people.first()?.len();
        let fit = |person: &&Vec<Embedding>| {
            person.iter().map(Embedding::dimension).eq(people[0].iter().map(Embedding::dimension))
        };
        if people.len() < FEWEST_PEOPLE || !people.iter().all(fit) {
            return None;
        }
        let mut random = Random::new(seed);
        let (mut models, mut measured, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..embedders {
            let vectors: Vec<Vec<f64>> = people
                .iter()
                .map(|person| person[number].unit().iter().map(|&x| f64::from(x)).collect())
                .collect();
            let cosines = Measured::of(&vectors);
            models.push(Source::new(&vectors, &cosines, &mut random));
            measured.push(cosines);
            seen.push(vectors);
        }
        let shared = shared(&models, &seen, &measured);
        Some(Self { models, shared, random })
    }

    /// The next one: an embedding per embedder.
    ///
    /// # Errors
    /// When a draw has no direction, which no seed is known to give.
    pub(crate) fn draw(&mut self) -> Result<Vec<Embedding>, rollcall_core::EmbeddingError> {
        let count = self.models.first().map_or(0, |source| source.differences.len());
        let common = self.random.normals(count);
        let (random, shared) = (&mut self.random, self.shared);
        let draw = |source: &Source| {
            let own = random.normals(count);
            let blend = common.iter().zip(own);
            let blend: Vec<f64> =
                blend.map(|(c, o)| shared.sqrt() * c + (1.0 - shared).sqrt() * o).collect();
            Embedding::from_raw(source.draw(&blend, random))
        };
        self.models.iter().map(draw).collect()
    }
}

/// Who the `number`-th distractor of a seed is: local, and by name and words nobody.
#[must_use]
pub(crate) fn distractor(number: usize, seed: u64) -> Performer {
    let id = PerformerId::local(&format!("rollcall:distractor:{seed}:{number}"));
    Performer {
        disambiguation: Some(NOBODY.to_owned()),
        ..Performer::named(id, format!("distractor {number:06}"))
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Measured {
    fn of(vectors: &[Vec<f64>]) -> Self {
        let pairs = vectors.iter().enumerate();
        let cosines: Vec<f64> =
            pairs.flat_map(|(i, a)| vectors[..i].iter().map(move |b| dot(a, b))).collect();
        let n = cosines.len() as f64;
        let mean = cosines.iter().sum::<f64>() / n;
        let variance = cosines.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / n;
        Self { mean, variance, cosines }
    }
}

impl Source {
    /// Solves for the draw whose cosines with `vectors`, and among each other, have the measured mean
    /// and variance.
    fn new(vectors: &[Vec<f64>], measured: &Measured, random: &mut Random) -> Self {
        let (n, d) = (vectors.len() as f64, vectors[0].len());
        let isotropic = 1.0 / d as f64;
        let centre: Vec<f64> =
            (0..d).map(|i| vectors.iter().map(|v| v[i]).sum::<f64>() / n).collect();
        let length = dot(&centre, &centre).sqrt().max(1e-9);
        let strength = measured.mean.clamp(0.0, 0.9);
        // Real people lie nearer to their own centre than others do: the mean of the draws points
        // there only as far as makes their cosines right, and elsewhere for the rest of its length.
        let towards = (strength / length).min(strength.sqrt());
        let elsewhere = (strength - towards * towards).max(0.0).sqrt();
        let away = direction_apart_from(&centre, random);
        let mean: Vec<f64> =
            centre.iter().zip(&away).map(|(c, a)| towards * c / length + elsewhere * a).collect();
        let differences = scaled_differences(vectors, &centre);
        // Variance of the noise; the draws have about length 1.
        let noise = 1.0 - strength;
        let mean_square = |of: &[f64]| -> f64 {
            differences.iter().map(|difference| dot(of, difference).powi(2)).sum()
        };
        let seen_along = vectors.iter().map(|v| mean_square(v)).sum::<f64>() / n;
        let wanted = measured.variance / noise;
        let along = ((wanted - isotropic) / (seen_along - isotropic).max(1e-9)).clamp(0.0, 0.9);
        // Among distractors: what the mean sees of the noise (twice), what noise sees of noise.
        let mean_sees = along * mean_square(&mean) + (1.0 - along) * strength * isotropic;
        let squares = (measured.variance - 2.0 * noise * mean_sees) / (noise * noise);
        let own: f64 = differences.iter().map(|difference| mean_square(difference)).sum();
        let rest = squares - along * along * own - 2.0 * along * (1.0 - along) * isotropic;
        let spectrum = spectrum(d, rest / (1.0 - along).powi(2));
        Self {
            mean,
            differences,
            along: (noise * along).sqrt(),
            rest: (noise * (1.0 - along)).sqrt(),
            spectrum,
            rotation: Rotation::new(RotationSpec { seed: random.bits(), rounds: 3 }, d),
        }
    }

    /// A vector, where `blend` says how much of each real person's difference is in it.
    fn draw(&self, blend: &[f64], random: &mut Random) -> Vec<f32> {
        let rest = self.spectrum.iter().map(|sd| (sd * random.normal()) as f32);
        let rest = self.rotation.apply(rest);
        let mut vector: Vec<f64> =
            self.mean.iter().zip(rest).map(|(m, r)| m + self.rest * f64::from(r)).collect();
        for (difference, weight) in self.differences.iter().zip(blend) {
            let weight = self.along * weight;
            vector.iter_mut().zip(difference).for_each(|(x, d)| *x += weight * d);
        }
        vector.into_iter().map(|x| x as f32).collect()
    }
}

fn scaled_differences(vectors: &[Vec<f64>], centre: &[f64]) -> Vec<Vec<f64>> {
    let differ = |v: &Vec<f64>| v.iter().zip(centre).map(|(v, c)| v - c).collect();
    let mut differences: Vec<Vec<f64>> = vectors.iter().map(differ).collect();
    let total: f64 = differences.iter().map(|d| dot(d, d)).sum::<f64>().max(1e-12);
    differences.iter_mut().flatten().for_each(|x| *x /= total.sqrt());
    differences
}

/// A random unit vector at right angles to `centre`.
fn direction_apart_from(centre: &[f64], random: &mut Random) -> Vec<f64> {
    let mut away = random.normals(centre.len());
    let along = dot(&away, centre) / dot(centre, centre).max(1e-12);
    away.iter_mut().zip(centre).for_each(|(a, c)| *a -= along * c);
    let length = dot(&away, &away).sqrt().max(1e-12);
    away.iter_mut().for_each(|a| *a /= length);
    away
}

/// Standard deviations of the coordinates of noise whose variances sum to 1 and fall exponentially,
/// as those of faces do, such that the squares of the variances sum to `squares` (as near as can be).
fn spectrum(dimension: usize, squares: f64) -> Vec<f64> {
    let size = padded(dimension);
    let variances = |decay: f64| -> Vec<f64> {
        let falling: Vec<f64> =
            (0..size).map(|i| (-decay * i as f64 / size as f64).exp()).collect();
        let total: f64 = falling.iter().sum();
        // Turned vectors lose the padding, and its share of the variance.
        falling.iter().map(|v| v / total * size as f64 / dimension as f64).collect()
    };
    let sum = |decay: f64| -> f64 {
        variances(decay).iter().map(|v| v * v).sum::<f64>() * dimension as f64 / size as f64
    };
    // The sum rises with the decay.
    let (mut low, mut high) = (0.0, 2.0 * size as f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if sum(middle) < squares { low = middle } else { high = middle }
    }
    variances(low).into_iter().map(f64::sqrt).collect()
}

/// How much of the noise along real people must be common to all embedders for a distractor to be
/// like the same real people to each of them, as often as another real person is.
fn shared(models: &[Source], seen: &[Vec<Vec<f64>>], measured: &[Measured]) -> f64 {
    let (mut wanted, mut all) = (0.0, 0.0);
    for a in 0..models.len() {
        for b in 0..a {
            let (x, y) = (&measured[a], &measured[b]);
            let covariance: f64 =
                x.cosines.iter().zip(&y.cosines).map(|(s, t)| (s - x.mean) * (t - y.mean)).sum();
            wanted += covariance / x.cosines.len() as f64;
            let strength = models[a].along * models[b].along;
            let differences = || models[a].differences.iter().zip(&models[b].differences);
            let people = seen[a].iter().zip(&seen[b]);
            let product = |(p, q): (&Vec<f64>, &Vec<f64>)| -> f64 {
                differences().map(|(d, e)| dot(p, d) * dot(q, e)).sum()
            };
            all += strength * people.map(product).sum::<f64>() / seen[a].len() as f64;
        }
    }
    if all > 0.0 { (wanted / all).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// People as embedders see them: a common mean, fewer directions than dimensions, and two
    /// embedders that agree a little on who is alike.
    fn people(count: usize, seed: u64) -> Vec<Vec<Embedding>> {
        let mut random = Random::new(seed);
        let turn = |d| Rotation::new(RotationSpec { seed: 5, rounds: 3 }, d);
        let turns = [turn(128), turn(512)];
        let draw = |_| {
            let common = random.normals(20);
            let mut embed = |rotation: &Rotation, d: usize, falls: f64| {
                let mut raw: Vec<f32> = (0..d)
                    .map(|i| {
                        let sd = (-falls * i as f64 / d as f64).exp();
                        let own = random.normal();
                        let value = common.get(i).map_or(own, |c| 0.8 * c + 0.6 * own);
                        (sd * value) as f32
                    })
                    .collect();
                raw[d - 1] += 3.0;
                Embedding::from_raw(rotation.apply(raw)).unwrap()
            };
            vec![embed(&turns[0], 128, 1.2), embed(&turns[1], 512, 2.5)]
        };
        (0..count).map(draw).collect()
    }

    fn moments(cosines: &[f64]) -> (f64, f64) {
        let n = cosines.len() as f64;
        let mean = cosines.iter().sum::<f64>() / n;
        (mean, (cosines.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / n).sqrt())
    }

    fn cosine(a: &Embedding, b: &Embedding) -> f64 {
        f64::from(a.similarity(b).unwrap().0)
    }

    #[test]
    fn they_are_as_like_the_real_and_each_other_as_the_real_are() {
        let real = people(30, 1);
        let mut source = Distractors::like(&real, 2).unwrap();
        let drawn: Vec<Vec<Embedding>> = (0..400).map(|_| source.draw().unwrap()).collect();
        for model in 0..2 {
            let among = |a: &[Vec<Embedding>]| {
                let pairs = a.iter().enumerate();
                pairs
                    .flat_map(|(i, x)| a[..i].iter().map(move |y| cosine(&x[model], &y[model])))
                    .collect::<Vec<_>>()
            };
            let across = real
                .iter()
                .flat_map(|x| drawn.iter().map(move |y| cosine(&x[model], &y[model])))
                .collect::<Vec<_>>();
            let (mean, sd) = moments(&among(&real));
            for (what, cosines) in [("each other", among(&drawn)), ("the real", across)] {
                let (m, s) = moments(&cosines);
                println!("model {model}, {what}: {m:.3} {s:.3}; real {mean:.3} {sd:.3}");
                assert!((m - mean).abs() < 0.015, "{what}: {m} {mean}");
                assert!((s / sd - 1.0).abs() < 0.08, "{what}: {s} {sd}");
            }
        }
    }

    #[test]
    fn embedders_agree_on_who_is_alike_as_often_as_on_real_people() {
        let real = people(30, 3);
        let mut source = Distractors::like(&real, 4).unwrap();
        let drawn: Vec<Vec<Embedding>> = (0..500).map(|_| source.draw().unwrap()).collect();
        let correlation = |pairs: Vec<(f64, f64)>| {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let ((ma, sa), (mb, sb)) = (moments(&a), moments(&b));
            let n = a.len() as f64;
            a.iter().zip(&b).map(|(x, y)| (x - ma) * (y - mb)).sum::<f64>() / n / sa / sb
        };
        let both = |x: &[Embedding], y: &[Embedding]| (cosine(&x[0], &y[0]), cosine(&x[1], &y[1]));
        let among = real.iter().enumerate();
        let among = among.flat_map(|(i, x)| real[..i].iter().map(move |y| both(x, y)));
        let across = real.iter().flat_map(|x| drawn.iter().map(move |y| both(x, y)));
        let (real, made_up) = (correlation(among.collect()), correlation(across.collect()));
        println!("real {real:.3}, made up {made_up:.3}");
        assert!(real > 0.05 && (real - made_up).abs() < 0.1);
    }

    #[test]
    fn a_seed_always_draws_the_same_people_and_says_that_they_are_nobody() {
        let real = people(10, 6);
        let draw = |seed| Distractors::like(&real, seed).unwrap().draw().unwrap();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(Distractors::like(&real[..FEWEST_PEOPLE - 1], 1).is_none());
        assert!(Distractors::like(&[], 1).is_none());
        let nobody = distractor(7, 1);
        assert_eq!(nobody.name, "distractor 000007");
        assert_eq!(nobody.disambiguation.as_deref(), Some(NOBODY));
        assert_eq!(nobody.id.endpoint(), PerformerId::LOCAL);
        assert_ne!(nobody.id, distractor(7, 2).id);
    }
}
