//! Walks over a file without decoding it, to learn what decoding it would cost.
//!
//! Protobuf amplifies: an empty node is two bytes in the file and two hundred in memory, a packed
//! integer one byte and eight. So every message, string and number is counted first, and
//! decoding only starts when the sum is within the limits. The walk itself allocates nothing, and
//! its depth is that of [`Kind`]: sub-graphs are refused, not followed.

use crate::{
    Limits,
    error::Fault,
    limits::{Budget, check},
};

use super::messages;

/// A message type that is walked into.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Opset,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Dimension,
}

/// What decoding does with a field.
#[derive(Clone, Copy)]
enum Field {
    /// Decodes a message.
    Message(Kind),
    /// Copies a string or bytes.
    Bytes,
    /// Decodes integers of this many bytes, packed or not.
    Integers(usize),
    /// Decodes floats, packed or not.
    Floats,
    /// Skips it.
    Skip,
    /// Cannot do without it, and does not have it.
    Refuse(&'static str),
}

/// A vector that grows holds its old and its new place, twice as large, at once.
const GROWTH: usize = 3;

/// A vector of one message or name has room for four, and is there while it is made into
/// something else.
const ITEM: usize = 6;

impl Kind {
    /// The bytes one such message takes, besides what its fields point to.
    fn size(self) -> usize {
        match self {
            Self::Model => size_of::<messages::ModelProto>(),
            Self::Opset => size_of::<messages::OperatorSetIdProto>(),
            Self::Graph => size_of::<messages::GraphProto>(),
            Self::Node => size_of::<messages::NodeProto>(),
            Self::Attribute => size_of::<messages::AttributeProto>(),
            Self::Tensor => size_of::<messages::TensorProto>(),
            Self::ValueInfo => size_of::<messages::ValueInfoProto>(),
            Self::Type => size_of::<messages::TypeProto>(),
            Self::TensorType => size_of::<messages::TensorTypeProto>(),
            Self::Shape => size_of::<messages::ShapeProto>(),
            Self::Dimension => size_of::<messages::DimensionProto>(),
        }
    }

    /// What the field with this number is. Mirrors `messages.rs`.
    fn field(self, number: u64) -> Field {
        match (self, number) {
            (Self::Model, 2) | (Self::Graph, 2) | (Self::Opset, 1) => Field::Bytes,
            (Self::Model, 7) => Field::Message(Self::Graph),
            (Self::Model, 8) => Field::Message(Self::Opset),
            (Self::Model, 25) => Field::Refuse("functions of its own"),
            (Self::Graph, 1) => Field::Message(Self::Node),
            (Self::Graph, 5) => Field::Message(Self::Tensor),
            (Self::Graph, 11..=13) => Field::Message(Self::ValueInfo),
            (Self::Graph, 15) => Field::Refuse("sparse weights"),
            (Self::Node, 1 | 2 | 3 | 4 | 7) => Field::Bytes,
            (Self::Node, 5) => Field::Message(Self::Attribute),
            (Self::Attribute, 1 | 4) => Field::Bytes,
            (Self::Attribute, 5) => Field::Message(Self::Tensor),
            (Self::Attribute, 6 | 11) => Field::Refuse("sub-graphs"),
            (Self::Attribute, 7) => Field::Floats,
            (Self::Attribute, 8) => Field::Integers(8),
            (Self::Tensor, 1 | 7) => Field::Integers(8),
            (Self::Tensor, 4) => Field::Floats,
            (Self::Tensor, 5) => Field::Integers(4),
            (Self::Tensor, 8 | 9) => Field::Bytes,
            (Self::Tensor, 13) => Field::Refuse("weights in another file"),
            (Self::ValueInfo, 1) | (Self::Dimension, 2) => Field::Bytes,
            (Self::ValueInfo, 2) => Field::Message(Self::Type),
            (Self::Type, 1) => Field::Message(Self::TensorType),
            (Self::TensorType, 2) => Field::Message(Self::Shape),
            (Self::Shape, 1) => Field::Message(Self::Dimension),
            _ => Field::Skip,
        }
    }
}

/// What has been seen so far.
struct Counts<'a> {
    nodes: usize,
    initialisers: usize,
    attributes: usize,
    values: usize,
    memory: Budget,
    limits: &'a Limits,
}

/// Checks that decoding `file` stays within `limits`.
pub(super) fn scan(file: &[u8], limits: &Limits) -> Result<(), Fault> {
    check("bytes in the file", file.len(), limits.file_bytes)?;
    let memory = Budget::new("bytes of memory to read it", limits.memory_bytes);
    let mut counts = Counts { nodes: 0, initialisers: 0, attributes: 0, values: 0, memory, limits };
    message(Kind::Model, file, &mut counts)
}

fn message(kind: Kind, mut bytes: &[u8], counts: &mut Counts<'_>) -> Result<(), Fault> {
    counts.enter(kind)?;
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = kind.field(key >> 3);
        match key & 7 {
            0 => {
                varint(&mut bytes)?;
                if let Field::Integers(each) = field {
                    counts.memory.take(GROWTH, each)?;
                }
            }
            1 => drop(take(&mut bytes, 8)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).map_err(|_| broken())?;
                delimited(field, take(&mut bytes, length)?, counts)?;
            }
            5 => {
                take(&mut bytes, 4)?;
                if let Field::Floats = field {
                    counts.memory.take(GROWTH, 4)?;
                }
            }
            _ => return Err(Fault::damaged("not an ONNX file")),
        }
    }
    Ok(())
}

fn delimited(field: Field, content: &[u8], counts: &mut Counts<'_>) -> Result<(), Fault> {
    match field {
        Field::Message(kind) => message(kind, content, counts),
        Field::Bytes => {
            counts.memory.take(ITEM, size_of::<String>())?;
            // Weights are turned into numbers while their bytes are still there.
            counts.memory.take(content.len(), 2)
        }
        Field::Integers(each) => {
            let count = content.iter().filter(|&&b| b < 0x80).count();
            counts.memory.take(GROWTH * each, count)
        }
        Field::Floats => counts.memory.take(GROWTH, content.len()),
        Field::Skip => Ok(()),
        Field::Refuse(what) => Err(Fault::unsupported(what, "Rollcall cannot read them")),
    }
}

impl Counts<'_> {
    fn enter(&mut self, kind: Kind) -> Result<(), Fault> {
        self.memory.take(ITEM, kind.size())?;
        let limits = self.limits;
        match kind {
            Kind::Node => {
                self.nodes += 1;
                check("nodes", self.nodes, limits.nodes)
            }
            Kind::Tensor => {
                self.initialisers += 1;
                check("weights and constants", self.initialisers, limits.initialisers)
            }
            Kind::Attribute => {
                self.attributes += 1;
                check("attributes", self.attributes, limits.attributes)
            }
            Kind::ValueInfo => {
                // An old file lists its weights as inputs, and may describe each value.
                self.values += 1;
                check("values described", self.values, limits.initialisers)
            }
            _ => Ok(()),
        }
    }
}

fn broken() -> Fault {
    Fault::damaged("the file breaks off")
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], Fault> {
    let (head, tail) = bytes.split_at_checked(length).ok_or_else(broken)?;
    *bytes = tail;
    Ok(head)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Fault> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let (&byte, tail) = bytes.split_first().ok_or_else(broken)?;
        *bytes = tail;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Fault::damaged("not an ONNX file"))
}
