//! What a run would fetch, and how long it may take at the pace the upstreams allow.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use super::Options;
use crate::{
    Error,
    sources::{Order, Source},
    state::State,
};

/// The bytes of a picture where none has been fetched yet. Stash-boxes ask for at most 1,280 pixels
/// a side, which as JPEG of usual quality is this much.
const USUAL_BYTES: f64 = 150_000.0;

/// What a run would fetch.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// By endpoint.
    pub sources: BTreeMap<String, PlannedSource>,
    /// Bytes of pictures, about.
    pub bytes: f64,
    /// Seconds at the pace that is allowed: the slowest upstream's, for they are asked side by side.
    /// Looking at the pictures may take longer.
    pub seconds: f64,
}

/// What would be asked of one upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PlannedSource {
    /// Performers it says it has.
    pub performers: u64,
    /// Those already known.
    pub known: u64,
    /// Requests for performers.
    pub requests: f64,
    /// Pictures, about: as many for each performer as those on the first page have.
    pub pictures: f64,
    /// Seconds at its pace.
    pub seconds: f64,
}

/// Asks each upstream for one page, and reckons from there. Of `state`, where there is one, what is
/// known already is left out; changes to known performers are not foreseen.
///
/// # Errors
/// When an upstream cannot be asked, or the state not read.
pub fn plan(
    options: &Options,
    state: Option<&State>,
    sources: &mut [Box<dyn Source>],
) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let usual = state.map(State::usual_bytes).transpose()?.flatten().unwrap_or(USUAL_BYTES);
    for source in sources {
        let endpoint = source.endpoint().to_owned();
        let page = source.page(Order::Name, 1)?;
        let rows = page.performers.len().max(1) as f64;
        let count = page.count.unwrap_or(page.performers.len() as u64);
        let (known, fetched) = match state {
            Some(state) => (state.live(&endpoint, 0)?.0, state.fetched(&endpoint)?),
            None => (0, 0),
        };
        let performers = options.max_performers.map_or(count, |most| most.min(count));
        let most = options.max_images(&endpoint);
        let shown: usize = page.performers.iter().map(|p| p.images.len().min(most)).sum();
        let pictures = (performers as f64 * shown as f64 / rows - fetched as f64).max(0.0);
        let anew = options.sweep || known < performers;
        let requests = if anew { (performers as f64 / rows).ceil() } else { 1.0 };
        let pace = source.upstream().pace();
        let seconds =
            (requests / pace.api_per_minute * 60.0).max(pictures / pace.images_per_second);
        let planned = PlannedSource { performers, known, requests, pictures, seconds };
        plan.bytes += pictures * usual;
        plan.seconds = plan.seconds.max(seconds);
        plan.sources.insert(endpoint, planned);
    }
    Ok(plan)
}

/// As people say it: `3 h 20 min`, `12 min`, `40 s`.
#[must_use]
pub fn in_words(seconds: f64) -> String {
    let seconds = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX).as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_do() {
        assert_eq!(
            [0.4, 59.0, 60.0, 7325.0, f64::INFINITY].map(in_words)[..4],
            ["0 s", "59 s", "1 min", "2 h 2 min"]
        );
    }
}
