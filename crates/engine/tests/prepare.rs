//! Preparation of the models as their authors ship them, and of what only looks like a model.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

#[path = "../../core/tests/shared/mod.rs"]
mod shared;

use std::{collections::BTreeMap, path::PathBuf, sync::LazyLock};

use proptest::prelude::*;
use rollcall_engine::{Graph, Limits, ModelError, Network, prepare};

const YUNET: &str = "yunet-2023mar";
const SFACE: &str = "sface-2021dec";
const MOBILEFACENET: &str = "mobilefacenet-faceplugin";
const MODELS: [&str; 3] = [YUNET, SFACE, MOBILEFACENET];

static SHIPPED: LazyLock<BTreeMap<&str, Vec<u8>>> =
    LazyLock::new(|| MODELS.map(|model| (model, read(model))).into());
static PREPARED: LazyLock<BTreeMap<&str, Vec<u8>>> =
    LazyLock::new(|| MODELS.map(|model| (model, prepared(model))).into());

/// A shipped file, where `tests/reference/make_reference.py` put it.
fn read(model: &str) -> Vec<u8> {
    let from = |name, sub| Some(PathBuf::from(std::env::var_os(name)?).join(sub));
    let cache = from("ROLLCALL_CACHE", "")
        .or_else(|| from("XDG_CACHE_HOME", "rollcall"))
        .or_else(|| from("HOME", ".cache/rollcall"))
        .expect("a home for the cache: set ROLLCALL_CACHE");
    let path = cache.join("references").join(model).join("shipped.onnx");
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask test`", path.display()))
}

fn prepared(model: &str) -> Vec<u8> {
    prepare(model, &SHIPPED[model], &Limits::default()).unwrap()
}

fn graph(model: &str, file: &[u8], shape: [usize; 4]) -> Graph {
    Network::parse(model, file).unwrap().specialise(&shape).unwrap()
}

fn operators(graph: &Graph) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    graph.nodes.iter().for_each(|node| *counts.entry(node.op.name()).or_default() += 1);
    counts
}

#[test]
fn preparing_again_gives_the_same_bytes() {
    for model in MODELS {
        assert!(prepared(model) == PREPARED[model], "{model}");
        let again = prepare(model, &PREPARED[model], &Limits::default()).unwrap();
        assert!(again == PREPARED[model], "{model}: preparing what is prepared changes it");
    }
}

#[test]
fn quantised_weights_stay_small() {
    assert!(PREPARED[YUNET].len() + PREPARED[SFACE].len() <= 12_000_000);
    for model in MODELS {
        assert!(PREPARED[model].len() < SHIPPED[model].len(), "{model}");
    }
}

#[test]
fn only_what_engines_run_is_left() {
    let counts = |model: &str, shape| {
        operators(&graph(model, &PREPARED[model], shape)).into_iter().collect::<Vec<_>>()
    };
    // The first convolution is SFace's own (x - 127.5) / 128: see specialise/fold.rs.
    assert_eq!(
        counts(SFACE, [1, 3, 112, 112]),
        [("Conv", 28), ("Flatten", 1), ("Gemm", 1), ("PRelu", 27)]
    );
    assert_eq!(
        counts(MOBILEFACENET, [1, 3, 112, 112]),
        [("Add", 12), ("Conv", 50), ("Flatten", 1), ("PRelu", 33)]
    );
    assert_eq!(
        counts(YUNET, [1, 3, 320, 320]),
        [
            ("Add", 2),
            ("Conv", 53),
            ("MaxPool", 4),
            ("Relu", 15),
            ("Reshape", 12),
            ("Resize", 2),
            ("Sigmoid", 6),
            ("Transpose", 12)
        ]
    );
}

/// Preparation may lose nothing: both files expand to the same graph, to the last bit.
#[test]
fn prepared_and_shipped_expand_to_the_same_graph() {
    for (model, side) in [(YUNET, 640), (SFACE, 112), (MOBILEFACENET, 112)] {
        let shape = [1, 3, side, side];
        let (prepared, shipped) =
            (graph(model, &PREPARED[model], shape), graph(model, &SHIPPED[model], shape));
        assert!(prepared == shipped, "{model}");
    }
}

#[test]
fn a_detector_takes_any_multiple_of_32_and_any_batch() {
    let network = Network::parse(YUNET, &PREPARED[YUNET]).unwrap();
    assert_eq!(network.input_shape(), [None, Some(3), None, None]);
    for [batch, h, w] in [[1, 160, 160], [1, 320, 320], [1, 640, 640], [3, 96, 160], [2, 32, 64]] {
        let graph = network.specialise(&[batch, 3, h, w]).unwrap();
        let shapes: Vec<_> = graph.outputs.iter().map(|&id| graph.shape(id).to_vec()).collect();
        let heads = [1, 1, 4, 10].into_iter();
        let wanted: Vec<_> = heads
            .flat_map(|last| [8, 16, 32].map(|stride| vec![batch, h * w / stride / stride, last]))
            .collect();
        assert_eq!(shapes, wanted);
        let names: Vec<_> = graph.outputs.iter().map(|&id| graph.value(id).name.as_str()).collect();
        assert_eq!(names[..4], ["cls_8", "cls_16", "cls_32", "obj_8"]);
    }
}

#[test]
fn an_embedder_takes_any_batch_of_its_own_size() {
    for (model, dimension) in [(SFACE, 128), (MOBILEFACENET, 512)] {
        let network = Network::parse(model, &PREPARED[model]).unwrap();
        assert_eq!(network.input_shape(), [None, Some(3), Some(112), Some(112)]);
        let graph = network.specialise(&[5, 3, 112, 112]).unwrap();
        assert_eq!(graph.shape(graph.outputs[0]), [5, dimension]);
        for shape in [&[1, 3, 113, 112][..], &[1, 1, 112, 112], &[3, 112, 112], &[0, 3, 112, 112]] {
            let error = network.specialise(shape).unwrap_err();
            assert!(matches!(error, ModelError::WrongInput { .. }), "{error}");
        }
    }
}

#[test]
fn a_graph_lists_values_before_they_are_read() {
    for (model, side) in [(YUNET, 64), (SFACE, 112), (MOBILEFACENET, 112)] {
        let graph = graph(model, &PREPARED[model], [1, 3, side, side]);
        let mut computed = vec![graph.input];
        for node in &graph.nodes {
            assert!(node.inputs.iter().all(|id| computed.contains(id)));
            assert!(!computed.contains(&node.output));
            computed.push(node.output);
        }
        assert!(graph.outputs.iter().all(|id| computed.contains(id)));
        assert_eq!(computed.len(), graph.values.len());
        let names: std::collections::BTreeSet<_> = graph.values.iter().map(|v| &v.name).collect();
        assert_eq!(names.len(), graph.values.len(), "names are unique");
    }
}

/// Models that are no part of a pack, but that users bring.
#[test]
fn other_models_can_be_prepared_too() {
    let Some(shared) = shared::shared() else { return };
    let models = [
        ("scrfd_500m_kps", [2, 3, 96, 320], 9),
        ("yunet_n_640_640", [2, 3, 96, 320], 12),
        ("foamliu_MobileFaceNet", [2, 3, 112, 112], 1),
    ];
    for (model, shape, outputs) in models {
        let file = std::fs::read(shared.join("data/models").join(format!("{model}.onnx"))).unwrap();
        let prepared = prepare(model, &file, &Limits::default()).unwrap();
        assert_eq!(graph(model, &prepared, shape).outputs.len(), outputs, "{model}");
    }
}

/// Reads a file and expands it; says nothing about the result, but it must come.
fn try_out(file: &[u8]) -> Result<Graph, ModelError> {
    let limits = Limits { memory_bytes: 64 << 20, activation_bytes: 64 << 20, ..Limits::default() };
    Network::parse_within("hostile", file, &limits)?.specialise(&[1, 3, 32, 64])
}

#[test]
fn a_truncated_file_is_damaged() {
    let file = &PREPARED[YUNET];
    for length in (0..file.len()).step_by(997).chain([file.len() - 1]) {
        let error = try_out(&file[..length]).unwrap_err();
        assert!(matches!(error, ModelError::Damaged { .. }), "{length}: {error}");
        let message = error.to_string();
        assert!(message.contains("hostile") && message.contains("fetch"), "{message}");
    }
}

#[test]
fn an_unknown_operator_is_named() {
    let mut file = PREPARED[YUNET].clone();
    let place = file.windows(4).position(|w| w == b"Relu").unwrap();
    file[place..place + 4].copy_from_slice(b"Gelu");
    let error = try_out(&file).unwrap_err();
    assert!(matches!(&error, ModelError::Unsupported { op, .. } if op == "Gelu"), "{error}");
    let message = error.to_string();
    assert!(message.contains("hostile") && message.contains("Gelu"), "{message}");
    assert!(message.contains("rollcall models list"), "{message}");
}

#[test]
fn what_an_input_size_needs_is_limited() {
    let network = Network::parse(YUNET, &PREPARED[YUNET]).unwrap();
    for side in [1 << 15, 1 << 31, usize::MAX / 32 * 32] {
        let error = network.specialise(&[1, 3, side, side]).unwrap_err();
        assert!(
            matches!(error, ModelError::TooLarge { .. } | ModelError::Damaged { .. }),
            "{error}"
        );
    }
    let limits = Limits { memory_bytes: 30 << 20, ..Limits::default() };
    let small = Network::parse_within(SFACE, &PREPARED[SFACE], &limits).unwrap();
    let error = small.specialise(&[1, 3, 112, 112]).unwrap_err();
    assert!(matches!(error, ModelError::TooLarge { .. }), "38 MB of floats in 30: {error}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(250) })]

    #[test]
    fn no_bytes_panic(file in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = try_out(&file);
    }

    #[test]
    fn no_change_of_a_real_file_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        where_to_cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut file = PREPARED[YUNET].clone();
        // The part that is not weights comes first and is small: hit it half of the time.
        let structure = 20_000;
        for (n, (place, byte)) in changes.iter().enumerate() {
            let length = if n % 2 == 0 { structure.min(file.len()) } else { file.len() };
            file[place.index(length)] = *byte;
        }
        if let Some(place) = where_to_cut {
            file.truncate(place.index(file.len()));
        }
        if let Ok(graph) = try_out(&file) {
            prop_assert!(!graph.to_onnx().is_empty());
        }
        let _ = prepare("hostile", &file, &Limits { activation_bytes: 200 << 20, ..Limits::default() });
    }
}
