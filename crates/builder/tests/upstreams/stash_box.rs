//! A stash-box, by its GraphQL.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_builder::sources::{Fate, Listed, Order, Source as _, StashBox};
use rollcall_core::PerformerId;
use rollcall_fakes::{Fake, World, photos};

use crate::{access, net};

fn source(fake: &Fake) -> StashBox {
    StashBox::new(net(), &access(&fake.url())).unwrap()
}

fn sweep(source: &mut StashBox, order: Order) -> (Vec<Listed>, u64) {
    let (mut all, mut count) = (Vec::new(), 0);
    for number in 1.. {
        let page = source.page(order, number).unwrap();
        assert_eq!(page.unusable, Vec::<String>::new());
        count = page.count.unwrap();
        all.extend(page.performers);
        if !page.more {
            break;
        }
    }
    (all, count)
}

#[test]
fn a_sweep_by_name_shows_everybody_as_the_upstream_describes_them() {
    let world = World::new(1, 230);
    let fake = Fake::stash_box(world.clone(), photos::plain());
    let mut source = source(&fake);
    let (listed, count) = sweep(&mut source, Order::Name);
    let by_id: BTreeMap<_, _> = listed.iter().map(|one| (one.id.uuid(), one)).collect();
    assert_eq!(count, 230);
    assert!(by_id.len() >= 225, "few rows tie by name: {}", by_id.len());
    let row = world.rows.iter().find(|row| by_id.contains_key(&row.id)).unwrap();
    let seen = by_id[&row.id];
    assert_eq!(seen.id.endpoint(), "stashdb.org");
    assert_eq!((&seen.name, &seen.country), (&row.name, &row.country));
    assert_eq!((&seen.birth_date, &seen.urls), (&row.birth_date, &row.urls));
    assert_eq!(seen.images.len(), row.pictures.len());
    let first = row.pictures[0].id;
    assert_eq!(seen.images[0].url, fake.image_url(first));
    assert_eq!(seen.images[0].path.as_deref(), Some(&*format!("images/{first}")));
}

#[test]
fn rows_that_tie_come_twice_or_not_at_all_as_they_do_upstream() {
    let fake = Fake::stash_box(World::new(2, 400), photos::plain());
    let mut source = source(&fake);
    let (listed, count) = sweep(&mut source, Order::Created);
    let distinct: BTreeSet<_> = listed.iter().map(|one| one.id.clone()).collect();
    assert_eq!((listed.len(), count), (400, 400));
    assert!(distinct.len() < 400, "the fake is as unkind as the real one");
}

#[test]
fn a_count_that_lies_is_passed_on() {
    let fake = Fake::stash_box(World::new(3, 60), photos::plain());
    fake.change(|world| world.count_off_by = 40);
    assert_eq!(sweep(&mut source(&fake), Order::Name).1, 100);
}

#[test]
fn who_is_gone_from_lists_has_a_fate() {
    let fake = Fake::stash_box(World::new(4, 9), photos::plain());
    let ids: Vec<_> = fake.world().rows.iter().map(|row| row.id).collect();
    fake.change(|world| {
        world.merge(0, 1);
        world.merge(1, 2);
        world.delete(3);
        world.rows[4].skipped = true;
    });
    let mut source = source(&fake);
    let at = |n: usize| PerformerId::new("stashdb.org", ids[n]).unwrap();
    // One hop, however often the target was merged since.
    assert_eq!(source.fate(ids[0]).unwrap(), Fate::MergedInto(at(2)));
    assert_eq!(source.fate(ids[1]).unwrap(), Fate::MergedInto(at(2)));
    assert_eq!(source.fate(ids[3]).unwrap(), Fate::Gone);
    assert_eq!(source.fate(uuid::Uuid::nil()).unwrap(), Fate::Gone);
    let Fate::Listed(skipped) = source.fate(ids[4]).unwrap() else { panic!("it is there") };
    assert_eq!(skipped.id, at(4));
    let Fate::Listed(kept) = source.fate(ids[2]).unwrap() else { panic!("it is there") };
    assert_eq!(kept.merged.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&ids[0], &ids[1]]));

    let removals = source.removals(1).unwrap();
    let told: Vec<_> = removals.iter().map(|r| (r.id.clone(), r.into.clone())).collect();
    assert_eq!(told, [(at(3), None), (at(1), Some(at(2))), (at(0), Some(at(1)))]);
    assert!(removals[0].at > removals[1].at);
    assert_eq!(source.removals(2).unwrap(), []);
}

#[test]
fn the_last_changed_come_first_in_an_increment() {
    let fake = Fake::stash_box(World::new(5, 200), photos::plain());
    fake.change(|world| world.rename(77, "Somebody Else"));
    let page = source(&fake).page(Order::UpdatedLast, 1).unwrap();
    assert_eq!(page.performers[0].name, "Somebody Else");
}
