//! Asking one upstream for everybody, or for what has changed, a page at a time.
//!
//! No order of an upstream is stable, so a sweep is counted: what was seen, by id, against what the
//! upstream says there is. What is short is asked for again in another order. Times are the
//! upstream's own and only compared with each other: this machine's clock plays no part.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use rollcall_core::PerformerId;

use super::gauges::Stage;
use crate::{
    Error,
    sources::{Fate, Listed, Order, Page, Source},
    state::{Cursor, Gone, News, Pass, State},
};

/// The orders of a sweep: the later ones only where the earlier ones left somebody out.
const ORDERS: [Order; 4] = [Order::Name, Order::NameBackwards, Order::Created, Order::Name];

/// How often an increment is read again because something had changed meanwhile.
const INCREMENTS: usize = 3;

/// Pages of nothing but what is known, all changed at one moment, after which an increment ends.
const KNOWN_PAGES: usize = 2;

/// What asking one upstream came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Performers who are new or have changed.
    pub(crate) changed: usize,
    /// Performers who are gone.
    pub(crate) removed: usize,
    /// Rows that could not be understood.
    pub(crate) unusable: u64,
}

/// Asks one upstream.
pub(crate) struct Lister<'a> {
    pub(crate) source: &'a mut dyn Source,
    pub(crate) state: &'a State,
    pub(crate) stop: &'a AtomicBool,
    /// At most so many performers.
    pub(crate) limit: Option<u64>,
    /// At most so many pictures of each.
    pub(crate) max_images: usize,
    /// Everybody anew, not only what has changed.
    pub(crate) sweep: bool,
    pub(crate) gauge: &'a Stage,
}

/// A sweep or increment under way.
struct Asking<'a> {
    lister: Lister<'a>,
    endpoint: String,
    cursor: Cursor,
    listing: Listing,
}

impl Lister<'_> {
    /// Goes on where the last run stopped, to the end or until it is told to stop.
    ///
    /// # Errors
    /// When the upstream or the state fails. What was taken in until then stays.
    pub(crate) fn run(self) -> Result<Listing, Error> {
        let endpoint = self.source.endpoint().to_owned();
        let cursor = self.state.cursor(&endpoint)?;
        let anew = self.sweep || !cursor.swept || cursor.watermark.is_none();
        let mut asking = Asking { lister: self, endpoint, cursor, listing: Listing::default() };
        if asking.cursor.pass.is_none() && anew {
            asking.begin()?;
        }
        asking.sweep()?;
        if asking.cursor.pass.is_none() && !asking.stopped() {
            asking.increment()?;
            asking.removals()?;
        }
        Ok(asking.listing)
    }
}

impl Asking<'_> {
    fn stopped(&self) -> bool {
        self.lister.stop.load(Ordering::Relaxed)
    }

    fn state(&self) -> &State {
        self.lister.state
    }

    /// What changes while a sweep goes on is read by the increment after it.
    fn begin(&mut self) -> Result<(), Error> {
        let first = self.lister.source.page(Order::UpdatedLast, 1)?;
        let watermark = latest(first.performers.iter().filter_map(|p| p.updated.as_deref()));
        if self.cursor.removals.is_none() {
            let removals = self.lister.source.removals(1)?;
            self.cursor.removals = latest(removals.iter().map(|removal| removal.at.as_str()));
        }
        self.cursor.sweep += 1;
        self.cursor.pass = Some(Pass { order: 0, page: 1, rows: 0, unusable: 0, watermark });
        Ok(())
    }

    fn sweep(&mut self) -> Result<(), Error> {
        while let Some(pass) = self.cursor.pass.clone()
            && !self.stopped()
        {
            let order = ORDERS.get(pass.order).copied().unwrap_or(Order::Name);
            let mut page = self.lister.source.page(order, pass.page)?;
            self.cursor.count = page.count.or(self.cursor.count);
            if self.shorten(&mut page)? {
                // The next run, with a higher limit, begins with this page again.
                return self.take(&page.performers).map(drop);
            }
            let rows = pass.rows + page.performers.len() as u64;
            let unusable = pass.unusable + page.unusable.len() as u64;
            self.listing.unusable += page.unusable.len() as u64;
            if let Some(example) = page.unusable.first() {
                tracing::warn!(endpoint = self.endpoint, "a row makes no sense: {example}");
            }
            let empty = page.performers.is_empty() && page.unusable.is_empty();
            // An upstream that never ends would be asked for ever.
            let endless = self.cursor.count.is_some_and(|count| rows > 2 * count + 10_000);
            let next = Pass { page: pass.page.saturating_add(1), rows, unusable, ..pass };
            self.cursor.pass = Some(next);
            self.take(&page.performers)?;
            if !page.more || empty || endless {
                self.turn(unusable)?;
            }
        }
        Ok(())
    }

    /// After the last page of one order: another order, or the end.
    fn turn(&mut self, unusable: u64) -> Result<(), Error> {
        let (_, seen) = self.state().live(&self.endpoint, self.cursor.sweep)?;
        let missing = self.cursor.count.unwrap_or(seen).saturating_sub(seen + unusable);
        let Some(Pass { order, watermark, .. }) = self.cursor.pass.clone() else { return Ok(()) };
        if missing > 0 && order + 1 < ORDERS.len() {
            self.cursor.pass =
                Some(Pass { order: order + 1, page: 1, rows: 0, unusable: 0, watermark });
            return self.take(&[]).map(drop);
        }
        if missing == 0 {
            // Those whom a complete sweep did not show are gone only if the upstream says so of each.
            for id in self.state().absent(&self.endpoint, self.cursor.sweep)? {
                if self.stopped() {
                    return Ok(());
                }
                self.confirm(&id)?;
            }
        } else {
            let endpoint = &self.endpoint;
            tracing::warn!(
                endpoint,
                missing,
                "it counts more performers than it shows in any order"
            );
        }
        self.cursor = Cursor { pass: None, swept: true, watermark, missing, ..self.cursor.clone() };
        self.take(&[]).map(drop)
    }

    /// Asks what became of somebody, and believes it.
    fn confirm(&mut self, id: &PerformerId) -> Result<(), Error> {
        let gone = match self.lister.source.fate(id.uuid())? {
            Fate::Listed(listed) => return self.take(&[*listed]).map(drop),
            Fate::MergedInto(other) => Gone::MergedInto(other),
            Fate::Gone => Gone::Deleted,
        };
        self.listing.removed += usize::from(self.state().remove(id, &gone)?);
        Ok(())
    }

    /// What has changed since the watermark, the last changed first.
    fn increment(&mut self) -> Result<(), Error> {
        let Some(watermark) = self.cursor.watermark.as_deref().and_then(time) else {
            return Ok(());
        };
        // Rows move while they are read: what was missed is found when nothing is news any more.
        for _ in 0..INCREMENTS {
            let (mut newest, mut changed, mut known) = (None, 0, 0);
            for number in 1.. {
                if self.stopped() {
                    return Ok(());
                }
                let page = self.lister.source.page(Order::UpdatedLast, number)?;
                self.cursor.count = page.count.or(self.cursor.count);
                let updated = || page.performers.iter().filter_map(|p| p.updated.as_deref());
                if number == 1 {
                    newest = latest(updated());
                }
                let news = self.take(&page.performers)?;
                changed += news.changed;
                let quiet = news.changed == 0 && updated().filter_map(time).all(|t| t <= watermark);
                known = if quiet { known + 1 } else { 0 };
                let older = updated().filter_map(time).any(|t| t < watermark);
                if older || known >= KNOWN_PAGES || !page.more || page.performers.is_empty() {
                    break;
                }
            }
            self.cursor.watermark = newest.or(self.cursor.watermark.take());
            if changed == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Merges and deletions that the upstream reports, each confirmed: some are undone.
    fn removals(&mut self) -> Result<(), Error> {
        let since = self.cursor.removals.as_deref().and_then(time);
        let mut newest = self.cursor.removals.clone();
        for number in 1.. {
            let page = self.lister.source.removals(number)?;
            for removal in &page {
                if self.stopped() {
                    return Ok(());
                }
                if removal.id.endpoint() == self.endpoint && self.state().is_live(&removal.id)? {
                    self.confirm(&removal.id)?;
                }
            }
            let times = page.iter().map(|removal| removal.at.as_str());
            // Merges and deletions may be two lists: one old row says nothing of the other list.
            let older = |t| since.is_some_and(|since| t < since);
            let last = times.clone().filter_map(time).all(older);
            newest = latest(newest.as_deref().into_iter().chain(times));
            if last {
                break;
            }
        }
        let (live, _) = self.state().live(&self.endpoint, 0)?;
        self.cursor.missing = self.cursor.count.unwrap_or(live).saturating_sub(live);
        self.cursor.removals = newest;
        self.take(&[]).map(drop)
    }

    /// Cuts a page down to how many more performers are wanted; says whether that is all there are to
    /// be.
    fn shorten(&self, page: &mut Page) -> Result<bool, Error> {
        let Some(limit) = self.lister.limit else { return Ok(false) };
        let (_, seen) = self.state().live(&self.endpoint, self.cursor.sweep)?;
        let mut room = limit.saturating_sub(seen);
        let mut kept = Vec::with_capacity(page.performers.len());
        for performer in page.performers.drain(..) {
            let new = !self.state().is_live(&performer.id)?;
            if !new || room > 0 {
                room -= u64::from(new);
                kept.push(performer);
            }
        }
        page.performers = kept;
        Ok(room == 0)
    }

    fn take(&mut self, performers: &[Listed]) -> Result<News, Error> {
        let mut performers = performers.to_vec();
        performers.iter_mut().for_each(|one| one.images.truncate(self.lister.max_images));
        let news = self.state().take_page(&self.endpoint, &performers, &self.cursor)?;
        self.listing.changed += news.changed;
        self.listing.removed += news.removed;
        self.lister.gauge.done(performers.len() as u64, 0);
        Ok(news)
    }
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// The latest of some times, as it was written.
fn latest<'a>(times: impl Iterator<Item = &'a str>) -> Option<String> {
    let parsed = times.filter_map(|text| Some((time(text)?, text)));
    parsed.max_by_key(|(time, _)| *time).map(|(_, text)| text.to_owned())
}

#[cfg(test)]
#[path = "sweep_tests.rs"]
mod tests;
