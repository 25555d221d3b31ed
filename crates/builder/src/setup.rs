//! A model pack on an engine: what every command that looks at pictures starts with.

use std::rc::Rc;

use rollcall_core::{Engine, Recogniser};
use rollcall_engine::{ModelSet, rten::RtenEngine};

use crate::{Cache, Error, packs::OpenPack};

/// Which engine to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum EngineChoice {
    /// The GPU where it is real and faster, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, even one that is only a program.
    Gpu,
}

/// A pack whose networks are read, for any number of recognisers.
#[derive(Debug)]
pub struct Setup {
    /// The prepared pack.
    pub pack: OpenPack,
    models: ModelSet,
    choice: EngineChoice,
}

impl Setup {
    /// Reads the prepared pack called `name`.
    ///
    /// # Errors
    /// When it is not there or not whole.
    pub fn open(cache: &Cache, name: &str, choice: EngineChoice) -> Result<Self, Error> {
        let pack = OpenPack::read(cache, name)?;
        let mut models = ModelSet::new();
        for (model, graph) in &pack.graphs {
            models = models
                .with(model, graph)
                .map_err(|e| Error::PackDamaged { pack: name.to_owned(), reason: e.to_string() })?;
        }
        Ok(Self { pack, models, choice })
    }

    /// A recogniser for one of `jobs` threads that work side by side and share the processor.
    ///
    /// # Errors
    /// When the engine cannot be had, or the pack is not fit for it.
    pub fn recogniser(&self, jobs: usize) -> Result<Recogniser, Error> {
        let engine = self.engine(jobs)?;
        Recogniser::new(self.pack.pack.clone(), engine).map_err(|e| Error::PackDamaged {
            pack: self.pack.pack.name.clone(),
            reason: e.to_string(),
        })
    }

    fn engine(&self, jobs: usize) -> Result<Rc<dyn Engine>, Error> {
        let threads = (cores() / jobs.max(1)).max(1);
        let cpu = |why: &str| {
            let engine = RtenEngine::new(self.models.clone()).with_threads(threads).with_why(why);
            Rc::new(engine)
        };
        match self.choice {
            EngineChoice::Cpu => Ok(cpu("You chose the CPU.")),
            EngineChoice::Auto | EngineChoice::Gpu => Ok(cpu("TODO")),
        }
    }
}

/// The processor's cores that may be used.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
