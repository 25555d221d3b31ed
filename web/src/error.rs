//! What can go wrong in the worker, in sentences for the user.

use rollcall_core::DecodeError;
use serde::Serialize;
use wasm_bindgen::JsValue;

/// Why the worker could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebError {
    /// The page asked for something that does not exist.
    #[error("Rollcall was started with settings it does not understand ({0}); reload the page")]
    Settings(String),
    /// The network, or a policy of the page, did not let a request through.
    #[error(
        "could not reach {url} ({reason}); check that the host runs and that this page may talk to it"
    )]
    Unreachable { url: String, reason: String },
    /// The host answered, but not with the file.
    #[error("{url} answered {status}; check that the host serves this file")]
    Status { url: String, status: u16 },
    /// The host sent more than it may.
    #[error("{url} sent more than the {limit} bytes it may; check what the host serves there")]
    TooLong { url: String, limit: u64 },
    /// A file that is not what the pack says it is.
    #[error(
        "{url} is damaged or was changed: its SHA-256 is {found} and must be {wanted}; clear the browser's cache or fetch the model pack again on the host"
    )]
    Checksum { url: String, wanted: String, found: String },
    /// A `pack.json` nobody can use.
    #[error("the model pack at {url} cannot be used ({reason}); fetch it again on the host")]
    Pack { url: String, reason: String },
    /// A model file that no engine takes.
    #[error("{0}")]
    Model(String),
    /// No engine runs here.
    #[error("{0}")]
    Engine(String),
    /// The database cannot be opened or asked.
    #[error("{0}")]
    Database(String),
    /// The database was made with other models, these by their SHA-256.
    #[error("{message}")]
    OtherModels { message: String, models: Vec<String> },
    /// The database is only used if the user says so.
    #[error("{message}")]
    Unconfirmed { message: String, manifest: String },
    /// The picture cannot be read.
    #[error(transparent)]
    Picture(#[from] DecodeError),
    /// A file no sensible picture fills.
    #[error("this file has {megabytes} MB; the limit is 400 MB, make the picture smaller")]
    PictureFile { megabytes: u32 },
    /// The browser cannot read the file any more: moved, or on a disk that went away.
    #[error("the browser could not read this file ({0}); choose it again")]
    Unreadable(String),
    /// The picture was read and something later failed.
    #[error("{0}")]
    Identify(String),
    /// The user changed their mind.
    #[error("cancelled")]
    Cancelled,
    /// The browser misses something we cannot do without.
    #[error("this browser cannot do this ({0}); update it or use another one")]
    Browser(String),
}

impl WebError {
    /// One word for programs; `RollcallErrorKind` of the TypeScript client lists them.
    fn kind(&self) -> &'static str {
        match self {
            Self::Settings(_) => "settings",
            Self::Unreachable { .. } | Self::Status { .. } => "network",
            Self::TooLong { .. } | Self::Checksum { .. } | Self::Pack { .. } | Self::Model(_) => {
                "models"
            }
            Self::Engine(_) => "engine",
            Self::Database(_) | Self::OtherModels { .. } => "database",
            Self::Unconfirmed { .. } => "unconfirmed",
            Self::Picture(_) | Self::PictureFile { .. } | Self::Unreadable(_) => "picture",
            Self::Identify(_) => "identify",
            Self::Cancelled => "cancelled",
            Self::Browser(_) => "browser",
        }
    }
}

#[derive(Serialize)]
struct Thrown {
    kind: &'static str,
    message: String,
    /// What the user may confirm.
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<String>,
    /// What it was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<Vec<String>>,
}

impl From<WebError> for JsValue {
    fn from(error: WebError) -> Self {
        let (manifest, models) = match &error {
            WebError::Unconfirmed { manifest, .. } => (Some(manifest.clone()), None),
            WebError::OtherModels { models, .. } => (None, Some(models.clone())),
            _ => (None, None),
        };
        to_js(&Thrown { kind: error.kind(), message: error.to_string(), manifest, models })
            .unwrap_or_else(|_| Self::from_str(&error.to_string()))
    }
}

/// Plain JavaScript values: maps become objects, `None` becomes `null`.
pub(crate) fn to_js<T: Serialize>(value: &T) -> Result<JsValue, WebError> {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(|error| WebError::Settings(error.to_string()))
}

/// What JavaScript threw, in words.
pub(crate) fn words(thrown: &JsValue) -> String {
    js_sys::Reflect::get(thrown, &JsValue::from_str("message"))
        .ok()
        .and_then(|message| message.as_string())
        .or_else(|| thrown.as_string())
        .unwrap_or_else(|| format!("{thrown:?}"))
}
