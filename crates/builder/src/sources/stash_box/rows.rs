//! Rows of stash-box's answers.

use rollcall_core::PerformerId;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::sources::{Listed, ListedImage, graphql::GraphQl};

/// A performer. What is null is taken as missing.
#[derive(Deserialize)]
pub(super) struct Row {
    id: Uuid,
    name: String,
    disambiguation: Option<String>,
    country: Option<String>,
    birth_date: Option<String>,
    updated: Option<String>,
    urls: Vec<Address>,
    images: Vec<Image>,
    pub(super) deleted: bool,
    merged_ids: Vec<Uuid>,
    pub(super) merged_into_id: Option<Uuid>,
}

#[derive(Deserialize)]
struct Address {
    url: String,
}

#[derive(Deserialize)]
struct Image {
    id: Uuid,
    url: String,
}

/// A merge or a deletion.
#[derive(Deserialize)]
pub(super) struct Edit {
    pub(super) closed: Option<String>,
    pub(super) target: Option<Target>,
    pub(super) merge_sources: Vec<Target>,
}

/// A performer, or something else, which has no id here.
#[derive(Deserialize)]
pub(super) struct Target {
    pub(super) id: Option<Uuid>,
}

impl Row {
    /// The row, or which one cannot be understood and why.
    pub(super) fn read(row: Value) -> Result<Self, String> {
        super::super::row(row)
    }

    pub(super) fn listed(self, server: &GraphQl) -> Result<Listed, String> {
        let id = PerformerId::new(&server.endpoint, self.id).map_err(|error| error.to_string())?;
        Ok(Listed {
            id,
            name: self.name,
            disambiguation: self.disambiguation,
            country: self.country,
            birth_date: self.birth_date,
            updated: self.updated,
            // Pages of theirs at other stash-boxes are for linking to read.
            stash_ids: Vec::new(),
            urls: self.urls.into_iter().map(|address| address.url).collect(),
            images: self.images.into_iter().map(Image::listed).collect(),
            merged: self.merged_ids,
        })
    }
}

impl Image {
    fn listed(self) -> ListedImage {
        // stash-box itself serves every picture here, wherever else it lies
        // (`internal/api/routes_image.go`).
        ListedImage { url: self.url, path: Some(format!("images/{}", self.id)) }
    }
}
