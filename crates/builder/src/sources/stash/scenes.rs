//! The scenes of the user's own Stash. Nothing is ever written to it.

use std::{collections::BTreeSet, path::PathBuf};

use reqwest::Url;
use rollcall_core::PerformerId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Server, StashId, local};
use crate::{
    Error,
    net::{Net, NetError},
    sources::{Access, UpstreamError},
};

const DOCUMENT: &str = include_str!("scenes.graphql");

/// The scenes of a Stash.
#[derive(Debug)]
pub struct StashScenes {
    server: Server,
    per_page: usize,
}

/// A scene, as far as it concerns us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StashScene {
    /// Its number.
    pub id: u32,
    /// Its title, or what its file is called.
    pub title: String,
    /// What its file is called: says of some that they are stereo.
    pub file: String,
    /// Where Stash has its file; another machine may have it elsewhere, or not at all.
    pub path: PathBuf,
    /// The sprite sheet, and the cues that belong to it.
    pub sprite: Option<(Url, Url)>,
    /// A short video of moments of the scene.
    pub preview: Option<Url>,
    /// The performers on it, by all their ids.
    pub tagged: BTreeSet<PerformerId>,
}

#[derive(Deserialize)]
struct Found {
    scenes: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    title: Option<String>,
    files: Vec<File>,
    paths: Paths,
    performers: Vec<Performer>,
}

#[derive(Deserialize)]
struct File {
    path: PathBuf,
    basename: String,
}

#[derive(Deserialize)]
struct Paths {
    sprite: Option<String>,
    vtt: Option<String>,
    preview: Option<String>,
}

#[derive(Deserialize)]
struct Performer {
    id: String,
    stash_ids: Vec<StashId>,
}

impl StashScenes {
    /// The scenes of the Stash at `access.url`, with or without `/graphql`.
    ///
    /// # Errors
    /// When that is no address.
    pub fn new(net: Net, access: &Access) -> Result<Self, Error> {
        let server = Server::new(net, access, DOCUMENT)?;
        Ok(Self { server, per_page: access.per_page.max(1) })
    }

    /// The next scenes that fit `filter` (a `SceneFilterType` of Stash's), by rising number, beyond
    /// `after`. None after the last one.
    ///
    /// # Errors
    /// When Stash cannot be asked, refuses the key or the filter, or answers in a way that makes no
    /// sense.
    pub fn after(&self, after: u32, filter: &Value) -> Result<Vec<StashScene>, Error> {
        let mut filter = filter.clone();
        filter["id"] = json!({ "value": after, "modifier": "GREATER_THAN" });
        let order = json!({ "sort": "id", "direction": "ASC", "per_page": self.per_page });
        let variables = json!({ "scene_filter": filter, "filter": order });
        let found: Found = self.server.graphql.ask("Scenes", &variables, "findScenes")?;
        let scenes = found.scenes.into_iter().map(|row| self.scene(row));
        let scenes: Vec<StashScene> = scenes.collect::<Result<_, UpstreamError>>()?;
        if scenes.iter().any(|scene| scene.id <= after) {
            // Else a server that takes no notice of the filter would be asked for ever.
            return Err(self.server.graphql.form("it gives scenes that were not asked for").into());
        }
        Ok(scenes)
    }

    /// The bytes of one of its files; nothing where it is not there.
    ///
    /// # Errors
    /// When Stash cannot be asked or refuses the key, or the file is longer than any usual one.
    pub fn file(&self, url: &Url) -> Result<Option<Vec<u8>>, Error> {
        let graphql = &self.server.graphql;
        match graphql.net.api(&graphql.upstream, url, None) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(NetError::Missing(_)) => Ok(None),
            Err(NetError::Refused { .. }) => {
                Err(UpstreamError::Key { endpoint: graphql.endpoint.clone() }.into())
            }
            Err(other) => Err(other.into()),
        }
    }

    fn scene(&self, row: Row) -> Result<StashScene, UpstreamError> {
        let id = row.id.parse();
        let id = id.map_err(|_| self.server.graphql.form("a scene has no number"))?;
        let file = row.files.into_iter().next().map(|file| (file.basename, file.path));
        let (file, path) = file.unwrap_or_default();
        let url = |address: Option<String>| address.and_then(|text| self.server.file(&text));
        let ids = |one: &Performer| {
            let stash_ids = one.stash_ids.iter().filter_map(StashId::id);
            stash_ids.chain(local(&one.id)).collect::<Vec<_>>()
        };
        Ok(StashScene {
            id,
            title: row.title.filter(|text| !text.is_empty()).unwrap_or_else(|| file.clone()),
            file,
            path,
            sprite: url(row.paths.sprite).zip(url(row.paths.vtt)),
            preview: url(row.paths.preview),
            tagged: row.performers.iter().flat_map(ids).collect(),
        })
    }
}
