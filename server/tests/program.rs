//! The program as its users start it: configuration, signals, TLS.

mod common;

use std::{fs, net::TcpStream, time::Duration};

use common::{
    Folders, golden,
    started::{Started, ask, over_tls, program, run},
};

const TOKEN: &str = "not to be shown to anybody";

#[test]
fn flags_come_before_environment_before_file() {
    let folders = Folders::new();
    folders.write(
        "web/host.toml",
        "web = \".\"\nport = 1\nlog-level = \"error\"\nname = [\"a.example\"]\nmemory = 3",
    );
    let mut command =
        program(&folders, &["--config", "host.toml", "--check-config", "--port", "3"]);
    command.env("ROLLCALL_PORT", "2").env("LOG_LEVEL", "warn").env("WORKERS", "5");
    command.env("ROLLCALL_ALLOW_DROP", "true");
    let (success, shown, _) = run(command.env("DATABASE_PATH", golden()));
    assert!(success, "{shown}");
    for line in [
        "port = 3",
        "log-level = \"warn\"",
        "workers = 5",
        "name = [\"a.example\"]",
        "memory = 3",
        "allow-drop = true",
        "host = \"127.0.0.1\"",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
    }
    assert!(shown.contains("database = "));
}

#[test]
fn secrets_are_not_shown() {
    let folders = Folders::new();
    let mut command = program(&folders, &["--web", ".", "--check-config"]);
    let (success, shown, said) = run(command.env("ROLLCALL_RELOAD_TOKEN", TOKEN));
    assert!(success && shown.contains("reload-token = \"***\""), "{shown}");
    assert!(!shown.contains(TOKEN) && !said.contains(TOKEN));
    let (_, help, _) = run(program(&folders, &["--help"]).env("ROLLCALL_RELOAD_TOKEN", TOKEN));
    assert!(!help.contains(TOKEN));
}

#[test]
fn what_cannot_be_meant_is_refused_with_a_sentence() {
    let folders = Folders::new();
    folders.write("web/wrong.toml", "web = \".\"\nprot = 80");
    folders.write("web/type.toml", "port = \"many\"");
    for (words, sentence) in [
        (&["--config", "wrong.toml"][..], "unknown field `prot`"),
        (&["--config", "type.toml"], "line 1"),
        (&["--config", "absent.toml"], "absent.toml"),
        (&[], "--web is missing"),
        (&["--web", "absent"], "there is no folder absent"),
        (&["--web", ".", "--origin", "stash"], "scheme, host and port"),
        (&["--web", ".", "--public-origin", "http://a/b"], "scheme, host and port"),
        (&["--web", ".", "--name", "http://a"], "without scheme"),
        (&["--web", ".", "--base-path", "rollcall"], "/rollcall"),
        (&["--web", ".", "--reload-token", "short"], "16 characters"),
        (&["--web", ".", "--tls-cert", "a.pem"], "--tls-key is missing"),
        (&["--web", ".", "--max-connections", "0"], "above 0"),
        (&["--web", ".", "--metrics", "yes"], "or off"),
        (&["--web", ".", "--workers", "0"], "above 0"),
        (&["--web", ".", "--log-level", "WARNING"], "error, warn, info"),
        (&["--web", ".", "--log-level", "a=b=c"], "error, warn, info"),
        (&["--web", ".", "--plugin", "."], "exactly one .yml"),
    ] {
        let (success, _, said) =
            run(&mut program(&folders, &[words, &["--check-config"]].concat()));
        assert!(!success && said.contains(sentence), "{words:?}: {said}");
    }
    let (success, _, said) = run(&mut program(&folders, &["--web", ".", "--tls-local"]));
    assert!(!success && said.contains("--state is missing"), "{said}");
}

#[test]
fn it_tells_its_address_answers_and_ends_well() {
    let folders = Folders::new();
    let database = folders.path("database");
    let words = [
        "--web",
        ".",
        "--port",
        "0",
        "--metrics",
        "off",
        "--log-level",
        "debug",
        "--log-format",
        "json",
        "--database",
    ];
    let mut command = program(&folders, &words);
    let started = Started::new(command.arg(database).env("ROLLCALL_RELOAD_TOKEN", TOKEN));
    assert!(started.url.starts_with("http://127.0.0.1:"));
    let connect = || TcpStream::connect(started.address()).unwrap();
    let answer =
        ask(connect(), "GET /page.js?apikey=hidden HTTP/1.1\r\nX-Request-Id: from-proxy-7");
    assert!(
        answer.ends_with("page()") && answer.contains("x-request-id: from-proxy-7"),
        "{answer}"
    );
    let forged = ask(connect(), "GET / HTTP/1.1\r\nX-Request-Id: a b{}");
    assert!(!forged.contains("a b{}") && forged.contains("x-request-id: "));
    ask(connect(), &format!("POST /database/reload HTTP/1.1\r\nAuthorization: Bearer {TOKEN}"));
    // It is told of a new database.
    for entry in fs::read_dir(golden()).unwrap().flatten() {
        fs::copy(entry.path(), folders.path("database").join(entry.file_name())).unwrap();
    }
    started.signal("HUP");
    std::thread::sleep(Duration::from_millis(500));
    assert!(ask(connect(), "GET /health HTTP/1.1").contains(r#""status":"ok""#));

    let (address, port) = started.address().split_once(':').unwrap();
    let (well, said, _) =
        run(&mut program(&folders, &["--host", address, "--port", port, "--health-check"]));
    assert!(well && said.contains("ok"));
    let (well, _, said) = run(&mut program(&folders, &["--port", "1", "--health-check"]));
    assert!(!well && said.contains("does not answer"), "{said}");

    let log = started.log();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        lines
            .iter()
            .any(|line| line["fields"]["path"] == "/page.js"
                && line["fields"]["id"] == "from-proxy-7"),
        "{log}"
    );
    assert!(!log.contains("hidden") && !log.contains(TOKEN));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folders = Folders::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (success, _, said) = run(&mut program(&folders, &["--web", ".", "--port", &port]));
    assert!(!success && said.contains("--port"), "{said}");
}

#[test]
fn its_own_certificate_is_kept_and_believed_by_who_trusts_it() {
    let folders = Folders::new();
    let state = folders.path("state");
    let words = [
        "--web",
        ".",
        "--port",
        "0",
        "--metrics",
        "off",
        "--tls-local",
        "--name",
        "nas.example",
        "--state",
    ];
    let start = || Started::new(program(&folders, &words).arg(&state));
    let first = start();
    assert!(first.url.starts_with("https://"));
    let certificate = fs::read(state.join("tls/certificate.pem")).unwrap();
    let authority = fs::read(state.join("tls/authority.pem")).unwrap();
    for name in ["localhost", "127.0.0.1", "nas.example"] {
        let stream = over_tls(first.address(), name, &authority);
        assert!(ask(stream, "GET /page.js HTTP/1.1").ends_with("page()"), "{name}");
    }
    let other = over_tls(first.address(), "other.example", &authority);
    assert_eq!(ask(other, "GET /page.js HTTP/1.1"), "", "it is for its own names only");
    let plain = ask(TcpStream::connect(first.address()).unwrap(), "GET / HTTP/1.1");
    assert!(!plain.contains("200"));
    let said = first.log();
    assert!(said.contains("SHA-256 fingerprint: ") && said.contains("authority.pem"), "{said}");
    let second = start();
    assert_eq!(fs::read(state.join("tls/certificate.pem")).unwrap(), certificate, "kept");
    let private = state.join("tls/key.pem");
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&private).unwrap()) & 0o077, 0);
    drop(second);
    // Given by name, it serves as well; without its key it does not.
    let files = [
        "--web",
        ".",
        "--port",
        "0",
        "--metrics",
        "off",
        "--tls-cert",
        "../state/tls/certificate.pem",
        "--tls-key",
    ];
    assert!(Started::new(program(&folders, &files).arg(&private)).url.starts_with("https://"));
    let (success, _, said) = run(program(&folders, &files).arg("../state/tls/certificate.pem"));
    assert!(!success && said.contains("--tls-key"), "{said}");
}
