//! Why an upstream cannot be asked.

use crate::net::NetError;

/// What went wrong with one upstream, which every message names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// The upstream wants another key. Asking again does not help.
    #[error(
        "{endpoint} does not accept the API key; copy it anew from your account there into the configuration or its environment variable"
    )]
    Key {
        /// Which upstream.
        endpoint: String,
    },
    /// The answer is not of the form that this version knows. Asking again does not help.
    #[error(
        "{endpoint} answers in a form that this version of Rollcall does not know ({reason}); nothing is lost: look for a newer version, or report this"
    )]
    Form {
        /// Which upstream.
        endpoint: String,
        /// What was not understood.
        reason: String,
    },
    /// The upstream says that it failed.
    #[error("{endpoint} says: {message}; nothing is lost, run the same command again later")]
    Says {
        /// Which upstream.
        endpoint: String,
        /// Its words, shortened.
        message: String,
    },
    /// The upstream cannot be reached.
    #[error("{endpoint}: {source}")]
    Net {
        /// Which upstream.
        endpoint: String,
        /// Why.
        source: NetError,
    },
}

impl UpstreamError {
    /// Whether the same question may be answered later.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Key { .. } | Self::Form { .. } => false,
            Self::Says { .. } => true,
            Self::Net { source, .. } => source.passes(),
        }
    }
}
