//! What requests to one host pass one by one.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time;

use super::{Limits, breaker::Breaker};

/// A host's token bucket and its breaker.
#[derive(Debug)]
pub(super) struct Gate {
    bucket: Option<DefaultDirectRateLimiter>,
    breaker: Mutex<Breaker>,
    /// Until when the host wants to be left alone.
    asked_to_wait: Mutex<Option<Instant>>,
}

impl Gate {
    /// One request every `between`. Nothing is saved up: a burst is what hosts punish.
    pub(super) fn new(between: Duration, limits: &Limits) -> Self {
        let quota = Quota::with_period(between).map(|quota| quota.allow_burst(NonZeroU32::MIN));
        Self {
            bucket: quota.map(RateLimiter::direct),
            breaker: Mutex::new(Breaker::new(limits.break_after, limits.rest)),
            asked_to_wait: Mutex::new(None),
        }
    }

    /// Waits for a turn, or says for how long the host is left alone and after how many failures.
    pub(super) async fn pass(&self) -> Result<(), (Duration, u32)> {
        self.with_breaker(|breaker| breaker.ask(Instant::now()))?;
        if let Some(bucket) = &self.bucket {
            bucket.until_ready().await;
        }
        let until = *self.asked_to_wait.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            time::sleep_until(until.into()).await;
        }
        Ok(())
    }

    /// Lets nobody pass for `wait`.
    pub(super) fn hold(&self, wait: Duration) {
        let mut until = self.asked_to_wait.lock().unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(Some(Instant::now() + wait));
    }

    pub(super) fn with_breaker<T>(&self, f: impl FnOnce(&mut Breaker) -> T) -> T {
        f(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
