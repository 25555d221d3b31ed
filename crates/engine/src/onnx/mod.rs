//! The subset of the ONNX file format that Rollcall reads and writes (`onnx.proto`, IR version 10).

mod messages;
mod read;
mod scan;
mod write;

pub(crate) use messages::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    ShapeProto, TensorProto, TensorTypeProto, TypeProto, ValueInfoProto, attribute_type, data_type,
};
pub(crate) use read::{constant, decode};
pub(crate) use write::{attribute, float_tensor, int_tensor, model, value_info, write_graph};
