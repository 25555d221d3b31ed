//! `builder_config.yaml`: where performers come from, and where things go.
//!
//! The keys of the first builder mean what they meant there; further stash-boxes stand below
//! `endpoints`. Each `${NAME}` is replaced by that environment variable, so that keys need not stand in
//! the file. What no key is called is an error: a misspelt limit is no limit.

mod expand;
mod keys;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::{Deserialize, de::DeserializeOwned};
use serde_norway::Value;

use crate::{
    Error, files,
    net::{Net, Pace, Secret},
    sources::{Access, Software, Source},
};

/// The longest configuration read, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// Where StashDB is.
const STASHDB: &str = "https://stashdb.org/graphql";

/// What a configuration says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct BuilderConfig {
    /// The first stash-box.
    pub stashdb: Option<Endpoint>,
    /// Further ones.
    pub endpoints: Vec<Endpoint>,
    /// What is built.
    pub output: Output,
    /// What is kept for the next time.
    pub cache: CacheFolders,
    /// How it is built.
    pub processing: Processing,
}

/// An upstream.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    /// What runs there. Left out, it is known by the host.
    pub kind: Option<Software>,
    /// Where its GraphQL, or ThePornDB's REST, is.
    pub url: String,
    /// What performer ids begin with, if it is another name than the host's.
    pub name: Option<String>,
    /// The key to ask with.
    pub api_key: Option<Secret>,
    /// Seconds between two requests: 60/delay requests a minute.
    pub rate_limit_delay: Option<f64>,
    /// Pictures a second.
    pub images_per_second: Option<f64>,
    /// The most pictures that are fetched of a performer.
    pub max_images_per_performer: usize,
    /// Hosts that its pictures come from, beside its own and those below it.
    pub image_hosts: Vec<String>,
}

/// Where the database goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Output {
    /// The folder of the database.
    pub directory: Option<PathBuf>,
    /// The version of the next release, such as `2026.11.1`.
    pub version: Option<String>,
}

/// What is kept for the next time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CacheFolders {
    /// The folder of fetched pictures.
    pub image_directory: Option<PathBuf>,
    /// The most that it keeps, in GB.
    pub image_gigabytes: Option<u32>,
    /// The folder of the state: performers, faces and embeddings.
    pub embeddings_directory: Option<PathBuf>,
}

/// How it is built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Processing {
    /// How many pictures are kept at once.
    pub batch_size: Option<usize>,
    /// How many threads work.
    pub workers: Option<usize>,
    /// Whether the graphics card does.
    pub gpu: Option<bool>,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            kind: None,
            url: STASHDB.to_owned(),
            name: None,
            api_key: None,
            rate_limit_delay: None,
            images_per_second: None,
            // As the first builder's example had it.
            max_images_per_performer: 10,
            image_hosts: Vec::new(),
        }
    }
}

impl BuilderConfig {
    /// Reads a file. `variable` gives environment variables.
    ///
    /// # Errors
    /// When it cannot be read, or says what makes no sense.
    pub fn read(path: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let bytes = files::read_limited(path, MAX_BYTES)?;
        let text = String::from_utf8_lossy(&bytes);
        Self::parse(&text, variable)
            .map_err(|reason| Error::Config { file: path.to_owned(), reason })
    }

    /// Understands a text, or says what is wrong with it.
    ///
    /// # Errors
    /// A sentence for the user. It repeats no value of the file: one of them is a key.
    pub fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut value: Value = serde_norway::from_str(text).map_err(|error| {
            let at = error.location().map(|at| format!(" in line {}", at.line()));
            format!("it is no YAML{}", at.unwrap_or_default())
        })?;
        if value.is_null() {
            return Ok(Self::default());
        }
        keys::check(&value)?;
        expand::variables(&mut value, &variable)?;
        let config: Self = read_value(value)?;
        config.all().try_for_each(Endpoint::check)?;
        config.check_names()?;
        Ok(config)
    }

    /// Every upstream, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = &Endpoint> {
        self.stashdb.iter().chain(&self.endpoints)
    }

    fn check_names(&self) -> Result<(), String> {
        let mut names: Vec<String> = self.all().map(Endpoint::endpoint).collect();
        names.sort();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(format!(
                "{} is there twice; leave one out, or give it another `name`",
                twice[0]
            )),
            None => Ok(()),
        }
    }
}

impl Endpoint {
    /// What performer ids begin with.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.access().name()
    }

    /// How it is asked.
    #[must_use]
    pub fn access(&self) -> Access {
        let usual = Pace::default();
        let key = self.api_key.clone().unwrap_or_default();
        let access = Access::new(&self.url, key);
        Access {
            software: self.kind.unwrap_or(access.software),
            endpoint: self.name.clone(),
            pace: Pace {
                api_per_minute: self
                    .rate_limit_delay
                    .map_or(usual.api_per_minute, |delay| 60.0 / delay),
                images_per_second: self.images_per_second.unwrap_or(usual.images_per_second),
            },
            image_hosts: self.image_hosts.clone(),
            ..access
        }
    }

    /// Opens it as a source.
    ///
    /// # Errors
    /// When its address is none.
    pub fn open(&self, net: &Net) -> Result<Box<dyn Source>, Error> {
        self.access().open(net)
    }

    fn check(&self) -> Result<(), String> {
        let name = self.endpoint();
        if name.is_empty() {
            return Err("an endpoint has no `url`".to_owned());
        }
        let positive = |what: &str, number: Option<f64>| match number {
            Some(number) if !(number.is_finite() && number > 0.0) => {
                Err(format!("{what} of {name} must be a number above 0"))
            }
            _ => Ok(()),
        };
        positive("rate_limit_delay", self.rate_limit_delay)?;
        positive("images_per_second", self.images_per_second)?;
        if self.api_key.as_ref().is_none_or(Secret::is_empty)
            && self.access().software != Software::Stash
        {
            return Err(format!(
                "{name} needs an api_key; write api_key: ${{NAME}} and put the key into the environment variable NAME"
            ));
        }
        Ok(())
    }
}

/// A part of the file as a type. Errors say where, but repeat no value.
fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_norway::from_value(value).map_err(|error| {
        let text = error.to_string();
        // `place: invalid type: string "…", expected …`: what stands between may be a key.
        let wrong = ["invalid ", "unknown variant "].iter().find_map(|wrong| text.find(wrong));
        match (wrong, text.rsplit_once(", expected ")) {
            (Some(at), Some((_, wanted))) => format!("{}expected {wanted}", &text[..at]),
            _ => text,
        }
    })
}
