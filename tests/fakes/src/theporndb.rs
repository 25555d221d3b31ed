//! ThePornDB's REST: `/performers` by page, and one by its id.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{Path, Query, State as Given},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Route, Row,
    server::{Shared, State, has_key},
};

pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/performers", get(list))
        .route("/performers/{id}", get(one))
        .route("/images/{id}", get(image))
        .with_state(shared)
}

async fn image(Given(shared): Given<Shared>, Path(id): Path<Uuid>, headers: HeaderMap) -> Response {
    shared.picture(id, &headers).await
}

async fn list(
    Given(shared): Given<Shared>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if !has_key(&headers, "authorization", "Bearer ") {
        return says(StatusCode::UNAUTHORIZED, "Unauthenticated.");
    }
    let number = |name: &str, otherwise| {
        query.get(name).and_then(|text| text.parse().ok()).filter(|n| *n > 0).unwrap_or(otherwise)
    };
    let (page, size): (usize, usize) = (number("page", 1), number("per_page", 20).min(100));
    let base = shared.base.clone();
    let good = |state: &mut State| {
        let rows: Vec<&Row> = state.world.listed().filter(|row| !row.skipped).collect();
        let pages = rows.len().div_ceil(size).max(1);
        let data = rows.iter().skip((page - 1) * size).take(size).map(|row| performer(row, &base));
        Json(json!({
            "data": data.collect::<Vec<_>>(),
            "links": { "next": (page < pages).then(|| format!("{base}/performers?page={}", page + 1)) },
            "meta": {
                "current_page": page, "last_page": pages, "per_page": size,
                "total": state.world.stated_count(),
            },
        }))
        .into_response()
    };
    shared.answer(Route::Api, &format!("performers {page}"), good).await
}

async fn one(Given(shared): Given<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if !has_key(&headers, "authorization", "Bearer ") {
        return says(StatusCode::UNAUTHORIZED, "Unauthenticated.");
    }
    let base = shared.base.clone();
    let good = |state: &mut State| {
        let row = id.parse().ok().and_then(|id| state.world.row(id)).filter(|row| !row.deleted);
        match row {
            Some(row) => Json(json!({ "data": performer(row, &base) })).into_response(),
            None => says(StatusCode::NOT_FOUND, "No query results for model."),
        }
    };
    shared.answer(Route::Api, &format!("performer {id}"), good).await
}

fn says(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

fn performer(row: &Row, base: &str) -> Value {
    let image = |id| format!("{base}/images/{id}");
    let posters = row.pictures.iter().zip(1..).map(
        |(picture, order)| json!({ "id": order, "order": order, "url": image(picture.id), "size": 90_000 }),
    );
    let links: BTreeMap<&str, &String> =
        ["StashDB", "Twitter"].into_iter().zip(&row.urls).collect();
    let first = row.pictures.first().map(|picture| image(picture.id));
    json!({
        "id": row.id, "_id": 1, "slug": row.name.to_lowercase().replace(' ', "-"),
        "name": row.name, "full_name": row.name, "disambiguation": row.disambiguation,
        "bio": "", "rating": 0, "is_parent": true, "aliases": [],
        "image": first, "thumbnail": first, "face": first,
        "posters": posters.collect::<Vec<_>>(),
        "extras": {
            "gender": "Female", "birthday": row.birth_date, "nationality": null,
            "birthplace_code": row.country, "links": links,
        },
    })
}
