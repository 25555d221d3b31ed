//! The GPU engine gives what onnxruntime gives, says so honestly, and fails without fuss. On a
//! machine without a graphics card that takes a Vulkan driver for the CPU (Debian's
//! `mesa-vulkan-drivers`); a missing adapter is a failure.
#![cfg(all(feature = "cpu", feature = "gpu"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod agreement_support;

use std::{
    process::Command,
    rc::Rc,
    time::{Duration, Instant},
};

use agreement_support::{assert_agrees, batch, models, pack, reference, references};
use pollster::block_on;
use rollcall_core::{Engine, EngineError, Tensor};
use rollcall_engine::{
    FallbackEngine,
    choose::{SelfTest, TOLERANCE, relative_error, self_test},
    rten::RtenEngine,
    wonnx::{Gpu, WonnxEngine},
};

fn gpu() -> WonnxEngine {
    let gpu = block_on(Gpu::open()).expect("a Vulkan driver: apt-get install mesa-vulkan-drivers");
    WonnxEngine::new(models(), gpu)
}

/// The answer itself has to say that a GPU gave it.
fn assert_ran_on_a_gpu(engine: &dyn Engine) {
    let report = engine.report();
    println!("{report:?}");
    assert_eq!(report.name, "wonnx");
    assert!(report.adapter.is_some_and(|name| !name.is_empty()));
    assert!(report.dispatches > 0);
}

/// More of the same, and minutes long on a CPU that acts as a GPU. The CPU engine runs them.
const LEFT_OUT: [&str; 3] = ["six-0", "six-1", "six-640x640"];

#[test]
fn wonnx_agrees_with_onnxruntime() {
    let engine = gpu();
    for reference in references() {
        for case in reference.cases.iter().filter(|c| !LEFT_OUT.contains(&c.name.as_str())) {
            let before = engine.report().dispatches;
            assert_agrees(&engine, &reference.model, case);
            assert!(engine.report().dispatches > before);
        }
    }
    assert_ran_on_a_gpu(&engine);
}

#[test]
fn a_face_does_not_depend_on_its_batch() {
    let engine = gpu();
    for model in ["sface-2021dec", "mobilefacenet-faceplugin"] {
        let cases = reference(model).cases;
        let pictures: Vec<&Tensor> = cases[..3].iter().map(|case| &case.input).collect();
        let together = block_on(engine.run(model, &batch(&pictures))).unwrap().remove(0);
        let alone = pictures.iter().flat_map(|picture| {
            block_on(engine.run(model, picture)).unwrap().remove(0).into_data()
        });
        let alone: Vec<f32> = alone.collect();
        assert_eq!(together.shape()[0], 3);
        assert!(relative_error(together.data(), &alone) < 1e-5);
    }
    assert_ran_on_a_gpu(&engine);
}

#[test]
fn a_lost_device_is_an_error_and_the_cpu_goes_on() {
    let lost = Rc::new(gpu());
    let engine = FallbackEngine::new(lost.clone(), Rc::new(RtenEngine::new(models())));
    let reference = reference("mobilefacenet-faceplugin");
    assert_agrees(&engine, &reference.model, &reference.cases[0]);
    assert_eq!(engine.report().name, "wonnx");
    lost.lose_device();
    for case in &reference.cases[1..] {
        assert_agrees(&engine, &reference.model, case);
    }
    assert_eq!(engine.report().name, "rten");
    assert!(engine.report().why.contains("the CPU took over"));
    for case in &reference.cases[..2] {
        let outputs = block_on(lost.run(&reference.model, &case.input));
        assert!(matches!(&outputs, Err(EngineError::DeviceLost(why)) if !why.is_empty()));
    }
}

#[test]
fn a_device_lost_before_its_first_run_is_an_error_too() {
    let engine = gpu();
    engine.lose_device();
    let input = &reference("sface-2021dec").cases[0].input;
    let outputs = block_on(engine.run("sface-2021dec", input));
    assert!(matches!(outputs, Err(EngineError::DeviceLost(_))), "{outputs:?}");
}

#[test]
fn an_adapter_that_does_not_answer_in_time_is_lost() {
    let gpu = block_on(Gpu::open()).unwrap().with_patience(Duration::ZERO);
    let engine = WonnxEngine::new(models(), gpu);
    let input = &reference("yunet-2023mar").cases[0].input;
    let is_lost = || {
        let outputs = block_on(engine.run("yunet-2023mar", input));
        matches!(outputs, Err(EngineError::DeviceLost(_)))
    };
    // A busy machine may come to ask only when the answer is there already, but not time and again.
    assert!((0..20).any(|_| is_lost()), "no run was given up");
    assert!(is_lost(), "what is lost stays lost");
}

#[test]
fn the_self_test_compares_with_the_stored_result() {
    let begin = Instant::now();
    let clock = || begin.elapsed().as_secs_f64() * 1e3;
    let embedder = &pack().embedders[0];
    let test = |gpu: &dyn Engine| {
        block_on(self_test(gpu, &RtenEngine::new(models()), embedder, clock)).unwrap()
    };
    let engine = gpu();
    let good = test(&engine);
    println!("{good:?}");
    assert!(good.agrees() && good.gpu_error < TOLERANCE && good.gpu_ms > 0.0 && good.cpu_ms > 0.0);
    assert_ran_on_a_gpu(&engine);
    let wrong: SelfTest = test(&Wrong(RtenEngine::new(models())));
    assert!(!wrong.agrees(), "{wrong:?}");
}

/// An engine that computes a little wrongly.
struct Wrong(RtenEngine);

impl Engine for Wrong {
    fn report(&self) -> rollcall_core::EngineReport {
        self.0.report()
    }

    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> rollcall_core::LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
        Box::pin(async move {
            let output = self.0.run(model, input).await?.remove(0);
            let shape = output.shape().to_vec();
            let wrong = output.into_data().into_iter().map(|value| value * 1.01).collect();
            Ok(vec![Tensor::new(shape, wrong)?])
        })
    }
}

#[test]
fn no_adapter_is_an_error_and_no_panic() {
    const CHILD: &str = "ROLLCALL_TEST_NO_ADAPTER";
    if std::env::var_os(CHILD).is_some() {
        let error = block_on(Gpu::open()).expect_err("no driver, no adapter").to_string();
        assert!(error.contains("install the graphics driver"), "{error}");
        return;
    }
    // Only Vulkan can be told by its environment to have no driver.
    if cfg!(target_os = "linux") {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "no_adapter_is_an_error_and_no_panic"])
            .env(CHILD, "1")
            .env("VK_DRIVER_FILES", "/nonexistent")
            .env("VK_ICD_FILENAMES", "/nonexistent")
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    }
}
