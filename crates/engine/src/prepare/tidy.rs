//! What preparation changes in a network.

use std::collections::BTreeMap;

use super::exporters;
use crate::{
    constant::Constant,
    error::Fault,
    limits::Budget,
    network::{Network, Step},
    specialise,
};

/// Height and width to try where a file leaves them open: every detector takes this many pixels.
const USUAL: usize = 640;

/// Changes `network` as [`super::prepare`] says.
pub(super) fn tidy(network: &mut Network) -> Result<(), Fault> {
    evaluate_constants(network)?;
    exporters::put_planes_first(network);
    exporters::keep_length(network);
    exporters::join_padding(network);
    network.prune();
    simplify_scales(network);
    open_shapes(network)?;
    network.prune();
    shorten_names(network);
    Ok(())
}

/// Computes what depends on constants alone, but for weights, which would grow.
fn evaluate_constants(network: &mut Network) -> Result<(), Fault> {
    let mut memory = Budget::new("bytes of memory for its constants", network.limits.memory_bytes);
    let mut left = Vec::with_capacity(network.nodes.len());
    for step in std::mem::take(&mut network.nodes) {
        let given = step.inputs.iter().filter(|name| !name.is_empty());
        let constant = given.clone().all(|name| network.constants.contains_key(name));
        if !constant || step.op == "DequantizeLinear" || given.count() == 0 {
            left.push(step);
            continue;
        }
        let inputs = step.inputs.iter().map(|name| network.constants.get(name).cloned()).collect();
        let value = specialise::evaluate(&step, inputs, &mut memory)?;
        network.constants.insert(step.outputs[0].clone(), value);
    }
    network.nodes = left;
    Ok(())
}

/// A scale for everything needs neither axis nor block size, and must have no axes itself.
fn simplify_scales(network: &mut Network) {
    for step in network.nodes.iter_mut().filter(|step| step.op == "DequantizeLinear") {
        let names: Vec<String> = step.inputs.iter().skip(1).cloned().collect();
        let is_one = |name: &String| {
            network.constants.get(name).is_some_and(|c| c.shape().iter().all(|&d| d == 1))
        };
        if !names.iter().all(is_one) {
            continue;
        }
        step.attributes.retain(|(name, _)| name != "axis" && name != "block_size");
        for name in names {
            match network.constants.get_mut(&name) {
                Some(Constant::Floats(tensor)) => {
                    if let Ok(scalar) = Constant::floats(vec![], tensor.data().to_vec()) {
                        network.constants.insert(name, scalar);
                    }
                }
                Some(Constant::Bytes { shape, .. }) => shape.clear(),
                _ => {}
            }
        }
    }
}

/// Opens the batch, and height and width where the outputs allow it.
fn open_shapes(network: &mut Network) -> Result<(), Fault> {
    let open = |(axis, d): (usize, &Option<usize>)| d.unwrap_or(if axis == 0 { 1 } else { USUAL });
    let declared: Vec<usize> = network.input_shape.iter().enumerate().map(open).collect();
    // Fails here, not when it is used, if anything in the network cannot run.
    exporters::name_factors(network, &declared)?;
    let reshapes = copied_batches(network, &declared)?;
    let [1, channels, height, width] = declared[..] else { return Ok(()) };
    let before = (network.nodes.clone(), network.constants.clone());
    for (node, target) in reshapes {
        let name = format!("batch of {}", network.nodes[node].outputs[0]);
        network.nodes[node].inputs[1].clone_from(&name);
        network.constants.insert(name, Constant::integers(vec![target.len()], target)?);
    }
    let outputs = shapes_of_outputs(network, &declared)?;
    // Outputs with a batch of their own differ in nothing else from those of one picture; some
    // detectors have outputs without one, and take one picture at a time.
    let same_but = |network: &Network, shape: &[usize], batch: Option<usize>, inner: bool| {
        shapes_of_outputs(network, shape).is_ok_and(|others| {
            outputs.iter().zip(&others).all(|(one, other)| {
                one.len() == other.len()
                    && (batch.is_none() || other.first() == batch.as_ref())
                    && one.last() == other.last()
                    && (inner || one.get(1..) == other.get(1..))
            })
        })
    };
    let batches = same_but(network, &[2, channels, height, width], Some(2), false);
    let batch = |n: usize| if batches { n } else { 1 };
    if batches {
        network.input_shape = vec![None, Some(channels), Some(height), Some(width)];
    } else {
        (network.nodes, network.constants) = before;
    }
    // Two other sizes, one of them not square: a detector takes any multiple of 32.
    let larger = [batch(2), channels, height.saturating_add(32), width.saturating_add(64)];
    let smaller = [1, channels, height.max(96) - 64, width.max(64) - 32];
    let expected = |n| batches.then_some(n);
    if same_but(network, &larger, expected(2), true)
        && same_but(network, &smaller, expected(1), true)
    {
        let batch = if batches { None } else { Some(1) };
        network.input_shape = vec![batch, Some(channels), None, None];
    }
    Ok(())
}

/// Reshapes that write out the batch, by node, with a target that copies it.
fn copied_batches(network: &Network, input: &[usize]) -> Result<Vec<(usize, Vec<i64>)>, Fault> {
    let (_, shapes) = specialise::build(network, input)?;
    let copied = |step: &Step| {
        let [from, target, ..] = &step.inputs[..] else { return None };
        let (from, to) = (shapes.get(from.as_str())?, shapes.get(step.outputs[0].as_str())?);
        let Constant::Integers { values, .. } = network.constants.get(target)? else { return None };
        let mut target = values.to_vec();
        let batch = step.op == "Reshape"
            && from.first() == Some(&input[0])
            && to.first() == Some(&input[0]);
        *target.first_mut().filter(|_| batch)? = 0;
        Some(target)
    };
    Ok(network.nodes.iter().enumerate().filter_map(|(n, step)| Some((n, copied(step)?))).collect())
}

/// The shapes of the outputs for an input of this shape.
pub(super) fn shapes_of_outputs(
    network: &Network,
    input: &[usize],
) -> Result<Vec<Vec<usize>>, Fault> {
    let graph = specialise::specialise(network, input)?;
    Ok(graph.outputs.iter().map(|&id| graph.shape(id).to_vec()).collect())
}

/// Numbers values and constants in the order nodes mention them.
fn shorten_names(network: &mut Network) {
    let mut short: BTreeMap<String, String> = BTreeMap::new();
    let own = network.outputs.iter().chain([&network.input]);
    short.extend(own.map(|name| (name.clone(), name.clone())));
    let taken = short.clone();
    let mut numbers = (0u32..).map(|n| format!("{n:x}")).filter(|n| !taken.contains_key(n));
    short.insert(String::new(), String::new());
    for step in &mut network.nodes {
        for name in step.inputs.iter_mut().chain(&mut step.outputs) {
            let next =
                short.entry(name.clone()).or_insert_with(|| numbers.next().unwrap_or_default());
            name.clone_from(next);
        }
    }
    let constants = std::mem::take(&mut network.constants);
    network.constants = constants
        .into_iter()
        .filter_map(|(name, c)| Some((short.get(&name)?.clone(), c)))
        .collect();
}
