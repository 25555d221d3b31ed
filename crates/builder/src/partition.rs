//! A share of everybody, for building on several machines.
//!
//! Each of N processes lists everybody, which is cheap, and takes a part of them by the hash of their
//! id; `rollcall merge` puts the parts together.

use std::{collections::BTreeSet, fmt, str::FromStr};

use rollcall_core::PerformerId;
use rollcall_index::Digest;
use uuid::Uuid;

use crate::{
    Error,
    known::{Known, People},
    net::Upstream,
    sources::{Fate, Order, Page, Removal, Source},
};

/// More would hardly have a performer each.
const MOST: u32 = 10_000;

/// One of several shares, counted from 0 as Kubernetes and SLURM count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    index: u32,
    count: u32,
}

impl Partition {
    /// Whether this share has the performer. Each performer is in exactly one.
    #[must_use]
    pub fn has(&self, id: &PerformerId) -> bool {
        let hash = Digest::of(id.to_string().as_bytes()).0;
        let number = hash.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        number % u64::from(self.count) == u64::from(self.index)
    }
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        match parts.and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?))) {
            Some((index, count)) if index < count && count <= MOST => Ok(Self { index, count }),
            _ => Err("write it as 0/4, 1/4, 2/4 or 3/4 for four shares".to_owned()),
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// An upstream of which only a share is seen.
pub struct Share {
    /// The upstream.
    pub source: Box<dyn Source>,
    /// The share.
    pub partition: Partition,
}

impl Source for Share {
    fn endpoint(&self) -> &str {
        self.source.endpoint()
    }

    fn upstream(&self) -> &Upstream {
        self.source.upstream()
    }

    fn page(&mut self, order: Order, page: u32) -> Result<Page, Error> {
        let mut page = self.source.page(order, page)?;
        page.performers.retain(|listed| self.partition.has(&listed.id));
        // What the upstream counts is everybody.
        page.count = None;
        Ok(page)
    }

    fn fate(&mut self, id: Uuid) -> Result<Fate, Error> {
        self.source.fate(id)
    }

    fn removals(&mut self, page: u32) -> Result<Vec<Removal>, Error> {
        self.source.removals(page)
    }
}

/// The people of several shares together.
pub struct Together<'a>(pub Vec<&'a dyn People>);

impl People for Together<'_> {
    /// Share by share. Whoever is in several, because the number of shares was changed, is there once.
    fn for_each(&self, each: &mut dyn FnMut(Known) -> Result<(), Error>) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        self.0.iter().try_for_each(|people| {
            people.for_each(&mut |known| {
                if seen.insert(known.listed.id.clone()) { each(known) } else { Ok(()) }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_one_share_and_shares_are_alike() {
        let shares: Vec<Partition> = (0..4).map(|i| format!("{i}/4").parse().unwrap()).collect();
        let mut counts = [0; 4];
        for number in 0..4_000u128 {
            let id = PerformerId::new("stashdb.org", Uuid::from_u128(number)).unwrap();
            let has: Vec<usize> = (0..4).filter(|&i| shares[i].has(&id)).collect();
            assert_eq!(has.len(), 1);
            counts[has[0]] += 1;
        }
        assert!(counts.iter().all(|count| (900..1100).contains(count)), "{counts:?}");
    }

    #[test]
    fn shares_are_counted_from_nought() {
        assert_eq!("0/1".parse::<Partition>().unwrap().to_string(), "0/1");
        for wrong in ["4/4", "1", "-1/4", "0/0", "1/2/3", "0/99999"] {
            assert!(wrong.parse::<Partition>().is_err(), "{wrong}");
        }
    }
}
