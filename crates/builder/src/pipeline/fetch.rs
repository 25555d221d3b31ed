//! How the pipeline gets the bytes of pictures, and what it calls those it cannot use.

use std::collections::BTreeMap;

use rollcall_core::DecodeError;

use crate::{
    net::{Image, Net, NetError, Upstream},
    sources::Source,
};

/// Why there is no picture: a few words without an address, for they are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPicture {
    /// Asking again would not help.
    ForGood(String),
    /// It may be there later.
    ForNow(String),
}

/// Gets pictures, several at a time.
pub trait Pictures: Sync {
    /// The picture at `url`, which a performer of `endpoint` has, if it is another than `etag` was
    /// given for.
    ///
    /// # Errors
    /// Says whether asking again may help.
    fn picture(&self, endpoint: &str, url: &str, etag: Option<&str>) -> Result<Image, NoPicture>;
}

/// Pictures from where their upstreams keep them.
#[derive(Clone, Debug)]
pub struct NetPictures {
    net: Net,
    /// By endpoint.
    upstreams: BTreeMap<String, Upstream>,
}

impl NetPictures {
    /// The pictures of these sources' performers.
    #[must_use]
    pub fn of(net: Net, sources: &[Box<dyn Source>]) -> Self {
        let upstreams = sources.iter().map(|s| (s.endpoint().to_owned(), s.upstream().clone()));
        Self { net, upstreams: upstreams.collect() }
    }
}

impl Pictures for NetPictures {
    fn picture(&self, endpoint: &str, url: &str, etag: Option<&str>) -> Result<Image, NoPicture> {
        // An endpoint that is no longer configured: it may be again.
        let none = || NoPicture::ForNow("its upstream is not in the configuration".to_owned());
        let upstream = self.upstreams.get(endpoint).ok_or_else(none)?;
        self.net.image(upstream, url, etag).map_err(|error| {
            tracing::debug!("{error}");
            let words = unfetched(&error);
            if error.passes() { NoPicture::ForNow(words) } else { NoPicture::ForGood(words) }
        })
    }
}

/// Why there is no picture, without its address.
fn unfetched(error: &NetError) -> String {
    match error {
        NetError::Start(_) | NetError::Unreachable { .. } => {
            "its host cannot be reached".to_owned()
        }
        NetError::NoAddress | NetError::Forbidden { .. } => {
            "its address may not be asked".to_owned()
        }
        NetError::Busy { .. } | NetError::Resting { .. } => "its host is busy".to_owned(),
        NetError::Stopped => "the work was being stopped".to_owned(),
        NetError::Refused { status, .. } | NetError::Status { status, .. } => {
            format!("its host answers {status}")
        }
        NetError::Missing(_) => "not there".to_owned(),
        NetError::TooLong { .. } => "too many bytes".to_owned(),
        NetError::NoPicture { what, .. } => format!("no picture but {what}"),
    }
}

/// What a file is called that cannot be decoded.
pub(crate) fn undecodable(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::Empty => "no picture but empty",
        DecodeError::TooLarge { .. } => "too many pixels",
        DecodeError::Damaged(_) => "damaged or cut off",
        DecodeError::BrowserOnlyFormat => "AVIF or HEIC, which only browsers read",
        _ => "no picture",
    }
}
