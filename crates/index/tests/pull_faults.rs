//! Hosts, networks and disks that fail in the middle of a pull.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;
#[path = "common/host.rs"]
mod host;
#[path = "common/release.rs"]
mod release;

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use host::{Fault, Host};
use release::{at, is_whole, manifest_of, pull};
use rollcall_index::LATEST;
use tempfile::tempdir;

const ALWAYS: usize = usize::MAX;

/// A folder with version 1 of 40 people, and a host with version 2 of 300.
fn updating() -> (tempfile::TempDir, Host) {
    let (folder, host) = (tempdir().unwrap(), Host::start(at(1, 40, Some(1))));
    pull(&host, folder.path()).unwrap();
    host.offer(at(2, 300, Some(1)));
    host.requests();
    (folder, host)
}

#[test]
fn what_passes_is_tried_again() {
    for fault in [
        Fault::Status(500, String::new()),
        Fault::Status(503, String::new()),
        Fault::Status(429, "1".into()),
        Fault::Cut,
        Fault::Half,
        Fault::Flipped,
        Fault::Page,
    ] {
        let (folder, host) = updating();
        host.fault("*", fault.clone(), 1);
        let pulled = pull(&host, folder.path()).unwrap();
        assert_eq!(host.fetched(), pulled.fetched_files + 1, "{fault:?}");
        is_whole(folder.path(), 300);
    }
}

#[test]
fn what_does_not_pass_is_told_and_the_old_database_stays() {
    let cases: [(Fault, &str); 10] = [
        (Fault::Status(404, String::new()), "the database has no file"),
        (Fault::Status(403, String::new()), "the host says 403 Forbidden"),
        (Fault::Status(503, "3600".into()), "to come back in 3600 seconds"),
        (Fault::Half, "wrong SHA-256"),
        (Fault::Flipped, "wrong SHA-256"),
        (Fault::Long, "so it is no part of a database"),
        (Fault::Page, "answers with a web page instead of"),
        (Fault::Brotli, "compressed as br, which was not asked for"),
        (Fault::Redirect("https://127.0.0.1:9/".into()), "could not be read"),
        (Fault::Redirect("ftp://127.0.0.1/".into()), "could not be read"),
    ];
    for (fault, words) in cases {
        let (folder, host) = updating();
        let last = at(2, 300, Some(1)).into_keys().rfind(|name| name.len() == 64).unwrap();
        host.fault(&last, fault.clone(), ALWAYS);
        let error = pull(&host, folder.path()).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains(&last), "{fault:?}: {error}");
        is_whole(folder.path(), 40);
        // Nothing is fetched twice when the host is itself again.
        host.mend();
        host.requests();
        pull(&host, folder.path()).unwrap();
        assert!(host.fetched() < 8, "{fault:?}");
        is_whole(folder.path(), 300);
    }
}

#[test]
fn a_page_instead_of_a_database_is_told() {
    for name in [LATEST.to_owned(), manifest_of(&at(2, 300, Some(1)))] {
        let (folder, host) = updating();
        host.fault(&name, Fault::Page, ALWAYS);
        let error = pull(&host, folder.path()).unwrap_err().to_string();
        assert!(error.contains("a web page instead of") && error.contains("sign in"), "{error}");
        is_whole(folder.path(), 40);
    }
}

#[test]
fn a_host_that_compresses_on_the_fly_is_understood() {
    let (folder, host) = updating();
    for name in ["*", LATEST, &manifest_of(&at(2, 300, Some(1)))] {
        host.fault(name, Fault::Gzip, ALWAYS);
    }
    pull(&host, folder.path()).unwrap();
    is_whole(folder.path(), 300);
}

#[test]
fn a_host_that_only_says_so_is_not_believed() {
    let (folder, host) = updating();
    host.fault("*", Fault::FalseGzip, 1);
    pull(&host, folder.path()).unwrap();
    is_whole(folder.path(), 300);
}

#[test]
fn the_host_decides_how_long_to_wait() {
    let (folder, host) = updating();
    host.fault(LATEST, Fault::Status(429, "3".into()), 1);
    let start = Instant::now();
    pull(&host, folder.path()).unwrap();
    assert!(start.elapsed() >= Duration::from_secs(3));
}

#[test]
fn the_host_may_also_say_until_when_to_wait() {
    let at =
        |seconds: u64| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds));
    let (folder, host) = updating();
    // Dates have whole seconds, so it may be one less.
    host.fault(LATEST, Fault::Status(503, at(4)), 1);
    let start = Instant::now();
    pull(&host, folder.path()).unwrap();
    assert!(start.elapsed() >= Duration::from_secs(3));

    host.fault(LATEST, Fault::Status(503, at(3600)), ALWAYS);
    let error = pull(&host, folder.path()).unwrap_err().to_string();
    let wait = error.split("come back in ").nth(1).and_then(|rest| rest.split(' ').next());
    let wait: u64 = wait.and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
    assert!((3590..=3600).contains(&wait), "{error}");

    // A date that is over asks for nothing.
    host.fault(LATEST, Fault::Status(503, "Sun, 06 Nov 1994 08:49:37 GMT".into()), 1);
    let start = Instant::now();
    pull(&host, folder.path()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_connection_that_keeps_breaking_is_given_up_and_gone_on_with() {
    let (folder, host) = updating();
    let names = at(2, 300, Some(1));
    // The first half comes, the others never do.
    let hashed: Vec<_> = names.keys().filter(|name| name.len() == 64).collect();
    let (_, broken) = hashed.split_at(hashed.len() / 2);
    broken.iter().for_each(|name| host.fault(name, Fault::Cut, ALWAYS));
    let error = pull(&host, folder.path()).unwrap_err().to_string();
    assert!(error.contains("check the connection"), "{error}");
    is_whole(folder.path(), 40);
    host.mend();
    host.requests();
    let rest = pull(&host, folder.path()).unwrap();
    assert!(host.fetched() <= broken.len() && rest.fetched_files <= broken.len());
    is_whole(folder.path(), 300);
}

/// A small file system of its own, for tests that run as root.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(kilobytes: usize) -> Option<Self> {
        let folder = tempdir().unwrap();
        let size = format!("size={kilobytes}k");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

#[test]
fn a_disk_that_is_too_small_is_told_before_anything_is_fetched() {
    let Some(disk) = SmallDisk::new(4096) else {
        println!("skipped: only root can make a small disk");
        return;
    };
    let host = Host::start(at(1, 3000, None));
    let error = pull(&host, disk.path()).unwrap_err();
    assert!(matches!(error, rollcall_index::IndexError::NoRoom { .. }), "{error}");
    assert!(host.fetched() <= 1, "only the shard table");
}

#[test]
fn a_disk_that_fills_up_loses_nothing() {
    let Some(disk) = SmallDisk::new(12 << 10) else {
        println!("skipped: only root can make a small disk");
        return;
    };
    let host = Host::start(at(1, 40, None));
    pull(&host, disk.path()).unwrap();
    host.offer(at(2, 2000, None));
    host.pause(Duration::from_millis(20));
    let full = disk.path().join("somebody else's");
    let pulled = std::thread::scope(|scope| {
        let pulled = scope.spawn(|| pull(&host, disk.path()));
        // Room was there when it was asked for.
        while host.asked() < 12 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = std::fs::write(&full, vec![0; 12 << 20]);
        pulled.join().unwrap()
    });
    let error = pulled.unwrap_err().to_string();
    assert!(error.contains("make room") && error.contains("untouched"), "{error}");
    is_whole(disk.path(), 40);
    std::fs::remove_file(full).unwrap();
    pull(&host, disk.path()).unwrap();
    is_whole(disk.path(), 2000);
}
