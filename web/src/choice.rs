//! Which engine runs: asks the browser for what the choice depends on, and makes what was chosen.

use std::rc::Rc;

use rollcall_core::{Engine, EngineError, Pack};
use rollcall_engine::{
    FallbackEngine, ModelSet,
    choose::{
        AdapterFacts, Choice, EngineFacts, EngineKind, EngineWish, Fact, SelfTest, choose,
        self_test,
    },
    simd::SimdEngine,
};
use serde::Deserialize;

use crate::{
    error::{WebError, words},
    hooks::Hooks,
    models::Fetched,
    remote::{GpuLink, SharedEngine, fault},
};

/// What the worker found out about WebGPU; `Facts` of the TypeScript client.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct BrowserFacts {
    secure_context: bool,
    webgpu: bool,
    adapter: Option<BrowserAdapter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct BrowserAdapter {
    name: String,
    software: bool,
}

/// Makes the engine for a pack that was fetched. `because` is why the page wants the CPU, where
/// that is not the user's own wish.
///
/// # Errors
/// When a model cannot be read, or the GPU is asked for by name and cannot be had.
pub(crate) async fn engine_for(
    fetched: &Fetched,
    wish: EngineWish,
    because: Option<&str>,
    browser: Option<&BrowserFacts>,
    hooks: &Hooks,
) -> Result<Rc<dyn Engine>, WebError> {
    let mut models = ModelSet::new();
    for (name, file) in &fetched.models {
        models = models.with(name, file).map_err(|error| WebError::Model(error.to_string()))?;
    }
    hooks.keep_models(fetched.to_js());
    let cpu = SimdEngine::new(models);
    let mut facts = EngineFacts {
        secure_context: browser.is_some_and(|browser| browser.secure_context),
        adapter: browser.map_or(Fact::Unknown, adapter),
        ..EngineFacts::default()
    };
    let mut gpu = None;
    loop {
        match choose(wish, &facts).map_err(|error| WebError::Engine(error.to_string()))? {
            Choice::OpenAdapter => facts.adapter = Fact::Missing("nobody looked for it".to_owned()),
            Choice::TestFirst => match start(wish, fetched, hooks).await {
                Err(reason) => facts.self_test = Fact::Missing(reason),
                Ok(link) => {
                    facts.adapter = Fact::Known(opened(&link));
                    facts.self_test = test(&link, &cpu, &fetched.pack, hooks).await;
                    gpu = Some(link);
                }
            },
            Choice::Take { kind, why } => {
                let cpu = cpu.with_why(because.unwrap_or(&why));
                let cpu = Rc::new(SharedEngine::new(cpu, hooks.helpers()));
                return Ok(match (kind, gpu) {
                    (EngineKind::Gpu, Some(gpu)) => {
                        Rc::new(FallbackEngine::new(Rc::new(gpu.with_why(why)), cpu))
                    }
                    _ => cpu,
                });
            }
        }
    }
}

/// The adapter as the browser describes it before it is opened.
fn adapter(browser: &BrowserFacts) -> Fact<AdapterFacts> {
    match &browser.adapter {
        Some(BrowserAdapter { name, software }) => {
            Fact::Known(AdapterFacts { name: name.clone(), software: *software })
        }
        None if browser.webgpu => {
            Fact::Missing("the browser found no graphics card that it can use".to_owned())
        }
        None => Fact::Missing("this browser has no WebGPU".to_owned()),
    }
}

fn opened(link: &GpuLink) -> AdapterFacts {
    let report = link.report();
    AdapterFacts { name: report.adapter.unwrap_or_default(), software: report.software_adapter }
}

/// Loads the second module and makes its engine; where that fails, says why.
async fn start(wish: EngineWish, fetched: &Fetched, hooks: &Hooks) -> Result<GpuLink, String> {
    let started = hooks.start_gpu(fetched.to_js(), wish == EngineWish::Gpu).await;
    started.map(GpuLink::new).map_err(|thrown| match fault(&thrown) {
        Some(fault) => EngineError::from(fault).to_string(),
        None => words(&thrown),
    })
}

async fn test(gpu: &GpuLink, cpu: &SimdEngine, pack: &Pack, hooks: &Hooks) -> Fact<SelfTest> {
    let Some(embedder) = pack.embedders.first() else {
        return Fact::Missing("the pack has no embedder".to_owned());
    };
    match self_test(gpu, cpu, embedder, || hooks.now()).await {
        Ok(test) => Fact::Known(test),
        Err(error) => Fact::Missing(error.to_string()),
    }
}
