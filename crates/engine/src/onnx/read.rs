//! Decodes files and the tensors in them.

use prost::Message;

use crate::{
    Limits,
    constant::{Constant, MAX_INTEGERS},
    error::{Fault, shorten},
    limits::elements,
};

use super::{ModelProto, TensorProto, data_type, scan::scan};

/// Decodes a file that stays within `limits`.
pub(crate) fn decode(file: &[u8], limits: &Limits) -> Result<ModelProto, Fault> {
    scan(file, limits)?;
    ModelProto::decode(file).map_err(|error| Fault::damaged(format!("not an ONNX file: {error}")))
}

/// The values of a tensor, once their number is what its shape says.
pub(crate) fn constant(tensor: TensorProto) -> Result<Constant, Fault> {
    let name = shorten(tensor.name.as_deref().unwrap_or_default());
    let wrong = |what: &str| Fault::damaged(format!("the constant {name:?} {what}"));
    if tensor.data_location.is_some_and(|place| place != 0) {
        return Err(Fault::unsupported("weights in another file", "Rollcall cannot read them"));
    }
    let shape = tensor.dims.iter().map(|&d| usize::try_from(d)).collect::<Result<Vec<_>, _>>();
    let shape = shape.map_err(|_| wrong("has a negative dimension"))?;
    let count = elements(&shape)?;
    let raw = tensor.raw_data;
    let fits = |n: usize, bytes: usize| {
        let have = raw.as_ref().map_or(n, |raw| raw.len() / bytes);
        let whole = raw.as_ref().is_none_or(|raw| raw.len() % bytes == 0);
        (have == count && whole)
            .then_some(())
            .ok_or_else(|| wrong("has too few or too many values"))
    };
    match tensor.data_type.unwrap_or_default() {
        kind @ (data_type::INT64 | data_type::INT32) if count > MAX_INTEGERS => {
            Ok(Constant::Opaque { kind })
        }
        data_type::FLOAT => {
            fits(tensor.float_data.len(), 4)?;
            let values = match &raw {
                Some(raw) => words(raw).map(f32::from_le_bytes).collect(),
                None => tensor.float_data,
            };
            Constant::floats(shape, values)
        }
        data_type::INT64 => {
            fits(tensor.int64_data.len(), 8)?;
            let values = match &raw {
                Some(raw) => words(raw).map(i64::from_le_bytes).collect(),
                None => tensor.int64_data,
            };
            Constant::integers(shape, values)
        }
        data_type::INT32 => {
            fits(tensor.int32_data.len(), 4)?;
            let values = match &raw {
                Some(raw) => words(raw).map(|w| i64::from(i32::from_le_bytes(w))).collect(),
                None => tensor.int32_data.iter().map(|&v| v.into()).collect(),
            };
            Constant::integers(shape, values)
        }
        kind @ (data_type::INT8 | data_type::UINT8) => {
            fits(tensor.int32_data.len(), 1)?;
            let signed = kind == data_type::INT8;
            // As bytes: the low 8 bits are the value's own, for signed and unsigned alike.
            let values = match raw {
                Some(raw) => raw,
                None => tensor.int32_data.iter().map(|&v| v as u8).collect(),
            };
            Ok(Constant::Bytes { shape, signed, values: values.into() })
        }
        kind => Ok(Constant::Opaque { kind }),
    }
}

/// Little-endian words; what does not fill one at the end is left out.
fn words<const N: usize>(raw: &[u8]) -> impl Iterator<Item = [u8; N]> {
    raw.as_chunks::<N>().0.iter().copied()
}
