//! The same database whatever happens on the way, and updates that touch what has changed.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use rollcall_fakes::{Asked, Fake, KEY, Route, Weather, World};

use crate::run::{Place, photos};

/// With 500 performers, or `ROLLCALL_PEOPLE`.
#[test]
fn killed_five_times_and_still_the_same_database() {
    let people = std::env::var("ROLLCALL_PEOPLE").map_or(500, |people| people.parse().unwrap());
    let world = World::with_pictures(5, people, 2).with_flaws(0.06);
    let fake = Fake::stash_box(world, photos());
    fake.weather(Weather { seed: 5, api: 0.05, image: 0.05 });
    let undisturbed = Place::new();
    let start = Instant::now();
    undisturbed.build(&fake.url());
    let took = start.elapsed();

    let seed = std::env::var("ROLLCALL_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let seed = seed.unwrap_or_else(now);
    println!("undisturbed: {took:?}; ROLLCALL_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let killed = Place::new();
    for _ in 0..5 {
        let mut build = killed.start(&fake.url());
        thread::sleep(Duration::from_millis(200) + took.mul_f64(random.f64() * 0.3));
        // SIGKILL on Unix. One that is through is only waited for.
        build.kill().unwrap();
        build.wait().unwrap();
    }
    killed.build(&fake.url());
    let (one, other) = (undisturbed.files(), killed.files());
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    assert!(one == other, "the files have the same names and other bytes");
    let people = &killed.report()["people"];
    let share = people["share_with_faces"].as_f64().unwrap();
    assert!(share > 0.9, "{people}");

    // 1 % changes: nothing else is asked for, and nothing but the changes is fetched.
    let rows = fake.world().rows;
    fake.change(|world| {
        world.rename(10, "Another name");
        world.rename(20, "And another");
        world.add_picture(30);
        world.delete(40);
        world.merge(50, 60);
        world.add(7);
    });
    // Good weather from here on, and nothing asked yet.
    fake.mend();
    drop(fake.asked());
    killed.build(&fake.url());
    let pictures = |row: usize| {
        fake.world().rows[row].pictures.iter().map(|p| p.id.to_string()).collect::<Vec<_>>()
    };
    let changed: Vec<String> =
        [10, 20, 30, 60, rows.len()].into_iter().flat_map(pictures).collect();
    let news = fake.asked();
    for one in news.iter().filter(|one| one.route == Route::Image) {
        assert!(changed.iter().any(|id| one.what.contains(id)), "{} has not changed", one.what);
    }
    let questions = news.iter().filter(|one| one.route == Route::Api).count();
    assert!(questions < 20, "{questions} questions for six changes: {news:?}");
    let after = killed.report();
    assert_eq!(after["people"]["removed"], 2, "{}", after["people"]);
    // As if it had been built in one go.
    let afresh = Place::new();
    afresh.build(&fake.url());
    let databases = [&killed, &afresh].map(|place| {
        let mut files = place.files();
        // One remembers who is gone, the other never heard of them.
        files.remove("db.report.json");
        files
    });
    assert!(databases[0] == databases[1], "an update gives what a build from nothing gives");
}

/// util-linux's `script` gives the build a terminal.
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_each_stage_has_a_bar_with_its_rate_and_the_time_left() {
    let fake = Fake::stash_box(World::with_pictures(8, 200, 1), photos());
    let place = Place::new();
    let quiet = place.command(&fake.url());
    let words =
        quiet.get_args().filter(|word| *word != "--quiet").map(|word| word.to_str().unwrap());
    let line = [quiet.get_program().to_str().unwrap()].into_iter().chain(words).collect::<Vec<_>>();
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", &line.join(" "), "/dev/null"]);
    let output = terminal.env("TEST_KEY", KEY).stdin(Stdio::null()).output().unwrap();
    let drawn = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{drawn}");
    let lines: Vec<&str> = drawn.split(['\r', '\n']).collect();
    for stage in ["list", "fetch", "look", "settle"] {
        let bars = lines.iter().filter(|line| line.contains(&format!("{stage} ")));
        let moving = bars.filter(|bar| bar.contains("/s ") && !bar.contains(" 0/"));
        assert!(moving.count() > 0, "no bar of {stage} moved: {drawn}");
    }
    assert!(drawn.contains("performers"), "and a summary at last: {drawn}");
}

#[cfg(unix)]
#[test]
fn interrupted_it_finishes_what_is_in_hand_and_says_where_it_stands() {
    let fake = Fake::stash_box(World::with_pictures(6, 400, 2), photos());
    let place = Place::new();
    let quiet = place.command(&fake.url());
    let mut command = Command::new(quiet.get_program());
    command.args(quiet.get_args().filter(|word| *word != "--quiet")).env("TEST_KEY", KEY);
    let build = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let fetched = || {
        let picture = |one: &Asked| one.route == Route::Image;
        fake.asked().into_iter().filter(picture).count()
    };
    // More than are in hand at once, so that some are through.
    let mut asked_for = 0;
    while asked_for < 80 {
        asked_for += fetched();
        thread::sleep(Duration::from_millis(20));
    }
    let asked = Command::new("kill").args(["-INT", &build.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let ended = build.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{words}");
    assert!(words.contains("finishing what is in hand; once more to stop at once"), "{words}");
    assert!(words.contains("run the same command again to go on"), "{words}");
    fetched();
    place.build(&fake.url());
    let pictures: usize = fake.world().rows.iter().map(|row| row.pictures.len()).sum();
    let again = fetched();
    assert!(0 < again && again < pictures, "{again} of {pictures} pictures in the second run");
    let people = &place.report()["people"];
    let count = |what: &str| people[what].as_u64().unwrap();
    assert_eq!(count("performers") + count("under_age"), 400, "{people}");
}
