//! What clients may take of the host, over real TCP.

mod common;

use std::{
    io::{Read as _, Write as _},
    sync::Arc,
    time::{Duration, Instant},
};

use common::{Folders, Running};
use rollcall_server::{Limits, Tls};
use tokio::task::spawn_blocking;

fn strict() -> Limits {
    Limits {
        connections: 64,
        header_bytes: 16 << 10,
        header_time: Duration::from_secs(1),
        write_time: Duration::from_secs(1),
        stop_time: Duration::from_secs(5),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_trickles_in_is_cut_off() {
    let folders = Folders::new();
    let running = Running::start(&folders.settings(), strict()).await;
    let mut slow = running.connect();
    let started = Instant::now();
    let taken = spawn_blocking(move || {
        slow.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n").unwrap();
        // A byte now and then, for ever.
        while started.elapsed() < Duration::from_secs(10) {
            if slow.write_all(b"X").is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        started.elapsed()
    });
    // Others are served meanwhile.
    assert!(running.get("/health").await.contains(" 200 "));
    let taken = taken.await.unwrap();
    assert!(taken < Duration::from_secs(5), "cut off after {taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed() {
    let folders = Folders::new();
    let running = Running::start(&folders.settings(), strict()).await;
    for first in ["", "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"] {
        let started = Instant::now();
        running.raw(first).await;
        assert!(started.elapsed() < Duration::from_secs(5), "after {first:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tls_handshake_that_does_not_go_on_is_cut_off() {
    let folders = Folders::new();
    let tls = Tls::local(&folders.path("state"), &["localhost".to_owned()]).unwrap();
    let running = Running::start_with(&folders.settings(), strict(), Some(Arc::new(tls))).await;
    for first in [&b""[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n"] {
        let started = Instant::now();
        running.raw(first).await;
        assert!(started.elapsed() < Duration::from_secs(5), "after {first:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_of_an_answer_is_cut_off() {
    let folders = Folders::new();
    folders.write("samples/huge.bin", vec![0; 64 << 20]);
    let running = Running::start(&folders.settings(), strict()).await;
    let mut idle = running.connect();
    let read = spawn_blocking(move || {
        idle.write_all(b"GET /samples/huge.bin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").unwrap();
        std::thread::sleep(Duration::from_secs(4));
        let mut rest = Vec::new();
        let _ = idle.read_to_end(&mut rest);
        rest.len()
    });
    assert!(read.await.unwrap() < 64 << 20, "the rest did not wait for us");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_head_is_refused() {
    let folders = Folders::new();
    let running = Running::start(&folders.settings(), strict()).await;
    let head = |bytes: usize| {
        format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX: {}\r\n\r\n",
            "x".repeat(bytes)
        )
    };
    assert!(running.raw(head(15 << 10)).await.starts_with("HTTP/1.1 200"));
    assert!(running.raw(head(17 << 10)).await.starts_with("HTTP/1.1 431"));
    // So much is still on its way when the host hangs up that its words may be lost.
    let refused = running.raw(head(1 << 20)).await;
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431"), "{refused}");
    let many = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{}\r\n", "A: b\r\n".repeat(2000));
    assert!(running.raw(many).await.starts_with("HTTP/1.1 431"));
    let path = format!("GET /{} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "x".repeat(70_000));
    assert!(running.raw(path).await.starts_with("HTTP/1.1 4"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_not_taken() {
    let folders = Folders::new();
    let running = Running::start(&folders.settings(), strict()).await;
    for (head, status) in [
        ("POST / HTTP/1.1\r\nContent-Length: 1048576\r\n", "413"),
        ("GET / HTTP/1.1\r\nContent-Length: 2000\r\n", "413"),
        ("POST /database/reload HTTP/1.1\r\nContent-Length: 4000000000\r\n", "413"),
        ("GET / HTTP/1.1\r\nContent-Length: 4, 5\r\n", "400"),
        ("GET / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n", "411"),
    ] {
        let answer =
            running.raw(format!("{head}Host: 127.0.0.1\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{head}: {answer}");
    }
    // A body without an announced end is not read for long.
    let mut endless = running.connect();
    let sent = spawn_blocking(move || {
        endless
            .write_all(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n")
            .unwrap();
        let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 65536], b"\r\n"].concat();
        (0..1000).take_while(|_| endless.write_all(&chunk).is_ok()).count()
    });
    assert!(sent.await.unwrap() < 1000, "64 MB were taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_when_all_places_are_taken_waits_for_one() {
    let folders = Folders::new();
    let limits = Limits { connections: 2, header_time: Duration::from_secs(3), ..strict() };
    let running = Running::start(&folders.settings(), limits).await;
    let taken = [running.connect(), running.connect()];
    tokio::time::sleep(Duration::from_millis(200)).await;
    let started = Instant::now();
    let third = running.get("/health");
    tokio::pin!(third);
    assert!(
        tokio::time::timeout(Duration::from_millis(500), &mut third).await.is_err(),
        "not served yet"
    );
    drop(taken);
    assert!(third.await.contains(" 200 "));
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_open_answers_finish() {
    let folders = Folders::new();
    folders.write("samples/huge.bin", vec![7; 32 << 20]);
    let limits = Limits { write_time: Duration::from_secs(10), ..strict() };
    let mut running = Running::start(&folders.settings(), limits).await;
    let mut reader = running.connect();
    let _idle = running.connect();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let read = spawn_blocking(move || {
        reader.write_all(b"GET /samples/huge.bin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").unwrap();
        let mut head = [0; 4096];
        let first = reader.read(&mut head).unwrap();
        begun.send(()).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        first + rest.len()
    });
    spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
    running.stop();
    assert!(read.await.unwrap() > 32 << 20, "the answer came whole");
    tokio::time::timeout(Duration::from_secs(5), &mut running.ended).await.unwrap().unwrap();
    assert!(std::net::TcpStream::connect(running.address).is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_does_not_wait_for_ever() {
    let folders = Folders::new();
    folders.write("samples/huge.bin", vec![7; 64 << 20]);
    let limits = Limits {
        write_time: Duration::from_secs(60),
        stop_time: Duration::from_secs(1),
        ..strict()
    };
    let mut running = Running::start(&folders.settings(), limits).await;
    let mut stuck = running.connect();
    stuck.write_all(b"GET /samples/huge.bin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    running.stop();
    tokio::time::timeout(Duration::from_secs(5), &mut running.ended).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_does_no_harm() {
    let folders = Folders::new();
    let running = Running::start(&folders.settings(), strict()).await;
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=99999999999999999999-\r\nConnection: close\r\n\r\n".to_vec(),
        b"GET /database/info HTTP/1.1\r\nHost: [::\r\nConnection: close\r\n\r\n".to_vec(),
        vec![0; 100_000],
        vec![b'A'; 100_000],
    ] {
        let answer = running.raw(bytes).await;
        assert!(!answer.contains(" 200 ") && !answer.contains(" 500 "), "{answer}");
    }
    assert!(running.get("/health").await.contains(" 200 "));
}
