//! From a model file as its authors ship it to a prepared one.

mod exporters;
mod tidy;
mod write;

use crate::{Limits, ModelError, Network};

/// Rewrites an ONNX file so that it is small, clean, and open to other input shapes; the result is
/// an ONNX file that [`Network::parse`] reads and that onnxruntime runs too.
///
/// - 8-bit weights stay 8-bit: their `DequantizeLinear` stays in front of the layer, and a scale
///   for everything with a block size, which onnxruntime refuses, loses the block size.
/// - What is constant and no weight is computed; `Identity`, `Dropout`, unused and stale things go.
/// - A `Reshape` that writes out the batch of one copies the batch's size instead.
/// - The input's batch, and its height and width where the network allows, become open.
/// - A `Resize` that writes out its size names its factors instead.
/// - Pictures come plane by plane, also where an exporter of TensorFlow wanted them otherwise; a last
///   step that only makes an embedding's length 1 goes, for the length tells how good a picture is.
/// - Zeros that are put around a picture in a step of their own go to the convolution behind it.
/// - Names become short; inputs and outputs keep theirs.
///
/// Batch normalisation stays as it is here, for the scales of 8-bit weights cannot hold all of
/// it; [`Network::specialise`] folds it. The same file gives the same bytes on every machine.
///
/// # Errors
/// When the file is damaged, beyond `limits`, or uses what Rollcall does not run.
pub fn prepare(name: &str, original: &[u8], limits: &Limits) -> Result<Vec<u8>, ModelError> {
    let mut network = Network::parse_within(name, original, limits)?;
    tidy::tidy(&mut network).map_err(|fault| fault.of(name))?;
    let file = write::write(&network);
    // A file that could not be read back would only be noticed by its user.
    Network::parse_within(name, &file, limits)?;
    Ok(file)
}
