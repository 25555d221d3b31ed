//! A newer version in which exactly the given people are.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    DatabaseWriter, Sink, Tally, row_order,
    update::{Old, append, inherit},
};
use crate::{Digest, IndexError, Manifest, Store, database::is_removed};

/// How a newer version differs from the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// People who were not there.
    pub added: u64,
    /// People of whom something is different.
    pub changed: u64,
    /// People who are there no longer.
    pub removed: u64,
    /// People who are as they were.
    pub unchanged: u64,
    /// Whether everything was written anew.
    pub compacted: bool,
}

impl DatabaseWriter {
    /// Writes everybody as a newer version of the database that `old` is read from (`sink` writes into
    /// the same one): as a segment of those who are new or different, or everything anew when a tenth
    /// of the rows would be new or hidden, or `compact` says so.
    ///
    /// Whoever is not among the people added is hidden by the number of their row. Ids that the old
    /// version names as removed for good are left out, and are named no longer once everything is
    /// written anew.
    ///
    /// # Errors
    /// As those of [`super::update_database`].
    pub async fn finish_after(
        mut self,
        old: &dyn Store,
        compact: bool,
        sink: &mut dyn Sink,
    ) -> Result<(Manifest, Changes), IndexError> {
        let before = crate::manifest(old).await?;
        inherit(&before, &mut self.options)?;
        let tombstones: BTreeSet<_> = before.tombstones.iter().cloned().collect();
        self.performers.retain(|_, stored| !is_removed(&tombstones, &stored.performer));
        let mut old = Old::open(old, &before).await?;
        let (mut changes, same) = self.compare(&mut old).await?;
        let fresh = self.len() - same.len();
        changes.compacted = compact || old.is_loose(fresh);
        if changes.compacted {
            return Ok((self.finish(sink)?, changes));
        }
        self.options.tombstones.extend(tombstones);
        let tally = Tally::of(self.performers.values());
        self.performers.retain(|order, _| !same.contains(order));
        Ok((append(self, &before, old, tally, sink)?, changes))
    }

    /// Hides what is different or gone, and gives whose rows stay.
    async fn compare(&self, old: &mut Old<'_>) -> Result<(Changes, BTreeSet<Digest>), IndexError> {
        let (mut changes, mut same) = (Changes::default(), BTreeSet::new());
        for number in 0..old.segments.len() {
            let (mut hidden, mut removed) = (Vec::new(), Vec::new());
            let each = &mut |row, stored: crate::shard::Stored| {
                let order = row_order(&stored.performer.id);
                match self.performers.get(&order) {
                    Some(new) if *new == stored => {
                        same.insert(order);
                        return;
                    }
                    Some(_) => changes.changed += 1,
                    None => {
                        changes.removed += 1;
                        removed.push(row);
                    }
                }
                hidden.push(row);
            };
            old.found_in(number, each).await?;
            let spec = &mut old.segments[number].spec;
            for (rows, more) in [(&mut spec.hidden, hidden), (&mut spec.removed, removed)] {
                rows.extend(more);
                rows.sort_unstable();
            }
        }
        changes.unchanged = same.len() as u64;
        let known = changes.unchanged + changes.changed;
        changes.added = (self.len() as u64).saturating_sub(known);
        Ok((changes, same))
    }
}
