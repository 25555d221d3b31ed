//! A build as a process of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, LazyLock},
};

use rollcall_fakes::{KEY, photos::Photos};

use super::common::SAMPLE;

/// Where a build goes, and where it keeps its state.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.path().join("db")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    /// The database that others use.
    pub(crate) fn published(&self) -> PathBuf {
        self.0.path().join("published")
    }

    /// Who asked to be left out.
    pub(crate) fn opt_outs(&self) -> PathBuf {
        self.0.path().join("opt-outs.txt")
    }

    /// The command that releases what was built, signed with a key of its own.
    pub(crate) fn release(&self) -> Command {
        let key = self.0.path().join("test.key");
        let rollcall = || Command::new(env!("CARGO_BIN_EXE_rollcall"));
        if !key.exists() {
            let made = rollcall().args(["--quiet", "key", "new"]).arg(&key).status().unwrap();
            assert!(made.success());
        }
        let mut command = rollcall();
        command.args(["--quiet", "release", "--engine", "cpu", "--contact", "me@example.org"]);
        command.args(["--removal-url", "https://example.org/remove"]);
        command.args(["--created", "2026-11-23T00:00:00Z", "--config"]).arg(self.config());
        command.arg("--sign-key").arg(key).arg("--opt-outs").arg(self.opt_outs());
        command.arg("--db").arg(self.published());
        command
    }

    /// The command that builds the share `share` (`0/3`).
    pub(crate) fn share(&self, url: &str, share: &str) -> Command {
        let state = self.share_state(share);
        let mut command = self.command(url);
        command.args(["--partition", share]);
        command.arg("--out").arg(state.join("db")).arg("--state").arg(state);
        command
    }

    /// The command that puts shares together.
    pub(crate) fn merge(&self, shares: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command.args(["--quiet", "merge", "--engine", "cpu", "--release", "2026.11.1"]);
        command.args(["--created", "2026-11-23T00:00:00Z", "--config"]).arg(self.config());
        for share in shares {
            command.arg("--state").arg(self.share_state(share));
        }
        command.arg("--out").arg(self.database());
        command
    }

    fn share_state(&self, share: &str) -> PathBuf {
        self.0.path().join(format!("share-{}", share.replace('/', "-of-")))
    }

    fn config(&self) -> PathBuf {
        self.0.path().join("builder_config.yaml")
    }

    /// Puts another stash-box into the configuration that [`Place::command`] has written.
    pub(crate) fn add_upstream(&self, url: &str, name: &str) {
        let mut text = fs::read_to_string(self.config()).unwrap();
        text += &format!(
            "endpoints:\n  - url: {url}\n    name: {name}\n    api_key: ${{TEST_KEY}}\n    \
             rate_limit_delay: 0.0001\n    images_per_second: 10000\n"
        );
        fs::write(self.config(), text).unwrap();
    }

    /// Who was linked, and why.
    pub(crate) fn links(&self) -> serde_json::Value {
        let path = self.0.path().join("db.links.json");
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// What the build says of its people.
    pub(crate) fn report(&self) -> serde_json::Value {
        let path = self.0.path().join("db.report.json");
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// Every file of the database, and the report, by name.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let report = self.0.path().join("db.report.json");
        let database = fs::read_dir(self.database()).unwrap().map(|entry| entry.unwrap().path());
        for path in database.chain([report]).filter(|path| path.is_file()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs::read(path).unwrap());
        }
        files
    }

    /// The command that builds from the fake stash-box at `url`, asked with `key`.
    pub(crate) fn command_with(&self, url: &str, key: &str) -> Command {
        LazyLock::force(&SAMPLE);
        let config = self.config();
        let text = format!(
            "stashdb:\n  url: {url}\n  name: stashdb.org\n  api_key: ${{TEST_KEY}}\n  \
             rate_limit_delay: 0.0001\n  images_per_second: 10000\noutput:\n  directory: {}\n\
             cache:\n  embeddings_directory: {}\nprocessing:\n  batch_size: 16\n",
            self.database().display(),
            self.state().display(),
        );
        // A build that was started just now may be reading it.
        let new = config.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command.args(["--quiet", "build", "--engine", "cpu", "--release", "2026.11.1"]);
        command.args(["--created", "2026-11-23T00:00:00Z", "--config"]).arg(config);
        command.env("TEST_KEY", key).stdout(Stdio::null());
        command
    }

    /// The same with the right key.
    pub(crate) fn command(&self, url: &str) -> Command {
        self.command_with(url, KEY)
    }

    pub(crate) fn start(&self, url: &str) -> Child {
        self.command(url).spawn().unwrap()
    }

    /// Runs a build to its end.
    pub(crate) fn build(&self, url: &str) {
        let status = self.command(url).status().unwrap();
        assert!(status.success(), "the build ended with {status}");
    }
}

/// The sample's photos of people, small.
pub(crate) fn photos() -> Photos {
    let large = rollcall_fakes::photos::folder(&SAMPLE.path("gallery"));
    Arc::new(move |picture| {
        let photo = large(picture);
        let (width, height) = photo.dimensions();
        let scale = 160.0 / f64::from(width.max(height));
        let side = |pixels: u32| (f64::from(pixels) * scale) as u32;
        image::imageops::thumbnail(&photo, side(width), side(height))
    })
}
