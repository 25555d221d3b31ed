//! What a build refuses, and what it says.

use std::{fs, process::Stdio};

use rollcall_fakes::{Fake, Route, World};

use crate::run::{Place, photos};

pub(crate) fn words(command: &mut std::process::Command) -> String {
    let output = command.stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_second_build_on_the_same_state_is_refused() {
    let fake = Fake::stash_box(World::new(1, 3), photos());
    let place = Place::new();
    fs::create_dir_all(place.state()).unwrap();
    let lock = fs::File::create(place.state().join(".lock")).unwrap();
    lock.lock().unwrap();
    let words = words(&mut place.command(&fake.url()));
    assert!(words.contains("another rollcall is using"), "{words}");
    assert_eq!(fake.asked().len(), 0);
}

#[test]
fn a_wrong_key_ends_it_at_once_and_is_not_repeated() {
    let fake = Fake::stash_box(World::new(1, 300), photos());
    let place = Place::new();
    let words = words(&mut place.command_with(&fake.url(), "wrong-and-secret"));
    assert!(words.contains("stashdb.org does not accept the API key"), "{words}");
    assert!(!words.contains("wrong-and-secret"), "{words}");
    let asked = fake.asked();
    assert!(asked.len() <= 2, "{asked:?}");
    for entry in fs::read_dir(place.state()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(16).any(|window| window == b"wrong-and-secret"));
    }
}

#[test]
fn a_damaged_state_is_said_and_repaired() {
    let fake = Fake::stash_box(World::new(1, 5), photos());
    let place = Place::new();
    place.build(&fake.url());
    let before = place.files();
    fs::write(place.state().join("rollcall.sqlite"), "no database").unwrap();
    let words = words(&mut place.command(&fake.url()));
    assert!(words.contains("damaged") && words.contains("--repair"), "{words}");
    let status = place.command(&fake.url()).arg("--start-over").status().unwrap();
    assert!(status.success(), "{status}");
    assert!(place.files() == before);
}

#[test]
fn an_output_that_cannot_be_written_costs_no_work() {
    let fake = Fake::stash_box(World::new(1, 5), photos());
    let place = Place::new();
    // A file where the folder should be: as good as read-only, and root cannot write into it either.
    fs::write(place.database(), "in the way").unwrap();
    let words = words(&mut place.command(&fake.url()));
    assert!(words.contains("db"), "{words}");
    let pictures = || fake.asked().iter().filter(|one| one.route == Route::Image).count();
    assert!(pictures() > 0);
    fs::remove_file(place.database()).unwrap();
    place.build(&fake.url());
    assert_eq!(pictures(), 0);
}

#[test]
fn a_dry_run_fetches_nothing_and_says_how_much_it_would_be() {
    let fake = Fake::stash_box(World::with_pictures(1, 230, 1), photos());
    let place = Place::new();
    let mut command = place.command(&fake.url());
    let output = command.args(["--dry-run", "--json"]).stdout(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let source = &plan["sources"]["stashdb.org"];
    assert_eq!(
        (source["performers"].as_u64(), source["pictures"].as_f64()),
        (Some(230), Some(230.0))
    );
    assert_eq!(fake.asked().len(), 1);
    assert!(!place.state().exists() && !place.database().exists());
}
