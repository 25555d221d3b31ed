//! Why something could not be fetched.

use std::time::Duration;

/// Why there is no answer. Addresses are without queries and passwords.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// The client itself cannot start.
    #[error("no connection can be made from here: {0}")]
    Start(String),
    /// A text is no address.
    #[error("there is no usable address")]
    NoAddress,
    /// The address is not one that the source may name.
    #[error("{url} is not fetched: {reason}")]
    Forbidden {
        /// The address.
        url: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// The connection failed. It may work later.
    #[error("{url} cannot be reached: {reason}; nothing is lost, run the same command again later")]
    Unreachable {
        /// The address.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The host failed or is busy. It may work later.
    #[error("{url} answers {status}; nothing is lost, run the same command again later")]
    Busy {
        /// The address.
        url: String,
        /// The status of HTTP.
        status: u16,
    },
    /// The host has failed too often and is left alone for a while.
    #[error("{host} has failed {failures} times in a row and is left alone for {} seconds", wait.as_secs().max(1))]
    Resting {
        /// The host.
        host: String,
        /// How often.
        failures: u32,
        /// How long nothing is asked of it.
        wait: Duration,
    },
    /// Everything is to stop: nothing more is fetched.
    #[error("it was not fetched: the work is being stopped")]
    Stopped,
    /// The host does not let us have it: 401 or 403.
    #[error("{url} refuses: {status}")]
    Refused {
        /// The address.
        url: String,
        /// The status of HTTP.
        status: u16,
    },
    /// It is not there: 404 or 410.
    #[error("{0} is not there")]
    Missing(String),
    /// Another status than 200.
    #[error("{url} answers {status}")]
    Status {
        /// The address.
        url: String,
        /// The status of HTTP.
        status: u16,
    },
    /// It is longer than anything of its kind.
    #[error("{url} has more than {limit} bytes; it was not read further")]
    TooLong {
        /// The address.
        url: String,
        /// The most bytes.
        limit: usize,
    },
    /// Something else came in place of a picture.
    #[error("{url} is no picture but {what}")]
    NoPicture {
        /// The address.
        url: String,
        /// What came.
        what: &'static str,
    },
}

impl NetError {
    /// Whether the same request may succeed later. If not, what was asked for is as good as not there.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Busy { .. } | Self::Resting { .. } | Self::Stopped
        )
    }
}
