//! Layers that become others: pools, slopes, padding by name.

use super::*;

fn with(mut layer: Layer, attributes: &[(&'static str, Attribute)]) -> Layer {
    layer.attributes.extend_from_slice(attributes);
    layer
}

fn ints(values: &[i64]) -> Attribute {
    Attribute::Ints(values.to_vec())
}

fn refusal(layer: Layer, shape: &[usize]) -> Fault {
    specialise(&network(&[layer], shape, &[1]), shape).unwrap_err()
}

/// The mean of the pixels of each window that lie in the picture and outside, those as 0.
fn slow_average((shape, x): &Floats, [kh, kw]: [usize; 2], stride: usize, pad: usize) -> Floats {
    let places = |length: usize, kernel: usize| (length + 2 * pad - kernel) / stride + 1;
    let to = vec![shape[0], shape[1], places(shape[2], kh), places(shape[3], kw)];
    let mut result = vec![];
    for (n, c, i, j) in cells(&to) {
        let mut sum = 0.0;
        for (row, column) in (0..kh).flat_map(|k| (0..kw).map(move |l| (k, l))) {
            let (row, column) = (i * stride + row, j * stride + column);
            if (pad..shape[2] + pad).contains(&row) && (pad..shape[3] + pad).contains(&column) {
                let at = ((n * shape[1] + c) * shape[2] + row - pad) * shape[3] + column - pad;
                sum += x[at];
            }
        }
        result.push(sum / (kh * kw) as f32);
    }
    (to, result)
}

proptest! {
    #[test]
    fn an_average_becomes_a_convolution(
        channels in 1usize..4, (kh, kw) in (1i64..4, 1i64..4), stride in 1i64..3, pad in 0i64..2,
        seed: u32,
    ) {
        let x = noise(&[2, channels, 5, 6], seed);
        let pool = with(layer("AveragePool", vec![]), &[
            ("kernel_shape", ints(&[kh, kw])),
            ("strides", ints(&[stride, stride])),
            ("pads", ints(&[pad; 4])),
            ("count_include_pad", Attribute::Int(1)),
        ]);
        let (graph, result) = folded(&[pool], &x);
        prop_assert_eq!(names(&graph), ["Conv"]);
        let kernel = [kh as usize, kw as usize];
        assert_close(&result, &slow_average(&x, kernel, stride as usize, pad as usize));
    }

    #[test]
    fn the_mean_of_a_plane_is_an_average_too(channels in 1usize..4, flat: bool, seed: u32) {
        let x = noise(&[2, channels, 3, 5], seed);
        let mut wanted = slow_average(&x, [3, 5], 1, 0);
        let pooled = folded(&[layer("GlobalAveragePool", vec![])], &x).1;
        assert_close(&pooled, &wanted);
        let axes = ("axes", ints(&[-1, 2]));
        let keep = ("keepdims", Attribute::Int((!flat).into()));
        let reduced = folded(&[with(layer("ReduceMean", vec![]), &[axes, keep])], &x).1;
        if flat {
            wanted.0.truncate(2);
        }
        assert_close(&reduced, &wanted);
    }

    #[test]
    fn a_leak_is_a_slope_for_all_channels(channels in 1usize..4, alpha in 0f32..1.0, seed: u32) {
        let x = noise(&[2, channels, 3, 5], seed);
        let leaky = with(layer("LeakyRelu", vec![]), &[("alpha", Attribute::Float(alpha))]);
        let slow = by_channel(&x, |v, _| if v < 0.0 { alpha * v } else { v });
        assert_close(&folded(&[leaky], &x).1, &slow);
    }

    #[test]
    fn padding_by_name_is_the_padding_it_stands_for(
        kernel in 1usize..5, stride in 1usize..4, (height, width) in (5usize..9, 5usize..9),
        upper: bool, seed: u32,
    ) {
        let conv = |attributes: &[(&'static str, Attribute)]| {
            let weight = noise(&[3, 2, kernel, kernel], seed);
            let strides = ("strides", ints(&[stride as i64; 2]));
            with(with(layer("Conv", vec![weight]), &[strides]), attributes)
        };
        let x = noise(&[1, 2, height, width], seed ^ 1);
        let way = if upper { "SAME_UPPER" } else { "SAME_LOWER" };
        let named = folded(&[conv(&[("auto_pad", Attribute::Text(way.into()))])], &x).1;
        prop_assert_eq!(&named.0[2..], [height.div_ceil(stride), width.div_ceil(stride)]);
        let pads = [height, width].map(|length| {
            let total = ((length.div_ceil(stride) - 1) * stride + kernel).saturating_sub(length);
            let (less, more) = (total / 2, total - total / 2);
            if upper { [less as i64, more as i64] } else { [more as i64, less as i64] }
        });
        let pads = ints(&[pads[0][0], pads[1][0], pads[0][1], pads[1][1]]);
        assert_close(&named, &folded(&[conv(&[("pads", pads)])], &x).1);
        let valid = conv(&[
            ("auto_pad", Attribute::Text("VALID".into())),
            ("pads", ints(&[9; 4])),
        ]);
        assert_close(&folded(&[valid], &x).1, &folded(&[conv(&[])], &x).1);
    }

    #[test]
    fn a_matrix_product_may_get_its_bias_later(k in 1usize..6, n in 1usize..5, seed: u32) {
        let layers = [
            layer("MatMul", vec![noise(&[k, n], seed)]),
            layer("Add", vec![noise(&[n], seed ^ 1)]),
            batch_normalisation(n, seed ^ 2),
        ];
        let x = noise(&[2, k], seed ^ 3);
        let (graph, result) = folded(&layers, &x);
        prop_assert_eq!(names(&graph), ["Gemm"]);
        assert_close(&result, &one_by_one(&layers, &x));
    }
}

#[test]
fn what_would_be_another_result_is_refused() {
    let two = ("kernel_shape", ints(&[2, 2]));
    let pool = |op, attributes: &[(&'static str, Attribute)]| {
        with(with(layer(op, vec![]), std::slice::from_ref(&two)), attributes)
    };
    let padded = ("pads", ints(&[1; 4]));
    let up = [("ceil_mode", Attribute::Int(1)), ("strides", ints(&[2, 2]))];
    for layer in [
        pool("AveragePool", &[padded]),
        pool("AveragePool", &up),
        pool("MaxPool", &up),
        with(layer("ReduceMean", vec![]), &[("axes", ints(&[1, 2]))]),
        layer("ReduceMean", vec![]),
        with(layer("Softmax", vec![]), &[("axis", Attribute::Int(1))]),
    ] {
        let fault = refusal(layer.clone(), &[1, 2, 5, 5]);
        assert!(matches!(fault, Fault::Unsupported { .. }), "{layer:?}: {fault:?}");
    }
    // Where windows fit, rounding up is rounding down.
    let x = noise(&[1, 2, 4, 4], 1);
    assert_close(&folded(&[pool("AveragePool", &up)], &x).1, &slow_average(&x, [2, 2], 2, 0));
}
