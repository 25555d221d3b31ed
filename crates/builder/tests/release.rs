//! The next version of a database, made of everybody there is now.
#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "../../index/tests/common/mod.rs"]
mod common;

use std::{fs, path::PathBuf};

use common::{pack, people};
use rollcall_builder::{
    Error,
    known::{Known, People},
    link::{FAR, LinkOptions},
    lookup::{Wanted, lookup},
    release::{NOTES, ReleaseOptions, Released, links_path, release},
    removal::{Ledger, OptOuts},
    sources::Listed,
};
use rollcall_core::PerformerId;
use rollcall_index::{DirectoryStore, Manifest, SigningKey, manifest};
use tempfile::TempDir;
use uuid::Uuid;

const DAY: u64 = 24 * 3600;

fn id(host: &str, number: u128) -> PerformerId {
    PerformerId::new(host, Uuid::from_u128(number)).unwrap()
}

/// `count` performers of stashdb.org. The first ten are at fansdb.cc as well, and say so there.
fn everybody(count: usize) -> Vec<Known> {
    let known = |(number, entry): (usize, rollcall_index::PerformerEntry), host: &str| Known {
        listed: Listed::new(id(host, number as u128 + 1), entry.performer.name),
        faces: entry.faces,
        image: None,
    };
    let here = people(count, 2, &[128], 5).into_iter().enumerate();
    let there = people(10, 1, &[128], 6).into_iter().enumerate();
    let mut all: Vec<Known> = here.map(|person| known(person, "stashdb.org")).collect();
    all.extend(there.map(|person| {
        let mut known = known(person, "fansdb.cc");
        known.listed.stash_ids = vec![id("stashdb.org", known.listed.id.uuid().as_u128())];
        known
    }));
    all.sort_by(|a, b| a.listed.id.cmp(&b.listed.id));
    all
}

struct World {
    folder: TempDir,
    options: ReleaseOptions,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let endpoints = vec!["stashdb.org".to_owned(), "fansdb.cc".to_owned()];
        let options = ReleaseOptions {
            db: folder.path().join("db"),
            link: LinkOptions { endpoints, far: Some(FAR), ..LinkOptions::default() },
            opt_outs: OptOuts::default(),
            contact: "maintainer@example.org".to_owned(),
            removal_url: "https://example.org/remove".to_owned(),
            key: SigningKey::from_seed([7; 32]).unwrap(),
            created: "2026-11-28T12:00:00Z".parse().unwrap(),
            version: None,
            expires_after: None,
            purge_after: 30 * DAY,
            compact: false,
            out: None,
            part_size: None,
        };
        Self { folder, options }
    }

    fn release(&self, people: &dyn People) -> Result<Released, Error> {
        release(&self.options, &pack(&[128]), people)
    }

    fn manifest(&self) -> Manifest {
        pollster::block_on(manifest(&DirectoryStore::new(&self.options.db))).unwrap()
    }

    fn knows(&self, id: PerformerId) -> bool {
        lookup(&self.options.db, &Wanted::At(id)).unwrap().is_some()
    }

    fn later(&mut self, days: i64) {
        self.options.created += jiff::SignedDuration::from_hours(24 * days);
    }

    /// What lies in the folder that is published.
    fn published(&self) -> Vec<u8> {
        let entries = fs::read_dir(&self.options.db).unwrap().map(|e| e.unwrap().path());
        entries.filter(|path| path.is_file()).flat_map(|path| fs::read(path).unwrap()).collect()
    }
}

#[test]
fn a_release_is_signed_counted_and_packed() {
    let mut world = World::new();
    let out: PathBuf = world.folder.path().join("out");
    world.options.out = Some(out.clone());
    let first = world.release(&everybody(300)).unwrap();
    assert_eq!((first.version.as_str(), first.before.as_deref()), ("2026.11.1", None));
    let manifest = world.manifest();
    assert_eq!(manifest.signer(), Some(world.options.key.public()));
    assert_eq!((manifest.counts.performers, manifest.counts.faces), (300, 610));
    assert_eq!(manifest.sources, ["stashdb.org"]);
    assert_eq!(manifest.contact.as_deref(), Some("maintainer@example.org"));
    assert!(
        out.join("rollcall-db-2026.11.1.tar.zst").is_file() && out.join("SHA256SUMS").is_file()
    );

    let mut people = everybody(305);
    people.retain(|known| known.listed.id != id("stashdb.org", 300));
    people.last_mut().unwrap().listed.name = "Another".to_owned();
    let second = world.release(&people).unwrap();
    assert_eq!(second.version, "2026.11.2");
    let changes = second.changes;
    assert_eq!((changes.added, changes.removed, changes.unchanged), (5, 1, 299));
    assert!(!changes.compacted && second.new_bytes < first.new_bytes / 4, "{second:?}");
    let notes = fs::read_to_string(out.join(NOTES)).unwrap();
    for text in ["2026.11.2", "since 2026.11.1", "| added | 5 |", "| removed | 1 |", "/remove"] {
        assert!(notes.contains(text), "{text} in {notes}");
    }
    assert!(!notes.contains("Person"), "nobody's name");
    let links = fs::read_to_string(links_path(&world.options.db)).unwrap();
    assert!(links.contains("\"why\": \"stated\""));

    // A new month begins at 1; a clock that goes back does not.
    world.later(10);
    assert_eq!(world.release(&people).unwrap().version, "2026.12.1");
    world.later(-40);
    assert_eq!(world.release(&people).unwrap().version, "2026.12.2");
}

#[test]
fn any_id_finds_a_person_and_all_their_others() {
    let world = World::new();
    world.release(&everybody(120)).unwrap();
    let uuid = Uuid::from_u128(3);
    let page = format!("https://fansdb.cc/performers/{uuid}");
    for asked in
        [format!("stashdb.org:{uuid}"), format!("fansdb.cc:{uuid}"), uuid.to_string(), page]
    {
        let found = lookup(&world.options.db, &asked.parse().unwrap()).unwrap().unwrap();
        assert_eq!(found.ids, [id("stashdb.org", 3), id("fansdb.cc", 3)], "{asked}");
    }
    assert!(!world.knows(id("stashdb.org", 999)) && "Ada".parse::<Wanted>().is_err());

    let db = world.options.db.to_str().unwrap();
    let mut command = assert_cmd::Command::cargo_bin("rollcall").unwrap();
    let output =
        command.args(["lookup", &uuid.to_string(), "--db", db, "--json"]).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["ids"][1], format!("fansdb.cc:{uuid}"));
    assert_eq!(said["stash_ids"]["stashdb.org"], uuid.to_string());
}

#[test]
fn who_asked_to_be_left_out_stays_out_under_all_ids_and_no_list_tells_of_it() {
    let mut world = World::new();
    let people = everybody(300);
    world.release(&people).unwrap();
    let asked = id("fansdb.cc", 2);
    assert!(world.knows(asked.clone()) && world.knows(id("stashdb.org", 2)));

    world.options.opt_outs.persons = [asked.clone()].into();
    let second = world.release(&people).unwrap();
    assert_eq!((second.left_out, second.changes.removed), (1, 1));
    assert!(!world.knows(asked) && !world.knows(id("stashdb.org", 2)));
    let manifest = world.manifest();
    assert!(manifest.tombstones.is_empty());
    assert_eq!((manifest.segments[0].hidden.len(), manifest.segments[0].removed.len()), (1, 1));

    // The upstream forgets that the two are one, and everything is built anew: still not there.
    let mut unlinked = people.clone();
    unlinked.iter_mut().for_each(|known| known.listed.stash_ids.clear());
    unlinked.retain(|known| known.listed.id != id("fansdb.cc", 2));
    world.release(&unlinked).unwrap();
    assert!(!world.knows(id("stashdb.org", 2)));
    fs::remove_dir_all(&world.options.db).unwrap();
    world.release(&unlinked).unwrap();
    assert!(!world.knows(id("stashdb.org", 2)));
    assert!(world.manifest().segments[0].removed.is_empty(), "nothing is left to hide");
    let name =
        people.iter().find(|k| k.listed.id == id("stashdb.org", 2)).unwrap().listed.name.clone();
    let published = world.published();
    let told = |text: &[u8]| published.windows(text.len()).any(|window| window == text);
    assert!(!told(b"00000000-0000-0000-0000-000000000002"), "{name}");

    // Whoever changes their mind is there again.
    world.options.opt_outs.persons.clear();
    world.release(&people).unwrap();
    assert!(world.knows(id("fansdb.cc", 2)) && world.knows(id("stashdb.org", 2)));
}

#[test]
fn shards_with_people_who_are_gone_are_written_anew_in_time() {
    let mut world = World::new();
    let people = everybody(300);
    world.release(&people).unwrap();
    world.options.opt_outs.persons = [id("stashdb.org", 50)].into();
    world.later(1);
    assert!(!world.release(&people).unwrap().changes.compacted);
    world.later(29);
    assert!(!world.release(&people).unwrap().changes.compacted, "29 days");
    world.later(1);
    let anew = world.release(&people).unwrap();
    assert!(anew.changes.compacted);
    let manifest = world.manifest();
    assert_eq!((manifest.segments.len(), manifest.segments[0].rows), (1, 299));
    world.later(40);
    assert!(!world.release(&people).unwrap().changes.compacted, "once is enough");
}

#[test]
fn endpoints_can_be_left_out_and_deleted_performers_go() {
    let mut world = World::new();
    world.options.opt_outs.endpoints = ["fansdb.cc".to_owned()].into();
    let mut people = everybody(120);
    world.release(&people).unwrap();
    assert!(!world.knows(id("fansdb.cc", 99)));
    assert_eq!(world.manifest().counts.faces, 240, "nothing of theirs is used");

    world.options.opt_outs = OptOuts::default();
    people.retain(|known| known.listed.id != id("stashdb.org", 4));
    world.release(&people).unwrap();
    let found = lookup(&world.options.db, &Wanted::At(id("fansdb.cc", 4))).unwrap().unwrap();
    assert_eq!((found.performer.id.endpoint(), found.performer.faces), ("fansdb.cc", 1));
}

#[test]
fn what_a_release_needs_is_asked_for() {
    let people = everybody(20);
    let mut world = World::new();
    world.options.contact = "  ".to_owned();
    assert!(world.release(&people).unwrap_err().to_string().contains("--contact"));
    let mut world = World::new();
    for url in ["", "http://example.org", "example.org/remove", "https://"] {
        world.options.removal_url = url.to_owned();
        assert!(world.release(&people).unwrap_err().to_string().contains("--removal-url"), "{url}");
    }
    assert!(!world.options.db.exists() && !Ledger::path(&world.options.db).exists());
}

#[test]
fn an_old_public_list_of_removed_people_has_to_become_a_private_one() {
    let mut world = World::new();
    let people = everybody(120);
    world.release(&people).unwrap();
    let gone = id("stashdb.org", 30);
    let mut sink = rollcall_index::DirectorySink::create(&world.options.db).unwrap();
    let mut options =
        rollcall_index::WriteOptions::new("2026.11.2", 1_795_000_000, &pack(&[128])).unwrap();
    options.tombstones = [gone.clone()].into();
    let update = rollcall_index::Update {
        options,
        changed: Vec::new(),
        removed: Default::default(),
        compact: false,
    };
    let old = DirectoryStore::new(&world.options.db);
    pollster::block_on(rollcall_index::update_database(&old, update, &mut sink)).unwrap();
    drop(sink);
    let refused = world.release(&people).unwrap_err().to_string();
    assert!(refused.contains(&gone.to_string()), "{refused}");
    world.options.opt_outs.persons = [gone.clone()].into();
    world.options.compact = true;
    world.release(&people).unwrap();
    assert!(world.manifest().tombstones.is_empty() && !world.knows(gone));
}
