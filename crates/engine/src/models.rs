//! The models an engine can run, by name.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use rollcall_core::{EngineError, Tensor};

use crate::{Graph, ModelError, Network};

/// Prepared models by name. Copies share the weights, so every thread can have an engine of its own.
#[derive(Clone, Debug, Default)]
pub struct ModelSet {
    networks: BTreeMap<String, Arc<Network>>,
}

impl ModelSet {
    /// No models.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the prepared model in `file`, or puts it in place of the one of that name.
    ///
    /// # Errors
    /// When the file is damaged, too large, or uses what Rollcall does not run.
    pub fn with(mut self, name: &str, file: &[u8]) -> Result<Self, ModelError> {
        self.networks.insert(name.to_owned(), Arc::new(Network::parse(name, file)?));
        Ok(self)
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.networks.keys().map(String::as_str)
    }

    /// The graph of `model` for an input of `shape`, `[batch, channels, height, width]`.
    ///
    /// # Errors
    /// When there is no such model, or it does not take that shape.
    pub fn specialise(&self, model: &str, shape: &[usize]) -> Result<Graph, EngineError> {
        let network = self.networks.get(model);
        let network = network.ok_or_else(|| EngineError::UnknownModel(model.to_owned()))?;
        network.specialise(shape).map_err(|error| unsupported(model, error.to_string()))
    }
}

/// This engine does not run `model`, for this reason.
pub(crate) fn unsupported(model: &str, reason: impl Into<String>) -> EngineError {
    EngineError::Unsupported { model: model.to_owned(), reason: reason.into() }
}

/// How many pictures there are in a batch, and the shape of a batch of one.
pub(crate) fn one_of(model: &str, batch: &Tensor) -> Result<(usize, Vec<usize>), EngineError> {
    match batch.shape() {
        [count, one @ ..] if !batch.data().is_empty() => Ok((*count, [&[1], one].concat())),
        shape => Err(unsupported(model, format!("its input has the shape {shape:?}"))),
    }
}

/// How many specialised networks an engine keeps: a detector at three sizes and two embedders,
/// with room to spare. Each holds its weights again, so there has to be a limit.
const KEPT: usize = 8;

/// What an engine has made of models, by model and input shape; the one not used for longest goes
/// first.
#[derive(Debug)]
pub(crate) struct Specialised<T> {
    /// The last used comes last.
    kept: Vec<(String, Vec<usize>, Rc<T>)>,
}

impl<T> Default for Specialised<T> {
    fn default() -> Self {
        Self { kept: Vec::new() }
    }
}

impl<T> Specialised<T> {
    pub(crate) fn get(&mut self, model: &str, shape: &[usize]) -> Option<Rc<T>> {
        let place = self.kept.iter().position(|(m, s, _)| m == model && s == shape)?;
        let found = self.kept.remove(place);
        let value = Rc::clone(&found.2);
        self.kept.push(found);
        Some(value)
    }

    pub(crate) fn insert(&mut self, model: &str, shape: &[usize], value: T) -> Rc<T> {
        if self.kept.len() >= KEPT {
            self.kept.remove(0);
        }
        let value = Rc::new(value);
        self.kept.push((model.to_owned(), shape.to_vec(), Rc::clone(&value)));
        value
    }

    #[cfg(feature = "gpu")]
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unused_network_goes_first() {
        let mut cache = Specialised::default();
        for n in 0..KEPT {
            cache.insert("m", &[n], n);
        }
        assert_eq!(cache.get("m", &[0]).as_deref(), Some(&0));
        cache.insert("m", &[KEPT], KEPT);
        assert_eq!(cache.get("m", &[1]), None);
        assert_eq!(cache.get("m", &[0]).as_deref(), Some(&0));
        assert_eq!(cache.get("m", &[KEPT]).as_deref(), Some(&KEPT));
        assert_eq!(cache.get("n", &[0]), None);
    }

    #[test]
    fn an_unknown_model_is_named() {
        let error = ModelSet::new().specialise("sface", &[1, 3, 112, 112]).unwrap_err();
        assert!(matches!(error, EngineError::UnknownModel(name) if name == "sface"));
    }
}
