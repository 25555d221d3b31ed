//! Which engine runs: the graphics card where it is real, right and faster, otherwise the CPU.

use std::rc::Rc;

use rollcall_core::{Engine, Pack, Tensor};
use rollcall_engine::{FallbackEngine, ModelSet, simd::SimdEngine};
use serde::Deserialize;
use wasm_bindgen::JsValue;

use crate::{
    error::{WebError, words},
    gpu_link::{GpuLink, fault},
    hooks::Hooks,
    models::Fetched,
};

/// The user's wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EngineChoice {
    /// Whatever serves best.
    Auto,
    /// The graphics card or nothing, even a software one.
    Gpu,
    /// The CPU.
    Cpu,
}

/// What the worker found out about WebGPU; `Facts` of the TypeScript client.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Facts {
    secure_context: bool,
    webgpu: bool,
    adapter: Option<Adapter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Adapter {
    name: String,
    software: bool,
}

/// How far the GPU's result may be from the CPU's, as a part of the result's own range.
const TOLERANCE: f32 = 1e-3;

/// The side of the embedders' input, in pixels.
const CROP: usize = rollcall_core::CROP as usize;

/// Makes the engine for the models of a pack. `because` is why the page wants the CPU, where that
/// is not the user's wish.
///
/// # Errors
/// When a model cannot be read, or the GPU was asked for by name and does not start.
pub(crate) async fn choose(
    choice: EngineChoice,
    because: Option<String>,
    facts: Option<&Facts>,
    fetched: &Fetched,
    hooks: &Hooks,
) -> Result<Rc<dyn Engine>, WebError> {
    let mut models = ModelSet::new();
    for (name, bytes) in &fetched.models {
        models = models.with(name, bytes).map_err(|error| WebError::Model(error.to_string()))?;
    }
    let cpu = |why: String| SimdEngine::new(models.clone()).with_why(why);
    let against = match (choice, facts) {
        (EngineChoice::Cpu, _) => Some(because.unwrap_or_else(|| "You chose the CPU.".to_owned())),
        (_, None) => Some("Nothing is known about the graphics card.".to_owned()),
        (EngineChoice::Gpu, Some(facts)) => {
            facts.missing().map_or(Ok(None), |reason| Err(WebError::Engine(reason)))?
        }
        (EngineChoice::Auto, Some(facts)) => facts.missing().or_else(|| facts.software()),
    };
    if let Some(reason) = against {
        return Ok(Rc::new(cpu(reason)));
    }
    match start(choice, fetched, hooks).await {
        Ok(gpu) if choice == EngineChoice::Gpu => {
            Ok(Rc::new(FallbackEngine::new(Rc::new(gpu), Rc::new(cpu(String::new())))))
        }
        Err(reason) if choice == EngineChoice::Gpu => Err(WebError::Engine(reason)),
        Ok(gpu) => {
            let cpu = Rc::new(cpu(String::new()));
            Ok(match self_test(&gpu, &*cpu, &fetched.pack, hooks).await {
                Ok(why) => Rc::new(FallbackEngine::new(Rc::new(gpu.with_why(why)), cpu)),
                Err(why) => Rc::new(SimdEngine::new(models.clone()).with_why(why)),
            })
        }
        Err(reason) => Ok(Rc::new(cpu(reason))),
    }
}

impl Facts {
    /// Why there is no adapter, if there is none.
    fn missing(&self) -> Option<String> {
        if self.adapter.is_some() {
            return None;
        }
        Some(if self.webgpu {
            "The browser found no graphics card it can use.".to_owned()
        } else if self.secure_context {
            "This browser has no WebGPU.".to_owned()
        } else {
            "Browsers offer WebGPU only to pages opened over https or from localhost.".to_owned()
        })
    }

    /// Why the adapter is none, if it is a program.
    fn software(&self) -> Option<String> {
        self.adapter.as_ref().filter(|adapter| adapter.software).map(|adapter| {
            format!("The only graphics adapter ({}) is a program; the CPU is faster.", adapter.name)
        })
    }
}

async fn start(choice: EngineChoice, fetched: &Fetched, hooks: &Hooks) -> Result<GpuLink, String> {
    let models = js_sys::Array::new();
    for (name, bytes) in &fetched.models {
        let bytes = js_sys::Uint8Array::from(&bytes[..]);
        models.push(&js_sys::Array::of2(&JsValue::from_str(name), &bytes));
    }
    let forced = choice == EngineChoice::Gpu;
    let engine = hooks.start_gpu(models, forced).await.map_err(|thrown| {
        match fault(&thrown) {
            Some(fault) => rollcall_core::EngineError::from(fault).to_string(),
            None => format!("The GPU engine did not start: {}.", words(&thrown)),
        }
    })?;
    let link = GpuLink::new(engine);
    let warning = if link.report().software_adapter {
        " It is a program that only acts as a graphics card, and slow."
    } else {
        ""
    };
    Ok(link.with_why(format!("You chose the GPU.{warning}")))
}

/// Runs each model on both engines on a known input: why the GPU may be used, or why not.
async fn self_test(
    gpu: &dyn Engine,
    cpu: &dyn Engine,
    pack: &Pack,
    hooks: &Hooks,
) -> Result<String, String> {
    let side = pack.detector.sizes.first().map_or(CROP, |&side| side as usize);
    let detector = [(pack.detector.model.name.as_str(), side)];
    let embedders = pack.embedders.iter().map(|spec| (spec.model.name.as_str(), CROP));
    let (mut gpu_ms, mut cpu_ms) = (0.0, 0.0);
    for (model, side) in detector.into_iter().chain(embedders) {
        let input = known_input(side)?;
        let (ours, ms) = run_timed(gpu, model, &input, hooks).await?;
        gpu_ms += ms;
        let (wanted, ms) = run_timed(cpu, model, &input, hooks).await?;
        cpu_ms += ms;
        let error = worst_error(&ours, &wanted);
        if error.is_nan() || error > TOLERANCE {
            return Err(format!(
                "The graphics card miscalculates {model} (off by {error:.4} of its range)."
            ));
        }
    }
    if gpu_ms < cpu_ms {
        Ok(format!("In a test the graphics card took {gpu_ms:.0} ms, the CPU {cpu_ms:.0} ms."))
    } else {
        Err(format!("In a test the CPU took {cpu_ms:.0} ms, the graphics card {gpu_ms:.0} ms."))
    }
}

/// Runs twice, since the first time also compiles; the milliseconds are the second run's.
async fn run_timed(
    engine: &dyn Engine,
    model: &str,
    input: &Tensor,
    hooks: &Hooks,
) -> Result<(Vec<Tensor>, f64), String> {
    engine.run(model, input).await.map_err(|error| error.to_string())?;
    let start = hooks.now();
    let outputs = engine.run(model, input).await.map_err(|error| error.to_string())?;
    Ok((outputs, hooks.now() - start))
}

/// A smooth picture with some detail, values 0 to 255, the same every time.
fn known_input(side: usize) -> Result<Tensor, String> {
    let value = |i: usize| {
        let (channel, y, x) = (i / (side * side), i / side % side, i % side);
        let wave = (x as f32 * 0.11 + channel as f32).sin() * (y as f32 * 0.07).cos();
        127.5 + 90.0 * wave + ((x * 31 + y * 17) % 29) as f32
    };
    let shape = vec![1, 3, side, side];
    let data = (0..3 * side * side).map(value).collect();
    Tensor::new(shape, data).map_err(|error| error.to_string())
}

/// The largest difference between two sets of outputs, as a part of the second one's range; not a
/// number or infinite where they cannot be compared.
fn worst_error(ours: &[Tensor], wanted: &[Tensor]) -> f32 {
    if ours.len() != wanted.len() {
        return f32::INFINITY;
    }
    ours.iter().zip(wanted).map(|(ours, wanted)| error(ours, wanted)).fold(0.0, |a, b| {
        if a.is_nan() || b.is_nan() { f32::NAN } else { f32::max(a, b) }
    })
}

fn error(ours: &Tensor, wanted: &Tensor) -> f32 {
    if ours.shape() != wanted.shape() {
        return f32::INFINITY;
    }
    let largest = wanted.data().iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
    let smallest = wanted.data().iter().fold(f32::INFINITY, |a, &b| a.min(b));
    let range = (largest - smallest).max(f32::MIN_POSITIVE);
    let differences = ours.data().iter().zip(wanted.data()).map(|(a, b)| (a - b).abs() / range);
    differences.fold(0.0, |a, b| if a.is_nan() || b.is_nan() { f32::NAN } else { a.max(b) })
}
