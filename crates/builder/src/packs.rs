//! Prepared model packs in the cache: fetching, checking, opening.

use std::{collections::BTreeMap, fs, path::Path};

use rollcall_core::{Pack, PackModel};
use rollcall_engine::{Limits, ModelSet};

use crate::{
    Cache, Error, files,
    pack_file::{Model, PackFile},
    source::Fetcher,
};

/// The largest prepared graph or `pack.json` read.
const MAX_MODEL: u64 = 1 << 30;
const PACK: &str = "pack.json";
const ORIGIN: &str = "origin.json";

/// SHA-256 of the file that each network was prepared from, by the network's name. Where these or
/// the pack's version are not those of the description, the pack is prepared again.
type Origin = BTreeMap<String, String>;

/// How a pack in the cache is.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Prepared from this description's files, all checksums right.
    Ready(Pack),
    /// Never fetched.
    Missing,
    /// Files are missing, changed, or of another version; why in words.
    Damaged(String),
}

impl PackFile {
    fn origin(&self) -> Origin {
        self.models().map(|m| (m.name.clone(), m.from.sha256.clone())).collect()
    }

    fn damaged(&self, reason: &str) -> Error {
        Error::PackDamaged { pack: self.name.clone(), reason: reason.to_owned() }
    }

    /// Looks whether the prepared pack is there and whole. Reads every file.
    #[must_use]
    pub fn state(&self, cache: &Cache) -> State {
        let folder = cache.pack(&self.name);
        if !folder.join(PACK).is_file() {
            return State::Missing;
        }
        match self.verify(&folder) {
            Ok(pack) => State::Ready(pack),
            Err(error) => State::Damaged(error.to_string()),
        }
    }

    fn verify(&self, folder: &Path) -> Result<Pack, Error> {
        let origin = files::read_limited(&folder.join(ORIGIN), MAX_MODEL)?;
        if serde_json::from_slice(&origin).ok() != Some(self.origin()) {
            return Err(self.damaged("it was prepared from other files"));
        }
        let pack = read_pack(folder, &self.name)?;
        let by_name: BTreeMap<_, _> = models_of(&pack).map(|m| (&m.name, m)).collect();
        if self.prepared(|m| by_name.get(&m.name).copied().cloned()).as_ref() != Some(&pack) {
            return Err(self.damaged("pack.json does not say what the pack's description says"));
        }
        for model in models_of(&pack) {
            read_model(folder, model)?;
        }
        Ok(pack)
    }

    /// Makes sure that the prepared pack is in the cache; with `again`, prepares it in any case.
    /// Gives it, and whether anything had to be done. `step` is told what is being done, for the user to see.
    ///
    /// # Errors
    /// When a package cannot be had, is not the promised one, or a network cannot be prepared.
    pub fn fetch(
        &self,
        cache: &Cache,
        again: bool,
        mut step: impl FnMut(&str),
    ) -> Result<(Pack, bool), Error> {
        match self.state(cache) {
            State::Ready(pack) if !again => return Ok((pack, false)),
            State::Ready(_) | State::Missing => {}
            State::Damaged(reason) => tracing::warn!("{reason}"),
        }
        let folder = cache.pack(&self.name);
        let fetcher = Fetcher::new(cache, &self.sources);
        let mut prepared = BTreeMap::new();
        for model in self.models() {
            step(&format!("fetching {}", model.name));
            let bytes = fetcher.file(&model.from)?;
            step(&format!("preparing {}", model.name));
            let bytes = prepare(model, &bytes)?;
            let described = PackModel {
                name: model.name.clone(),
                sha256: files::sha256(&bytes),
                bytes: bytes.len() as u64,
                licence: model.licence.clone(),
            };
            files::write_atomically(&folder.join(file_name(&described)), &bytes)?;
            prepared.insert(&model.name, described);
        }
        let pack = self.prepared(|m| prepared.get(&m.name).cloned());
        let pack = pack.ok_or_else(|| self.damaged("a model is missing"))?;
        files::write_json(&folder.join(ORIGIN), &self.origin())?;
        files::write_json(&folder.join(PACK), &pack)?;
        remove_strangers(&folder, &pack);
        self.verify(&folder).map(|pack| (pack, true))
    }
}

/// Prepares a graph as it comes in its package.
fn prepare(model: &Model, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    rollcall_engine::prepare(&model.name, bytes, &Limits::default()).map_err(|e| Error::Prepare {
        model: model.name.clone(),
        file: model.from.label(),
        reason: e.to_string(),
    })
}

/// A prepared pack with the bytes of its graphs, checked, for an engine to load.
#[derive(Clone, Debug)]
pub struct OpenPack {
    /// How to feed the networks.
    pub pack: Pack,
    /// Each network's name and prepared graph, the detector first.
    pub graphs: Vec<(String, Vec<u8>)>,
}

impl OpenPack {
    /// Reads the prepared pack called `name`.
    ///
    /// # Errors
    /// When it is not there or not whole.
    pub fn read(cache: &Cache, name: &str) -> Result<Self, Error> {
        let folder = cache.pack(name);
        if !folder.join(PACK).is_file() {
            return Err(Error::PackMissing(name.to_owned()));
        }
        let damaged =
            |error: Error| Error::PackDamaged { pack: name.to_owned(), reason: error.to_string() };
        let pack = read_pack(&folder, name)?;
        let graphs = models_of(&pack)
            .map(|m| Ok((m.name.clone(), read_model(&folder, m).map_err(damaged)?)))
            .collect::<Result<_, Error>>()?;
        Ok(Self { pack, graphs })
    }

    /// The graphs, read, for engines.
    ///
    /// # Errors
    /// When one of them cannot be run.
    pub fn models(&self) -> Result<ModelSet, Error> {
        self.graphs.iter().try_fold(ModelSet::new(), |models, (name, graph)| {
            models.with(name, graph).map_err(|e| Error::PackDamaged {
                pack: self.pack.name.clone(),
                reason: e.to_string(),
            })
        })
    }

    /// Writes a network as float ONNX for inputs of `shape`, `[batch, channels, height, width]`.
    ///
    /// # Errors
    /// When there is no such network, it does not take the shape, or the file cannot be written.
    pub fn export(&self, model: &str, shape: &[usize], path: &Path) -> Result<(), Error> {
        let graph = self.models()?.specialise(model, shape);
        files::write_atomically(path, &graph.map_err(|e| Error::Usage(e.to_string()))?.to_onnx())
    }
}

fn read_pack(folder: &Path, name: &str) -> Result<Pack, Error> {
    let bytes = files::read_limited(&folder.join(PACK), MAX_MODEL)?;
    let pack: Pack = serde_json::from_slice(&bytes).map_err(|e| Error::PackDamaged {
        pack: name.to_owned(),
        reason: format!("{PACK}: {e}"),
    })?;
    Ok(pack)
}

fn read_model(folder: &Path, model: &PackModel) -> Result<Vec<u8>, Error> {
    let path = folder.join(file_name(model));
    let bytes = files::read_limited(&path, MAX_MODEL)?;
    files::check(&path.display().to_string(), &bytes, model.bytes, &model.sha256)?;
    Ok(bytes)
}

/// A checksum that is no checksum cannot name a file elsewhere.
fn file_name(model: &PackModel) -> String {
    let hex: String = model.sha256.chars().filter(char::is_ascii_hexdigit).collect();
    format!("{hex}.onnx")
}

/// Its networks, the detector first.
fn models_of(pack: &Pack) -> impl Iterator<Item = &PackModel> {
    std::iter::once(&pack.detector.model).chain(pack.embedders.iter().map(|e| &e.model))
}

/// Removes graphs that earlier versions left. That one cannot be removed harms nobody.
fn remove_strangers(folder: &Path, pack: &Pack) {
    let keep: Vec<String> = models_of(pack).map(file_name).collect();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".onnx") && !keep.contains(&name) {
            let removed = fs::remove_file(entry.path());
            tracing::debug!(?removed, name, "an earlier graph");
        }
    }
}
