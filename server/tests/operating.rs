//! What whoever runs the host at home meets: templates, doubts, rights, renewals, figures.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
#[path = "../../crates/index/tests/common/mod.rs"]
mod numbers;

use std::{
    fs,
    io::Read as _,
    net::TcpStream,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use common::{
    Folders, golden,
    started::{PROGRAM, Started, ask, over_tls, program, run},
};
use rollcall_server::Tls;
use serde_norway::Value;

/// Options of a host that disturbs nobody.
const QUIET: [&str; 6] = ["--web", ".", "--port", "0", "--metrics", "off"];

#[test]
fn a_variable_that_is_empty_counts_as_absent() {
    let folders = Folders::new();
    let help = run(&mut program(&folders, &["--help"])).1;
    let variables: Vec<_> = help
        .split("[env: ")
        .skip(1)
        .map(|rest| rest.split(['=', ']']).next().unwrap().to_owned())
        .collect();
    assert!(variables.len() > 20 && variables.contains(&"ROLLCALL_RELOAD_TOKEN".to_owned()));
    let mut command = program(&folders, &QUIET);
    command.envs(variables.iter().map(|name| (name, "")));
    let started = Started::new(&mut command);
    let answer = ask(TcpStream::connect(started.address()).unwrap(), "GET /health HTTP/1.1");
    assert!(answer.contains(r#""status":"ok""#), "{answer}");
}

#[test]
fn a_switch_understands_yes_and_no_in_the_words_of_templates() {
    let folders = Folders::new();
    for (value, on) in
        [("true", true), ("1", true), ("yes", true), ("false", false), ("0", false), ("off", false)]
    {
        let mut command = program(&folders, &["--web", ".", "--check-config"]);
        let (success, shown, said) = run(command.env("ROLLCALL_ALLOW_DROP", value));
        assert!(success, "{value}: {said}");
        assert_eq!(shown.contains("allow-drop = true"), on, "{value}");
    }
}

#[test]
fn folders_that_lack_what_belongs_there_are_told_of() {
    let folders = Folders::new();
    folders.write("models/readme.txt", "no pack");
    let doubtful = ["--web", "../samples", "--models", "../models"];
    let (success, _, said) =
        run(&mut program(&folders, &[&doubtful[..], &["--check-config"]].concat()));
    assert!(success && said.contains("there is no index.html in ../samples (--web)"), "{said}");
    assert!(said.contains("no folder with a pack.json in ../models (--models)"), "{said}");
    folders.write("models/opencv/pack.json", "{}");
    let fine = ["--web", ".", "--models", "../models", "--check-config"];
    assert!(!run(&mut program(&folders, &fine)).2.contains("warning"));

    let log = Started::new(&mut program(&folders, &[&QUIET[..], &doubtful[2..]].concat())).log();
    assert!(!log.contains("is it the right folder") && log.contains("--host 0.0.0.0"), "{log}");
    assert!(!log.contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn figures_have_a_listener_of_their_own() {
    let folders = Folders::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let metrics = free.to_string();
    let words = ["--web", ".", "--port", "0", "--metrics", &metrics];
    let started = Started::new(&mut program(&folders, &words));
    let get = |address: &str| ask(TcpStream::connect(address).unwrap(), "GET /metrics HTTP/1.1");
    assert!(get(started.address()).starts_with("HTTP/1.1 404"));
    let figures = get(&metrics);
    assert!(figures.contains("openmetrics-text") && figures.contains("rollcall_requests_total"));
    // Nobody but this machine sees them unless somebody says so.
    let usual: std::net::SocketAddr = rollcall_server::METRICS.parse().unwrap();
    assert!(usual.ip().is_loopback());
}

#[test]
fn a_renewed_certificate_is_taken_at_sighup_and_a_broken_one_is_not() {
    let folders = Folders::new();
    let (used, renewed) = (folders.path("used"), folders.path("renewed"));
    let names = ["localhost".to_owned()];
    for folder in [&used, &renewed] {
        Tls::local(folder, &names).unwrap();
    }
    let authority = |folder: &Path| fs::read(folder.join("authority.pem")).unwrap();
    let (old, new) = (authority(&used), authority(&renewed));
    let mut command = program(&folders, &QUIET);
    command.arg("--tls-cert").arg(used.join("certificate.pem"));
    let started = Started::new(command.arg("--tls-key").arg(used.join("key.pem")));
    let page = |authority: &[u8]| {
        let stream = over_tls(started.address(), "localhost", authority);
        ask(stream, "GET /page.js HTTP/1.1").ends_with("page()")
    };
    assert!(page(&old) && !page(&new));
    fs::write(used.join("certificate.pem"), "half a file").unwrap();
    started.signal("HUP");
    std::thread::sleep(Duration::from_millis(300));
    assert!(page(&old), "what cannot be used changes nothing");
    for file in ["certificate.pem", "key.pem"] {
        fs::copy(renewed.join(file), used.join(file)).unwrap();
    }
    started.signal("HUP");
    let start = Instant::now();
    while !page(&new) {
        assert!(start.elapsed() < Duration::from_secs(10), "the new one is not taken");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(started.log().contains("the old certificate stays"));
}

/// As in a container: nobody in particular, and nothing that may be written.
#[test]
fn nobody_may_run_it_from_folders_that_may_only_be_read() {
    let folders = Folders::new();
    for entry in fs::read_dir(golden()).unwrap().flatten() {
        fs::copy(entry.path(), folders.path("database").join(entry.file_name())).unwrap();
    }
    let copy = folders.path("program");
    // By another program: a file that a thread of ours has open for writing cannot be started.
    assert!(Command::new("cp").arg(PROGRAM).arg(&copy).status().unwrap().success());
    let root = folders.path("web").parent().unwrap().to_owned();
    let lock = |mode| {
        for folder in [root.clone(), folders.path("web"), folders.path("database")] {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    lock(0o555);
    let mut command = Command::new(&copy);
    command.env_clear().current_dir(folders.path("web")).args(QUIET);
    command.arg("--database").arg(folders.path("database"));
    // Only root can become somebody else; others have no more rights than that anyway.
    if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        command.uid(65532).gid(65532);
    }
    let started = Started::new(&mut command);
    for path in ["/", "/database/latest.json", "/database/info", "/health"] {
        let head = format!("GET {path} HTTP/1.1");
        let answer = ask(TcpStream::connect(started.address()).unwrap(), &head);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    drop(started);
    lock(0o755);
}

#[test]
fn the_plugin_may_talk_to_every_origin_we_know_of() {
    let folders = Folders::new();
    folders.write("plugin/rollcall.yml", "name: Rollcall\nversion: 0.1.0\n");
    let allowed = |more: &[&str]| {
        let words = [&QUIET[..], &["--plugin", "../plugin"], more].concat();
        let started = Started::new(&mut program(&folders, &words));
        let mut stream = TcpStream::connect(started.address()).unwrap();
        std::io::Write::write_all(
            &mut stream,
            b"GET /plugin/rollcall.zip HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&answer[body..])).unwrap();
        let mut text = String::new();
        zip.by_name("rollcall.yml").unwrap().read_to_string(&mut text).unwrap();
        let manifest: Value = serde_norway::from_str(&text).unwrap();
        let port = started.address().rsplit(':').next().unwrap().to_owned();
        let origins = manifest["ui"]["csp"]["connect-src"].as_sequence().unwrap().clone();
        let shown = origins.iter().map(|one| one.as_str().unwrap().replace(&port, "PORT"));
        shown.collect::<Vec<_>>()
    };
    assert_eq!(allowed(&[]), ["http://127.0.0.1:PORT", "http://localhost:PORT"]);
    let named = allowed(&["--name", "nas.example", "--host", "0.0.0.0"]);
    assert_eq!(named, ["http://nas.example:PORT", "http://*:PORT"]);
    let public = ["--public-origin", "https://A.example/", "--public-origin", "http://10.0.0.2:80"];
    assert_eq!(allowed(&public), ["https://a.example", "http://10.0.0.2"]);
}

#[test]
fn of_a_published_database_the_log_says_that_the_page_does_not_search_it() {
    let folders = Folders::new();
    let log = |database: &Path, more: &[&str]| {
        let mut command = program(&folders, &[&QUIET[..], more].concat());
        let started = Started::new(command.arg("--database").arg(database));
        ask(TcpStream::connect(started.address()).unwrap(), "GET /database/info HTTP/1.1");
        started.log()
    };
    assert!(!log(&golden(), &[]).contains("--allow-drop"), "people of one's own");
    let published = folders.path("published");
    let mut sink = rollcall_index::DirectorySink::create(&published).unwrap();
    let mut options = numbers::options(&[128]);
    options.key = Some(rollcall_index::SigningKey::from_seed([1; 32]).unwrap());
    rollcall_index::write_database(numbers::people(3, 1, &[128], 1), &options, &mut sink).unwrap();
    assert!(log(&published, &[]).contains("unless the host is started with --allow-drop"));
    assert!(!log(&published, &["--allow-drop"]).contains("is started with"));
}
