//! A model file, read and tidied, but not yet expanded.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Graph, Limits, ModelError,
    constant::Constant,
    error::{Fault, shorten},
    limits,
    onnx::{self, AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto},
    specialise,
};

/// The opsets whose operators mean what Rollcall takes them to mean.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=25;

/// A detector has about a dozen outputs.
const MAX_OUTPUTS: usize = 64;

/// A prepared model: weights as in the file (quantised ones stay quantised), shapes open.
///
/// Any ONNX file of the operators in [`crate::Op`] (plus what folds away: constants, quantised
/// weights, batch normalisation, shape arithmetic) can be read; [`crate::prepare`] makes it open to
/// other input shapes than the file declares.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) name: String,
    pub(crate) opset: i64,
    pub(crate) input: String,
    /// The declared input shape; `None` where any length is taken.
    pub(crate) input_shape: Vec<Option<usize>>,
    pub(crate) outputs: Vec<String>,
    pub(crate) nodes: Vec<Step>,
    pub(crate) constants: BTreeMap<String, Constant>,
    pub(crate) limits: Limits,
}

/// A node of the file: an operator by name, values by name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) op: String,
    /// An empty name is an input left out.
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    /// Sorted by name.
    pub(crate) attributes: Vec<(String, Attribute)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attribute {
    Int(i64),
    Float(f32),
    Text(Vec<u8>),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
}

impl Network {
    /// Reads an ONNX file within the default [`Limits`]. `name` is what messages call it.
    ///
    /// # Errors
    /// When the file is damaged, too large, or uses what Rollcall does not run.
    pub fn parse(name: &str, file: &[u8]) -> Result<Self, ModelError> {
        Self::parse_within(name, file, &Limits::default())
    }

    /// Reads an ONNX file within `limits`.
    ///
    /// # Errors
    /// When the file is damaged, too large, or uses what Rollcall does not run.
    pub fn parse_within(name: &str, file: &[u8], limits: &Limits) -> Result<Self, ModelError> {
        read(name, file, limits).map_err(|fault| fault.of(name))
    }

    /// The model's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The input shape the file declares, `None` where any length is taken.
    #[must_use]
    pub fn input_shape(&self) -> &[Option<usize>] {
        &self.input_shape
    }

    /// The names of the outputs, in order.
    #[must_use]
    pub fn outputs(&self) -> &[String] {
        &self.outputs
    }

    /// Expands the network for one input shape `[batch, channels, height, width]`: weights become
    /// floats, whatever is constant is computed, batch normalisation is folded into its
    /// neighbours, every value gets its shape.
    ///
    /// # Errors
    /// When the network does not take that shape, needs more memory than its limits, or uses an
    /// operator that Rollcall does not run.
    pub fn specialise(&self, shape: &[usize]) -> Result<Graph, ModelError> {
        self.accepts(shape)
            .and_then(|()| specialise::specialise(self, shape))
            .map_err(|fault| fault.of(&self.name))
    }

    fn accepts(&self, shape: &[usize]) -> Result<(), Fault> {
        let fits = shape.len() == self.input_shape.len()
            && shape.iter().zip(&self.input_shape).all(|(&d, want)| want.is_none_or(|w| w == d));
        if fits {
            return Ok(());
        }
        let want: Vec<_> =
            self.input_shape.iter().map(|d| d.map_or("any".into(), |d| d.to_string())).collect();
        Err(Fault::WrongInput(format!("it takes [{}], not {shape:?}", want.join(", "))))
    }

    /// The constant called `name`, if it is one.
    pub(crate) fn constant(&self, name: &str) -> Option<&Constant> {
        self.constants.get(name)
    }

    /// Drops nodes and constants that no output depends on.
    pub(crate) fn prune(&mut self) {
        let mut wanted: BTreeSet<String> = self.outputs.iter().cloned().collect();
        let mut kept = Vec::with_capacity(self.nodes.len());
        for step in std::mem::take(&mut self.nodes).into_iter().rev() {
            if step.outputs.iter().any(|name| wanted.contains(name)) {
                wanted.extend(step.inputs.iter().filter(|name| !name.is_empty()).cloned());
                kept.push(step);
            }
        }
        kept.reverse();
        self.nodes = kept;
        self.constants.retain(|name, _| wanted.contains(name));
    }
}

fn read(name: &str, file: &[u8], limits: &Limits) -> Result<Network, Fault> {
    let ModelProto { graph, opset_import, .. } = onnx::decode(file, limits)?;
    let opset = opset_import
        .iter()
        .find(|set| matches!(set.domain.as_deref(), None | Some("" | "ai.onnx")))
        .and_then(|set| set.version)
        .ok_or_else(|| Fault::damaged("not an ONNX file: it names no operator set"))?;
    if !OPSETS.contains(&opset) {
        return Err(Fault::unsupported(format!("operator set {opset}"), "7 to 25 are understood"));
    }
    let graph = graph.ok_or_else(|| Fault::damaged("not an ONNX file: it has no graph"))?;
    let GraphProto { node, initializer, input, output, .. } = graph;
    let mut constants = BTreeMap::new();
    for tensor in initializer {
        let name = tensor.name.clone().unwrap_or_default();
        if constants.insert(name.clone(), onnx::constant(tensor)?).is_some() {
            return Err(Fault::damaged(format!("two constants are called {:?}", shorten(&name))));
        }
    }
    limits::check("outputs", output.len(), MAX_OUTPUTS)?;
    let (input, input_shape) = the_input(input, &constants, &node)?;
    let mut aliases = BTreeMap::new();
    let mut nodes = Vec::with_capacity(node.len());
    for node in node {
        if let Some(step) = tidy(node, &mut aliases, &mut constants)? {
            nodes.push(step);
        }
    }
    let outputs = output.into_iter().map(|info| info.name.unwrap_or_default());
    let mut network = Network {
        name: shorten(name),
        opset,
        input,
        input_shape,
        outputs: outputs.collect(),
        nodes,
        constants,
        limits: *limits,
    };
    restore_output_names(&mut network, &aliases)?;
    network.prune();
    Ok(network)
}

/// The one input that is no constant and that somebody reads. (Old files list their weights as
/// inputs too, and SFace lists weights it no longer has.)
fn the_input(
    inputs: Vec<ValueInfoProto>,
    constants: &BTreeMap<String, Constant>,
    nodes: &[NodeProto],
) -> Result<(String, Vec<Option<usize>>), Fault> {
    let read: BTreeSet<&str> = nodes.iter().flat_map(|n| &n.input).map(String::as_str).collect();
    let is_real = |info: &ValueInfoProto| {
        let name = info.name.as_deref().unwrap_or_default();
        !name.is_empty() && read.contains(name) && !constants.contains_key(name)
    };
    let mut real = inputs.into_iter().filter(is_real);
    let (Some(info), None) = (real.next(), real.next()) else {
        return Err(Fault::unsupported("inputs", "there has to be exactly one"));
    };
    let shape = info.r#type.and_then(|t| t.tensor_type).and_then(|t| t.shape);
    let shape = shape.ok_or_else(|| Fault::damaged("its input has no shape"))?;
    let length = |d: Option<i64>| d.and_then(|d| usize::try_from(d).ok()).filter(|&d| d > 0);
    Ok((info.name.unwrap_or_default(), shape.dim.iter().map(|d| length(d.dim_value)).collect()))
}

/// Turns a node into a step. Nodes that only pass their input on become aliases, `Constant`s
/// become constants.
fn tidy(
    node: NodeProto,
    aliases: &mut BTreeMap<String, String>,
    constants: &mut BTreeMap<String, Constant>,
) -> Result<Option<Step>, Fault> {
    let op = node.op_type.unwrap_or_default();
    if !matches!(node.domain.as_deref(), None | Some("" | "ai.onnx")) {
        return Err(Fault::unsupported(op, "it is no operator of the ONNX standard"));
    }
    let resolve = |name: String| aliases.get(&name).cloned().unwrap_or(name);
    let inputs: Vec<String> = node.input.into_iter().map(resolve).collect();
    match (op.as_str(), inputs.first(), node.output.first()) {
        ("Identity" | "Dropout", Some(from), Some(to)) => {
            aliases.insert(to.clone(), from.clone());
            return Ok(None);
        }
        ("Constant", None, Some(to)) => {
            constants.insert(to.clone(), constant_node(node.attribute)?);
            return Ok(None);
        }
        (_, _, None) => return Err(Fault::damaged(format!("a {} gives nothing", shorten(&op)))),
        _ => {}
    }
    let mut attributes = Vec::with_capacity(node.attribute.len());
    for attribute in node.attribute {
        let name = attribute.name.clone().unwrap_or_default();
        if let Some(attribute) = attribute_value(attribute) {
            attributes.push((name, attribute));
        }
    }
    attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(Some(Step { op, inputs, outputs: node.output, attributes }))
}

fn attribute_value(attribute: AttributeProto) -> Option<Attribute> {
    use onnx::attribute_type::{FLOAT, FLOATS, INT, INTS, STRING};
    match attribute.r#type? {
        INT => Some(Attribute::Int(attribute.i.unwrap_or_default())),
        FLOAT => Some(Attribute::Float(attribute.f.unwrap_or_default())),
        STRING => Some(Attribute::Text(attribute.s.unwrap_or_default())),
        INTS => Some(Attribute::Ints(attribute.ints)),
        FLOATS => Some(Attribute::Floats(attribute.floats)),
        _ => None,
    }
}

fn constant_node(attributes: Vec<AttributeProto>) -> Result<Constant, Fault> {
    let unknown = || Fault::unsupported("Constant", "only numbers can be constant");
    let attribute = attributes.into_iter().next().ok_or_else(unknown)?;
    match attribute.name.as_deref() {
        Some("value") => onnx::constant(attribute.t.ok_or_else(unknown)?),
        Some("value_int") => Constant::integers(vec![], vec![attribute.i.unwrap_or_default()]),
        Some("value_ints") => Constant::integers(vec![attribute.ints.len()], attribute.ints),
        Some("value_float") => Constant::floats(vec![], vec![attribute.f.unwrap_or_default()]),
        Some("value_floats") => Constant::floats(vec![attribute.floats.len()], attribute.floats),
        _ => Err(unknown()),
    }
}

/// Where an output was an alias, the value it stands for takes its name.
fn restore_output_names(
    network: &mut Network,
    aliases: &BTreeMap<String, String>,
) -> Result<(), Fault> {
    for output in network.outputs.clone() {
        let Some(source) = aliases.get(&output) else { continue };
        let of = |step: &&mut Step| step.outputs.contains(source);
        if network.outputs.contains(source) || network.nodes.iter_mut().find(of).is_none() {
            return Err(Fault::unsupported("Identity", "as an output on its own"));
        }
        for step in &mut network.nodes {
            for name in step.inputs.iter_mut().chain(&mut step.outputs).filter(|n| *n == source) {
                name.clone_from(&output);
            }
        }
    }
    Ok(())
}
