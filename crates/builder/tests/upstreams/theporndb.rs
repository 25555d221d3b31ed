//! ThePornDB, by its REST.

use rollcall_builder::{
    net::Secret,
    sources::{Access, Fate, Order, Software, Source as _, ThePornDb},
};
use rollcall_core::PerformerId;
use rollcall_fakes::{Fake, Fault, Route, World, photos};

use crate::{access, net};

fn source(fake: &Fake) -> ThePornDb {
    let endpoint = Some("theporndb.net".to_owned());
    ThePornDb::new(net(), &Access { endpoint, ..access(&fake.url()) }).unwrap()
}

#[test]
fn every_page_is_listed_with_pictures_and_ids_elsewhere() {
    let mut world = World::new(1, 120);
    let elsewhere = "0190f2f0-1111-7000-8000-00000000000a";
    world.rows[0].urls = vec![format!("https://stashdb.org/performers/{elsewhere}")];
    let fake = Fake::theporndb(world.clone(), photos::plain());
    let mut source = source(&fake);
    let pages: Vec<_> = (1..=3).map(|page| source.page(Order::Name, page).unwrap()).collect();
    assert_eq!(pages.iter().map(|p| p.performers.len()).collect::<Vec<_>>(), [50, 50, 20]);
    assert_eq!(pages.iter().map(|p| p.more).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(pages[0].count, Some(120));
    let (seen, row) = (&pages[0].performers[0], &world.rows[0]);
    assert_eq!(seen.id, PerformerId::new("theporndb.net", row.id).unwrap());
    assert_eq!((&seen.name, &seen.country), (&row.name, &row.country));
    assert_eq!(seen.birth_date, row.birth_date);
    assert_eq!(seen.images.len(), row.pictures.len(), "the main picture is one of the posters");
    assert_eq!(seen.urls, row.urls, "which of them name people is for linking to say");
}

#[test]
fn who_is_gone_is_gone() {
    let fake = Fake::theporndb(World::new(2, 3), photos::plain());
    let ids: Vec<_> = fake.world().rows.iter().map(|row| row.id).collect();
    fake.change(|world| world.delete(1));
    let mut source = source(&fake);
    assert!(matches!(source.fate(ids[0]).unwrap(), Fate::Listed(one) if one.id.uuid() == ids[0]));
    assert_eq!(source.fate(ids[1]).unwrap(), Fate::Gone);
    assert_eq!(source.removals(1).unwrap(), []);
}

#[test]
fn an_empty_map_is_a_list_as_php_writes_it() {
    let fake = Fake::theporndb(World::new(3, 1), photos::plain());
    let row = r#"{"id":"0190f2f0-1111-7000-8000-00000000000a","name":"A","image":null,"posters":[],
        "extras":{"birthday":null,"links":[]}}"#;
    let answer = format!(r#"{{"data":[{row}],"meta":{{"total":1,"last_page":1}}}}"#);
    fake.fault(Route::Api, Fault::Instead(answer), 1);
    let page = source(&fake).page(Order::Name, 1).unwrap();
    assert_eq!((page.performers.len(), page.unusable.len()), (1, 0));
}

#[test]
fn whatever_address_stash_has_for_it_its_rest_is_asked() {
    for url in ["https://theporndb.net/graphql", "https://theporndb.net/graphql?type=Scene"] {
        let access = Access::new(url, Secret::new("k"));
        assert_eq!(access.software, Software::ThePornDb);
        let source = access.open(&net()).unwrap();
        assert_eq!(source.endpoint(), "theporndb.net");
        assert_eq!(source.upstream().base().as_str(), "https://api.theporndb.net/");
    }
}
