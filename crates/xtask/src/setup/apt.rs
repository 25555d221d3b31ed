//! Debian's packages, for machines that have apt-get.

use std::{sync::OnceLock, time::Duration};

use crate::{
    error::Result,
    places::{Places, on_path},
    step::{Step, ask},
};

/// Whether there is an apt-get to ask.
pub(crate) fn is_here() -> bool {
    on_path(&["apt-get"]).is_some()
}

/// Installs packages, without those that are merely recommended.
pub(crate) fn install(places: &Places, packages: &[&str]) -> Result<()> {
    static UPDATED: OnceLock<bool> = OnceLock::new();
    UPDATED.get_or_init(|| {
        // A failure shows in the install that follows, unless the lists at hand are good enough.
        apt_get(places, "apt-update", "reading the lists of Debian's packages", &["update"]).is_ok()
    });
    let words = ["install", "--yes", "--no-install-recommends"];
    let what = format!("installing {}", packages.join(", "));
    apt_get(places, "apt-install", &what, &[&words, packages].concat())
}

fn apt_get(places: &Places, name: &str, what: &str, args: &[&str]) -> Result<()> {
    let root = ask(places, "id", &["-u"]).as_deref() == Some("0");
    let sudo: &[&str] = if root || on_path(&["sudo"]).is_none() { &[] } else { &["sudo"] };
    let fixed =
        ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"];
    let words = [sudo, &fixed, args].concat();
    Step::new(places, name, what, words[0])
        .args(&words[1..])
        .limit(Duration::from_secs(30 * 60))
        .run()
}
