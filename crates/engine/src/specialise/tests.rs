//! Folding changes no result: chains of layers against the same layers computed one by one in the
//! slowest and most obvious way.

mod layers;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Fault, specialise};
use crate::{
    Conv, Graph, Limits, Op,
    constant::{Constant, new_tensor},
    network::{Attribute, Network, Step},
};

type Floats = (Vec<usize>, Vec<f32>);

/// Numbers that look random and are the same every time, -1 to 1.
fn noise(shape: &[usize], seed: u32) -> Floats {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    };
    (shape.to_vec(), std::iter::repeat_with(next).take(shape.iter().product()).collect())
}

/// A layer that reads the one before and constants.
#[derive(Clone, Debug)]
struct Layer {
    op: &'static str,
    constants: Vec<Floats>,
    attributes: Vec<(&'static str, Attribute)>,
    /// Whether the constant comes first, as in `1 - x`.
    swapped: bool,
}

fn layer(op: &'static str, constants: Vec<Floats>) -> Layer {
    Layer { op, constants, attributes: vec![], swapped: false }
}

fn conv(inputs: usize, outputs: usize, group: usize, pad: usize, seed: u32) -> Layer {
    let weight = noise(&[outputs, inputs / group, 3, 2], seed);
    let mut layer = layer("Conv", vec![weight, noise(&[outputs], seed ^ 9)]);
    layer.attributes.push(("group", Attribute::Int(group as i64)));
    layer.attributes.push(("pads", Attribute::Ints(vec![pad as i64, 0, 0, pad as i64])));
    layer.attributes.push(("strides", Attribute::Ints(vec![1, 2])));
    layer
}

fn batch_normalisation(channels: usize, seed: u32) -> Layer {
    let row = |n| noise(&[channels], seed ^ n);
    let variance = row(3).1.iter().map(|v| v.abs() + 0.1).collect();
    let mut layer =
        layer("BatchNormalization", vec![row(0), row(1), row(2), (vec![channels], variance)]);
    layer.attributes.push(("epsilon", Attribute::Float(1e-3)));
    layer
}

fn network(layers: &[Layer], input: &[usize], outputs: &[usize]) -> Network {
    let value = |n: usize| format!("y{n}");
    let mut constants = BTreeMap::new();
    let mut nodes = vec![];
    for (n, layer) in layers.iter().enumerate() {
        let mut inputs = vec![value(n)];
        for (m, (shape, values)) in layer.constants.iter().enumerate() {
            let name = format!("c{n}.{m}");
            constants.insert(
                name.clone(),
                Constant::Floats(new_tensor(shape.clone(), values.clone()).unwrap()),
            );
            inputs.push(name);
        }
        if layer.swapped {
            inputs.swap(0, 1);
        }
        nodes.push(Step {
            op: layer.op.into(),
            inputs,
            outputs: vec![value(n + 1)],
            attributes: layer
                .attributes
                .iter()
                .map(|(k, v)| ((*k).to_owned(), v.clone()))
                .collect(),
        });
    }
    Network {
        name: "test".into(),
        opset: 13,
        input: value(0),
        input_shape: input.iter().map(|&d| Some(d)).collect(),
        outputs: outputs.iter().map(|&n| value(n)).collect(),
        nodes,
        constants,
        limits: Limits::default(),
    }
}

/// What the folded chain gives.
fn folded(layers: &[Layer], x: &Floats) -> (Graph, Floats) {
    let graph = specialise(&network(layers, &x.0, &[layers.len()]), &x.0).unwrap();
    let result = run(&graph, x).remove(0);
    (graph, result)
}

/// What the chain gives when each layer is computed on its own: scaling by its formula, the
/// rest as a graph of one layer.
fn one_by_one(layers: &[Layer], x: &Floats) -> Floats {
    layers.iter().fold(x.clone(), |x, layer| match layer.op {
        "BatchNormalization" => by_channel(&x, |v, c| {
            let at = |n: usize| layer.constants[n].1[c];
            (v - at(2)) / (at(3) + 1e-3).sqrt() * at(0) + at(1)
        }),
        "Add" | "Sub" | "Mul" | "Div" => by_channel(&x, |v, c| {
            let values = &layer.constants[0].1;
            let k = values[if values.len() == 1 { 0 } else { c }];
            let (a, b) = if layer.swapped { (k, v) } else { (v, k) };
            match layer.op {
                "Add" => a + b,
                "Sub" => a - b,
                "Mul" => a * b,
                _ => a / b,
            }
        }),
        _ => folded(std::slice::from_ref(layer), &x).1,
    })
}

fn by_channel((shape, values): &Floats, f: impl Fn(f32, usize) -> f32) -> Floats {
    let plane: usize = shape[2..].iter().product();
    let channel = |at: usize| at / plane % shape[1];
    (shape.clone(), values.iter().enumerate().map(|(at, &v)| f(v, channel(at))).collect())
}

/// Runs a graph node by node.
fn run(graph: &Graph, x: &Floats) -> Vec<Floats> {
    let mut values = BTreeMap::from([(graph.input, x.1.clone())]);
    for node in &graph.nodes {
        let x = &values[&node.inputs[0]];
        let (from, to) = (graph.shape(node.inputs[0]), graph.shape(node.output));
        let y = match &node.op {
            Op::Conv(conv) => slow_conv(conv, from, x, to),
            Op::Gemm { weight, bias } => slow_gemm(weight.data(), bias.data(), x),
            Op::Relu => x.iter().map(|v| v.max(0.0)).collect(),
            Op::PRelu { slope } => {
                let y = by_channel(&(from.to_vec(), x.clone()), |v, c| {
                    if v < 0.0 { v * slope.data()[c] } else { v }
                });
                y.1
            }
            Op::Reshape | Op::Flatten => x.clone(),
            op => panic!("not needed here: {op:?}"),
        };
        assert_eq!(y.len(), to.iter().product::<usize>());
        values.insert(node.output, y);
    }
    graph.outputs.iter().map(|id| (graph.shape(*id).to_vec(), values[id].clone())).collect()
}

fn slow_conv(conv: &Conv, from: &[usize], x: &[f32], to: &[usize]) -> Vec<f32> {
    let window = &conv.window;
    let inputs = from[1] / conv.group;
    let mut result = vec![];
    for (n, o, i, j) in cells(to) {
        let mut sum = conv.bias.data()[o];
        for (_, c, k, l) in cells(&[1, inputs, window.kernel[0], window.kernel[1]]) {
            let (row, column) = (i * window.strides[0] + k, j * window.strides[1] + l);
            let (Some(row), Some(column)) =
                (row.checked_sub(window.pads[0]), column.checked_sub(window.pads[1]))
            else {
                continue;
            };
            if row < from[2] && column < from[3] {
                let channel = o / (to[1] / conv.group) * inputs + c;
                let at = ((n * from[1] + channel) * from[2] + row) * from[3] + column;
                let weight = ((o * inputs + c) * window.kernel[0] + k) * window.kernel[1] + l;
                sum += x[at] * conv.weight.data()[weight];
            }
        }
        result.push(sum);
    }
    result
}

fn cells(shape: &[usize]) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    let &[a, b, c, d] = shape else { panic!("{shape:?} is no picture") };
    (0..a * b * c * d).map(move |n| (n / d / c / b, n / d / c % b, n / d % c, n % d))
}

fn slow_gemm(weight: &[f32], bias: &[f32], x: &[f32]) -> Vec<f32> {
    let (n, k) = (bias.len(), weight.len() / bias.len());
    let cell = |row: &[f32], column: usize| -> f32 {
        bias[column] + row.iter().enumerate().map(|(i, v)| v * weight[i * n + column]).sum::<f32>()
    };
    x.chunks(k).flat_map(|row| (0..n).map(move |column| cell(row, column))).collect()
}

fn assert_close(ours: &Floats, slow: &Floats) {
    assert_eq!(ours.0, slow.0);
    for (a, b) in ours.1.iter().zip(&slow.1) {
        assert!((a - b).abs() <= 2e-4 * (1.0 + b.abs()), "{a} is not {b}");
    }
}

fn names(graph: &Graph) -> Vec<&'static str> {
    graph.nodes.iter().map(|node| node.op.name()).collect()
}

proptest! {
    #[test]
    fn what_scales_after_a_convolution_is_folded_into_it(
        groups in 1usize..3, inputs in 1usize..3, outputs in 1usize..3, pad in 0usize..2, seed: u32,
    ) {
        let (inputs, outputs) = (inputs * groups, outputs * groups);
        let layers = [
            conv(inputs, outputs, groups, pad, seed),
            batch_normalisation(outputs, seed ^ 20),
            layer("Mul", vec![noise(&[1, outputs, 1, 1], seed ^ 30)]),
            layer("Relu", vec![]),
        ];
        let x = noise(&[2, inputs, 5, 6], seed ^ 40);
        let (graph, result) = folded(&layers, &x);
        prop_assert_eq!(names(&graph), ["Conv", "Relu"]);
        assert_close(&result, &one_by_one(&layers, &x));
    }

    #[test]
    fn what_scales_before_a_convolution_is_exact_at_the_edges_too(
        groups in 1usize..3, inputs in 1usize..3, outputs in 1usize..3, pad in 0usize..2, seed: u32,
    ) {
        let (inputs, outputs) = (inputs * groups, outputs * groups);
        let layers = [
            layer("Sub", vec![noise(&[1], seed ^ 10)]),
            batch_normalisation(inputs, seed ^ 20),
            conv(inputs, outputs, groups, pad, seed),
        ];
        let x = noise(&[2, inputs, 5, 6], seed ^ 40);
        let (graph, result) = folded(&layers, &x);
        prop_assert_eq!(graph.nodes.len(), 1 + pad);
        assert_close(&result, &one_by_one(&layers, &x));
    }

    #[test]
    fn batch_normalisation_around_a_matrix_product_is_folded_into_it(
        channels in 1usize..4, n in 1usize..5, transposed: bool, seed: u32,
    ) {
        let k = channels * 6;
        let weight = noise(&if transposed { [n, k] } else { [k, n] }, seed);
        let mut gemm = layer("Gemm", vec![weight, noise(&[n], seed ^ 9)]);
        gemm.attributes.push(("transB", Attribute::Int(transposed.into())));
        gemm.attributes.push(("alpha", Attribute::Float(0.5)));
        let layers = [
            layer("PRelu", vec![noise(&[channels, 1, 1], seed ^ 11)]),
            batch_normalisation(channels, seed ^ 20),
            layer("Flatten", vec![]),
            gemm,
            batch_normalisation(n, seed ^ 30),
        ];
        let x = noise(&[2, channels, 2, 3], seed ^ 40);
        let (graph, result) = folded(&layers, &x);
        prop_assert_eq!(names(&graph), ["PRelu", "Flatten", "Gemm"]);
        assert_close(&result, &one_by_one(&layers, &x));
    }

    #[test]
    fn arithmetic_with_constants_folds_either_way_round(seed: u32, pad in 0usize..2) {
        let swapped = |layer: Layer| Layer { swapped: true, ..layer };
        let layers = [
            layer("Add", vec![noise(&[2, 1, 1], seed)]),
            swapped(layer("Sub", vec![noise(&[], seed ^ 1)])),
            layer("Div", vec![(vec![1], vec![0.25])]),
            conv(2, 3, 1, pad, seed ^ 2),
            swapped(layer("Mul", vec![noise(&[3, 1, 1], seed ^ 3)])),
        ];
        let x = noise(&[1, 2, 4, 5], seed ^ 4);
        assert_close(&folded(&layers, &x).1, &one_by_one(&layers, &x));
    }

    #[test]
    fn each_weight_gets_the_scale_of_its_block(
        rows in 1usize..5, columns in 1usize..9, block in 1usize..10, signed: bool, seed: u32,
    ) {
        let blocks = columns.div_ceil(block);
        let bytes = |count, seed| -> Vec<u8> {
            noise(&[count], seed).1.iter().map(|v| (v * 1000.0) as i32 as u8).collect()
        };
        let (weights, zeros) = (bytes(rows * columns, seed), bytes(rows * blocks, seed ^ 1));
        let scales = noise(&[rows, blocks], seed ^ 2).1;
        let number = |byte: u8| if signed { f32::from(byte as i8) } else { f32::from(byte) };
        let mut network = network(&[layer("Gemm", vec![noise(&[rows, columns], 0)])], &[1, rows], &[1]);
        network.nodes.insert(0, Step {
            op: "DequantizeLinear".into(),
            inputs: ["q", "s", "z"].map(String::from).into(),
            outputs: vec!["w".into()],
            attributes: [("axis", 1), ("block_size", block as i64)]
                .map(|(name, v)| (name.to_owned(), Attribute::Int(v)))
                .into(),
        });
        network.nodes[1].inputs[1] = "w".into();
        let eight = |shape, values: &[u8]| Constant::Bytes { shape, signed, values: values.into() };
        network.constants = [
            ("q".to_owned(), eight(vec![rows, columns], &weights)),
            ("z".to_owned(), eight(vec![rows, blocks], &zeros)),
            ("s".to_owned(), Constant::floats(vec![rows, blocks], scales.clone()).unwrap()),
        ].into();
        let graph = specialise(&network, &[1, rows]).unwrap();
        let Op::Gemm { weight, .. } = &graph.nodes[0].op else { panic!("{:?}", names(&graph)) };
        for row in 0..rows {
            for column in 0..columns {
                let at = row * blocks + column / block;
                let slow = (number(weights[row * columns + column]) - number(zeros[at])) * scales[at];
                prop_assert_eq!(weight.data()[row * columns + column], slow);
            }
        }
    }
}

#[test]
fn what_somebody_else_reads_too_is_left_alone() {
    let layers = [conv(2, 2, 1, 0, 1), batch_normalisation(2, 2), layer("Relu", vec![])];
    let x = noise(&[1, 2, 4, 4], 3);
    let graph = specialise(&network(&layers, &x.0, &[1, 3]), &x.0).unwrap();
    let results = run(&graph, &x);
    assert_close(&results[0], &one_by_one(&layers[..1], &x));
    assert_close(&results[1], &one_by_one(&layers, &x));
}

#[test]
fn misfits_are_refused() {
    let refused = |layers: &[Layer], shape: &[usize]| {
        specialise(&network(layers, shape, &[layers.len()]), shape).unwrap_err()
    };
    let picture = [1, 2, 4, 4];
    let with = |name, value| {
        let mut conv = conv(2, 2, 1, 0, 1);
        conv.attributes.retain(|(n, _)| *n != name);
        conv.attributes.push((name, value));
        conv
    };
    let unsupported = [
        with("group", Attribute::Int(0)),
        with("group", Attribute::Int(3)),
        with("group", Attribute::Int(-1)),
        with("strides", Attribute::Ints(vec![0, 1])),
        with("strides", Attribute::Ints(vec![1])),
        with("dilations", Attribute::Ints(vec![i64::MAX, 1])),
        with("pads", Attribute::Ints(vec![-1, 0, 0, 0])),
        with("pads", Attribute::Float(1.0)),
        with("kernel_shape", Attribute::Ints(vec![3, 3])),
        with("auto_pad", Attribute::Text("SIDEWAYS".into())),
        layer("Conv", vec![]),
        layer("Erf", vec![]),
        layer("Add", vec![noise(&[4], 1)]),
        layer("Div", vec![(vec![1], vec![0.0])]),
        layer("BatchNormalization", vec![noise(&[3], 1); 4]),
        layer("Gemm", vec![noise(&[2, 0], 1)]),
    ];
    for layer in unsupported {
        let fault = refused(std::slice::from_ref(&layer), &picture);
        let named = matches!(&fault, Fault::Unsupported { op, .. } if op == layer.op);
        assert!(named || matches!(fault, Fault::Damaged(_)), "{layer:?}: {fault:?}");
    }
    let fault = refused(&[conv(2, 2, 1, 0, 1)], &[1, 2, 2, 2]);
    assert!(matches!(fault, Fault::WrongInput(_)), "{fault:?}");
    let fault = refused(&[layer("Gemm", vec![noise(&[3, 2], 1)])], &[1, 2]);
    assert!(matches!(fault, Fault::WrongInput(_)), "{fault:?}");
}
