//! From a [`Network`] and an input shape to a [`Graph`].
//!
//! One walk over the nodes in order. What depends only on constants is computed on the spot
//! ([`evaluate`]); what scales and shifts channels is remembered and folded into a convolution or
//! matrix product before or after it ([`fold`]); everything else becomes a typed node with the
//! shape of its output ([`lower`]).

mod attributes;
mod evaluate;
mod fold;
mod lower;
mod pools;
mod shapes;
#[cfg(test)]
mod tests;
mod windows;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    Graph, Node, Op, Value, ValueId,
    constant::Constant,
    error::{Fault, shorten},
    limits::{Budget, elements},
    network::{Network, Step},
};

pub(crate) use evaluate::evaluate;
use fold::Affine;

/// More than a node, its value and their shapes take, besides weights.
const NODE_BYTES: usize = 1024;

/// More than it takes to keep track of a name.
const NAME_BYTES: usize = 256;

/// What a name stands for so far.
#[derive(Clone)]
enum Known {
    Constant(Constant),
    Value(ValueId),
    /// `affine` of the value, not computed yet.
    Scaled(ValueId, Arc<Affine>),
}

/// A graph on its way.
struct Builder<'n> {
    network: &'n Network,
    graph: Graph,
    /// Which node computes each value; `None` for the input.
    producers: Vec<Option<usize>>,
    known: BTreeMap<&'n str, Known>,
    /// How often each name is read, by nodes and as an output.
    uses: BTreeMap<&'n str, usize>,
    weights: Budget,
    activations: Budget,
}

/// Builds the graph of `network` for an input of `shape`, whatever shape it declares.
pub(crate) fn specialise(network: &Network, shape: &[usize]) -> Result<Graph, Fault> {
    build(network, shape).map(|(graph, _)| graph)
}

/// The same, with the shape of every name that is computed.
pub(crate) fn build<'n>(
    network: &'n Network,
    shape: &[usize],
) -> Result<(Graph, BTreeMap<&'n str, Vec<usize>>), Fault> {
    let mut builder = Builder::new(network, shape)?;
    for step in &network.nodes {
        builder.step(step)?;
    }
    builder.finish()
}

impl<'n> Builder<'n> {
    fn new(network: &'n Network, shape: &[usize]) -> Result<Self, Fault> {
        if shape.contains(&0) || shape.is_empty() {
            return Err(Fault::WrongInput(format!("the shape {shape:?} holds nothing")));
        }
        let mut uses = BTreeMap::new();
        let inputs = network.nodes.iter().flat_map(|step| &step.inputs);
        for name in inputs.chain(&network.outputs) {
            *uses.entry(name.as_str()).or_default() += 1;
        }
        let mut builder = Self {
            network,
            graph: Graph {
                name: network.name.clone(),
                input: ValueId(0),
                outputs: vec![],
                nodes: vec![],
                values: vec![],
            },
            producers: vec![],
            known: BTreeMap::new(),
            uses,
            weights: Budget::new("bytes of memory to expand it", network.limits.memory_bytes),
            activations: Budget::new(
                "bytes of memory between its layers",
                network.limits.activation_bytes,
            ),
        };
        builder.weights.take(network.nodes.len(), NODE_BYTES)?;
        builder.weights.take(builder.uses.len(), NAME_BYTES)?;
        let input = builder.value(shape.to_vec())?;
        builder.known.insert(&network.input, Known::Value(input));
        Ok(builder)
    }

    fn step(&mut self, step: &'n Step) -> Result<(), Fault> {
        for name in step.inputs.iter().filter(|name| !name.is_empty()) {
            if !self.known.contains_key(name.as_str()) {
                let constant = self.network.constant(name).ok_or_else(|| {
                    Fault::damaged(format!(
                        "nothing computes {:?} before it is read",
                        shorten(name)
                    ))
                })?;
                self.known.insert(name, Known::Constant(constant.clone()));
            }
        }
        if step.outputs.iter().any(|name| self.known.contains_key(name.as_str())) {
            return Err(Fault::damaged("two nodes compute the same value"));
        }
        let output = step.outputs[0].as_str();
        let known = match self.constant_inputs(step)? {
            Some(inputs) => Known::Constant(evaluate(step, inputs, &mut self.weights)?),
            None => lower::lower(self, step)?,
        };
        self.known.insert(output, known);
        Ok(())
    }

    /// The inputs of a step that depends on nothing but constants and shapes.
    fn constant_inputs(&mut self, step: &'n Step) -> Result<Option<Vec<Option<Constant>>>, Fault> {
        if step.op == "Shape" {
            let shape = match self.input(step, 0)? {
                Known::Constant(constant) => constant.shape().to_vec(),
                Known::Value(id) | Known::Scaled(id, _) => self.graph.shape(*id).to_vec(),
            };
            let values = shape.iter().map(|&d| d as i64).collect();
            return Ok(Some(vec![Some(Constant::integers(vec![shape.len()], values)?)]));
        }
        let is_constant = |name: &String| {
            !matches!(self.known.get(name.as_str()), Some(Known::Value(_) | Known::Scaled(..)))
        };
        if !step.inputs.iter().all(is_constant) {
            return Ok(None);
        }
        let inputs = step.inputs.iter().map(|name| match self.take(name)? {
            Known::Constant(constant) => Some(constant),
            _ => None,
        });
        Ok(Some(inputs.collect()))
    }

    /// What a name stands for, for its reader. The last reader gets it for itself, so that weights
    /// can change in place.
    fn take(&mut self, name: &str) -> Option<Known> {
        if self.uses.get(name) == Some(&1) {
            self.known.remove(name)
        } else {
            self.known.get(name).cloned()
        }
    }

    /// What the input at `place` of a step stands for.
    fn input(&self, step: &Step, place: usize) -> Result<&Known, Fault> {
        let name = step.inputs.get(place).map(String::as_str).unwrap_or_default();
        self.known.get(name).ok_or_else(|| {
            Fault::damaged(format!("a {} has no input number {place}", shorten(&step.op)))
        })
    }

    /// A new value of this shape, not yet computed.
    fn value(&mut self, shape: Vec<usize>) -> Result<ValueId, Fault> {
        if shape.contains(&0) {
            return Err(Fault::WrongInput("nothing is left of it on the way".into()));
        }
        self.activations.take(elements(&shape)?, size_of::<f32>())?;
        self.graph.values.push(Value { name: String::new(), shape });
        self.producers.push(None);
        Ok(ValueId(self.graph.values.len() - 1))
    }

    /// Adds a node and its output.
    fn push(&mut self, op: Op, inputs: Vec<ValueId>, shape: Vec<usize>) -> Result<ValueId, Fault> {
        let output = self.value(shape)?;
        self.producers[output.0] = Some(self.graph.nodes.len());
        self.graph.nodes.push(Node { op, inputs, output });
        Ok(output)
    }

    fn finish(mut self) -> Result<(Graph, BTreeMap<&'n str, Vec<usize>>), Fault> {
        for name in &self.network.outputs {
            let known = self.known.get(name.as_str()).cloned();
            let id = match known {
                Some(Known::Value(id)) => id,
                Some(Known::Scaled(id, affine)) => self.materialise(name, id, &affine)?,
                _ => {
                    return Err(Fault::damaged(format!(
                        "nothing computes the output {:?}",
                        shorten(name)
                    )));
                }
            };
            if id == self.graph.input || self.graph.outputs.contains(&id) {
                return Err(Fault::unsupported("outputs", "two are the same, or one is the input"));
            }
            self.graph.outputs.push(id);
        }
        let shapes = self.known.iter().filter_map(|(&name, known)| match known {
            Known::Constant(_) => None,
            Known::Value(id) | Known::Scaled(id, _) => Some((name, self.graph.shape(*id).to_vec())),
        });
        let shapes = shapes.collect();
        self.name_values();
        Ok((self.graph, shapes))
    }

    /// Gives inputs and outputs their own names and everything else a number.
    fn name_values(&mut self) {
        let network = self.network;
        let taken: BTreeSet<&str> =
            network.outputs.iter().chain([&network.input]).map(String::as_str).collect();
        let mut numbers = (0..).map(|n| format!("v{n}")).filter(|n| !taken.contains(n.as_str()));
        for (place, value) in self.graph.values.iter_mut().enumerate() {
            let output = self.graph.outputs.iter().position(|id| id.0 == place);
            value.name = match output {
                Some(n) => network.outputs[n].clone(),
                None if place == 0 => network.input.clone(),
                None => numbers.next().unwrap_or_default(),
            };
        }
    }
}
