//! What onnxruntime gives for the shipped models (`tests/reference`), and the prepared models.

#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use protobuf::Message;
use rollcall_core::{Engine, Pack, Tensor};
use rollcall_engine::{
    Limits, ModelSet,
    choose::{TOLERANCE, relative_error},
    prepare,
};
use serde::{Deserialize, de::DeserializeOwned};
use wonnx::onnx::ModelProto;

/// The pack that has every model: YuNet, SFace and a MobileFaceNet.
const PACK: &str = "opencv-mbf";

pub(crate) struct Reference {
    /// As the pack calls it.
    pub(crate) model: String,
    pub(crate) cases: Vec<Case>,
}

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: Tensor,
    pub(crate) outputs: Vec<Tensor>,
}

#[derive(Deserialize)]
struct Index {
    model: String,
    cases: Vec<IndexCase>,
}

#[derive(Deserialize)]
struct IndexCase {
    name: String,
    input: Array,
    outputs: Vec<Array>,
}

#[derive(Deserialize)]
struct Array {
    shape: Vec<usize>,
    file: String,
}

/// The model cache. `cargo xtask test` fills it.
fn cache() -> PathBuf {
    let from = |name, sub| Some(PathBuf::from(env::var_os(name)?).join(sub));
    from("ROLLCALL_CACHE", "")
        .or_else(|| from("XDG_CACHE_HOME", "rollcall"))
        .or_else(|| from("HOME", ".cache/rollcall"))
        .expect("a home for the cache: set ROLLCALL_CACHE")
}

fn read(path: &str) -> Vec<u8> {
    let path = cache().join(path);
    fs::read(&path).unwrap_or_else(|error| {
        panic!("{} is missing ({error}); run `cargo xtask test`", path.display())
    })
}

fn read_json<T: DeserializeOwned>(path: &str) -> T {
    serde_json::from_slice(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn pack() -> Pack {
    read_json(&format!("models/{PACK}/pack.json"))
}

/// The prepared file of each model, by name.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let pack = pack();
    let models = pack.embedders.iter().map(|e| &e.model).chain([&pack.detector.model]);
    models.map(|m| (m.name.clone(), read(&format!("models/{PACK}/{}.onnx", m.sha256)))).collect()
}

pub(crate) fn models() -> ModelSet {
    files().iter().fold(ModelSet::new(), |set, (name, file)| set.with(name, file).unwrap())
}

/// Models of no pack, as `make_reference.py` calls them, and the file of the shared folder that
/// they are.
const SHARED: [(&str, &str); 3] = [
    ("scrfd-500m", "scrfd_500m_kps.onnx"),
    ("yunet-n", "yunet_n_640_640.onnx"),
    ("mobilefacenet-foamliu", "foamliu_MobileFaceNet.onnx"),
];

/// Nets whose weights cannot be had, as `built.py` builds them.
pub(crate) const BUILT: [&str; 4] = [
    "iresnet50-built",
    "inception-resnet-v1-built",
    "retinaface-mobilenet-built",
    "retinaface-resnet-built",
];

/// The models that people bring, prepared from the files as they come: those of the shared folder,
/// where there is one, and [`BUILT`].
pub(crate) fn brought() -> Vec<(String, Vec<u8>)> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = env::var_os("ROLLCALL_SHARED").map_or(beside, PathBuf::from);
    let there = |&(model, file): &(&'static str, &str)| {
        let path = shared.join("data/models").join(file);
        path.is_file().then_some(model).or_else(|| {
            println!("skipped {model}: {} is absent", path.display());
            None
        })
    };
    SHARED
        .iter()
        .filter_map(there)
        .chain(BUILT)
        .map(|model| {
            let file = read(&format!("references/{model}/shipped.onnx"));
            (model.to_owned(), prepare(model, &file, &Limits::default()).unwrap())
        })
        .collect()
}

/// All references; each model of the pack has one.
pub(crate) fn references() -> Vec<Reference> {
    let pack = pack();
    let models = pack.embedders.iter().map(|e| &e.model.name).chain([&pack.detector.model.name]);
    let references: Vec<_> = models.map(|name| reference(name)).collect();
    assert_eq!(references.len(), 3);
    references
}

pub(crate) fn reference(model: &str) -> Reference {
    let folder = format!("references/{model}");
    let index: Index = read_json(&format!("{folder}/index.json"));
    assert_eq!(index.model, model);
    let tensor = |array: &Array| {
        let bytes = read(&format!("{folder}/{}", array.file));
        let values = bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
        Tensor::new(array.shape.clone(), values).unwrap()
    };
    let case = |case: IndexCase| Case {
        input: tensor(&case.input),
        outputs: case.outputs.iter().map(tensor).collect(),
        name: case.name,
    };
    let cases: Vec<_> = index.cases.into_iter().map(case).collect();
    assert!(cases.len() >= 4, "{model} has only {} references", cases.len());
    Reference { model: model.to_owned(), cases }
}

/// The largest error of `engine` on a case, as a part of the output's range. Also checks that
/// there are as many outputs, of the same shapes, in the same order.
pub(crate) fn error(engine: &dyn Engine, model: &str, case: &Case) -> f32 {
    let outputs = pollster::block_on(engine.run(model, &case.input)).unwrap();
    assert_eq!(outputs.len(), case.outputs.len(), "{model} {}", case.name);
    let error = |(output, wanted): (&Tensor, &Tensor)| {
        assert_eq!(output.shape(), wanted.shape(), "{model} {}", case.name);
        relative_error(output.data(), wanted.data())
    };
    outputs.iter().zip(&case.outputs).map(error).fold(0.0, f32::max)
}

/// Panics unless `engine` agrees with onnxruntime on `case`.
pub(crate) fn assert_agrees(engine: &dyn Engine, model: &str, case: &Case) {
    let error = error(engine, model, case);
    println!("{} {model} {}: {error:.1e}", engine.report().name, case.name);
    assert!(error <= TOLERANCE, "{model} {}: wrong by {error:.1e} of the range", case.name);
}

/// Pictures one after the other in one batch.
pub(crate) fn batch(pictures: &[&Tensor]) -> Tensor {
    let mut shape = pictures[0].shape().to_vec();
    shape[0] = pictures.len();
    Tensor::new(shape, pictures.iter().flat_map(|p| p.data().to_vec()).collect()).unwrap()
}

/// Which constant to spoil.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Part {
    Weight,
    Scale,
}

/// Changes one number of a prepared file: the largest weight or scale of its first convolution (one
/// that counts for nothing cannot be noticed). Nothing where the model has none.
pub(crate) fn spoil(file: &[u8], part: Part) -> Option<Vec<u8>> {
    let mut model: ModelProto = ModelProto::parse_from_bytes(file).unwrap();
    let nodes = model.get_graph().get_node();
    let computes = |name: &String| nodes.iter().find(|n| n.get_output().contains(name));
    let first = nodes.iter().find(|n| n.get_op_type() == "Conv")?;
    // Quantised weights are expanded by DequantizeLinear(weights, scales, …) and Reshape.
    let quantised = computes(&first.get_input()[1]).and_then(|reshape| {
        assert_eq!(reshape.get_op_type(), "Reshape");
        computes(&reshape.get_input()[0])
    });
    let is_bytes = part == Part::Weight && quantised.is_some();
    let name = match (quantised, part) {
        (Some(node), Part::Weight) => node.get_input()[0].clone(),
        (Some(node), Part::Scale) => node.get_input()[1].clone(),
        (None, Part::Weight) => first.get_input()[1].clone(),
        (None, Part::Scale) => return None,
    };
    let constants = model.mut_graph().mut_initializer();
    let constant = constants.iter_mut().find(|c| c.get_name() == name)?;
    let bytes = constant.mut_raw_data();
    if is_bytes {
        let largest = bytes.iter_mut().max_by_key(|q| q.cast_signed().unsigned_abs()).unwrap();
        *largest ^= 0x40;
    } else {
        let value = |number: &[u8; 4]| f32::from_le_bytes(*number);
        let numbers = bytes.as_chunks_mut().0.iter_mut();
        let largest = numbers.max_by(|a, b| value(a).abs().total_cmp(&value(b).abs())).unwrap();
        *largest = (2.0 * value(largest)).to_le_bytes();
    }
    let spoilt = model.write_to_bytes().unwrap();
    assert_eq!(spoilt.len(), file.len());
    Some(spoilt)
}
