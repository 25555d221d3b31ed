//! `POST /database/reload`, for whoever knows the token.

use std::{fmt, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{app::Site, database::Health, error::ServerError};

/// The fewest characters of a token.
const SHORTEST: usize = 16;

/// The token, of which only the hash is kept. It is never shown.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

impl Token {
    /// # Errors
    /// When it is so short that it could be guessed.
    pub fn new(text: &str) -> Result<Self, ServerError> {
        if text.len() < SHORTEST {
            return Err(ServerError::Option {
                option: "reload-token",
                value: "***".to_owned(),
                why: format!("it could be guessed; take at least {SHORTEST} characters"),
            });
        }
        Ok(Self(Sha256::digest(text).into()))
    }

    /// In a time that does not tell how much of it is right.
    fn is(&self, text: &str) -> bool {
        let other: [u8; 32] = Sha256::digest(text).into();
        self.0.ct_eq(&other).into()
    }
}

pub(crate) async fn reload(State(site): State<Arc<Site>>, request: Request) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if !site.token.as_ref().is_some_and(|token| token.is(given)) {
        let mut refused =
            (StatusCode::UNAUTHORIZED, "Send the token: `Authorization: Bearer TOKEN`.\n")
                .into_response();
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return refused;
    }
    let known = site.read_database().await;
    let broken = known.as_ref().is_some_and(|known| known.problem.is_some());
    let status = if broken { StatusCode::CONFLICT } else { StatusCode::OK };
    (status, Json(Health::of(known.as_ref(), site.pulls.last()))).into_response()
}
