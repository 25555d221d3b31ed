//! What the host can learn from the shards that are asked for.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{cell::RefCell, collections::BTreeSet, rc::Rc, task::Poll};

use common::{Normal, Recorder, options, pack, people, shards, write};
use pollster::block_on;
use rollcall_core::{Embedding, LocalFuture, Lookup};
use rollcall_index::{
    CachedStore, Database, LATEST, MemoryStore, PerformerEntry, Shard, Store, StoreError, Trust,
    Update, update_database,
};

const DIMENSIONS: [usize; 1] = [128];

fn host(entries: &[PerformerEntry]) -> Rc<Recorder> {
    Rc::new(Recorder::new(write(entries.to_vec(), &DIMENSIONS)))
}

fn visit(host: &Rc<Recorder>, secret: Option<u64>) -> Database {
    let database = block_on(Database::open(host.clone())).unwrap();
    let database = database.for_pack(&pack(&DIMENSIONS)).unwrap();
    match secret {
        Some(secret) => database.with_decoys(secret),
        None => database,
    }
}

/// What one search by a client who knows nobody yet asks the host for, in order.
fn asked(host: &Rc<Recorder>, secret: Option<u64>, face: &Embedding) -> Vec<String> {
    let database = visit(host, secret);
    host.asked();
    block_on(database.find(std::slice::from_ref(face), 5)).unwrap();
    host.asked()
}

fn template(entry: &PerformerEntry) -> Embedding {
    let mut mean = vec![0.0; 128];
    let units = entry.faces.iter().map(|face| face[0].unit());
    units.for_each(|unit| mean.iter_mut().zip(unit).for_each(|(m, x)| *m += x));
    Embedding::from_raw(mean).unwrap()
}

/// A face of each person as it comes from a scene.
fn faces(entries: &[PerformerEntry], seed: u64) -> Vec<Embedding> {
    let mut random = Normal::new(seed);
    let face = |entry: &PerformerEntry| {
        let cosine = 0.55 + 0.09 * random.normal();
        Embedding::from_raw(random.near(template(entry).unit(), cosine)).unwrap()
    };
    entries.iter().map(face).collect()
}

/// The shard that each person is in.
fn shard_of_everyone(store: &MemoryStore, people: usize) -> Vec<String> {
    let mut of = vec![String::new(); people];
    for name in shards(store).iter().map(ToString::to_string) {
        let shard = Shard::parse("", common::file(store, &name), &DIMENSIONS).unwrap();
        for place in 0..shard.len() {
            let number = shard.performer(place).unwrap().name.replace("Person ", "");
            of[number.parse::<usize>().unwrap()].clone_from(&name);
        }
    }
    of
}

/// A host that knows the database, but not the client's secret: it has worked out beforehand which
/// shards a search for each performer's template would need.
struct Attack {
    entries: Vec<PerformerEntry>,
    host: Rc<Recorder>,
    home: Vec<String>,
    needs: Vec<BTreeSet<String>>,
}

impl Attack {
    fn new() -> Self {
        let entries = people(3000, 8, &DIMENSIONS, 5);
        let host = host(&entries);
        let home = shard_of_everyone(&host.files, entries.len());
        assert!(home.iter().collect::<BTreeSet<_>>().len() > 45, "there is a choice");
        let database = visit(&host, None);
        let needs = |entry: &PerformerEntry| {
            let found = block_on(database.find(&[template(entry)], 5)).unwrap();
            let number = |name: &str| name.replace("Person ", "").parse::<usize>().unwrap();
            let names = found.candidates.iter().map(|c| number(&c.performer.name));
            names.map(|number| home[number].clone()).collect()
        };
        let needs = entries.iter().map(needs).collect();
        Self { entries, host, home, needs }
    }

    fn subjects(&self) -> impl Iterator<Item = usize> {
        (0..self.entries.len()).step_by(10)
    }

    /// How often it points at the shard of the person who was looked for. It takes the performer
    /// whose shards were asked for most completely in all of their searches; of those who fit equally
    /// well, any, but only shards that were asked for each time, if there are some.
    fn success(&self, searches: impl Fn(usize) -> Vec<BTreeSet<String>>) -> f64 {
        let right = self.subjects().filter(|&who| {
            let seen = searches(who);
            let fits = |other: usize| -> usize {
                seen.iter().map(|seen| self.needs[other].intersection(seen).count()).sum()
            };
            let times =
                |other: usize| seen.iter().filter(|s| s.contains(&self.home[other])).count();
            let best = (0..self.entries.len())
                .max_by_key(|&other| (times(other), fits(other), other * 7919 % 3001))
                .unwrap();
            self.home[best] == self.home[who]
        });
        right.count() as f64 / self.subjects().count() as f64
    }

    /// What a search by somebody who has kept nothing asks for.
    fn seen(&self, secret: Option<u64>, face: &Embedding) -> BTreeSet<String> {
        asked(&self.host, secret, face).into_iter().collect()
    }
}

#[test]
fn with_decoys_the_host_guesses_hardly_better_than_one_in_ten() {
    let attack = Attack::new();
    let looks = faces(&attack.entries, 77);
    let guessed = |secret| attack.success(|who| vec![attack.seen(secret, &looks[who])]);
    let (without, with) = (guessed(None), guessed(Some(0xfeed)));
    println!("the host guesses the right shard in {without:.2} without and {with:.2} with decoys");
    // Blind guesses would be right in one of five, and one of ten.
    assert!(with < 0.14 && with < without, "{without} without, {with} with");
}

/// Decoys follow from the best row, which another photo of the same person need not have.
#[test]
fn another_photo_draws_the_same_decoy_mostly_and_asks_for_little_that_is_new() {
    let attack = Attack::new();
    let photos = [faces(&attack.entries, 77), faces(&attack.entries, 78)];
    let secret = Some(0xfeed);
    let decoys = |face: &Embedding| -> BTreeSet<String> {
        &attack.seen(secret, face) - &attack.seen(None, face)
    };
    let (mut other, mut first, mut second) = (BTreeSet::new(), 0, 0);
    for who in attack.subjects() {
        let [a, b] = [&photos[0][who], &photos[1][who]].map(decoys);
        if 2 * a.intersection(&b).count() <= a.len().min(b.len()) {
            other.insert(who);
        }
        // Somebody who keeps shards asks only for those that are new.
        let database = visit(&attack.host, secret);
        attack.host.asked();
        for (photo, sum) in photos.iter().zip([&mut first, &mut second]) {
            block_on(database.find(std::slice::from_ref(&photo[who]), 5)).unwrap();
            *sum += attack.host.asked().len();
        }
    }
    let both = |secret| {
        attack.success(|who| photos.iter().map(|photo| attack.seen(secret, &photo[who])).collect())
    };
    let (without, with) = (both(None), both(secret));
    println!(
        "{} of 300 second photos draw another decoy; {first} shards for the first photos, {second} \
         more for the second; where nothing is kept, the host guesses the right shard from both in \
         {without:.2} without and {with:.2} with decoys",
        other.len(),
    );
    assert!(other.len() <= 6 && 2 * second < first, "{other:?}, {first} and {second} shards");
    assert!(with < 0.2 && 4.0 * with < without, "{without} without, {with} with");
}

#[test]
fn decoys_are_as_many_as_needed_and_the_same_again() {
    let entries = people(2000, 8, &DIMENSIONS, 5);
    let host = host(&entries);
    for face in faces(&entries[..20], 77) {
        let plain: BTreeSet<String> = asked(&host, None, &face).into_iter().collect();
        let mixed: Vec<String> = asked(&host, Some(1), &face);
        let set: BTreeSet<String> = mixed.iter().cloned().collect();
        assert!(plain.is_subset(&set) && plain.len() <= 5 && set.len() <= 10);
        assert!(set.len() > plain.len(), "somebody else was asked for too");
        assert_eq!(asked(&host, Some(1), &face), mixed, "asking twice tells nothing");
        assert_ne!(asked(&host, Some(2), &face), mixed, "another client draws others");
        let answer =
            |secret| block_on(visit(&host, secret).find(std::slice::from_ref(&face), 5)).unwrap();
        assert_eq!(answer(Some(1)), answer(None), "they change no answer");
    }
    let database = visit(&host, Some(1));
    let face = &entries[0].faces[0];
    block_on(database.find(face, 5)).unwrap();
    host.asked();
    block_on(database.find(face, 5)).unwrap();
    assert_eq!(host.asked(), Vec::<String>::new(), "what is at hand needs no decoys");
}

/// A host that can go away.
struct Flaky(Rc<MemoryStore>, Rc<RefCell<bool>>);

impl Store for Flaky {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        if *self.1.borrow() {
            let error =
                StoreError::Unreachable { name: name.to_owned(), reason: "it is down".into() };
            return Box::pin(std::future::ready(Err(error)));
        }
        self.0.get(name, max_bytes, fresh)
    }
}

#[test]
fn a_database_that_was_fetched_whole_works_without_its_host() {
    let entries = people(1000, 4, &DIMENSIONS, 5);
    let origin = Rc::new(write(entries.clone(), &DIMENSIONS));
    let (cache, down) = (Rc::new(MemoryStore::default()), Rc::new(RefCell::new(false)));
    let store = || Rc::new(CachedStore::new(cache.clone(), Flaky(origin.clone(), down.clone())));
    let steps = RefCell::new(Vec::new());
    let database = block_on(Database::open(store())).unwrap();
    block_on(database.fetch_everything(&|done, total| steps.borrow_mut().push((done, total))))
        .unwrap();
    let total = origin.names().len() as u64 - 2;
    assert_eq!(steps.borrow().last(), Some(&(total, total)), "all but latest.json and manifest");

    down.replace(true);
    let database = block_on(Database::open(store())).unwrap();
    let database = database.for_pack(&pack(&DIMENSIONS)).unwrap();
    for entry in entries.iter().step_by(97) {
        let found = block_on(database.find(&entry.faces[0], 1)).unwrap();
        assert!(!found.partial);
        assert_eq!(found.candidates[0].performer.id, entry.performer.id);
    }
    assert!(block_on(Database::open(Rc::new(Flaky(origin.clone(), down.clone())))).is_err());
}

#[test]
fn kept_rows_of_removed_people_are_erased() {
    let mut entries = people(600, 4, &DIMENSIONS, 5);
    entries[7].performer.name = "Somebody who asked to be removed".into();
    let mut origin = write(entries.clone(), &DIMENSIONS);
    let cache = Rc::new(MemoryStore::default());
    let no = Rc::new(RefCell::new(false));
    let visit = |origin: MemoryStore| {
        let store = CachedStore::new(cache.clone(), Flaky(Rc::new(origin), no.clone()));
        block_on(Database::open_trusted(Rc::new(store), &Trust::default())).unwrap()
    };
    let copy = |from: &MemoryStore| {
        let to = MemoryStore::default();
        from.names().iter().for_each(|name| to.insert(name, common::file(from, name)));
        to
    };
    let gone = &entries[7].performer;
    let holds = |name: &String| {
        let bytes = common::file(&cache, name);
        bytes.windows(gone.name.len()).any(|window| window == gone.name.as_bytes())
    };
    block_on(visit(copy(&origin)).fetch_everything(&|_, _| ())).unwrap();
    let before = cache.names().len();
    assert_eq!(cache.names().iter().filter(|name| holds(name)).count(), 1);

    let mut options = options(&DIMENSIONS);
    options.version = "2026.11.2".parse().unwrap();
    options.tombstones = [gone.id.clone()].into();
    let update = Update { options, changed: Vec::new(), removed: BTreeSet::new(), compact: false };
    let old = copy(&origin);
    block_on(update_database(&old, update, &mut origin)).unwrap();
    let database = visit(origin);
    block_on(database.tidy());
    assert!(!cache.names().iter().any(holds), "no trace is kept on this machine");
    assert!(cache.names().len() > before / 2, "everybody else's files are");
    assert!(cache.names().iter().any(|name| name == LATEST));
    let database = database.for_pack(&pack(&DIMENSIONS)).unwrap();
    let found = block_on(database.find(&entries[7].faces[0], 5)).unwrap();
    assert!(found.candidates.iter().all(|c| c.performer.id != gone.id));
    // A search for them, or for somebody beside them, fetches their shard again; it is not kept.
    assert!(!cache.names().iter().any(holds));
}

/// A host whose shards come only once the gate is open.
struct Gated(Rc<Recorder>, Rc<RefCell<bool>>);

impl Store for Gated {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        Box::pin(async move {
            let bytes = self.0.get(name, max_bytes, fresh).await?;
            if bytes.starts_with(b"RCSHARD") {
                std::future::poll_fn(|context| {
                    context.waker().wake_by_ref();
                    if *self.1.borrow() { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
            Ok(bytes)
        })
    }
}

#[test]
fn a_search_that_began_early_stays_provisional() {
    let entries = people(500, 1, &DIMENSIONS, 5);
    let open = Rc::new(RefCell::new(false));
    let store = Rc::new(Gated(host(&entries), open.clone()));
    let database = block_on(Database::open_early(store, &Trust::default())).unwrap();
    let database = database.for_pack(&pack(&DIMENSIONS)).unwrap();
    let search = database.find(&entries[0].faces[0], 5);
    let rest = async {
        database.complete().await.unwrap();
        open.replace(true);
    };
    let (found, ()) = block_on(futures_util::future::join(search, rest));
    assert!(database.is_complete());
    assert!(found.unwrap().provisional, "it was proposed by one plane");
}

#[test]
fn an_early_answer_is_provisional_until_all_planes_are_here() {
    let entries = people(3000, 1, &DIMENSIONS, 5);
    let host = host(&entries);
    let database = block_on(Database::open_early(host.clone(), &Trust::default())).unwrap();
    let database = database.for_pack(&pack(&DIMENSIONS)).unwrap();
    let early = host.asked().len();
    let looks = faces(&entries, 77);
    let right = |provisional: bool| {
        let found = looks.iter().zip(&entries).step_by(30).filter(|(look, entry)| {
            let found = block_on(database.find(std::slice::from_ref(look), 5)).unwrap();
            assert_eq!(found.provisional, provisional);
            found.candidates[0].performer.id == entry.performer.id
        });
        found.count()
    };
    let rough = right(true);
    block_on(database.complete()).unwrap();
    assert!(early > 0 && !host.asked().is_empty(), "the other planes come later");
    let fine = right(false);
    println!("provisional {rough}, final {fine} of 100");
    assert!(fine >= rough && rough >= 80, "provisional {rough}, final {fine}");
}

#[test]
fn many_people_at_once_are_found_as_one_by_one_and_each_shard_is_asked_for_once() {
    let entries = people(4000, 8, &DIMENSIONS, 5);
    let host = host(&entries);
    let faces = faces(&entries, 6);
    let some: Vec<&[Embedding]> = faces.iter().step_by(15).map(std::slice::from_ref).collect();
    let database = visit(&host, Some(1));
    host.asked();
    let together = block_on(database.find_all(&some, 5)).unwrap();
    let asked = host.asked();
    let each: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(each.len(), asked.len());
    assert!(each.len() > 64, "{} shards do not hide anybody", each.len());
    // Nobody needs a decoy among so many.
    let alone = visit(&host, None);
    host.asked();
    let one = |person: &&[Embedding]| block_on(alone.find(person, 5)).unwrap();
    assert_eq!(together, some.iter().map(one).collect::<Vec<_>>());
    assert_eq!(each, host.asked().iter().collect::<BTreeSet<&String>>());
}

#[test]
fn few_people_at_once_are_hidden_as_one_is() {
    let entries = people(3000, 8, &DIMENSIONS, 5);
    let host = host(&entries);
    let faces = faces(&entries, 6);
    let some: Vec<&[Embedding]> = faces[..3].iter().map(std::slice::from_ref).collect();
    let fetched = |secret| {
        let database = visit(&host, secret);
        host.asked();
        let found = block_on(database.find_all(&some, 5)).unwrap();
        (found, host.asked().len())
    };
    let ((with, more), (without, fewer)) = (fetched(Some(1)), fetched(None));
    assert_eq!(with, without);
    assert!(more > fewer, "{more} {fewer}");
}
