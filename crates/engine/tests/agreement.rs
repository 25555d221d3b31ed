//! The CPU engines give what onnxruntime gives for the models as their authors ship them.
#![cfg(all(feature = "cpu", feature = "gpu", feature = "simd"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod agreement_support;

use agreement_support::{
    Part, assert_agrees, batch, error, files, models, reference, references, spoil,
};
use pollster::block_on;
use rollcall_core::{Engine, EngineError, Tensor};
use rollcall_engine::{ModelSet, choose::TOLERANCE, rten::RtenEngine, simd::SimdEngine};

#[test]
fn both_agree_with_onnxruntime() {
    let [simd, rten]: [&dyn Engine; 2] = [&SimdEngine::new(models()), &RtenEngine::new(models())];
    for reference in references() {
        for case in &reference.cases {
            assert_agrees(simd, &reference.model, case);
            assert_agrees(rten, &reference.model, case);
        }
    }
    assert_eq!([simd.report().name, rten.report().name], ["simd", "rten"]);
}

#[test]
fn a_face_does_not_depend_on_its_batch_or_the_threads() {
    let [one, four] = [1, 4].map(|n| RtenEngine::new(models()).with_threads(n));
    for reference in references() {
        let shape = reference.cases[0].input.shape();
        let pictures: Vec<&Tensor> =
            reference.cases.iter().map(|c| &c.input).filter(|i| i.shape() == shape).collect();
        let together = block_on(four.run(&reference.model, &batch(&pictures))).unwrap();
        for (place, picture) in pictures.iter().enumerate() {
            let alone = block_on(one.run(&reference.model, picture)).unwrap();
            for (alone, together) in alone.iter().zip(&together) {
                let length = alone.data().len();
                assert_eq!(together.shape()[0], pictures.len());
                assert_eq!(alone.data(), &together.data()[place * length..][..length]);
            }
        }
    }
}

/// The models whose every case still agrees after one number was changed, and how many were tried.
fn unnoticed(part: Part) -> (Vec<String>, usize) {
    let (mut unnoticed, mut tried) = (vec![], 0);
    for (model, file) in files() {
        let Some(spoilt) = spoil(&file, part) else { continue };
        tried += 1;
        let engine = RtenEngine::new(ModelSet::new().with(&model, &spoilt).unwrap());
        let cases = reference(&model).cases;
        let worst = cases.iter().map(|c| error(&engine, &model, c)).fold(0.0, f32::max);
        println!("{model}: {worst:.1e}");
        if worst <= TOLERANCE {
            unnoticed.push(model);
        }
    }
    (unnoticed, tried)
}

#[test]
fn one_wrong_scale_is_caught() {
    assert_eq!(unnoticed(Part::Scale), (vec![], 2), "YuNet and SFace are quantised");
}

#[test]
fn one_wrong_weight_is_caught() {
    assert_eq!(unnoticed(Part::Weight), (vec![], 3));
}

#[test]
fn what_is_no_batch_of_pictures_is_refused() {
    let engine = RtenEngine::new(models());
    let run = |shape: &[usize]| {
        let input = Tensor::new(shape.to_vec(), vec![0.0; shape.iter().product()]).unwrap();
        block_on(engine.run("sface-2021dec", &input))
    };
    for shape in [&[][..], &[0, 3, 112, 112], &[1], &[1, 3, 112], &[1, 1, 112, 112], &[1, 3, 9, 9]]
    {
        assert!(matches!(run(shape), Err(EngineError::Unsupported { .. })), "{shape:?}");
    }
}
