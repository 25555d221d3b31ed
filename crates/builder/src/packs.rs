//! Prepared model packs in the cache: fetching, checking, opening.

use std::{collections::BTreeMap, fs, path::Path};

use rollcall_core::{Pack, PackModel};
use rollcall_engine::{Limits, ModelSet};

use crate::{
    Cache, Error, Proof, files, fitness,
    pack_file::{Model, PackFile},
    samples::KnownFaces,
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
    /// Whether a pack made from these files is made from the ones described.
    fn is_made_from(&self, origin: &Origin) -> bool {
        self.models().count() == origin.len()
            && self.models().all(|model| {
                let got = origin.get(&model.name);
                got.is_some_and(|got| model.known_sha256().is_none_or(|wanted| wanted == got))
            })
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
        if !serde_json::from_slice(&origin).is_ok_and(|origin| self.is_made_from(&origin)) {
            return Err(self.damaged("it was prepared from other files"));
        }
        let pack = read_pack(folder, &self.name)?;
        let by_name: BTreeMap<_, _> = pack.models().map(|m| (&m.name, m)).collect();
        if self.prepared(|m| by_name.get(&m.name).copied().cloned()).as_ref() != Some(&pack) {
            return Err(self.damaged("pack.json does not say what the pack's description says"));
        }
        for model in pack.models() {
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
        if self.own_files().next().is_some() {
            let (mut names, mut pages): (Vec<_>, Vec<_>) =
                self.own_files().map(|own| (own.names.join(" or "), &*own.page)).unzip();
            names.dedup();
            pages.dedup();
            return Err(Error::OwnWeights {
                pack: self.name.clone(),
                names: names.join(", "),
                page: pages.join("; "),
            });
        }
        let fresh = self.prepare(cache, None, &mut step)?;
        self.install(cache, &fresh).map(|pack| (pack, true))
    }

    /// Adds the pack from files that the user has in `folder` (and packages, where it names some):
    /// checks them, prepares them, and has them recognise a known face before anything is kept.
    ///
    /// # Errors
    /// When a file is missing, is not the promised one, or cannot be prepared, and as
    /// [`Error::Unproved`] says.
    pub fn add(
        &self,
        cache: &Cache,
        folder: &Path,
        mut step: impl FnMut(&str),
    ) -> Result<Added, Error> {
        let fresh = self.prepare(cache, Some(folder), &mut step)?;
        let models = fresh.models()?;
        fitness::check_shapes(&fresh.pack, &models).map_err(|error| fresh.naming_file(error))?;
        step("looking at known faces");
        let proof = match KnownFaces::fetch(cache) {
            Ok(known) => Ok(fitness::prove(&fresh.pack, &models, &known)?),
            Err(error) => Err(error.to_string()),
        };
        let pack = self.install(cache, &fresh)?;
        Ok(Added { pack, files: fresh.files, proof })
    }

    /// Gets and prepares every network; own files come from `folder`.
    fn prepare(
        &self,
        cache: &Cache,
        folder: Option<&Path>,
        step: &mut impl FnMut(&str),
    ) -> Result<Fresh, Error> {
        let fetcher = Fetcher::new(cache, &self.sources);
        let (mut graphs, mut files, mut origin) = (BTreeMap::new(), vec![], Origin::new());
        for model in self.models() {
            let (label, bytes) = match (&model.from, &model.own, folder) {
                (Some(from), _, _) => {
                    step(&format!("fetching {}", model.name));
                    (from.label(), fetcher.file(from)?)
                }
                (None, Some(own), Some(folder)) => {
                    let (path, bytes) = own.read(folder)?;
                    (path.display().to_string(), bytes)
                }
                _ => return Err(self.damaged("a model comes from nowhere")),
            };
            step(&format!("preparing {}", model.name));
            origin.insert(model.name.clone(), files::sha256(&bytes));
            let bytes = prepare(model, &label, &bytes)?;
            let described = PackModel {
                name: model.name.clone(),
                sha256: files::sha256(&bytes),
                bytes: bytes.len() as u64,
                licence: model.licence.clone(),
            };
            files.push((model.name.clone(), label));
            graphs.insert(model.name.clone(), (described, bytes));
        }
        let pack = self.prepared(|m| graphs.get(&m.name).map(|(described, _)| described.clone()));
        let pack = pack.ok_or_else(|| self.damaged("a model is missing"))?;
        Ok(Fresh { pack, graphs, files, origin })
    }

    /// Writes a prepared pack into the cache: `pack.json` last, so that it is there whole or not at
    /// all.
    fn install(&self, cache: &Cache, fresh: &Fresh) -> Result<Pack, Error> {
        let folder = cache.pack(&self.name);
        for (described, bytes) in fresh.graphs.values() {
            files::write_atomically(&folder.join(file_name(described)), bytes)?;
        }
        files::write_json(&folder.join(ORIGIN), &fresh.origin)?;
        files::write_json(&folder.join(PACK), &fresh.pack)?;
        remove_strangers(&folder, &fresh.pack);
        self.verify(&folder)
    }
}

/// A pack just added.
#[derive(Clone, Debug)]
pub struct Added {
    /// It, as it is in the cache.
    pub pack: Pack,
    /// Each network's name and the file it was made from, the detector first.
    pub files: Vec<(String, String)>,
    /// What it made of known faces, or why it was not asked.
    pub proof: Result<Proof, String>,
}

/// A pack prepared in memory.
struct Fresh {
    pack: Pack,
    /// By the networks' names.
    graphs: BTreeMap<String, (PackModel, Vec<u8>)>,
    files: Vec<(String, String)>,
    origin: Origin,
}

impl Fresh {
    fn models(&self) -> Result<ModelSet, Error> {
        self.graphs.iter().try_fold(ModelSet::new(), |models, (name, (_, graph))| {
            models.with(name, graph).map_err(|error| {
                self.naming_file(Error::WrongModel {
                    model: name.clone(),
                    reason: error.to_string(),
                })
            })
        })
    }

    /// The error with the file of the network that it is about.
    fn naming_file(&self, error: Error) -> Error {
        match error {
            Error::WrongModel { model, reason } => {
                let file = self.files.iter().find(|(name, _)| *name == model);
                let file = file.map_or_else(String::new, |(_, label)| format!(" ({label})"));
                Error::WrongModel { model: format!("{model}{file}"), reason }
            }
            other => other,
        }
    }
}

/// Prepares a graph as it comes.
fn prepare(model: &Model, label: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    rollcall_engine::prepare(&model.name, bytes, &Limits::default()).map_err(|e| Error::Prepare {
        model: model.name.clone(),
        file: label.to_owned(),
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
        let graphs = pack
            .models()
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

/// Removes graphs that earlier versions left. That one cannot be removed harms nobody.
fn remove_strangers(folder: &Path, pack: &Pack) {
    let keep: Vec<String> = pack.models().map(file_name).collect();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".onnx") && !keep.contains(&name) {
            let removed = fs::remove_file(entry.path());
            tracing::debug!(?removed, name, "an earlier graph");
        }
    }
}
