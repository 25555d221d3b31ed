//! A model pack on an engine: what every command that looks at pictures starts with.

use std::{rc::Rc, time::Instant};

use rollcall_core::{Engine, Pack, Recogniser};
use rollcall_engine::{
    FallbackEngine, ModelSet,
    choose::{
        AdapterFacts, Choice, EngineFacts, EngineKind, EngineWish, Fact, SelfTest, choose,
        self_test,
    },
    rten::RtenEngine,
    wonnx::{Gpu, WonnxEngine},
};

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

impl From<EngineChoice> for EngineWish {
    fn from(choice: EngineChoice) -> Self {
        match choice {
            EngineChoice::Auto => Self::Auto,
            EngineChoice::Cpu => Self::Cpu,
            EngineChoice::Gpu => Self::Gpu,
        }
    }
}

/// A pack whose networks are read, and the engine chosen for them, for any number of recognisers.
#[derive(Debug)]
pub struct Setup {
    pack: Pack,
    models: ModelSet,
    kind: EngineKind,
    why: String,
}

impl Setup {
    /// Reads the prepared pack called `name` and chooses an engine for it.
    ///
    /// # Errors
    /// When the pack is not there or not whole, or the GPU is asked for and cannot be had.
    pub fn open(cache: &Cache, name: &str, choice: EngineChoice) -> Result<Self, Error> {
        let open = OpenPack::read(cache, name)?;
        let models = open.models()?;
        let pack = open.pack;
        let (kind, why) = pollster::block_on(decide(choice.into(), &pack, &models))?;
        tracing::info!("{why}");
        Ok(Self { pack, models, kind, why })
    }

    /// The prepared pack.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// How many photos to work on at once: as many as wanted, else one per processor core; on a
    /// GPU, of which there is one, one.
    #[must_use]
    pub fn jobs(&self, wanted: Option<usize>) -> usize {
        let usual = if self.kind == EngineKind::Gpu { 1 } else { cores() };
        wanted.unwrap_or(usual).max(1)
    }

    /// A recogniser for one of `jobs` threads that work side by side and share the processor.
    ///
    /// # Errors
    /// When the engine cannot be had any more, or the pack is not fit for it.
    pub fn recogniser(&self, jobs: usize) -> Result<Recogniser, Error> {
        let cpu = RtenEngine::new(self.models.clone())
            .with_threads((cores() / jobs.max(1)).max(1))
            .with_why(&*self.why);
        let engine: Rc<dyn Engine> = match self.kind {
            EngineKind::Cpu => Rc::new(cpu),
            EngineKind::Gpu => {
                let gpu = pollster::block_on(Gpu::open())?;
                let gpu = WonnxEngine::new(self.models.clone(), gpu).with_why(&*self.why);
                Rc::new(FallbackEngine::new(Rc::new(gpu), Rc::new(cpu)))
            }
        };
        Recogniser::new(self.pack.clone(), engine)
            .map_err(|e| Error::PackDamaged { pack: self.pack.name.clone(), reason: e.to_string() })
    }
}

/// Chooses an engine, looking only at what the choice depends on.
async fn decide(
    wish: EngineWish,
    pack: &Pack,
    models: &ModelSet,
) -> Result<(EngineKind, String), Error> {
    let mut facts = EngineFacts { secure_context: true, ..EngineFacts::default() };
    let mut opened = None;
    loop {
        match choose(wish, &facts)? {
            Choice::Take { kind, why } => return Ok((kind, why)),
            Choice::OpenAdapter => match Gpu::open().await {
                Err(error) => facts.adapter = Fact::Missing(error.to_string()),
                Ok(gpu) => {
                    let (name, software) = (gpu.name().to_owned(), gpu.is_software());
                    facts.adapter = Fact::Known(AdapterFacts { name, software });
                    opened = Some(gpu);
                }
            },
            Choice::TestFirst => {
                facts.self_test = match opened.take() {
                    Some(gpu) => test(gpu, pack, models).await,
                    None => Fact::Missing("it is not open".to_owned()),
                };
            }
        }
    }
}

async fn test(gpu: Gpu, pack: &Pack, models: &ModelSet) -> Fact<SelfTest> {
    let Some(embedder) = pack.embedders.first() else {
        return Fact::Missing("the pack has no embedder".to_owned());
    };
    let gpu = WonnxEngine::new(models.clone(), gpu);
    let cpu = RtenEngine::new(models.clone());
    let start = Instant::now();
    let now = || start.elapsed().as_secs_f64() * 1000.0;
    match self_test(&gpu, &cpu, embedder, now).await {
        Ok(test) => Fact::Known(test),
        Err(error) => Fact::Missing(error.to_string()),
    }
}

/// The processor's cores that may be used.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
