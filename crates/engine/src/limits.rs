//! How much a model file may ask for.

use crate::error::Fault;

/// What a model may take. A file is checked against these before anything is allocated for it, so
/// that a hostile one costs no more than they say: reading a file takes at most `memory_bytes`
/// besides the file itself, and each [`crate::Graph`] made of it at most `memory_bytes` for its
/// weights; the engine that runs the graph needs at most `activation_bytes` for everything
/// between the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The size of the file.
    pub file_bytes: usize,
    /// Nodes in the file.
    pub nodes: usize,
    /// Weights and other constants in the file, and descriptions of values.
    pub initialisers: usize,
    /// Attributes of all nodes together.
    pub attributes: usize,
    /// Memory for reading the file, and again for the weights of one expanded graph.
    pub memory_bytes: usize,
    /// Memory for the outputs of all layers together, at the input shape asked for.
    pub activation_bytes: usize,
}

impl Default for Limits {
    /// Room for the largest usual embedder (ResNet-100 in 32-bit floats, 261 MB), and no more.
    fn default() -> Self {
        Self {
            file_bytes: 400 << 20,
            nodes: 2048,
            initialisers: 8192,
            attributes: 32_768,
            memory_bytes: 1 << 30,
            activation_bytes: 1 << 30,
        }
    }
}

/// Counts down from one limit.
#[derive(Debug)]
pub(crate) struct Budget {
    what: &'static str,
    limit: usize,
    left: usize,
}

impl Budget {
    pub(crate) fn new(what: &'static str, limit: usize) -> Self {
        Self { what, limit, left: limit }
    }

    /// Takes room for `count` items of `each` bytes. Call this before allocating them.
    pub(crate) fn take(&mut self, count: usize, each: usize) -> Result<(), Fault> {
        let bytes = count.saturating_mul(each);
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Fault::TooLarge {
                what: self.what,
                size: (self.limit - self.left).saturating_add(bytes) as u64,
                limit: self.limit as u64,
            }),
        }
    }
}

/// Refuses `size` when it is above `limit`.
pub(crate) fn check(what: &'static str, size: usize, limit: usize) -> Result<(), Fault> {
    if size <= limit {
        Ok(())
    } else {
        Err(Fault::TooLarge { what, size: size as u64, limit: limit as u64 })
    }
}

/// No array of a network has more axes.
const MAX_AXES: usize = 16;

/// The number of values in an array of this shape, if it can be counted.
pub(crate) fn elements(shape: &[usize]) -> Result<usize, Fault> {
    check("axes of an array", shape.len(), MAX_AXES)?;
    shape
        .iter()
        .try_fold(1usize, |n, &d| n.checked_mul(d))
        .ok_or_else(|| Fault::damaged(format!("the shape {shape:?} is impossibly large")))
}
