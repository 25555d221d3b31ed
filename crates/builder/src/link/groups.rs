//! People joined step by step, and joins that may not be.

use std::collections::BTreeSet;

/// Why two groups may not be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The override file keeps these two apart.
    Apart(usize, usize),
    /// These two are different performers of one endpoint.
    SameEndpoint(usize, usize),
}

/// A partition of people that only gets coarser.
pub(super) struct Groups {
    /// The group each person is in: the number of its first member.
    of: Vec<usize>,
    /// By that number; empty where there is no group any more.
    members: Vec<Vec<usize>>,
    /// The endpoint of each person, as a number.
    endpoints: Vec<usize>,
    /// Pairs that stay apart, the lower number first.
    apart: BTreeSet<(usize, usize)>,
}

impl Groups {
    pub(super) fn new(endpoints: Vec<usize>, apart: BTreeSet<(usize, usize)>) -> Self {
        let of: Vec<usize> = (0..endpoints.len()).collect();
        Self { members: of.iter().map(|&person| vec![person]).collect(), of, endpoints, apart }
    }

    pub(super) fn together(&self, a: usize, b: usize) -> bool {
        self.of[a] == self.of[b]
    }

    /// Joins the groups of `a` and `b`; `stated` where somebody has said that even performers of one
    /// endpoint are the same. Gives whether they were apart before.
    pub(super) fn join(&mut self, a: usize, b: usize, stated: bool) -> Result<bool, Refusal> {
        let (first, second) = (self.of[a].min(self.of[b]), self.of[a].max(self.of[b]));
        if first == second {
            return Ok(false);
        }
        for &x in &self.members[first] {
            for &y in &self.members[second] {
                if self.apart.contains(&(x.min(y), x.max(y))) {
                    return Err(Refusal::Apart(x, y));
                }
                if !stated && self.endpoints[x] == self.endpoints[y] {
                    return Err(Refusal::SameEndpoint(x, y));
                }
            }
        }
        let moved = std::mem::take(&mut self.members[second]);
        moved.iter().for_each(|&person| self.of[person] = first);
        self.members[first].extend(moved);
        Ok(true)
    }

    /// The groups, by their first member.
    pub(super) fn all(self) -> impl Iterator<Item = Vec<usize>> {
        self.members.into_iter().filter(|members| !members.is_empty())
    }
}
