//! Who is left out, and stays so.

use super::*;
use crate::link::Person;

const ADA: &str = "stashdb.org:00000000-0000-0000-0000-00000000000a";
const BOB: &str = "fansdb.cc:00000000-0000-0000-0000-00000000000b";

fn read(text: &str) -> Result<OptOuts, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("opt-outs.txt");
    std::fs::write(&path, text).unwrap();
    OptOuts::read(&path)
}

fn id(text: &str) -> PerformerId {
    text.parse().unwrap()
}

#[test]
fn ids_pages_and_endpoints_are_left_out() {
    let page = "https://fansdb.cc/performers/00000000-0000-0000-0000-00000000000b";
    let read = read(&format!("# who asked\n{ADA}  # in March\n\n{page}\npmvstash.org\n")).unwrap();
    assert_eq!(read.persons, [id(ADA), id(BOB)].into());
    assert_eq!(read.endpoints, ["pmvstash.org".to_owned()].into());
}

#[test]
fn a_slip_of_the_pen_is_an_error_and_an_empty_file_is_a_list() {
    for slip in ["Ada Lovelace", "stashdb.org:12", "https://x.com/ada"] {
        let error = read(&format!("{ADA}\n{slip}\n")).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
    assert_eq!(read("").unwrap(), OptOuts::default());
}

#[test]
fn linked_ids_stay_out_when_nothing_links_them_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("db");
    let opt_outs = OptOuts { persons: [id(ADA)].into(), ..OptOuts::default() };
    let mut ledger = Ledger::of(&db).unwrap();
    assert_eq!(ledger.left_out(&opt_outs), [id(ADA)].into());
    let both = [id(ADA), id(BOB)];
    let gone = Person { members: vec![id(BOB)], ids: both.clone().into(), ..Person::default() };
    ledger.cover(&[gone]);
    ledger.released(100, 1, false);
    ledger.write(&db).unwrap();

    let mut later = Ledger::of(&db).unwrap();
    assert_eq!(later, ledger);
    assert_eq!(later.left_out(&opt_outs), both.into());
    assert!(!later.is_due(150, 100) && later.is_due(200, 100));
    later.released(200, 0, false);
    assert!(later.is_due(200, 100), "still there");
    later.released(200, 0, true);
    assert!(!later.is_due(999, 100), "written anew");
    assert!(later.left_out(&OptOuts::default()).is_empty(), "who changed their mind may come back");
}

#[test]
fn damaged_notes_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("db");
    std::fs::write(Ledger::path(&db), "{").unwrap();
    let error = Ledger::of(&db).unwrap_err().to_string();
    assert!(error.contains("removals.json") && error.contains("copy"), "{error}");
}
