//! The user's own Stash.

use rollcall_builder::{
    net::Image,
    sources::{Access, Fate, Order, Software, Source as _, Stash},
};
use rollcall_fakes::{Fake, World, photos};
use uuid::Uuid;

use crate::{access, net};

fn source(fake: &Fake) -> Stash {
    // With or without /graphql.
    let url = fake.url().replace("/graphql", "/");
    Stash::new(net(), &Access { software: Software::Stash, ..access(&url) }).unwrap()
}

fn world() -> World {
    let mut world = World::with_pictures(1, 60, 1);
    let id = Uuid::from_u128(0x0190_f2f0_1111_7000_8000_0000_0000_000a);
    world.rows[0].stash_ids = vec![
        ("https://theporndb.net/graphql?type=Scene".to_owned(), id),
        ("https://stashdb.org/graphql".to_owned(), id),
        ("https://www.stashdb.org:443/graphql".to_owned(), Uuid::nil()),
    ];
    world.rows[1].pictures.clear();
    world
}

#[test]
fn performers_come_with_portrait_and_ids_by_canonical_endpoint() {
    let fake = Fake::stash(world(), photos::plain());
    let mut source = source(&fake);
    let page = source.page(Order::Created, 1).unwrap();
    assert_eq!((page.performers.len(), page.count, page.more), (50, Some(60), true));
    assert_eq!(source.page(Order::Created, 2).unwrap().performers.len(), 10);
    let first = &page.performers[0];
    assert_eq!(first.id.endpoint(), "local");
    let ids: Vec<_> = first.stash_ids.iter().map(ToString::to_string).collect();
    assert_eq!(
        ids,
        [
            "stashdb.org:0190f2f0-1111-7000-8000-00000000000a",
            "theporndb.net:0190f2f0-1111-7000-8000-00000000000a",
            "www.stashdb.org:00000000-0000-0000-0000-000000000000",
        ]
    );
    assert_eq!(page.performers[1].images, [], "the drawing that stands for none is no picture");

    // Portraits need the key, too.
    let url = &first.images[0].url;
    let picture = net().image(source.upstream(), url, None).unwrap();
    assert!(matches!(picture, Image::Bytes { bytes, .. } if bytes.starts_with(b"\xff\xd8")));
}

#[test]
fn an_id_of_ours_finds_the_performer_again() {
    let fake = Fake::stash(world(), photos::plain());
    let mut source = source(&fake);
    let third = source.page(Order::Created, 1).unwrap().performers.remove(2);
    assert_eq!(source.fate(third.id.uuid()).unwrap(), Fate::Listed(Box::new(third.clone())));
    fake.change(|world| world.delete(2));
    assert_eq!(source.fate(third.id.uuid()).unwrap(), Fate::Gone);
}
