//! People made of numbers, each from the seed and their own number alone, so that any of them can be
//! made again without those before.

use std::f64::consts::TAU;

use rollcall_core::{Performer, PerformerId};
use rollcall_index::SplitMix64;

/// How alike two pictures of the same person are by one model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Same {
    /// Mean of the cosine.
    pub(crate) mean: f32,
    /// Standard deviation of the cosine.
    pub(crate) sd: f32,
}

/// Normal numbers by Box and Muller.
struct Normal {
    random: SplitMix64,
    spare: Option<f32>,
}

impl Normal {
    /// A stream of its own for each of `seed` and `number`.
    fn new(seed: u64, number: u64) -> Self {
        let mut mixed = SplitMix64(seed ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Self { random: SplitMix64(mixed.next().unwrap_or_default()), spare: None }
    }

    fn bits(&mut self) -> u64 {
        self.random.next().unwrap_or_default()
    }

    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn next(&mut self) -> f32 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let (sin, cos) = (TAU * self.uniform()).sin_cos();
        self.spare = Some((radius * sin) as f32);
        (radius * cos) as f32
    }

    fn unit(&mut self, dimension: usize) -> Vec<f32> {
        scaled_to_one((0..dimension).map(|_| self.next()).collect())
    }
}

/// In lanes, so that the compiler can use vector instructions.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    let (a, b) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    for (a, b) in a.0.iter().zip(b.0) {
        (0..16).for_each(|i| sums[i] += a[i] * b[i]);
    }
    let rest: f32 = a.1.iter().zip(b.1).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

fn scaled_to_one(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    vector
}

/// A crowd: a look per person and model, and queries that are other pictures of some of them.
#[derive(Clone, Debug)]
pub(crate) struct Crowd {
    pub(crate) seed: u64,
    pub(crate) people: u32,
    pub(crate) dimensions: Vec<usize>,
    pub(crate) same: Vec<Same>,
}

impl Crowd {
    /// A person's look: one unit vector per model.
    pub(crate) fn person(&self, number: u32) -> Vec<Vec<f32>> {
        let mut normal = Normal::new(self.seed, u64::from(number));
        self.dimensions.iter().map(|&dimension| normal.unit(dimension)).collect()
    }

    /// Another picture of somebody: who, and one unit vector per model.
    pub(crate) fn query(&self, number: u32) -> (u32, Vec<Vec<f32>>) {
        let mut normal = Normal::new(!self.seed, u64::from(number));
        let who = (normal.uniform() * f64::from(self.people)) as u32;
        let looks = self.person(who);
        let picture = |(look, same): (&Vec<f32>, &Same)| {
            let cosine = (same.mean + same.sd * normal.next()).clamp(-1.0, 1.0);
            let other = normal.unit(look.len());
            let along = dot(&other, look);
            let across = other.iter().zip(look).map(|(o, l)| o - along * l).collect();
            let across = scaled_to_one(across);
            let side = (1.0 - cosine * cosine).max(0.0).sqrt();
            scaled_to_one(look.iter().zip(across).map(|(l, a)| cosine * l + side * a).collect())
        };
        (who, looks.iter().zip(&self.same).map(picture).collect())
    }
}

/// What a database has of a performer besides vectors, about as long as it really is. The number is
/// the name's last word.
pub(crate) fn performer(number: u32) -> Performer {
    let id = PerformerId::local(&format!("person {number}"));
    let image = format!("images/{}", id.uuid());
    Performer {
        country: Some("US".to_owned()),
        stash_ids: [("stashdb.org".to_owned(), id.uuid())].into(),
        image: Some(image),
        faces: 5,
        ..Performer::named(id, format!("Synthetic Person {number}"))
    }
}

/// The number of a [`performer`], by name.
pub(crate) fn number_of(name: &str) -> Option<u32> {
    name.rsplit(' ').next()?.parse().ok()
}
