//! GraphQL as a stash-box answers it: the operations that list performers, whole rows every time.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::{
    Json, Router,
    extract::{Path, State as Given},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Route, Row, World,
    server::{Shared, State, data, failure, has_key, number, root_field, time_of},
};

pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/graphql", post(graphql))
        .route("/images/{id}", get(image))
        .with_state(shared)
}

async fn image(Given(shared): Given<Shared>, Path(id): Path<Uuid>, headers: HeaderMap) -> Response {
    shared.picture(id, &headers).await
}

async fn graphql(
    Given(shared): Given<Shared>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    // A wrong key is refused before GraphQL sees it; none at all is refused by each field.
    if headers.contains_key("apikey") && !has_key(&headers, "apikey", "") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if !has_key(&headers, "apikey", "") {
        return failure("Not authorized");
    }
    let variables = &request["variables"];
    let input = &variables["input"];
    let page = number(input, "page", 1);
    let base = shared.base.clone();
    match root_field(&request) {
        "queryPerformers" => {
            let what = format!("queryPerformers {} {page}", input["sort"].as_str().unwrap_or("?"));
            shared.answer(Route::Api, &what, |state| performers(state, input, &base)).await
        }
        "findPerformer" => {
            let id = variables["id"].as_str().unwrap_or_default();
            let good = |state: &mut State| {
                let row = id.parse().ok().and_then(|id| state.world.row(id));
                data(&json!({ "findPerformer": row.map(|row| performer(row, &base)) }))
            };
            shared.answer(Route::Api, &format!("findPerformer {id}"), good).await
        }
        "queryEdits" => {
            let what = format!("queryEdits {} {page}", input["operation"].as_str().unwrap_or("?"));
            shared.answer(Route::Api, &what, |state| edits(&state.world, input, &base)).await
        }
        other => failure(&format!("Cannot query field {other:?} on type \"Query\".")),
    }
}

/// A page of a list. Equal keys come in another order at each request, as in a database that is asked
/// for no second key.
fn performers(state: &State, input: &Value, base: &str) -> Response {
    let sort = input["sort"].as_str().unwrap_or("CREATED_AT");
    let mut rows: Vec<&Row> = state.world.listed().filter(|row| !row.skipped).collect();
    let tie = |row: &Row| {
        let mut hasher = DefaultHasher::new();
        (state.world.seed, state.requests, row.id).hash(&mut hasher);
        hasher.finish()
    };
    rows.sort_by_cached_key(|row| {
        let key = match sort {
            "NAME" => row.name.clone(),
            "UPDATED_AT" => format!("{:020}", row.updated),
            _ => format!("{:020}", row.created),
        };
        (key, tie(row))
    });
    if input["direction"].as_str() != Some("ASC") {
        rows.reverse();
    }
    let rows = of_page(&rows, input).map(|row| performer(row, base));
    data(&json!({ "queryPerformers": {
        "count": state.world.stated_count(), "performers": rows.collect::<Vec<_>>(),
    }}))
}

fn edits(world: &World, input: &Value, base: &str) -> Response {
    let merges = input["operation"] == "MERGE";
    let mut edits: Vec<_> =
        world.edits.iter().filter(|edit| edit.target.is_some() == merges).collect();
    edits.sort_by_key(|edit| -edit.closed);
    let target = |id: Uuid| {
        world.row(id).map(|row| {
            let mut whole = performer(row, base);
            whole["__typename"] = "Performer".into();
            whole
        })
    };
    let page = of_page(&edits, input).map(|edit| {
        let (into, from) = match edit.target {
            Some(into) => (into, edit.sources.as_slice()),
            None => (edit.sources[0], &[][..]),
        };
        json!({
            "id": edit.id, "operation": input["operation"], "target_type": "PERFORMER",
            "applied": true, "status": "ACCEPTED", "closed": time_of(edit.closed),
            "target": target(into),
            "merge_sources": from.iter().map(|id| target(*id)).collect::<Vec<_>>(),
        })
    });
    data(&json!({ "queryEdits": {
        "count": edits.len(), "edits": page.collect::<Vec<_>>(),
    }}))
}

fn of_page<'a, T>(rows: &'a [T], input: &Value) -> impl Iterator<Item = &'a T> {
    let size = number(input, "per_page", 25);
    rows.iter().skip((number(input, "page", 1) - 1) * size).take(size)
}

fn performer(row: &Row, base: &str) -> Value {
    let urls = row.urls.iter().map(|url| json!({ "url": url, "site": { "name": "Page" } }));
    let images = row.pictures.iter().map(|picture| {
        json!({
            "id": picture.id, "url": format!("{base}/images/{}", picture.id),
            "width": 900, "height": 1200,
        })
    });
    json!({
        "id": row.id, "name": row.name, "disambiguation": row.disambiguation, "aliases": [],
        "country": row.country, "birth_date": row.birth_date, "gender": "FEMALE",
        "urls": urls.collect::<Vec<_>>(), "images": images.collect::<Vec<_>>(),
        "deleted": row.deleted, "merged_ids": row.merged, "merged_into_id": row.merged_into,
        "created": time_of(row.created), "updated": time_of(row.updated),
    })
}
