//! Runs other programs: output to a log; what took a second has a line on the screen, and a failure
//! shows the end of its log.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    error::{Error, Result},
    places::Places,
};

/// How long a step may be silent on the screen before we say that it still runs.
const HEARTBEAT: Duration = Duration::from_secs(60);
/// How much of a log a failure shows, in bytes.
const TAIL: u64 = 6000;

/// A program to run as one step of a command.
pub(crate) struct Step {
    what: String,
    log: PathBuf,
    command: Command,
    limit: Duration,
}

impl Step {
    /// A step called `name` (also its log's name) that does `what`, run in the checkout.
    pub(crate) fn new(places: &Places, name: &str, what: &str, program: impl AsRef<OsStr>) -> Self {
        Self {
            what: what.to_owned(),
            log: places.log(name),
            command: command(places, program),
            limit: Duration::from_secs(60 * 60),
        }
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes an environment variable.
    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Ends the program after so long.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it; a failure is an error that carries the log's tail.
    pub(crate) fn run(self) -> Result<()> {
        let what = self.what.clone();
        let log = self.log.clone();
        let (status, seconds) = self.run_to_end()?;
        if status.success() {
            if seconds >= 1.0 {
                println!("  {what}: done in {seconds:.0} s");
            }
            return Ok(());
        }
        Err(Error::Failed { what, status: describe(status), tail: tail(&log), log })
    }

    /// Runs it and gives back how it ended and what it said.
    pub(crate) fn run_for_output(self) -> Result<Output> {
        let log = self.log.clone();
        let (status, _) = self.run_to_end()?;
        let bytes = fs::read(&log).map_err(Error::io(log.display().to_string()))?;
        Ok(Output { status, text: String::from_utf8_lossy(&bytes).into_owned(), log })
    }

    fn run_to_end(mut self) -> Result<(ExitStatus, f64)> {
        if let Some(folder) = self.log.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder.display().to_string()))?;
        }
        let log = File::create(&self.log).map_err(Error::io(self.log.display().to_string()))?;
        let errors = log.try_clone().map_err(Error::io(self.log.display().to_string()))?;
        let started = Instant::now();
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(Error::io(format!("starting {:?}", self.command.get_program())))?;
        let status = self.wait(&mut child, started)?;
        Ok((status, started.elapsed().as_secs_f64()))
    }

    fn wait(&self, child: &mut Child, started: Instant) -> Result<ExitStatus> {
        let mut said = started;
        loop {
            if let Some(status) = child.try_wait().map_err(Error::io(&self.what))? {
                return Ok(status);
            }
            if started.elapsed() > self.limit {
                kill_with_children(child);
                return Err(Error::Failed {
                    what: self.what.clone(),
                    status: format!("stopped after {} s", self.limit.as_secs()),
                    log: self.log.clone(),
                    tail: tail(&self.log),
                });
            }
            if said.elapsed() > HEARTBEAT {
                said = Instant::now();
                let seconds = started.elapsed().as_secs();
                println!("  {}: still at it after {seconds} s ({})", self.what, self.log.display());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// How a step ended and what it said.
pub(crate) struct Output {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// Standard output and standard error, as they came.
    pub(crate) text: String,
    /// The file that holds the same text.
    pub(crate) log: PathBuf,
}

/// A command in the checkout, with what `cargo run` put into our environment taken out again.
pub(crate) fn command(places: &Places, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(&places.root)
        .env("CARGO_TARGET_DIR", &places.target)
        .env_remove("CARGO")
        .env_remove("LD_LIBRARY_PATH");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// The first line a quick question to a program gives, if it succeeds.
pub(crate) fn ask(places: &Places, program: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
    let output = command(places, program).args(args).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// The end of a log.
pub(crate) fn tail(log: &Path) -> String {
    let read = || {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        std::io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().unwrap_or_default()
}

fn describe(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

/// Ends a child and, where /proc tells who they are, everything it started.
pub(crate) fn kill_with_children(child: &mut Child) {
    let mut doomed = vec![child.id()];
    let parents = parents();
    let mut at = 0;
    while let Some(&id) = doomed.get(at) {
        doomed.extend(parents.iter().filter(|(_, parent)| *parent == id).map(|(child, _)| child));
        at += 1;
    }
    // An id that is already gone makes both of these fail, which is what we want anyway.
    let _ = child.kill();
    let _ = child.wait();
    for id in &doomed[1..] {
        let _ = Command::new("kill").args(["-9", &id.to_string()]).output();
    }
}

/// Every process with its parent, from Linux's /proc; empty elsewhere.
fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // "id (name) state parent …"; the name may hold anything, so count from its last ')'.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(name: &str) -> Places {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        Places { root: std::env::temp_dir(), target: folder.clone(), cache: folder }
    }

    #[test]
    #[cfg(unix)]
    fn a_failure_carries_the_tail_of_its_log() {
        let places = places("tail");
        let step = Step::new(&places, "fails", "failing", "sh").args(["-c", "echo why; exit 3"]);
        let error = step.run().unwrap_err().to_string();
        assert!(error.contains("exit code 3") && error.contains("why"), "{error}");
        fs::remove_dir_all(&places.target).unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_step_that_hangs_is_ended_with_what_it_started() {
        let places = places("hang");
        let pid = places.target.join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", pid.display());
        fs::create_dir_all(&places.target).unwrap();
        let step = Step::new(&places, "hangs", "hanging", "sh")
            .args(["-c", &script])
            .limit(Duration::from_millis(500));
        assert!(step.run().unwrap_err().to_string().contains("stopped after"));
        let id: u32 = fs::read_to_string(pid).unwrap().trim().parse().unwrap();
        let gone = || {
            let state = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        };
        let deadline = Instant::now() + Duration::from_secs(5);
        while !gone() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        assert!(gone(), "the sleeping grandchild {id} is still there");
        fs::remove_dir_all(&places.target).unwrap();
    }
}
