//! How an engine's errors cross from one module to the other.

use rollcall_core::EngineError;
use serde::{Deserialize, Serialize};

/// An [`EngineError`] as a plain JavaScript object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// [`EngineError::UnknownModel`]
    UnknownModel { model: String },
    /// [`EngineError::Unsupported`]
    Unsupported { model: String, reason: String },
    /// [`EngineError::DeviceLost`]
    DeviceLost { reason: String },
    /// [`EngineError::Failed`], and [`EngineError::Shape`], which only differs in its words.
    Failed { model: String, reason: String },
}

impl Fault {
    /// `model` is the one that ran.
    pub(crate) fn of(error: EngineError, model: &str) -> Self {
        match error {
            EngineError::UnknownModel(model) => Self::UnknownModel { model },
            EngineError::Unsupported { model, reason } => Self::Unsupported { model, reason },
            EngineError::DeviceLost(reason) => Self::DeviceLost { reason },
            EngineError::Failed { model, reason } => Self::Failed { model, reason },
            EngineError::Shape(error) => {
                Self::Failed { model: model.to_owned(), reason: error.to_string() }
            }
        }
    }
}

impl From<Fault> for EngineError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::UnknownModel { model } => Self::UnknownModel(model),
            Fault::Unsupported { model, reason } => Self::Unsupported { model, reason },
            Fault::DeviceLost { reason } => Self::DeviceLost(reason),
            Fault::Failed { model, reason } => Self::Failed { model, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_the_same_on_the_other_side() {
        let text = || "text".to_owned();
        for error in [
            EngineError::UnknownModel(text()),
            EngineError::Unsupported { model: text(), reason: text() },
            EngineError::DeviceLost(text()),
            EngineError::Failed { model: text(), reason: text() },
        ] {
            let words = error.to_string();
            assert_eq!(EngineError::from(Fault::of(error, "m")).to_string(), words);
        }
    }
}
