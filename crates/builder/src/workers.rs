//! Many photos at once: one recogniser per thread, for engines do not cross threads.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use crate::Error;

/// Does `work` on every item with `jobs` threads, each with a worker of its own from `make`.
/// Answers come in the order of the items, whatever the number of threads. `done` is told of each.
///
/// # Errors
/// When a worker cannot be made, or a thread ends too early. A failure of one item is for `work`
/// to give back as a value.
pub fn map<I: Sync, W, A: Send>(
    items: &[I],
    jobs: usize,
    make: impl Fn() -> Result<W, Error> + Sync,
    work: impl Fn(&W, &I) -> A + Sync,
    done: impl Fn() + Sync,
) -> Result<Vec<A>, Error> {
    let next = AtomicUsize::new(0);
    let answers: Vec<Mutex<Option<A>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let run = || -> Result<(), Error> {
        let worker = make()?;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return Ok(()) };
            let answer = work(&worker, item);
            *answers[index].lock().map_err(|_| Error::Worker)? = Some(answer);
            done();
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..jobs.clamp(1, items.len().max(1))).map(|_| scope.spawn(run)).collect();
        threads.into_iter().try_for_each(|t| t.join().unwrap_or(Err(Error::Worker)))
    })?;
    answers.into_iter().map(|a| a.into_inner().ok().flatten().ok_or(Error::Worker)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_the_order_of_the_items() {
        let items: Vec<u64> = (0..100).collect();
        let square = |_: &(), i: &u64| {
            std::thread::sleep(std::time::Duration::from_micros(100 - *i));
            i * i
        };
        let expected: Vec<u64> = items.iter().map(|i| i * i).collect();
        for jobs in [0, 1, 3, 1000] {
            let count = AtomicUsize::new(0);
            let done = || {
                count.fetch_add(1, Ordering::Relaxed);
            };
            assert_eq!(map(&items, jobs, || Ok(()), square, done).unwrap(), expected);
            assert_eq!(count.into_inner(), 100);
        }
        assert!(map(&[] as &[u64], 4, || Ok(()), square, || ()).unwrap().is_empty());
    }

    #[test]
    fn a_worker_that_cannot_be_made_is_an_error() {
        let broken = || Err::<(), _>(Error::NoCache);
        assert!(matches!(map(&[1], 2, broken, |(), i| *i, || ()), Err(Error::NoCache)));
    }
}
