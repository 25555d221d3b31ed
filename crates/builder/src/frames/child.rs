//! Other people's programs, at arm's length: they get no input, little time, and may say so much.

use std::{
    io::{self, Read},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// The most that is kept of what a program says on stderr, in bytes.
const MAX_SAID: u64 = 16 << 10;

/// Why a program gave nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is not installed.
    Missing,
    /// It cannot be started, or its output not be read.
    Io(io::Error),
    /// It did not end in time and was ended.
    TimedOut(Duration),
    /// It wrote more than was asked for and was ended.
    TooMuch,
    /// It failed, and said this.
    Failed(String),
}

/// Ends a program that is left behind.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended by itself, which is fine.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program to its end and gives what it wrote, at most `limit` bytes.
pub(super) fn output_of(
    command: &mut Command,
    limit: u64,
    time: Duration,
) -> Result<Vec<u8>, Failure> {
    let until = Instant::now() + time;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::Missing,
        _ => Failure::Io(error),
    })?;
    let mut running = Running(child);
    let output = reader(running.0.stdout.take(), limit.saturating_add(1), false);
    let said = reader(running.0.stderr.take(), MAX_SAID, true);
    let left = || until.saturating_duration_since(Instant::now());
    let late = |_| Failure::TimedOut(time);
    let output = output.recv_timeout(left()).map_err(late)?.map_err(Failure::Io)?;
    if output.len() as u64 > limit {
        return Err(Failure::TooMuch);
    }
    let said = said.recv_timeout(left()).map_err(late)?.map_err(Failure::Io)?;
    loop {
        match running.0.try_wait().map_err(Failure::Io)? {
            Some(status) if status.success() => return Ok(output),
            Some(status) => return Err(Failure::Failed(last_line(&said, &status.to_string()))),
            None if left().is_zero() => return Err(Failure::TimedOut(time)),
            None => thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// Reads up to `limit` bytes in a thread of its own; what comes after is thrown away where
/// `drain` says so, for a program whose words nobody takes stands still.
fn reader(
    from: Option<impl Read + Send + 'static>,
    limit: u64,
    drain: bool,
) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let Some(mut from) = from else { return };
        let mut bytes = Vec::new();
        let mut read = from.by_ref().take(limit).read_to_end(&mut bytes).map(|_| bytes);
        if drain && let Err(error) = io::copy(&mut from, &mut io::sink()) {
            read = Err(error);
        }
        // Nobody listens any more once time is up.
        let _ = send.send(read);
    });
    receive
}

/// The last line a program said, short and without control characters; `otherwise` if none.
fn last_line(said: &[u8], otherwise: &str) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
    let plain = |line: &str| line.chars().filter(|c| !c.is_control()).take(200).collect();
    line.map_or_else(|| otherwise.to_owned(), plain)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit: u64, seconds: f32) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new("sh");
        output_of(command.args(["-c", script]), limit, Duration::from_secs_f32(seconds))
    }

    #[test]
    fn output_comes_whole() {
        assert_eq!(shell("printf 12345", 5, 20.0).unwrap(), b"12345");
        assert_eq!(shell("cat", 5, 20.0).unwrap(), b"", "there is no input");
        let much = shell("head -c 300000 /dev/zero >&2; printf x", 5, 20.0);
        assert_eq!(much.unwrap(), b"x", "nobody stands still");
    }

    #[test]
    fn what_goes_wrong_is_told_apart() {
        assert!(matches!(shell("printf 123456", 5, 20.0), Err(Failure::TooMuch)));
        assert!(matches!(shell("cat /dev/zero", 5, 20.0), Err(Failure::TooMuch)));
        let failed = shell("printf 'a\\nwhat \\033[1m it was\\n\\n' >&2; exit 3", 5, 20.0);
        assert!(matches!(failed, Err(Failure::Failed(said)) if said == "what [1m it was"));
        assert!(
            matches!(shell("exit 3", 5, 20.0), Err(Failure::Failed(said)) if said.contains('3'))
        );
        let missing = output_of(&mut Command::new("no-such-program"), 5, Duration::from_secs(9));
        assert!(matches!(missing, Err(Failure::Missing)));
    }

    #[test]
    fn who_takes_too_long_is_ended() {
        let begun = Instant::now();
        for script in ["exec sleep 60", "exec >&- 2>&-; exec sleep 60", "exec >&-; exec sleep 60"] {
            assert!(matches!(shell(script, 5, 0.3), Err(Failure::TimedOut(_))), "{script}");
        }
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
