//! GraphQL as a user's Stash answers it: its performers, with their pictures and stash ids.

use axum::{
    Json, Router,
    extract::{Path, State as Given},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::{
    Route, Row,
    server::{Shared, State, data, failure, has_key, number, root_field, time_of},
};

pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/graphql", post(graphql))
        .route("/performer/{id}/image", get(image))
        .with_state(shared)
}

async fn image(
    Given(shared): Given<Shared>,
    Path(id): Path<usize>,
    headers: HeaderMap,
) -> Response {
    if !has_key(&headers, "apikey", "") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let picture =
        shared.lock().world.rows.get(id - 1).and_then(|row| row.pictures.first()).cloned();
    match picture {
        Some(picture) => shared.picture(picture.id, &headers).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn graphql(
    Given(shared): Given<Shared>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    if !has_key(&headers, "apikey", "") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let variables = &request["variables"];
    let base = shared.base.clone();
    match root_field(&request) {
        "findPerformers" => {
            let filter = &variables["filter"];
            let what = format!("findPerformers {}", number(filter, "page", 1));
            shared.answer(Route::Api, &what, |state| performers(state, filter, &base)).await
        }
        "findPerformer" => {
            let id: usize = variables["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or(0);
            let good = |state: &mut State| {
                let row = id.checked_sub(1).and_then(|at| state.world.rows.get(at));
                let row = row.filter(|row| !row.deleted).map(|row| performer(id, row, &base));
                data(&json!({ "findPerformer": row }))
            };
            shared.answer(Route::Api, &format!("findPerformer {id}"), good).await
        }
        other => failure(&format!("Cannot query field {other:?} on type \"Query\".")),
    }
}

fn performers(state: &State, filter: &Value, base: &str) -> Response {
    let rows = (1..).zip(&state.world.rows).filter(|(_, row)| !row.deleted);
    // -1 is everybody.
    let size = if filter["per_page"] == -1 { usize::MAX } else { number(filter, "per_page", 25) };
    let skip = (number(filter, "page", 1) - 1).saturating_mul(size);
    let page = rows.skip(skip).take(size).map(|(id, row)| performer(id, row, base));
    data(&json!({ "findPerformers": {
        "count": state.world.stated_count(), "performers": page.collect::<Vec<_>>(),
    }}))
}

fn performer(id: usize, row: &Row, base: &str) -> Value {
    let of_its_own = if row.pictures.is_empty() { "&default=true" } else { "" };
    let stash_ids = row.stash_ids.iter().map(|(endpoint, id)| {
        json!({ "endpoint": endpoint, "stash_id": id, "updated_at": time_of(row.updated) })
    });
    json!({
        "id": id.to_string(), "name": row.name, "disambiguation": row.disambiguation,
        "country": row.country, "birthdate": row.birth_date, "urls": row.urls,
        "image_path": format!("{base}/performer/{id}/image?t={}{of_its_own}", row.updated),
        "stash_ids": stash_ids.collect::<Vec<_>>(), "updated_at": time_of(row.updated),
    })
}
