//! Every engine gives what onnxruntime gives for models that people bring: SCRFD, an older YuNet and
//! a MobileFaceNet as they come, and the nets of ArcFace, FaceNet and RetinaFace with other weights.
#![cfg(all(feature = "cpu", feature = "gpu", feature = "simd"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod agreement_support;

use agreement_support::{BUILT, Part, assert_agrees, brought, error, reference, spoil};
use pollster::block_on;
use rollcall_core::Engine;
use rollcall_engine::{
    ModelSet, Network,
    choose::{TOLERANCE, relative_error},
    rten::RtenEngine,
    simd::SimdEngine,
    wonnx::{Gpu, WonnxEngine},
};

fn models() -> ModelSet {
    brought().iter().fold(ModelSet::new(), |set, (name, file)| set.with(name, file).unwrap())
}

#[test]
fn both_cpu_engines_agree_with_onnxruntime() {
    let models = models();
    let [simd, rten]: [&dyn Engine; 2] =
        [&SimdEngine::new(models.clone()), &RtenEngine::new(models.clone())];
    for model in models.names() {
        for case in &reference(model).cases {
            assert_agrees(simd, model, case);
            assert_agrees(rten, model, case);
        }
    }
}

/// A GPU that is acted by a CPU takes minutes for the large cases, which the CPU engines run.
const LARGE: usize = 3 * 200 * 200;

#[test]
fn wonnx_agrees_with_onnxruntime() {
    let models = models();
    let gpu = block_on(Gpu::open()).expect("a Vulkan driver: apt-get install mesa-vulkan-drivers");
    let engine = WonnxEngine::new(models.clone(), gpu);
    for model in models.names() {
        let cases = reference(model).cases;
        if model.starts_with("retinaface") {
            // Its Softmax is refused with words, and FallbackEngine goes on with the CPU.
            let refused = block_on(engine.run(model, &cases[0].input)).unwrap_err().to_string();
            assert!(refused.contains("Softmax"), "{refused}");
            continue;
        }
        let small = cases.iter().filter(|case| case.input.data().len() <= LARGE);
        let before = engine.report().dispatches;
        small.take(2).for_each(|case| assert_agrees(&engine, model, case));
        assert!(engine.report().dispatches > before, "{model}");
    }
}

/// Else agreement would say nothing.
#[test]
fn different_pictures_end_far_apart() {
    for model in BUILT {
        let cases = reference(model).cases;
        for (one, other) in cases.iter().zip(&cases[1..]) {
            for (a, b) in one.outputs.iter().zip(&other.outputs) {
                let apart = relative_error(a.data(), b.data());
                println!("{model} {} {}: {apart:.2}", one.name, other.name);
                assert!(apart > 100.0 * TOLERANCE);
            }
        }
    }
}

#[test]
fn one_wrong_weight_is_caught() {
    let brought = brought();
    assert!(brought.len() >= BUILT.len());
    for (model, file) in brought {
        let spoilt = spoil(&file, Part::Weight).unwrap();
        let engine = SimdEngine::new(ModelSet::new().with(&model, &spoilt).unwrap());
        let error = error(&engine, &model, &reference(&model).cases[0]);
        println!("{model}: {error:.1e}");
        assert!(error > TOLERANCE, "{model}: {error:.1e} would not be noticed");
    }
}

/// Batch normalisation of every rank, slopes, scalings and averages are gone or have become what
/// every engine has.
#[test]
fn only_what_engines_run_is_left() {
    const KNOWN: [&str; 13] = [
        "Add",
        "Clip",
        "Concat",
        "Conv",
        "Flatten",
        "Gemm",
        "MaxPool",
        "PRelu",
        "Relu",
        "Reshape",
        "Resize",
        "Softmax",
        "Transpose",
    ];
    for (model, file) in brought() {
        let network = Network::parse(&model, &file).unwrap();
        let input = reference(&model).cases[0].input.shape().to_vec();
        let graph = network.specialise(&input).unwrap();
        let mut names: Vec<_> = graph.nodes.iter().map(|node| node.op.name()).collect();
        names.sort_unstable();
        names.dedup();
        println!("{model}: {names:?}");
        assert!(names.iter().all(|name| KNOWN.contains(name) || *name == "Sigmoid"), "{names:?}");
        let closed = network.input_shape().iter().all(Option::is_some);
        assert!(!closed, "{model} takes any batch or any size");
    }
}

/// RetinaFace as torch exports it has the size it was exported with written into it.
#[test]
fn a_detector_becomes_open_to_other_sizes() {
    for (model, file) in brought() {
        if !["scrfd", "yunet", "retinaface"].iter().any(|kind| model.starts_with(kind)) {
            continue;
        }
        let network = Network::parse(&model, &file).unwrap();
        let graph = network.specialise(&[2, 3, 64, 96]).unwrap();
        let rows = graph.outputs.iter().map(|&id| graph.shape(id)[1]).sum::<usize>();
        let cells = 8 * 12 + 4 * 6 + 2 * 3;
        let wanted = if model.starts_with("yunet") { 4 * cells } else { 3 * 2 * cells };
        assert_eq!(rows, wanted, "{model}");
    }
}
