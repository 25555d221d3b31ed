//! What goes wrong with answers, and passes.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    /// Performers: GraphQL or REST.
    Api,
    /// A picture.
    Image,
}

/// What goes wrong with one answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// This status with these headers and an empty body.
    Status(u16, Vec<(&'static str, String)>),
    /// No answer, ever.
    Stall,
    /// The answer after a while.
    Slow(Duration),
    /// The connection breaks in the middle of the answer.
    Cut,
    /// Something else with status 200.
    Instead(String),
}

impl Fault {
    /// This status.
    #[must_use]
    pub fn status(code: u16) -> Self {
        Self::Status(code, Vec::new())
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(to: &str) -> Self {
        Self::Status(302, vec![("location", to.to_owned())])
    }

    /// A status with a header that says when to come back.
    #[must_use]
    pub fn retry_after(self, when: &str) -> Self {
        match self {
            Self::Status(code, _) => Self::Status(code, vec![("retry-after", when.to_owned())]),
            other => other,
        }
    }
}

/// How often answers go wrong of their own accord. Whether the nth answer for a thing does depends on
/// the seed, the thing and n alone, so that it is the same in whatever order things are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// What chance is drawn from.
    pub seed: u64,
    /// The share of answers about performers that go wrong.
    pub api: f64,
    /// The share of pictures that go wrong.
    pub image: f64,
}

/// After so many bad answers for the same thing comes a good one.
const MOST_IN_A_ROW: u32 = 2;

/// Faults that wait for a request.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    planned: Vec<(Route, Fault, usize)>,
    weather: Weather,
    asked: BTreeMap<(Route, String), u32>,
}

impl Faults {
    pub(crate) fn plan(&mut self, route: Route, fault: Fault, times: usize) {
        self.planned.push((route, fault, times));
    }

    pub(crate) fn set(&mut self, weather: Weather) {
        self.weather = weather;
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// What goes wrong with this request for `thing`.
    pub(crate) fn next(&mut self, route: Route, thing: &str) -> Option<Fault> {
        if let Some(at) = self.planned.iter().position(|(r, _, left)| *r == route && *left > 0) {
            self.planned[at].2 -= 1;
            return Some(self.planned[at].1.clone());
        }
        let rate = match route {
            Route::Api => self.weather.api,
            Route::Image => self.weather.image,
        };
        if rate <= 0.0 {
            return None;
        }
        let attempt = self.asked.entry((route, thing.to_owned())).or_default();
        *attempt += 1;
        let mut hasher = DefaultHasher::new();
        (self.weather.seed, route, thing, *attempt).hash(&mut hasher);
        let mut random = fastrand::Rng::with_seed(hasher.finish());
        if attempt.is_multiple_of(MOST_IN_A_ROW + 1) || random.f64() >= rate {
            return None;
        }
        Some(match random.u8(..6) {
            0 => Fault::status(429).retry_after("0"),
            1 => Fault::status(429).retry_after("1"),
            2 => Fault::status(500),
            3 => Fault::status(503),
            4 => Fault::Slow(Duration::from_millis(200)),
            _ => Fault::Cut,
        })
    }
}
