//! Habits of exporters that would stand in the way.

use std::collections::BTreeMap;

use crate::{
    constant::Constant,
    error::Fault,
    network::{Attribute, Network, Step},
    specialise,
};

/// A normalisation is at most this many steps away from the length it divides by.
const MAX_DETOUR: usize = 6;

/// TensorFlow's pictures are `[batch, height, width, channels]`, and its exported nets begin by
/// turning them: then the turned ones become the input.
pub(super) fn put_planes_first(network: &mut Network) {
    let turns =
        |step: &Step| step.op == "Transpose" && matches!(step.ints("perm"), Ok(Some([0, 3, 1, 2])));
    let &[batch, height, width, channels] = &network.input_shape[..] else { return };
    let mut readers = network.nodes.iter().filter(|step| step.inputs.contains(&network.input));
    if !readers.clone().all(turns) {
        return;
    }
    let turned: Vec<String> = readers.by_ref().map(|step| step.outputs[0].clone()).collect();
    if turned.is_empty() || turned.iter().any(|name| network.outputs.contains(name)) {
        return;
    }
    network.nodes.retain(|step| !turned.contains(&step.outputs[0]));
    for name in network.nodes.iter_mut().flat_map(|step| &mut step.inputs) {
        if turned.contains(name) {
            name.clone_from(&network.input);
        }
    }
    network.input_shape = vec![batch, channels, height, width];
}

/// An embedder's last step may be to divide by the length. Rollcall does that itself, after it has
/// looked at the length, which tells how good the picture was.
pub(super) fn keep_length(network: &mut Network) {
    let [output] = &network.outputs[..] else { return };
    let Some(last) = producer(network, output) else { return };
    let Some(source) = normalised(network, last).cloned() else { return };
    if producer(network, &source).is_none() {
        return;
    }
    let output = output.clone();
    network.nodes.retain(|step| !step.outputs.contains(&output));
    for step in &mut network.nodes {
        for name in step.inputs.iter_mut().chain(&mut step.outputs).filter(|n| **n == source) {
            name.clone_from(&output);
        }
    }
}

fn producer<'n>(network: &'n Network, name: &String) -> Option<&'n Step> {
    network.nodes.iter().find(|step| step.outputs.contains(name))
}

/// What `step` brings to length 1, if that is what it does.
fn normalised<'n>(network: &'n Network, step: &'n Step) -> Option<&'n String> {
    let source = step.inputs.first()?;
    let fine = |step: &Step, name| matches!(step.int(name, -1), Ok(-1 | 1));
    match step.op.as_str() {
        "LpNormalization" if fine(step, "axis") && matches!(step.int("p", 2), Ok(2)) => {
            Some(source)
        }
        "Div" => {
            let mut length = producer(network, step.inputs.get(1)?)?;
            for _ in 0..MAX_DETOUR {
                match length.op.as_str() {
                    "ReduceL2" => break,
                    // Against lengths of 0, and to the length's own shape.
                    "Clip" | "Max" | "Expand" => {
                        length = producer(network, length.inputs.first()?)?;
                    }
                    _ => return None,
                }
            }
            let axes = match (length.ints("axes"), length.inputs.get(1)) {
                (Ok(Some(axes)), _) => axes,
                (_, Some(name)) => match network.constant(name)? {
                    Constant::Integers { values, .. } => values,
                    _ => return None,
                },
                _ => return None,
            };
            let is_length = length.op == "ReduceL2" && matches!(axes, [-1 | 1]);
            (is_length && length.inputs.first() == Some(source)).then_some(source)
        }
        _ => None,
    }
}

/// Keras puts the zeros around a picture in a step before the convolution that wants them.
pub(super) fn join_padding(network: &mut Network) {
    for n in 0..network.nodes.len() {
        let pad = &network.nodes[n];
        let Some(pads) = zeros_around(network, pad) else { continue };
        let (from, padded) = (pad.inputs[0].clone(), pad.outputs[0].clone());
        let reads = |step: &&mut Step| step.inputs.contains(&padded);
        let takes = |step: &mut Step| {
            let plain = step.text("auto_pad", "NOTSET", &["NOTSET", "VALID"]).is_ok();
            step.op == "Conv" && step.inputs.iter().skip(1).all(|name| *name != padded) && plain
        };
        if network.outputs.contains(&padded) || !network.nodes.iter_mut().filter(reads).all(takes) {
            continue;
        }
        for conv in network.nodes.iter_mut().filter(reads) {
            let valid = conv.attribute("auto_pad") == Some(&Attribute::Text("VALID".into()));
            let own = match conv.ints("pads") {
                Ok(Some(&[a, b, c, d])) if !valid => [a, b, c, d],
                _ => [0; 4],
            };
            let sums = own.iter().zip(pads).map(|(a, b)| a.saturating_add(b)).collect();
            conv.attributes.retain(|(name, _)| name != "pads" && name != "auto_pad");
            conv.attributes.push(("pads".to_owned(), Attribute::Ints(sums)));
            conv.attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
            conv.inputs[0].clone_from(&from);
        }
    }
}

/// Top, left, bottom and right of a `Pad` that puts zeros there, and nowhere else.
fn zeros_around(network: &Network, step: &Step) -> Option<[i64; 4]> {
    if step.op != "Pad"
        || step.inputs.len() > 3
        || step.text("mode", "constant", &["constant"]).is_err()
    {
        return None;
    }
    // Attributes before operator set 11, inputs since.
    let value = match step.inputs.get(2).map(String::as_str) {
        None | Some("") => step.float("value", 0.0).ok()?,
        Some(name) => match network.constant(name)? {
            Constant::Floats(value) => *value.data().first()?,
            _ => return None,
        },
    };
    let pads = match (step.ints("pads").ok()?, step.inputs.get(1)) {
        (Some(pads), _) => pads,
        (None, Some(name)) => match network.constant(name)? {
            Constant::Integers { values, .. } => values,
            _ => return None,
        },
        _ => return None,
    };
    match *pads {
        [0, 0, top, left, 0, 0, bottom, right] if value == 0.0 => Some([top, left, bottom, right]),
        _ => None,
    }
}

/// A `Resize` that writes out the size of its result gets the factors instead, which are right for
/// inputs of other sizes too. `input` is the declared one.
pub(super) fn name_factors(network: &mut Network, input: &[usize]) -> Result<(), Fault> {
    let (_, shapes) = specialise::build(network, input)?;
    let factors = |step: &Step| -> Option<Vec<f32>> {
        let [from, _, _, sizes] = &step.inputs[..] else { return None };
        network.constants.get(sizes).filter(|_| step.op == "Resize")?;
        let (from, to) = (shapes.get(from.as_str())?, shapes.get(step.outputs[0].as_str())?);
        let whole = from.iter().zip(to).all(|(a, b)| b.is_multiple_of(*a));
        whole.then(|| from.iter().zip(to).map(|(a, b)| (b / a) as f32).collect())
    };
    let found: BTreeMap<usize, Vec<f32>> =
        network.nodes.iter().enumerate().filter_map(|(n, s)| Some((n, factors(s)?))).collect();
    for (n, factors) in found {
        let name = format!("factors of {}", network.nodes[n].outputs[0]);
        network.nodes[n].inputs.truncate(2);
        network.nodes[n].inputs.push(name.clone());
        network.constants.insert(name, Constant::floats(vec![factors.len()], factors)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn step(op: &str, inputs: &[&str], output: &str, attributes: &[(&str, Attribute)]) -> Step {
        Step {
            op: op.into(),
            inputs: inputs.iter().map(|&name| name.into()).collect(),
            outputs: vec![output.into()],
            attributes: attributes.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        }
    }

    fn network(input_shape: [usize; 4], nodes: Vec<Step>) -> Network {
        let floats = |shape: &[usize]| {
            Constant::floats(shape.to_vec(), vec![0.5; shape.iter().product()]).unwrap()
        };
        let shape =
            |values: &[i64]| Constant::integers(vec![values.len()], values.to_vec()).unwrap();
        let constants = [
            ("kernel", floats(&[2, 3, 3, 3])),
            ("matrix", floats(&[3, 4])),
            ("zero", Constant::floats(vec![], vec![0.0]).unwrap()),
            ("one", Constant::floats(vec![], vec![1.0]).unwrap()),
            ("around", shape(&[0, 0, 1, 2, 0, 0, 3, 4])),
            ("into channels", shape(&[0, 1, 1, 2, 0, 0, 3, 4])),
            ("size", shape(&[1, 3, 16, 24])),
            ("last", shape(&[-1])),
        ];
        Network {
            name: "test".into(),
            opset: 18,
            input: "x".into(),
            input_shape: input_shape.iter().map(|&d| Some(d)).collect(),
            outputs: vec!["y".into()],
            nodes,
            constants: constants.map(|(name, value)| (name.to_owned(), value)).into(),
            limits: Limits::default(),
        }
    }

    fn ints(values: &[i64]) -> Attribute {
        Attribute::Ints(values.to_vec())
    }

    fn ops(network: &Network) -> Vec<&str> {
        network.nodes.iter().map(|step| step.op.as_str()).collect()
    }

    #[test]
    fn pictures_come_plane_by_plane() {
        let turn = |perm: &[i64]| step("Transpose", &["x"], "t", &[("perm", ints(perm))]);
        let relu = step("Relu", &["t"], "y", &[]);
        let mut net = network([1, 8, 9, 3], vec![turn(&[0, 3, 1, 2]), relu.clone()]);
        put_planes_first(&mut net);
        assert_eq!(ops(&net), ["Relu"]);
        assert_eq!(net.nodes[0].inputs, ["x"]);
        assert_eq!(net.input_shape, [1, 3, 8, 9].map(Some));
        for others in [
            vec![turn(&[0, 2, 3, 1]), relu.clone()],
            // Somebody reads the picture as it came.
            vec![
                turn(&[0, 3, 1, 2]),
                step("Relu", &["t"], "r", &[]),
                step("Add", &["x", "r"], "y", &[]),
            ],
        ] {
            let mut net = network([1, 8, 9, 3], others.clone());
            put_planes_first(&mut net);
            assert_eq!(net.nodes, others);
        }
    }

    #[test]
    fn an_embedding_keeps_its_length() {
        let product = step("MatMul", &["x", "matrix"], "e", &[]);
        let by = |n: &str| step("Div", &["e", n], "y", &[]);
        let length = step("ReduceL2", &["e", "last"], "l", &[]);
        let at_least = step("Clip", &["l", "zero"], "c", &[]);
        let spread = step("Expand", &["c", "s"], "n", &[]);
        let shape = step("Shape", &["e"], "s", &[]);
        for normalisation in [
            vec![step("LpNormalization", &["e"], "y", &[("axis", Attribute::Int(1))])],
            vec![length.clone(), by("l")],
            vec![length.clone(), at_least, shape, spread, by("n")],
        ] {
            let mut net = network([1; 4], [vec![product.clone()], normalisation].concat());
            keep_length(&mut net);
            net.prune();
            assert_eq!(ops(&net), ["MatMul"]);
            assert_eq!(net.nodes[0].outputs, ["y"]);
        }
        let other = step("Sigmoid", &["e"], "l", &[]);
        let of_rows = step("ReduceL2", &["e"], "l", &[("axes", ints(&[0]))]);
        for divisor in [other, of_rows] {
            let nodes = vec![product.clone(), divisor, by("l")];
            let mut net = network([1; 4], nodes.clone());
            keep_length(&mut net);
            assert_eq!(net.nodes, nodes, "that is another division");
        }
    }

    #[test]
    fn zeros_go_to_the_convolution_that_wants_them() {
        let pad = |pads: &str, value: &str| step("Pad", &["x", pads, value], "p", &[]);
        let conv = |pads: &[i64]| {
            step(
                "Conv",
                &["p", "kernel"],
                "y",
                &[("group", Attribute::Int(1)), ("pads", ints(pads))],
            )
        };
        let joined = |nodes: Vec<Step>| {
            let mut net = network([1, 3, 8, 8], nodes);
            join_padding(&mut net);
            net.prune();
            net
        };
        for value in ["zero", ""] {
            let net = joined(vec![pad("around", value), conv(&[1, 0, 0, 1])]);
            assert_eq!(ops(&net), ["Conv"]);
            assert_eq!(net.nodes[0].ints("pads").unwrap(), Some(&[2, 2, 3, 5][..]));
            assert_eq!(net.nodes[0].inputs[0], "x");
        }
        let pool = step("MaxPool", &["p"], "y", &[("kernel_shape", ints(&[2, 2]))]);
        for others in [
            vec![pad("around", "one"), conv(&[0; 4])],
            vec![pad("into channels", "zero"), conv(&[0; 4])],
            vec![pad("around", "zero"), pool],
        ] {
            assert_eq!(joined(others.clone()).nodes, others);
        }
    }

    #[test]
    fn a_size_becomes_factors() {
        let resize = |size| step("Resize", &["x", "", "", size], "y", &[]);
        let mut net = network([1, 3, 8, 8], vec![resize("size")]);
        name_factors(&mut net, &[1, 3, 8, 8]).unwrap();
        let factors = net.constants.get(&net.nodes[0].inputs[2]).unwrap();
        assert_eq!(factors, &Constant::floats(vec![4], vec![1.0, 1.0, 2.0, 3.0]).unwrap());
        assert_eq!(net.nodes[0].inputs.len(), 3);
    }
}
