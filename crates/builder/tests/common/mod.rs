//! The program, and the sample that its own commands make.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) fn rollcall() -> Command {
    Command::cargo_bin("rollcall").unwrap()
}

/// The default pack, the sample photos and their database, made by the commands themselves.
pub(crate) struct Sample {
    folder: TempDir,
}

pub(crate) static SAMPLE: LazyLock<Sample> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    rollcall().args(["models", "fetch"]).assert().success();
    rollcall().args(["samples", "fetch", "--out"]).arg(folder.path()).assert().success();
    let sample = Sample { folder };
    build(&sample.path("gallery"), &sample.path("db")).assert().success();
    sample
});

impl Sample {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

pub(crate) fn build(source: &Path, out: &Path) -> Command {
    let mut command = rollcall();
    command.args(["--quiet", "build", "--engine", "cpu", "--created", "2026-11-23T00:00:00Z"]);
    command.arg("--source").arg(format!("folder:{}", source.display())).arg("--out").arg(out);
    command
}

pub(crate) fn json_of(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
