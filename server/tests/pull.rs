//! A database that the host fetches by itself.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../crates/index/tests/common/mod.rs"]
mod common;
#[path = "../../crates/index/tests/common/host.rs"]
mod host;
#[path = "../../crates/index/tests/common/release.rs"]
mod release;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use host::{Fault, Host};
use release::{at, is_whole, key};
use serde_json::Value;
use tempfile::tempdir;

fn program(folder: &Path, words: &[&str]) -> Command {
    let web = folder.join("web");
    fs::create_dir_all(&web).unwrap();
    fs::write(web.join("index.html"), "<!doctype html>").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall-server"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.args(["--port", "0", "--metrics", "off", "--web"]).arg(web).args(words);
    command
}

struct Started {
    child: Child,
    address: String,
}

impl Started {
    fn new(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, address) = line.trim().split_once("://").unwrap();
        Self { child, address: address.to_owned() }
    }

    fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        (status, answer.split_off(end))
    }

    /// What `/health` says as soon as `fine` is content with it.
    fn health(&self, fine: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let health = serde_json::from_slice(&self.get("/health").1).unwrap();
            if fine(&health) {
                return health;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{health}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_new_release_is_noticed_and_no_request_is_lost() {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 40, Some(1))));
    let db = folder.path().join("not/yet");
    let (pinned, path) = (key(1).public().to_string(), db.to_str().unwrap().to_owned());
    let words =
        ["--database", &path, "--pull", &host.address, "--every", "1s", "--trusted-key", &pinned];
    let server = Started::new(program(folder.path(), &words));
    server.health(|health| health["database"] == "2026.11.1" && health["status"] == "ok");
    is_whole(&db, 40);
    let old = at(1, 40, Some(1));

    host.offer(at(2, 300, Some(1)));
    let done = AtomicBool::new(false);
    let asked = thread::scope(|scope| {
        // Somebody who has seen the old release goes on asking for its files, beyond the exchange.
        let asking = scope.spawn(|| {
            let mut asked = 0;
            while !done.load(Ordering::Relaxed) {
                for (name, bytes) in old.iter().filter(|(name, _)| *name != "latest.json") {
                    let answer = server.get(&format!("/database/{name}"));
                    assert_eq!(answer, (200, bytes.clone()), "{name}");
                    assert_eq!(server.get("/database/latest.json").0, 200);
                    asked += 1;
                }
            }
            asked
        });
        server.health(|health| health["database"] == "2026.11.2");
        thread::sleep(Duration::from_millis(500));
        done.store(true, Ordering::Relaxed);
        asking.join().unwrap()
    });
    assert!(asked > 20, "{asked}");
    is_whole(&db, 300);

    // A forged one, then a host that is ill: told, and the database goes on.
    host.offer(at(3, 10, Some(2)));
    let problem = |health: &Value, words: &str| {
        health["pull"]["problem"].as_str().is_some_and(|problem| problem.contains(words))
    };
    let health = server.health(|health| problem(health, "not by a key you trust"));
    assert_eq!((&health["status"], &health["database"]), (&"ok".into(), &"2026.11.2".into()));
    host.fault("latest.json", Fault::Page, usize::MAX);
    server.health(|health| problem(health, "answers with a web page"));
    host.mend();
    host.offer(at(4, 300, Some(1)));
    server.health(|health| health["database"] == "2026.11.4");
}

#[test]
fn a_host_with_a_certificate_of_its_own_has_to_be_trusted() {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (origin, state, db) = (path("origin"), path("state"), path("db"));
    fs::create_dir(&origin).unwrap();
    for (name, bytes) in at(1, 40, Some(1)) {
        fs::write(Path::new(&origin).join(name), bytes).unwrap();
    }
    let words = ["--tls-local", "--state", &state, "--database", &origin];
    let host = Started::new(program(folder.path(), &words));
    let source = format!("https://{}/database", host.address.replace("127.0.0.1", "localhost"));
    let words = ["--database", &db, "--pull", &source, "--every", "1s"];
    let stranger = Started::new(program(folder.path(), &words));
    let health = stranger.health(|health| health["pull"]["problem"].is_string());
    assert!(health["pull"]["problem"].as_str().unwrap().contains("certificate"), "{health}");
    drop(stranger);
    assert!(!Path::new(&db).join("latest.json").exists());

    // The host's own authority among the system's: that is what devices are told to trust.
    let mut command = program(folder.path(), &words);
    command.env("SSL_CERT_FILE", Path::new(&state).join("tls/authority.pem"));
    let server = Started::new(command);
    server.health(|health| health["database"] == "2026.11.1");
    is_whole(Path::new(&db), 40);
}

#[test]
fn options_that_cannot_be_meant_are_told_without_their_secrets() {
    let folder = tempdir().unwrap();
    let refused = |words: &[&str]| {
        let output = program(folder.path(), words).arg("--check-config").output().unwrap();
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!told.contains("secret"), "{told}");
        (output.status.success(), told)
    };
    let db = folder.path().join("db");
    fs::create_dir(&db).unwrap();
    let db = db.to_str().unwrap();
    let url = "https://me:secret@example.org/db";
    let new = folder.path().join("not/yet");
    for db in [db, new.to_str().unwrap()] {
        let (fine, told) = refused(&["--database", db, "--pull", url, "--every", "90m"]);
        assert!(fine && told.contains("https://example.org/db/"), "{told}");
    }
    assert!(!new.exists(), "asking makes nothing");
    for (words, reason) in [
        (vec!["--pull", url], "--database is missing"),
        (vec!["--database", db, "--pull", "https://secret@x/?secret"], "without ? and #"),
        (vec!["--database", db, "--pull", url, "--every", "often"], "such as 24h"),
        (vec!["--database", db, "--pull", url, "--every", "0s"], "such as 24h"),
        (vec!["--database", db, "--pull", url, "--trusted-key", "abc"], "64 hex digits"),
    ] {
        let (fine, told) = refused(&words);
        assert!(!fine && told.contains(reason), "{told}");
    }
}
