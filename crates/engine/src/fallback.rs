//! An engine that goes on with another when the first one fails.

use std::{cell::RefCell, rc::Rc};

use rollcall_core::{Engine, EngineError, EngineReport, LocalFuture, Tensor};

/// Runs everything on a first engine until that one is lost, then on a second one. The run that
/// failed is done again, so nothing is lost with it.
pub struct FallbackEngine {
    first: RefCell<First>,
    second: Rc<dyn Engine>,
}

enum First {
    Works(Rc<dyn Engine>),
    /// Dropped, so that it lets go of its memory; this is what it said.
    Gone(String),
}

impl FallbackEngine {
    /// Runs on `first` as long as it works, then on `second`.
    #[must_use]
    pub fn new(first: Rc<dyn Engine>, second: Rc<dyn Engine>) -> Self {
        Self { first: RefCell::new(First::Works(first)), second }
    }

    async fn run_either(&self, model: &str, input: &Tensor) -> Result<Vec<Tensor>, EngineError> {
        let first = match &*self.first.borrow() {
            First::Works(engine) => Some(Rc::clone(engine)),
            First::Gone(_) => None,
        };
        let Some(first) = first else {
            return self.second.run(model, input).await;
        };
        let trouble = match first.run(model, input).await {
            Err(
                error @ (EngineError::DeviceLost(_)
                | EngineError::Unsupported { .. }
                | EngineError::Failed { .. }),
            ) => error,
            other => return other,
        };
        let words = match &trouble {
            EngineError::DeviceLost(reason) => format!("it stopped answering: {reason}"),
            EngineError::Unsupported { reason, .. } | EngineError::Failed { reason, .. } => {
                reason.clone()
            }
            other => other.to_string(),
        };
        let lost = matches!(trouble, EngineError::DeviceLost(_));
        let gone = || *self.first.borrow_mut() = First::Gone(words);
        if lost {
            gone();
            return self.second.run(model, input).await;
        }
        // What the second one cannot do either is not the first one's fault.
        let outputs = self.second.run(model, input).await?;
        gone();
        Ok(outputs)
    }
}

impl Engine for FallbackEngine {
    fn report(&self) -> EngineReport {
        match &*self.first.borrow() {
            First::Works(engine) => engine.report(),
            First::Gone(reason) => EngineReport {
                why: format!(
                    "The graphics card could not go on ({reason}), so the CPU took over. \
                     No picture was lost."
                ),
                ..self.second.report()
            },
        }
    }

    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
        Box::pin(self.run_either(model, input))
    }

    fn at_once(&self) -> usize {
        match &*self.first.borrow() {
            First::Works(engine) => engine.at_once(),
            First::Gone(_) => self.second.at_once(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Doubles its input for so many runs, then fails.
    struct Twice {
        name: &'static str,
        left: Cell<usize>,
        error: EngineError,
    }

    fn twice(name: &'static str, left: usize, error: EngineError) -> Rc<Twice> {
        Rc::new(Twice { name, left: Cell::new(left), error })
    }

    impl Engine for Twice {
        fn report(&self) -> EngineReport {
            EngineReport { name: self.name.into(), ..EngineReport::default() }
        }

        fn run<'a>(
            &'a self,
            _model: &'a str,
            input: &'a Tensor,
        ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
            Box::pin(async move {
                let Some(left) = self.left.get().checked_sub(1) else {
                    return Err(self.error.clone());
                };
                self.left.set(left);
                let doubled = input.data().iter().map(|x| 2.0 * x).collect();
                Ok(vec![Tensor::new(input.shape().to_vec(), doubled)?])
            })
        }
    }

    fn lost() -> EngineError {
        EngineError::DeviceLost("driver reset".into())
    }

    fn unsupported() -> EngineError {
        EngineError::Unsupported { model: "m".into(), reason: "no such shape".into() }
    }

    fn run(engine: &FallbackEngine, value: f32) -> Result<f32, EngineError> {
        let input = Tensor::new(vec![1], vec![value])?;
        Ok(pollster::block_on(engine.run("m", &input))?[0].data()[0])
    }

    #[test]
    fn no_run_is_lost_with_the_device() {
        for error in [lost(), unsupported()] {
            let first = twice("gpu", 2, error);
            let engine = FallbackEngine::new(first.clone(), twice("cpu", 9, lost()));
            let answers: Vec<_> = (0..5).map(|n| run(&engine, n as f32).unwrap()).collect();
            assert_eq!(answers, [0.0, 2.0, 4.0, 6.0, 8.0]);
            let report = engine.report();
            assert_eq!(report.name, "cpu");
            assert!(report.why.contains("the CPU took over"), "{}", report.why);
            assert_eq!(Rc::strong_count(&first), 1, "the first engine must be let go of");
        }
    }

    #[test]
    fn what_neither_can_do_changes_nothing() {
        let engine =
            FallbackEngine::new(twice("gpu", 0, unsupported()), twice("cpu", 0, unsupported()));
        assert!(matches!(run(&engine, 1.0), Err(EngineError::Unsupported { .. })));
        assert_eq!(engine.report().name, "gpu");
    }

    #[test]
    fn a_mistake_of_the_callers_changes_nothing() {
        let unknown = EngineError::UnknownModel("m".into());
        let engine = FallbackEngine::new(twice("gpu", 0, unknown), twice("cpu", 9, lost()));
        assert!(matches!(run(&engine, 1.0), Err(EngineError::UnknownModel(_))));
        assert_eq!(engine.report().name, "gpu");
    }
}
