//! Every kernel against the slowest and most obvious way to compute the same.

use std::sync::Arc;

use proptest::prelude::*;
use rollcall_core::Tensor;

use super::{plan::Plan, run::Runner};
use crate::{
    Graph, Node, Op, Value, ValueId,
    graph::{Conv, Window},
};

/// Numbers that look random and are the same every time.
fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn tensor(shape: &[usize], seed: u32) -> Arc<Tensor> {
    let count = shape.iter().product();
    Arc::new(Tensor::new(shape.to_vec(), noise(count, seed)).unwrap())
}

/// A chain of nodes, each reading the one before; `shapes[0]` is the input's.
fn chain(ops: Vec<Op>, shapes: &[[usize; 4]]) -> Graph {
    let values = shapes.iter().enumerate();
    let values = values.map(|(i, s)| Value { name: format!("v{i}"), shape: s.to_vec() }).collect();
    let nodes = ops.into_iter().enumerate();
    let nodes = nodes.map(|(i, op)| Node { op, inputs: vec![ValueId(i)], output: ValueId(i + 1) });
    let outputs = vec![ValueId(shapes.len() - 1)];
    Graph { name: "chain".into(), input: ValueId(0), outputs, nodes: nodes.collect(), values }
}

fn run(graph: &Graph, picture: &[f32]) -> Vec<f32> {
    let plan = Plan::new(graph).unwrap();
    let mut runner = Runner::default();
    let first = runner.run(&plan, picture);
    assert_eq!(first, runner.run(&plan, picture), "memory used again must not show");
    first.concat()
}

fn slow_conv(
    conv: &Conv,
    [channels, height, width]: [usize; 3],
    x: &[f32],
    out: [usize; 3],
) -> Vec<f32> {
    let [kh, kw] = conv.window.kernel;
    let per_group = channels / conv.group;
    let mut result = Vec::new();
    for o in 0..out[0] {
        let group = o / (out[0] / conv.group);
        for oy in 0..out[1] {
            for ox in 0..out[2] {
                let mut sum = conv.bias.data()[o];
                for i in 0..per_group {
                    for (ky, kx) in (0..kh).flat_map(|ky| (0..kw).map(move |kx| (ky, kx))) {
                        let y = (oy * conv.window.strides[0] + ky) as isize
                            - conv.window.pads[0] as isize;
                        let xx = (ox * conv.window.strides[1] + kx) as isize
                            - conv.window.pads[1] as isize;
                        if (0..height as isize).contains(&y) && (0..width as isize).contains(&xx) {
                            let at = ((group * per_group + i) * height + y as usize) * width
                                + xx as usize;
                            sum += x[at]
                                * conv.weight.data()[((o * per_group + i) * kh + ky) * kw + kx];
                        }
                    }
                }
                result.push(sum);
            }
        }
    }
    result
}

fn assert_close(ours: &[f32], slow: &[f32]) {
    assert_eq!(ours.len(), slow.len());
    for (i, (a, b)) in ours.iter().zip(slow).enumerate() {
        assert!((a - b).abs() <= 1e-4 * (1.0 + b.abs()), "value {i}: {a} is not {b}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn convolution_equals_its_slow_twin(
        depthwise: bool,
        channels in 1usize..18,
        outputs in 1usize..18,
        (height, width) in (1usize..14, 1usize..14),
        kernel in [1usize..5, 1usize..5],
        strides in [1usize..4, 1usize..4],
        pads in [0usize..3, 0usize..3, 0usize..3, 0usize..3],
        prelu: bool,
        seed: u32,
    ) {
        prop_assume!(height + pads[0] + pads[2] >= kernel[0]);
        prop_assume!(width + pads[1] + pads[3] >= kernel[1]);
        let (outputs, group) = if depthwise { (channels, channels) } else { (outputs, 1) };
        let window = Window { kernel, strides, pads, dilations: [1, 1] };
        let conv = Conv {
            weight: tensor(&[outputs, channels / group, kernel[0], kernel[1]], seed),
            bias: tensor(&[outputs], seed ^ 1),
            group,
            window,
        };
        let out = [
            outputs,
            (height + pads[0] + pads[2] - kernel[0]) / strides[0] + 1,
            (width + pads[1] + pads[3] - kernel[1]) / strides[1] + 1,
        ];
        let picture = noise(channels * height * width, seed ^ 2);
        let mut expected = slow_conv(&conv, [channels, height, width], &picture, out);
        let mut ops = vec![Op::Conv(conv)];
        let mut shapes = vec![[1, channels, height, width], [1, out[0], out[1], out[2]]];
        if prelu {
            let slope = tensor(&[outputs], seed ^ 3);
            for (i, x) in expected.iter_mut().enumerate().filter(|(_, x)| **x < 0.0) {
                *x *= slope.data()[i / (out[1] * out[2])];
            }
            ops.push(Op::PRelu { slope });
            shapes.push(shapes[1]);
        }
        assert_close(&run(&chain(ops, &shapes), &picture), &expected);
    }

    #[test]
    fn pooling_and_repeating_equal_their_slow_twins(
        channels in 1usize..9,
        (height, width) in (2usize..9, 2usize..9),
        scale in [1usize..4, 1usize..4],
        seed: u32,
    ) {
        let picture = noise(channels * height * width, seed);
        let at = |c: usize, y: usize, x: usize| picture[(c * height + y) * width + x];
        let grid = |h: usize, w: usize| {
            (0..channels).flat_map(move |c| (0..h).flat_map(move |y| (0..w).map(move |x| (c, y, x))))
        };
        let window = Window { kernel: [2, 2], strides: [2, 2], pads: [0; 4], dilations: [1, 1] };
        let (h, w) = (height / 2, width / 2);
        let pooled: Vec<f32> = grid(h, w)
            .map(|(c, y, x)| {
                let four = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(j, i)| at(c, 2 * y + j, 2 * x + i));
                four.into_iter().fold(f32::MIN, f32::max)
            })
            .collect();
        let shapes = [[1, channels, height, width], [1, channels, h, w]];
        prop_assert_eq!(run(&chain(vec![Op::MaxPool(window)], &shapes), &picture), pooled);
        let (h, w) = (height * scale[0], width * scale[1]);
        let repeated: Vec<f32> =
            grid(h, w).map(|(c, y, x)| at(c, y / scale[0], x / scale[1])).collect();
        let shapes = [[1, channels, height, width], [1, channels, h, w]];
        prop_assert_eq!(run(&chain(vec![Op::Resize { scale }], &shapes), &picture), repeated);
    }
}

proptest! {
    #[test]
    fn joining_equals_its_slow_twin(
        channels in prop::collection::vec(1usize..9, 1..5),
        (height, width) in (1usize..4, 1usize..4),
        axis in 0usize..4,
        seed: u32,
    ) {
        // Convolutions make the parts, so that feature maps are joined, not only the input.
        let window = Window { kernel: [1, 1], strides: [1, 1], pads: [0; 4], dilations: [1, 1] };
        let channels = if axis == 1 { channels } else { vec![3; channels.len()] };
        let mut shapes = vec![vec![1, 2, height, width]];
        let mut nodes = Vec::new();
        for (n, &outputs) in channels.iter().enumerate() {
            let (weight, bias) = (tensor(&[outputs, 2, 1, 1], seed ^ n as u32), tensor(&[outputs], 7));
            let op = Op::Conv(Conv { weight, bias, group: 1, window });
            nodes.push(Node { op, inputs: vec![ValueId(0)], output: ValueId(n + 1) });
            shapes.push(vec![1, outputs, height, width]);
        }
        let mut joined = shapes[1].clone();
        joined[axis] = shapes[1..].iter().map(|shape| shape[axis]).sum();
        shapes.push(joined.clone());
        let inputs = (1..=channels.len()).map(ValueId).collect();
        let output = ValueId(shapes.len() - 1);
        nodes.push(Node { op: Op::Concat { axis }, inputs, output });
        let values = shapes.iter().enumerate();
        let values =
            values.map(|(i, s)| Value { name: format!("v{i}"), shape: s.clone() }).collect();
        let mut graph =
            Graph { name: "join".into(), input: ValueId(0), outputs: vec![], nodes, values };
        let picture = noise(2 * height * width, seed);
        let parts: Vec<Vec<f32>> = (1..=channels.len())
            .map(|n| {
                graph.outputs = vec![ValueId(n)];
                run(&graph, &picture)
            })
            .collect();
        graph.outputs = vec![output];
        let ours = run(&graph, &picture);
        for (at, value) in ours.iter().enumerate() {
            let mut place = [0; 4];
            let mut rest = at;
            for d in (0..4).rev() {
                (place[d], rest) = (rest % joined[d], rest / joined[d]);
            }
            let mut part = 0;
            while place[axis] >= shapes[part + 1][axis] {
                place[axis] -= shapes[part + 1][axis];
                part += 1;
            }
            let from = place.iter().zip(&shapes[part + 1]).fold(0, |at, (i, d)| at * d + i);
            prop_assert_eq!(*value, parts[part][from]);
        }
    }

    #[test]
    fn softmax_equals_its_slow_twin(rows in 1usize..5, length in 1usize..6, most in 1f32..80.0) {
        let x: Vec<f32> = noise(rows * length, 3).iter().map(|v| v * most).collect();
        let graph = chain(vec![Op::Softmax], &[[1, rows, 1, length]; 2]);
        let slow = x.chunks(length).flat_map(|row| {
            let powers: Vec<f64> = row.iter().map(|&v| f64::from(v).exp()).collect();
            let sum: f64 = powers.iter().sum();
            powers.into_iter().map(move |power| (power / sum) as f32)
        });
        assert_close(&run(&graph, &x), &slow.collect::<Vec<_>>());
    }
}

/// `conv(x) + x` is drawn into one step; a sum with something computed later must not be.
#[test]
fn a_residual_sum_is_fused_and_stays_right() {
    let window = Window { kernel: [1, 1], strides: [1, 1], pads: [0; 4], dilations: [1, 1] };
    let conv = |seed| {
        let (weight, bias) = (tensor(&[8, 8, 1, 1], seed), tensor(&[8], seed + 1));
        Op::Conv(Conv { weight, bias, group: 1, window })
    };
    let mut graph = chain(vec![conv(1), conv(2), Op::Add, Op::Relu], &[[1, 8, 5, 5]; 5]);
    let picture = noise(200, 9);
    let alone = |op: Op, input: &[f32]| run(&chain(vec![op], &[[1, 8, 5, 5]; 2]), input);
    let first = alone(conv(1), &picture);
    let second = alone(conv(2), &first);
    for earlier in [0, 1] {
        graph.nodes[2].inputs = vec![ValueId(2), ValueId(earlier)];
        let other = if earlier == 0 { &picture } else { &first };
        let expected: Vec<f32> = second.iter().zip(other).map(|(a, b)| (a + b).max(0.0)).collect();
        assert_close(&run(&graph, &picture), &expected);
        assert_eq!(Plan::new(&graph).unwrap().steps.len(), 2, "sum and activation are fused");
    }
}

#[test]
fn channels_move_last_and_back() {
    let picture = noise(3 * 4 * 5, 1);
    let to_last = Op::Transpose { perm: vec![0, 2, 3, 1] };
    let to_first = Op::Transpose { perm: vec![0, 3, 1, 2] };
    let shapes = [[1, 3, 4, 5], [1, 4, 5, 3], [1, 3, 4, 5]];
    assert_eq!(run(&chain(vec![to_last, to_first], &shapes), &picture), picture);
}

#[test]
fn a_dilated_convolution_is_refused_by_name() {
    let window = Window { kernel: [2, 2], strides: [1, 1], pads: [0; 4], dilations: [2, 2] };
    let conv = Conv { weight: tensor(&[4, 4, 2, 2], 1), bias: tensor(&[4], 2), group: 1, window };
    let graph = chain(vec![Op::Conv(conv)], &[[1, 4, 5, 5], [1, 4, 3, 3]]);
    let error = Plan::new(&graph).unwrap_err().to_string();
    assert!(error.contains("chain") && error.contains("dilated"), "{error}");
}
