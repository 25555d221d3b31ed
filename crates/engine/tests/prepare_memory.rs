//! A hostile model file costs no more memory than its limits say.
//!
//! On its own, since it watches every allocation of the process.

use std::{alloc::System, sync::Mutex};

use cap::Cap;
use rollcall_engine::{Limits, ModelError, Network};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// What reading may take.
const LIMIT: usize = 8 << 20;
/// How large the hostile parts are: each of them would amplify to far more than [`LIMIT`].
const SIZE: usize = 2 << 20;

/// One test at a time, or one would see what another allocates.
static ALONE: Mutex<()> = Mutex::new(());

/// The most bytes that `work` holds at once, besides what was there before.
fn most_held<T>(work: impl FnOnce() -> T) -> (T, usize) {
    // Only the highest mark of all time is known: rise to it first.
    let _ballast = vec![0u8; MEMORY.max_allocated() - MEMORY.allocated()];
    let before = MEMORY.allocated();
    let result = work();
    (result, MEMORY.max_allocated() - before)
}

/// A protobuf field of bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2], &varint(content.len())[..], content].concat()
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = vec![];
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field of text.
fn name(number: u8, text: &str) -> Vec<u8> {
    field(number, text.as_bytes())
}

/// `ValueInfoProto` of floats shaped `[1, 1]`.
fn info(text: &str) -> Vec<u8> {
    let shape = field(2, &field(1, &[0x08, 1]).repeat(2));
    [name(1, text), field(2, &field(1, &[vec![0x08, 1], shape].concat()))].concat()
}

/// `ModelProto { graph, opset_import { version: 13 } }`.
fn model(graph: &[u8]) -> Vec<u8> {
    [field(7, graph), field(8, &[0x10, 13])].concat()
}

/// The field again and again, until it fills [`SIZE`].
fn repeated(number: u8, content: &[u8]) -> Vec<u8> {
    let one = field(number, content);
    one.repeat(SIZE / one.len())
}

#[test]
fn nothing_amplifies_beyond_the_limit() {
    let _alone = ALONE.lock();
    let (node, tensor, attribute) = (1, 5, 5);
    let constant_node = [field(1, b""), field(2, b"a"), field(4, b"Constant")].concat();
    let files = [
        ("empty nodes", model(&repeated(node, &[]))),
        ("empty weights", model(&repeated(tensor, &[]))),
        ("empty inputs", model(&repeated(11, &[]))),
        ("empty value descriptions", model(&repeated(13, &[]))),
        ("empty opsets", repeated(8, &[])),
        ("graphs", repeated(7, &field(node, &field(4, b"Relu")))),
        ("empty names", model(&field(node, &repeated(1, &[])))),
        ("empty attributes", model(&field(node, &repeated(attribute, &[])))),
        (
            "dimensions of a type",
            model(&field(11, &field(2, &field(1, &field(2, &repeated(1, &[])))))),
        ),
        ("packed dimensions", model(&field(tensor, &field(1, &vec![0; SIZE])))),
        ("packed small integers", model(&field(tensor, &field(5, &vec![0; SIZE])))),
        ("packed integers", model(&field(tensor, &field(7, &vec![1; SIZE])))),
        ("single integers", model(&field(tensor, &[0x38, 1].repeat(SIZE / 2)))),
        ("single floats", model(&field(tensor, &[0x25, 0, 0, 0, 0].repeat(SIZE / 5)))),
        ("packed floats", model(&field(tensor, &field(4, &vec![0; SIZE])))),
        (
            "attribute integers",
            model(&field(
                node,
                &[constant_node, field(attribute, &field(8, &vec![1; SIZE]))].concat(),
            )),
        ),
        (
            "raw bytes",
            model(&field(
                tensor,
                &[vec![0x10, 1, 0x08], vec![0x80, 0x80, 0x20], field(9, &vec![0; SIZE])].concat(),
            )),
        ),
    ];
    // Without the other limits, memory alone has to hold.
    let (nodes, initialisers, attributes) = (usize::MAX, usize::MAX, usize::MAX);
    let counted = Limits { memory_bytes: LIMIT, ..Limits::default() };
    let uncounted = Limits { nodes, initialisers, attributes, ..counted };
    for (what, file) in files {
        for limits in [counted, uncounted] {
            let (result, most) = most_held(|| Network::parse_within(what, &file, &limits));
            assert!(most <= LIMIT, "{what} took {most} bytes");
            println!("{what}: {most} bytes, {}", result.unwrap_err());
        }
    }
    // The measure itself: a file that is within the limits is decoded.
    let file = model(&field(
        tensor,
        &[vec![0x10, 1, 0x08], vec![0x80, 0x80, 0x20], field(9, &vec![0; SIZE])].concat(),
    ));
    let (_, most) = most_held(|| Network::parse("large", &file));
    assert!(most > SIZE, "{most}");
}

/// Nodes that are read, just within the limit and just beyond it: what is kept of them counts too.
#[test]
fn what_is_kept_of_nodes_stays_within_the_limit() {
    let _alone = ALONE.lock();
    let counts = Limits { nodes: usize::MAX, attributes: usize::MAX, ..Limits::default() };
    let limits = Limits { memory_bytes: LIMIT, ..counts };
    let mut read = 0;
    for count in (0..6000).step_by(250) {
        let mut graph = field(11, &info("x"));
        for n in 0..count {
            let (from, to) =
                (if n == 0 { "x".to_owned() } else { format!("{}", n - 1) }, format!("{n}"));
            let attribute = field(5, &[name(1, "a"), vec![0xa0, 1, 2]].concat());
            graph.extend(field(
                1,
                &[name(1, &from), name(2, &to), name(4, "Relu"), attribute].concat(),
            ));
        }
        graph.extend(field(12, &info(&format!("{}", count.max(1) - 1))));
        let file = model(&graph);
        let (network, most) = most_held(|| Network::parse_within("m", &file, &limits));
        assert!(most <= LIMIT, "{count} nodes took {most} bytes");
        let Ok(network) = network else { continue };
        read = count;
        let (_, most) = most_held(|| network.specialise(&[1, 1]));
        assert!(most <= LIMIT, "expanding {count} nodes took {most} bytes");
    }
    assert!((1000..5000).contains(&read), "{read} nodes fit");
}

/// What is within the limits of the file, but would grow when it is expanded.
#[test]
fn expanding_stays_within_the_limit() {
    let _alone = ALONE.lock();
    // x [1, 1] -> Gemm with a weight [1, 2^18] that DequantizeLinear makes of 256 KiB.
    let side = 1 << 18;
    let dims =
        |dims: &[usize]| dims.iter().flat_map(|&d| [vec![0x08], varint(d)].concat()).collect();
    let tensor = |text, kind: u8, shape: &[usize], raw: &[u8]| {
        let dims: Vec<u8> = dims(shape);
        field(5, &[dims, vec![0x10, kind], name(8, text), field(9, raw)].concat())
    };
    let mut graph = tensor("q", 3, &[1, side], &vec![1; side]);
    graph.extend(tensor("s", 1, &[], &1f32.to_le_bytes()));
    let mut last = "x".to_owned();
    for n in 0..64 {
        let (w, y) = (format!("w{n}"), format!("y{n}"));
        graph.extend(field(
            1,
            &[name(1, "q"), name(1, "s"), name(2, &w), name(4, "DequantizeLinear")].concat(),
        ));
        graph.extend(field(1, &[name(1, "x"), name(1, &w), name(2, &y), name(4, "Gemm")].concat()));
        if n > 0 {
            let sum = format!("z{n}");
            graph.extend(field(
                1,
                &[name(1, &last), name(1, &y), name(2, &sum), name(4, "Add")].concat(),
            ));
            last = sum;
        } else {
            last = y;
        }
    }
    graph.extend(field(11, &info("x")));
    graph.extend(field(12, &info(&last)));
    let file = model(&graph);
    let expand = |memory_bytes| {
        let limits = Limits { memory_bytes, ..Limits::default() };
        let network = Network::parse_within("m", &file, &limits).unwrap();
        most_held(|| network.specialise(&[1, 1]).map(drop))
    };
    let (result, most) = expand(LIMIT);
    assert!(matches!(result, Err(ModelError::TooLarge { .. })), "{result:?}");
    assert!(most <= LIMIT, "{most}");
    let (result, most) = expand(512 << 20);
    assert_eq!(result, Ok(()));
    assert!(most > 64 * side * 4, "64 expanded weights in {most} bytes");
}

#[test]
fn limits_are_named() {
    let _alone = ALONE.lock();
    let limits = Limits { nodes: 3, ..Limits::default() };
    let file = model(&field(1, &[]).repeat(4));
    let error = Network::parse_within("m", &file, &limits).unwrap_err();
    let wanted = ModelError::TooLarge { model: "m".into(), what: "nodes", size: 4, limit: 3 };
    assert_eq!(error, wanted);
    let limits = Limits { file_bytes: 5, ..Limits::default() };
    let error = Network::parse_within("m", &file, &limits).unwrap_err();
    assert!(matches!(error, ModelError::TooLarge { what: "bytes in the file", .. }), "{error}");
}

#[test]
fn what_lies_outside_the_file_is_refused() {
    let _alone = ALONE.lock();
    let refused = [
        ("weights in another file", model(&field(5, &field(13, &[])))),
        ("weights in another file", model(&field(5, &[0x70, 1]))),
        ("sub-graphs", model(&field(1, &field(5, &field(6, &[]))))),
        ("sparse weights", model(&field(15, &[]))),
    ];
    for (what, file) in refused {
        let error = Network::parse("m", &file).unwrap_err();
        assert!(matches!(&error, ModelError::Unsupported { op, .. } if op == what), "{error}");
    }
    let functions = [model(&[]), vec![0xca, 0x01, 0]].concat();
    assert!(matches!(Network::parse("m", &functions), Err(ModelError::Unsupported { .. })));
}
