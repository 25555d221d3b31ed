//! The CPU engine on the rten library: SIMD everywhere, threads where there are any.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use rollcall_core::{Engine, EngineError, EngineReport, LocalFuture, Tensor};
use rten::{Model, ModelOptions, OpRegistry, RunOptions, ThreadPool, Value, ValueView, op_types};
use rten_tensor::{Layout, TensorView};

use crate::{
    ModelSet,
    models::{Specialised, one_of, unsupported},
};

/// Runs networks on the CPU.
///
/// Pictures of a batch are run one by one: a matrix product of several rows may round differently
/// from that of one row, and an embedding must not depend on who else is in the picture.
pub struct RtenEngine {
    models: ModelSet,
    compiled: RefCell<Specialised<Model>>,
    threads: Option<Arc<ThreadPool>>,
    why: String,
}

impl RtenEngine {
    /// The name it reports.
    pub const NAME: &str = "rten";

    /// An engine for `models`, with one thread a processor core (in a browser: one).
    #[must_use]
    pub fn new(models: ModelSet) -> Self {
        Self { models, compiled: RefCell::default(), threads: None, why: String::new() }
    }

    /// The same with this many threads. Results do not depend on it.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = Some(Arc::new(ThreadPool::with_num_threads(threads)));
        self
    }

    /// The same with the reason why it was chosen, a sentence for the user.
    #[must_use]
    pub fn with_why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    fn compiled(&self, model: &str, shape: &[usize]) -> Result<Rc<Model>, EngineError> {
        if let Some(compiled) = self.compiled.borrow_mut().get(model, shape) {
            return Ok(compiled);
        }
        let file = self.models.specialise(model, shape)?.to_onnx();
        let loaded = ModelOptions::with_ops(operators())
            .prepack_weights(true)
            .load(file)
            .map_err(|error| unsupported(model, error.to_string()))?;
        Ok(self.compiled.borrow_mut().insert(model, shape, loaded))
    }

    fn run_batch(&self, model: &str, input: &Tensor) -> Result<Vec<Tensor>, EngineError> {
        let (batch, shape) = one_of(model, input)?;
        let compiled = self.compiled(model, &shape)?;
        let pictures = input.data().chunks_exact(input.data().len() / batch);
        let runs = pictures.map(|picture| self.run_one(model, &compiled, &shape, picture));
        let runs = runs.collect::<Result<Vec<_>, _>>()?;
        (0..compiled.output_ids().len())
            .map(|output| concatenate(runs.iter().filter_map(|run| run.get(output))))
            .collect()
    }

    fn run_one(
        &self,
        model: &str,
        compiled: &Model,
        shape: &[usize],
        picture: &[f32],
    ) -> Result<Vec<Tensor>, EngineError> {
        let failed = |reason: String| EngineError::Failed { model: model.to_owned(), reason };
        let &[input] = compiled.input_ids() else {
            return Err(unsupported(model, "it has more than one input"));
        };
        let view = ValueView::FloatTensor(TensorView::from_data(shape, picture));
        let options = RunOptions::default().with_thread_pool(self.threads.clone());
        let values = compiled
            .run(vec![(input, view.into())], compiled.output_ids(), Some(options))
            .map_err(|error| failed(error.to_string()))?;
        let floats = |value: Value| match value {
            Value::FloatTensor(tensor) => {
                Ok(Tensor::new(tensor.shape().to_vec(), tensor.into_data())?)
            }
            _ => Err(unsupported(model, "an output is no array of 32-bit floats")),
        };
        values.into_iter().map(floats).collect()
    }
}

/// Arrays one after the other along the first axis.
fn concatenate<'a>(parts: impl Iterator<Item = &'a Tensor>) -> Result<Tensor, EngineError> {
    let (mut shape, mut data) = (Vec::new(), Vec::new());
    for part in parts {
        match (shape.first_mut(), part.shape()) {
            (Some(count), [more, ..]) => *count += more,
            (_, all) => shape = all.to_vec(),
        }
        data.extend_from_slice(part.data());
    }
    Ok(Tensor::new(shape, data)?)
}

/// The operators of [`crate::Op`]. What is not listed is left out of the wasm file.
fn operators() -> OpRegistry {
    OpRegistry::with_ops(&[
        &op_types::Add,
        &op_types::Clip,
        &op_types::Concat,
        &op_types::Conv,
        &op_types::Flatten,
        &op_types::Gemm,
        &op_types::MaxPool,
        &op_types::PRelu,
        &op_types::Relu,
        &op_types::Reshape,
        &op_types::Resize,
        &op_types::Sigmoid,
        &op_types::Softmax,
        &op_types::Transpose,
    ])
}

impl Engine for RtenEngine {
    fn report(&self) -> EngineReport {
        EngineReport { name: Self::NAME.into(), why: self.why.clone(), ..EngineReport::default() }
    }

    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
        Box::pin(async move { self.run_batch(model, input) })
    }
}
