//! What can be wrong with a model file.

/// Why a model cannot be used. Every message names the model and says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The bytes are no ONNX file, break off, or contradict themselves.
    #[error("the model {model} is damaged ({reason}); fetch its model pack again")]
    Damaged {
        /// The model's name.
        model: String,
        /// What is wrong in the file.
        reason: String,
    },
    /// More of something than [`crate::Limits`] allows.
    #[error(
        "the model {model} is too large ({what}: {size}, the limit is {limit}); choose a smaller model"
    )]
    TooLarge {
        /// The model's name.
        model: String,
        /// What there is too much of.
        what: &'static str,
        /// How much there is, at least.
        size: u64,
        /// How much there may be.
        limit: u64,
    },
    /// An operator, or a form of one, that no engine here runs.
    #[error(
        "the model {model} uses {op} in a way Rollcall does not run ({reason}); \
         choose a pack from `rollcall models list`"
    )]
    Unsupported {
        /// The model's name.
        model: String,
        /// The ONNX operator.
        op: String,
        /// What about it.
        reason: String,
    },
    /// The model does not take pictures of this shape.
    #[error(
        "the model {model} cannot take this input ({reason}); choose an input size its pack lists"
    )]
    WrongInput {
        /// The model's name.
        model: String,
        /// What does not fit.
        reason: String,
    },
}

/// A [`ModelError`] by somebody who does not know which model is being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Damaged(String),
    TooLarge { what: &'static str, size: u64, limit: u64 },
    Unsupported { op: String, reason: String },
    WrongInput(String),
}

impl Fault {
    pub(crate) fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }

    pub(crate) fn unsupported(op: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Unsupported { op: shorten(&op.into()), reason: reason.into() }
    }

    pub(crate) fn of(self, model: &str) -> ModelError {
        let model = shorten(model);
        match self {
            Self::Damaged(reason) => ModelError::Damaged { model, reason },
            Self::TooLarge { what, size, limit } => {
                ModelError::TooLarge { model, what, size, limit }
            }
            Self::Unsupported { op, reason } => ModelError::Unsupported { model, op, reason },
            Self::WrongInput(reason) => ModelError::WrongInput { model, reason },
        }
    }
}

/// A name out of a file, fit for a message: at most 60 characters, none of them a control character.
pub(crate) fn shorten(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}
