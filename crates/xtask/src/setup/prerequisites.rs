//! What we expect of a machine and do not install ourselves.

use std::thread;

use crate::{
    error::{Error, Result},
    places::{Places, on_path},
    step::ask,
};

/// The oldest Node that our npm packages run on.
const NODE: (u32, u32) = (20, 19);

/// Names everything that is missing, each with the way to get it.
pub(crate) fn check(places: &Places) -> Result<()> {
    let checks: [fn(&Places) -> Option<String>; 4] = [rust, node, python, git];
    let missing: Vec<String> = thread::scope(|scope| {
        let running = checks.map(|check| scope.spawn(move || check(places)));
        running.into_iter().filter_map(|check| check.join().unwrap_or(None)).collect()
    });
    if missing.is_empty() { Ok(()) } else { Err(Error::Prerequisites(missing)) }
}

fn rust(places: &Places) -> Option<String> {
    let works = ask(places, "rustc", &["--version"]).is_some();
    (!works || on_path(&["rustup"]).is_none())
        .then(|| "- Rust, through rustup: see https://rustup.rs".to_owned())
}

fn node(places: &Places) -> Option<String> {
    let get = "https://nodejs.org, or your system's packages `nodejs` and `npm`";
    let Some(version) = ask(places, "node", &["--version"]) else {
        return Some(format!("- Node {}.{} or newer with npm: {get}", NODE.0, NODE.1));
    };
    if node_version(&version).is_none_or(|version| version < NODE) {
        return Some(format!("- Node {}.{} or newer, not {version}: {get}", NODE.0, NODE.1));
    }
    on_path(&["npm", "npm.cmd"]).is_none().then(|| format!("- npm, which comes with Node: {get}"))
}

/// `v20.20.2` -> (20, 20)
fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn python(places: &Places) -> Option<String> {
    let get =
        "https://www.python.org, or on Debian `apt-get install python3 python3-pip python3-venv`";
    ask(places, "python3", &["-c", "import pip, venv, ensurepip"])
        .is_none()
        .then(|| format!("- Python 3 with pip and venv: {get}"))
}

fn git(_: &Places) -> Option<String> {
    on_path(&["git"])
        .is_none()
        .then(|| "- git: https://git-scm.com, or on Debian `apt-get install git`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_read_and_compared() {
        assert_eq!(node_version("v20.20.2\n"), Some((20, 20)));
        assert!(node_version("v18.19.0").unwrap() < NODE);
        assert_eq!(node_version("nonsense"), None);
    }
}
