//! The CPU engine of Rollcall's own: channels last, fused, in safe Rust.
//!
//! It runs every [`crate::graph::Op`], one picture at a time, so that no output can depend on its
//! batch. In a browser it takes about the time of onnxruntime-web (`docs/BENCHMARKS.md`); what it
//! saves over a general runtime is packing: with the channels last, the inputs of a convolution
//! already lie in the order in which they are read.

mod conv;
mod depthwise;
mod map;
mod plan;
mod run;
#[cfg(test)]
mod tests;
mod windows;

use std::{cell::RefCell, rc::Rc};

use rollcall_core::{Engine, EngineError, EngineReport, LocalFuture, Tensor};

use self::{plan::Plan, run::Runner};
use crate::{
    ModelSet,
    models::{Specialised, one_of},
};

/// Runs networks on the CPU with 128-bit SIMD, in a browser or natively.
pub struct SimdEngine {
    models: ModelSet,
    plans: RefCell<Specialised<Plan>>,
    runner: RefCell<Runner>,
    why: String,
}

impl SimdEngine {
    /// The name it reports.
    pub const NAME: &str = "simd";

    /// An engine for `models`.
    #[must_use]
    pub fn new(models: ModelSet) -> Self {
        Self { models, plans: RefCell::default(), runner: RefCell::default(), why: String::new() }
    }

    /// The same with the reason why it was chosen, a sentence for the user.
    #[must_use]
    pub fn with_why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// The plan for one picture of `shape`, made the first time it is asked for.
    fn plan(&self, model: &str, shape: &[usize]) -> Result<Rc<Plan>, EngineError> {
        if let Some(plan) = self.plans.borrow_mut().get(model, shape) {
            return Ok(plan);
        }
        let plan = Plan::new(&self.models.specialise(model, shape)?)?;
        Ok(self.plans.borrow_mut().insert(model, shape, plan))
    }

    fn run_batch(&self, model: &str, input: &Tensor) -> Result<Vec<Tensor>, EngineError> {
        let (batch, shape) = one_of(model, input)?;
        let plan = self.plan(model, &shape)?;
        let mut runner = self.runner.borrow_mut();
        let mut outputs: Vec<Vec<f32>> = vec![Vec::new(); plan.outputs.len()];
        for picture in input.data().chunks_exact(input.data().len() / batch) {
            for (all, one) in outputs.iter_mut().zip(runner.run(&plan, picture)) {
                all.extend(one);
            }
        }
        let shapes = plan.outputs.iter().map(|&value| {
            let mut shape = plan.shapes[value].clone();
            if let Some(first) = shape.first_mut() {
                *first *= batch;
            }
            shape
        });
        shapes.zip(outputs).map(|(shape, data)| Ok(Tensor::new(shape, data)?)).collect()
    }
}

impl Engine for SimdEngine {
    fn report(&self) -> EngineReport {
        EngineReport {
            name: Self::NAME.to_owned(),
            why: self.why.clone(),
            ..EngineReport::default()
        }
    }

    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
        Box::pin(std::future::ready(self.run_batch(model, input)))
    }
}
