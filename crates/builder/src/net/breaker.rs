//! Leaving a host alone that keeps failing.

use std::time::{Duration, Instant};

/// Rests double up to this many times the first.
const LONGEST: u32 = 16;

/// Counts failures in a row. Past a number of them nobody asks for a while; then one may try.
#[derive(Debug)]
pub(super) struct Breaker {
    after: u32,
    first_rest: Duration,
    failures: u32,
    /// How often it has broken in a row.
    breaks: u32,
    closed_until: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(after: u32, first_rest: Duration) -> Self {
        Self { after: after.max(1), first_rest, failures: 0, breaks: 0, closed_until: None }
    }

    /// Whether to ask now, or else how long not to and after how many failures.
    pub(super) fn ask(&mut self, now: Instant) -> Result<(), (Duration, u32)> {
        match self.closed_until.map(|until| until.saturating_duration_since(now)) {
            Some(wait) if !wait.is_zero() => Err((wait, self.failures)),
            Some(_) => {
                // One goes ahead. The others wait for what it brings, or for another rest.
                self.closed_until = Some(now + self.rest());
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::new(self.after, self.first_rest);
    }

    pub(super) fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.after {
            self.closed_until = Some(now + self.rest());
            self.breaks = self.breaks.saturating_add(1);
        }
    }

    fn rest(&self) -> Duration {
        self.first_rest.saturating_mul(2u32.saturating_pow(self.breaks).min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn after_failures_in_a_row_one_may_try_now_and_then() {
        let (mut breaker, mut now) = (Breaker::new(3, SECOND), Instant::now());
        breaker.failed(now);
        breaker.failed(now);
        assert!(breaker.ask(now).is_ok());
        breaker.failed(now);
        assert_eq!(breaker.ask(now), Err((SECOND, 3)));
        now += SECOND;
        assert!(breaker.ask(now).is_ok(), "the first after the rest");
        assert!(breaker.ask(now).is_err(), "the others wait for it");
        breaker.failed(now);
        assert_eq!(breaker.ask(now), Err((2 * SECOND, 4)));
        for _ in 0..20 {
            breaker.failed(now);
        }
        assert_eq!(breaker.ask(now).unwrap_err().0, 16 * SECOND);
        breaker.succeeded();
        assert!(breaker.ask(now).is_ok());
    }
}
