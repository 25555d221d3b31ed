use std::{collections::BTreeMap, sync::LazyLock};

use uuid::Uuid;

use super::*;
use crate::{net, sources::Removal, state::Damaged};

/// Nobody asks for pictures here.
static NOBODY: LazyLock<net::Upstream> =
    LazyLock::new(|| net::Upstream::new("http://localhost").unwrap());

const HOST: &str = "stashdb.org";
const PER_PAGE: usize = 10;

type Live = BTreeMap<Uuid, Listed>;

/// An upstream in memory. Its pages overlap and leave gaps, as those of an unstable order do.
#[derive(Default)]
struct Upstream {
    live: Live,
    merged: BTreeMap<Uuid, Uuid>,
    removals: Vec<Removal>,
    /// In this order these are never shown.
    hidden: Vec<(Order, Uuid)>,
    /// How many more it claims to have.
    boasts: u64,
    /// What it was asked.
    asked: Vec<String>,
    /// Say stop when this many pages have been asked for.
    stop_after: Option<usize>,
    /// Called before each page with its number.
    meanwhile: Option<fn(&mut Live, u32)>,
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn performer_id(number: u128) -> PerformerId {
    PerformerId::new(HOST, id(number)).unwrap()
}

fn minute(minute: u32) -> String {
    format!("2026-11-01T00:{minute:02}:00Z")
}

impl Upstream {
    fn of(count: u128) -> Self {
        let mut upstream = Self::default();
        (0..count).for_each(|number| upstream.change(number, &format!("Name {number}"), 0));
        upstream
    }

    fn change(&mut self, number: u128, name: &str, changed: u32) {
        let updated = Some(minute(changed));
        let listed = Listed { updated, ..Listed::new(performer_id(number), name) };
        self.live.insert(id(number), listed);
    }

    fn delete(&mut self, number: u128, into: Option<u128>, at: u32) {
        self.live.remove(&id(number));
        if let Some(into) = into {
            self.merged.insert(id(number), id(into));
        }
        let into = into.map(performer_id);
        self.removals.insert(0, Removal { id: performer_id(number), into, at: minute(at) });
    }

    fn run(&mut self, state: &State, sweep: bool, limit: Option<u64>) -> Listing {
        self.asked.clear();
        let stop = AtomicBool::new(false);
        let gauge = Stage::default();
        let mut watched = Watched { upstream: self, stop: &stop };
        let source: &mut dyn Source = &mut watched;
        Lister { source, state, stop: &stop, limit, max_images: 9, sweep, gauge: &gauge }
            .run()
            .unwrap()
    }
}

/// An upstream that says stop by itself.
struct Watched<'a> {
    upstream: &'a mut Upstream,
    stop: &'a AtomicBool,
}

impl Source for Watched<'_> {
    fn endpoint(&self) -> &str {
        HOST
    }

    fn upstream(&self) -> &net::Upstream {
        &NOBODY
    }

    fn page(&mut self, order: Order, page: u32) -> Result<Page, Error> {
        let upstream = &mut *self.upstream;
        upstream.asked.push(format!("{order:?} {page}"));
        if upstream.stop_after.is_some_and(|after| upstream.asked.len() >= after) {
            self.stop.store(true, Ordering::Relaxed);
        }
        if let Some(meanwhile) = upstream.meanwhile {
            meanwhile(&mut upstream.live, page);
        }
        let mut rows: Vec<&Listed> = upstream.live.values().collect();
        match order {
            Order::NameBackwards => rows.reverse(),
            Order::UpdatedLast => rows.sort_by_key(|row| std::cmp::Reverse(row.updated.clone())),
            _ => {}
        }
        rows.retain(|row| !upstream.hidden.contains(&(order, row.id.uuid())));
        let start = (page as usize - 1) * PER_PAGE;
        let end = (start + PER_PAGE).min(rows.len());
        Ok(Page {
            performers: rows
                .get(start..end)
                .unwrap_or_default()
                .iter()
                .map(|&r| r.clone())
                .collect(),
            unusable: Vec::new(),
            count: Some(upstream.live.len() as u64 + upstream.boasts),
            more: end < rows.len(),
        })
    }

    fn fate(&mut self, id: Uuid) -> Result<Fate, Error> {
        self.upstream.asked.push(format!("fate {}", id.as_u128()));
        Ok(match (self.upstream.live.get(&id), self.upstream.merged.get(&id)) {
            (Some(listed), _) => Fate::Listed(Box::new(listed.clone())),
            (None, Some(&into)) => Fate::MergedInto(PerformerId::new(HOST, into).unwrap()),
            (None, None) => Fate::Gone,
        })
    }

    fn removals(&mut self, page: u32) -> Result<Vec<Removal>, Error> {
        let pages: Vec<_> = self.upstream.removals.chunks(2).collect();
        Ok(pages.get(page as usize - 1).map(|page| page.to_vec()).unwrap_or_default())
    }
}

fn state() -> (tempfile::TempDir, State) {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path(), Damaged::Refuse).unwrap();
    (folder, state)
}

#[test]
fn what_one_order_leaves_out_another_shows() {
    let (_folder, state) = state();
    let mut upstream = Upstream::of(45);
    upstream.hidden =
        vec![(Order::Name, id(7)), (Order::Name, id(8)), (Order::NameBackwards, id(7))];
    upstream.run(&state, false, None);
    assert_eq!(state.live(HOST, 1).unwrap(), (45, 45));
    let cursor = state.cursor(HOST).unwrap();
    assert_eq!((cursor.missing, cursor.swept, cursor.pass), (0, true, None));
    assert!(upstream.asked.contains(&"Created 5".to_owned()), "{:?}", upstream.asked);
}

#[test]
fn a_count_that_lies_is_told_and_nobody_is_thought_gone() {
    let (_folder, state) = state();
    let mut upstream = Upstream { boasts: 3, ..Upstream::of(25) };
    upstream.run(&state, false, None);
    assert_eq!((state.cursor(HOST).unwrap().missing, upstream.asked.len()), (3, 1 + 4 * 3 + 2));
    // The next sweep does not show somebody, and is not complete: they stay.
    upstream.hidden =
        [Order::Name, Order::NameBackwards, Order::Created].map(|o| (o, id(1))).into();
    upstream.run(&state, true, None);
    assert!(state.is_live(&performer_id(1)).unwrap());
    assert!(!upstream.asked.iter().any(|asked| asked.starts_with("fate")), "{:?}", upstream.asked);
}

#[test]
fn a_sweep_stopped_anywhere_goes_on_there() {
    let (_folder, state) = state();
    let mut upstream = Upstream::of(45);
    for pages in [3, 1, 2] {
        upstream.stop_after = Some(pages);
        upstream.run(&state, false, None);
    }
    assert_eq!(upstream.asked, ["Name 4", "Name 5"]);
    upstream.stop_after = None;
    upstream.run(&state, false, None);
    assert_eq!(state.live(HOST, 1).unwrap(), (45, 45));
    assert!(!upstream.asked.contains(&"Name 1".to_owned()), "{:?}", upstream.asked);
}

#[test]
fn no_more_than_asked_for_are_listed_and_the_rest_the_next_time() {
    let (_folder, state) = state();
    let mut upstream = Upstream::of(45);
    upstream.run(&state, false, Some(13));
    assert_eq!((state.live(HOST, 1).unwrap().0, state.cursor(HOST).unwrap().swept), (13, false));
    upstream.run(&state, false, Some(13));
    assert_eq!(upstream.asked, ["Name 2"]);
    upstream.run(&state, false, None);
    assert_eq!((state.live(HOST, 1).unwrap().0, state.cursor(HOST).unwrap().swept), (45, true));
}

#[test]
fn an_increment_reads_what_changed_and_no_more() {
    let (_folder, state) = state();
    let mut upstream = Upstream::of(45);
    upstream.change(3, "Earlier", 1);
    upstream.run(&state, false, None);
    assert_eq!(state.cursor(HOST).unwrap().watermark, Some(minute(1)));
    upstream.change(5, "Another name", 2);
    upstream.change(100, "Somebody new", 3);
    let listing = upstream.run(&state, false, None);
    assert_eq!((listing.changed, listing.removed), (2, 0));
    // Once for the news, and once to see that there is no more.
    assert_eq!(upstream.asked, ["UpdatedLast 1", "UpdatedLast 1"]);
    assert_eq!(state.cursor(HOST).unwrap().watermark, Some(minute(3)));
    assert_eq!(upstream.run(&state, false, None).changed, 0);
    assert_eq!(upstream.asked, ["UpdatedLast 1"]);
}

#[test]
fn what_changes_during_a_sweep_is_read_after_it() {
    let (_folder, state) = state();
    let mut upstream = Upstream::of(45);
    // When the third page is read, somebody on the first one changes.
    upstream.meanwhile = Some(|live, page| {
        let first = live.get_mut(&id(0)).unwrap();
        if page == 3 {
            (first.name, first.updated) = ("Changed".to_owned(), Some(minute(9)));
        }
    });
    upstream.run(&state, false, None);
    assert_eq!(upstream.run(&state, false, None).changed, 0);
    assert_eq!(state.cursor(HOST).unwrap().watermark, Some(minute(9)));
}

#[test]
fn merges_and_deletions_are_reported_or_found_by_absence_and_always_confirmed() {
    let (_folder, state) = state();
    let mut upstream = Upstream::of(45);
    upstream.delete(44, None, 0);
    upstream.run(&state, false, None);
    upstream.delete(1, Some(2), 5);
    upstream.delete(3, None, 6);
    // Deleted and restored: the report stays, the performer too.
    upstream.delete(4, None, 7);
    upstream.change(4, "Back again", 8);
    let listing = upstream.run(&state, false, None);
    assert_eq!(listing.removed, 2);
    let gone = state.gone().unwrap();
    let merged = Gone::MergedInto(performer_id(2));
    assert_eq!(gone, [(performer_id(1), merged), (performer_id(3), Gone::Deleted)]);
    assert!(state.is_live(&performer_id(4)).unwrap());
    // Gone without a report: only a sweep can tell.
    upstream.live.remove(&id(5));
    assert_eq!(upstream.run(&state, false, None).removed, 0);
    // It says 43, we know 44: a word about it, but no number of the missing.
    assert_eq!(state.cursor(HOST).unwrap().missing, 0);
    let listing = upstream.run(&state, true, None);
    assert_eq!(listing.removed, 1);
    assert!(upstream.asked.contains(&"fate 5".to_owned()), "{:?}", upstream.asked);
    // Absent from a list is not gone.
    upstream.hidden =
        [Order::Name, Order::NameBackwards, Order::Created].map(|o| (o, id(6))).into();
    upstream.live.remove(&id(7));
    upstream.run(&state, true, None);
    assert!(state.is_live(&performer_id(6)).unwrap());
}

#[test]
fn a_list_without_end_ends() {
    struct Endless;
    impl Source for Endless {
        fn endpoint(&self) -> &str {
            HOST
        }
        fn upstream(&self) -> &net::Upstream {
            &NOBODY
        }
        fn page(&mut self, _: Order, _: u32) -> Result<Page, Error> {
            let performers = (0..500).map(|number| {
                let mut one = Upstream::of(1).live.remove(&id(0)).unwrap();
                one.id = performer_id(number);
                one
            });
            Ok(Page {
                performers: performers.collect(),
                count: Some(500),
                more: true,
                ..Page::default()
            })
        }
        fn fate(&mut self, _: Uuid) -> Result<Fate, Error> {
            Ok(Fate::Gone)
        }
        fn removals(&mut self, _: u32) -> Result<Vec<Removal>, Error> {
            Ok(Vec::new())
        }
    }
    let (_folder, state) = state();
    let (stop, gauge) = (AtomicBool::new(false), Stage::default());
    let source = &mut Endless;
    Lister {
        source,
        state: &state,
        stop: &stop,
        limit: None,
        max_images: 9,
        sweep: false,
        gauge: &gauge,
    }
    .run()
    .unwrap();
    assert_eq!(state.live(HOST, 1).unwrap(), (500, 500));
}
