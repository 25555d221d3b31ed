//! Which engine to take, and the test that tells whether the GPU is worth it.

use rollcall_core::{EmbedderSpec, Engine, EngineError, Tensor};
use serde::{Deserialize, Serialize};

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineWish {
    /// Whatever is right and fastest.
    #[default]
    Auto,
    /// The GPU or nothing.
    Gpu,
    /// The CPU.
    Cpu,
}

/// What there is to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// An engine on the CPU.
    Cpu,
    /// An engine on the GPU.
    Gpu,
}

/// What is known so far. Ask for the next fact only when [`choose`] says it needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineFacts {
    /// Natively, and on a page from https or this machine. Other pages have no WebGPU.
    pub secure_context: bool,
    /// The adapter that was opened.
    pub adapter: Fact<AdapterFacts>,
    /// How the self-test went; the words say why it could not be done.
    pub self_test: Fact<SelfTest>,
}

/// Something that may not have been looked for yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Fact<T> {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// There is none; a phrase says why.
    Missing(String),
    /// This.
    Known(T),
}

/// What matters of a graphics adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterFacts {
    /// Its name.
    pub name: String,
    /// Whether it is a program that only acts as a GPU.
    pub software: bool,
}

/// How both engines did on the known input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SelfTest {
    /// The largest difference of the GPU's output from the stored one, as a part of that one's
    /// range.
    pub gpu_error: f32,
    /// Milliseconds on the GPU, warm.
    pub gpu_ms: f64,
    /// Milliseconds on the CPU, warm.
    pub cpu_ms: f64,
}

impl SelfTest {
    /// Whether the GPU computes what it should.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.gpu_error <= TOLERANCE
    }
}

/// The most an output may differ from its reference, as a part of the reference's range. Two right
/// engines differ by about 5e-6, one with a single wrong weight by far more.
pub const TOLERANCE: f32 = 1e-3;

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Open the adapter, fill in [`EngineFacts::adapter`] and ask again.
    OpenAdapter,
    /// Do the self-test, fill in [`EngineFacts::self_test`] and ask again.
    TestFirst,
    /// Take this engine.
    Take {
        /// Which.
        kind: EngineKind,
        /// Why, in a sentence for the user.
        why: String,
    },
}

/// The user wants the GPU and it cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the graphics card cannot be used: {0}; choose the engine \"auto\" or \"cpu\"")]
pub struct NoGpu(String);

/// Decides on an engine.
///
/// `Auto` takes the GPU only if it is real, right and faster than the CPU. `Gpu` takes even one
/// that is only a program and slow, but not one that computes wrongly.
///
/// # Errors
/// When the user wants the GPU and it cannot be had.
pub fn choose(wish: EngineWish, facts: &EngineFacts) -> Result<Choice, NoGpu> {
    let forced = match wish {
        EngineWish::Cpu => return Ok(take(EngineKind::Cpu, "You chose the CPU.".into())),
        EngineWish::Gpu => true,
        EngineWish::Auto => false,
    };
    let instead = |reason: String| {
        if forced { Err(NoGpu(reason)) } else { Ok(take(EngineKind::Cpu, on_the_cpu(&reason))) }
    };
    if !facts.secure_context {
        return instead("this page comes over plain http, where browsers allow no WebGPU".into());
    }
    let adapter = match &facts.adapter {
        Fact::Unknown => return Ok(Choice::OpenAdapter),
        Fact::Missing(reason) => return instead(reason.clone()),
        Fact::Known(adapter) => adapter,
    };
    let name = &adapter.name;
    if adapter.software && !forced {
        return instead(format!("{name} is a program that only acts as a graphics card"));
    }
    let test = match &facts.self_test {
        Fact::Unknown => return Ok(Choice::TestFirst),
        Fact::Missing(reason) => return instead(format!("{name} failed its self-test ({reason})")),
        Fact::Known(test) => test,
    };
    if !test.agrees() {
        return instead(format!("{name} computes wrongly, by {:.1e} of the range", test.gpu_error));
    }
    let (gpu, cpu) = (test.gpu_ms, test.cpu_ms);
    let times = format!("{gpu:.0} ms a face against {cpu:.0} ms on the CPU");
    if forced {
        let warning = if adapter.software {
            " It is a program that only acts as a graphics card: right, but slow."
        } else {
            ""
        };
        let why = format!("You chose the graphics card: {name}, {times}.{warning}");
        return Ok(take(EngineKind::Gpu, why));
    }
    // Also when a time is no number.
    if gpu < cpu {
        Ok(take(EngineKind::Gpu, format!("{name} computes rightly and faster: {times}.")))
    } else {
        instead(format!("{name} is not faster: {times}"))
    }
}

fn take(kind: EngineKind, why: String) -> Choice {
    Choice::Take { kind, why }
}

fn on_the_cpu(reason: &str) -> String {
    format!("The CPU does the work, because {reason}.")
}

/// The input of the self-test: a picture of no face, the same everywhere to the last bit, fed as
/// `embedder` wants it.
fn pattern(embedder: &EmbedderSpec) -> Result<Tensor, EngineError> {
    let side = embedder.crop.side() as usize;
    let pixel = |i: usize| {
        let (plane, row, column) = (i / (side * side), i / side % side, i % side);
        ((row * row + 3 * column + 40 * plane + row * column / 7) % 256) as f32
    };
    let mut planes: Vec<f32> = (0..3 * side * side).map(pixel).collect();
    embedder.feed_planes(&mut planes);
    Ok(Tensor::new(vec![1, 3, side, side], planes)?)
}

/// What onnxruntime makes of [`pattern`], for the embedders we ship (`self_test.json`, written by
/// `tests/reference/self_test.py` from the original files, not from our preparation of them).
fn stored(model: &str) -> Option<Vec<f32>> {
    #[derive(Deserialize)]
    struct Stored {
        model: String,
        output: Vec<f32>,
    }
    let all: Vec<Stored> = serde_json::from_str(include_str!("self_test.json")).ok()?;
    all.into_iter().find(|stored| stored.model == model).map(|stored| stored.output)
}

/// Runs `embedder` on a known input on both engines, and compares the GPU's output with the stored
/// one (for a model of the user's own: with the CPU's) and the times. `now` is a clock in
/// milliseconds.
///
/// # Errors
/// When an engine does not run the model.
pub async fn self_test(
    gpu: &dyn Engine,
    cpu: &dyn Engine,
    embedder: &EmbedderSpec,
    now: impl Fn() -> f64,
) -> Result<SelfTest, EngineError> {
    let input = pattern(embedder)?;
    let (on_gpu, gpu_ms) = timed(gpu, embedder, &input, &now).await?;
    let (on_cpu, cpu_ms) = timed(cpu, embedder, &input, &now).await?;
    let wanted = stored(&embedder.model.name).unwrap_or(on_cpu);
    Ok(SelfTest { gpu_error: relative_error(&on_gpu, &wanted), gpu_ms, cpu_ms })
}

/// The output, and the shortest of a few warm runs.
async fn timed(
    engine: &dyn Engine,
    embedder: &EmbedderSpec,
    input: &Tensor,
    now: impl Fn() -> f64,
) -> Result<(Vec<f32>, f64), EngineError> {
    // The first run compiles the network; a program that acts as a GPU takes seconds for each.
    const ENOUGH_MS: f64 = 1000.0;
    let name = &embedder.model.name;
    let mut outputs = engine.run(name, input).await?;
    let (begin, mut best) = (now(), f64::INFINITY);
    for _ in 0..3 {
        let start = now();
        outputs = engine.run(name, input).await?;
        best = best.min(now() - start);
        if now() - begin > ENOUGH_MS {
            break;
        }
    }
    let output = outputs.into_iter().next().map(Tensor::into_data).unwrap_or_default();
    Ok((output, best))
}

/// The largest difference from `reference`, as a part of the reference's range; infinite where
/// they cannot be compared.
#[must_use]
pub fn relative_error(output: &[f32], reference: &[f32]) -> f32 {
    if output.len() != reference.len() || output.is_empty() {
        return f32::INFINITY;
    }
    let (mut low, mut high, mut most) = (f32::INFINITY, f32::NEG_INFINITY, 0.0_f32);
    for (&a, &b) in output.iter().zip(reference) {
        if !a.is_finite() || !b.is_finite() {
            return f32::INFINITY;
        }
        (low, high, most) = (low.min(b), high.max(b), most.max((a - b).abs()));
    }
    if most == 0.0 { 0.0 } else { most / (high - low) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(software: bool, gpu_error: f32, gpu_ms: f64) -> EngineFacts {
        let adapter = AdapterFacts { name: "Arc B580".into(), software };
        let test = SelfTest { gpu_error, gpu_ms, cpu_ms: 30.0 };
        EngineFacts {
            secure_context: true,
            adapter: Fact::Known(adapter),
            self_test: Fact::Known(test),
        }
    }

    fn kind(wish: EngineWish, facts: &EngineFacts) -> Option<(EngineKind, String)> {
        match choose(wish, facts) {
            Ok(Choice::Take { kind, why }) => Some((kind, why)),
            Ok(other) => panic!("{other:?}"),
            Err(_) => None,
        }
    }

    #[test]
    fn auto_takes_a_gpu_that_is_real_right_and_faster() {
        let (chosen, why) = kind(EngineWish::Auto, &facts(false, 5e-6, 9.0)).unwrap();
        assert_eq!(chosen, EngineKind::Gpu);
        assert!(why.contains("Arc B580") && why.contains("9 ms") && why.contains("30 ms"), "{why}");
    }

    #[test]
    fn auto_takes_the_cpu_in_every_other_case_and_says_why() {
        let fine = facts(false, 5e-6, 9.0);
        let cases = [
            (EngineFacts { secure_context: false, ..fine.clone() }, "plain http"),
            (
                EngineFacts { adapter: Fact::Missing("no adapter".into()), ..fine.clone() },
                "no adapter",
            ),
            (facts(true, 5e-6, 9.0), "only acts as"),
            (EngineFacts { self_test: Fact::Missing("lost".into()), ..fine }, "lost"),
            (facts(false, 2e-3, 9.0), "computes wrongly"),
            (facts(false, f32::INFINITY, 9.0), "computes wrongly"),
            (facts(false, f32::NAN, 9.0), "computes wrongly"),
            (facts(false, 5e-6, 30.0), "not faster"),
            (facts(false, 5e-6, f64::NAN), "not faster"),
        ];
        for (facts, words) in cases {
            let (chosen, why) = kind(EngineWish::Auto, &facts).unwrap();
            assert_eq!(chosen, EngineKind::Cpu, "{facts:?}");
            assert!(why.contains(words), "{why}");
        }
    }

    #[test]
    fn a_forced_gpu_may_be_slow_or_software_but_never_wrong_or_missing() {
        let fine = facts(true, 5e-6, 4000.0);
        let (chosen, why) = kind(EngineWish::Gpu, &fine).unwrap();
        assert_eq!(chosen, EngineKind::Gpu);
        assert!(why.contains("right, but slow"), "{why}");
        let unusable = [
            EngineFacts { secure_context: false, ..fine.clone() },
            EngineFacts { adapter: Fact::Missing("no adapter".into()), ..fine.clone() },
            EngineFacts { self_test: Fact::Missing("lost".into()), ..fine },
            facts(true, 2e-3, 4000.0),
        ];
        for facts in unusable {
            assert_eq!(kind(EngineWish::Gpu, &facts), None, "{facts:?}");
        }
    }

    #[test]
    fn facts_are_asked_for_only_when_they_matter() {
        let mut facts = EngineFacts { secure_context: true, ..EngineFacts::default() };
        for wish in [EngineWish::Auto, EngineWish::Gpu] {
            assert_eq!(choose(wish, &facts), Ok(Choice::OpenAdapter));
        }
        let adapter = AdapterFacts { name: "SwiftShader".into(), software: true };
        facts.adapter = Fact::Known(adapter);
        assert_eq!(choose(EngineWish::Gpu, &facts), Ok(Choice::TestFirst));
        let unasked = [(EngineWish::Auto, &facts), (EngineWish::Cpu, &EngineFacts::default())];
        for (wish, facts) in unasked {
            assert_eq!(kind(wish, facts).unwrap().0, EngineKind::Cpu);
        }
    }

    #[test]
    fn errors_are_parts_of_the_range() {
        assert_eq!(relative_error(&[1.0, 2.5], &[1.0, 3.0]), 0.25);
        assert_eq!(relative_error(&[2.0], &[2.0]), 0.0);
        for (a, b) in [(&[][..], &[][..]), (&[1.0], &[2.0]), (&[f32::NAN, 1.0], &[0.0, 1.0])] {
            assert_eq!(relative_error(a, b), f32::INFINITY, "{a:?} {b:?}");
        }
        assert_eq!(relative_error(&[1.0], &[1.0, 2.0]), f32::INFINITY);
    }
}
