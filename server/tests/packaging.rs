//! The files in packaging/ name options that there are, and promise what we promise.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_norway::Value;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
}

#[test]
fn every_variable_is_one_the_program_knows() {
    let help = Command::new(env!("CARGO_BIN_EXE_rollcall-server")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for file in [
        "packaging/Dockerfile",
        "packaging/docker-compose.yml",
        "packaging/unraid.xml",
        "docs/HOSTING.md",
    ] {
        let text = read(file);
        let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
        let variables: BTreeSet<_> = words
            .filter(|word| word.starts_with("ROLLCALL_") || *word == "DATABASE_PATH")
            .collect();
        assert!(!variables.is_empty(), "{file}");
        for variable in variables {
            assert!(help.contains(&format!("[env: {variable}")), "{file}: {variable}");
        }
    }
}

#[test]
fn the_sample_configuration_is_understood() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/server.toml");
    let mut program = Command::new(env!("CARGO_BIN_EXE_rollcall-server"));
    let output = program.arg("--config").arg(sample).arg("--check-config").output().unwrap();
    // Its folders are not here; everything else is fine.
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("there is no folder"), "{said}");
}

#[test]
fn containers_run_as_nobody_and_say_how_they_are() {
    let docker = read("packaging/Dockerfile");
    let last = docker.rsplit("FROM ").next().unwrap();
    assert!(
        last.starts_with("scratch") && last.contains("USER 65532") && last.contains("HEALTHCHECK")
    );
    let compose: Value = serde_norway::from_str(&read("packaging/docker-compose.yml")).unwrap();
    assert_eq!(compose["services"]["rollcall"]["read_only"], Value::Bool(true));
    for workflow in ["ci", "release"] {
        let workflow: Value =
            serde_norway::from_str(&read(&format!(".github/workflows/{workflow}.yml"))).unwrap();
        assert!(workflow["jobs"].is_mapping());
    }
    let unit = read("packaging/rollcall-server.service");
    assert!(unit.contains("DynamicUser=yes") && unit.contains("ProtectSystem=strict"));
}
