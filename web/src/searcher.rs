//! Asking a database with embeddings, without pictures and models: what the benchmark of the index
//! measures is the same reader that a session has.

use js_sys::Float32Array;
use rollcall_core::{Candidate, Embedding, Found, Lookup as _, Pack};
use rollcall_index::{Database, Trust};
use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{
    database::origin,
    error::{WebError, to_js},
    lessons::embeddings_of,
};

/// Decoys are asked for as in a session, but the same ones in every run.
const SECRET: u64 = 20_261_123;

/// What [`Searcher::find`] gives.
#[derive(Serialize)]
struct Answer {
    /// Names and cosines, best first.
    candidates: Vec<(String, f32)>,
    /// Some files of the database could not be used.
    partial: bool,
    /// From the first plane of the sketches alone.
    provisional: bool,
}

/// A database and the pack whose embeddings it is asked with.
#[wasm_bindgen]
pub struct Searcher {
    database: Database,
    dimensions: Vec<usize>,
}

#[wasm_bindgen]
impl Searcher {
    /// Opens the database below `url`, an absolute one, as far as provisional answers need it;
    /// `pack` is the text of a `pack.json`.
    ///
    /// # Errors
    /// `{kind, message}`, the message a sentence for the user.
    pub async fn open(url: String, pack: String) -> Result<Searcher, JsValue> {
        let pack: Pack = serde_json::from_str(&pack)
            .map_err(|error| WebError::Settings(format!("no model pack: {error}")))?;
        let dimensions = pack.embedders.iter().map(|model| model.dimension).collect();
        // Nothing is kept, so that every page begins cold.
        let opened = Database::open_early(origin(&url), &Trust::default()).await;
        let database = opened.map_err(WebError::from)?;
        let named = database.for_pack(&pack);
        let database = named.map_err(|error| WebError::Database(error.to_string()))?;
        Ok(Searcher { database: database.with_decoys(SECRET), dimensions })
    }

    /// Brings what full answers need.
    ///
    /// # Errors
    /// `{kind, message}`, of kind `database`.
    pub async fn complete(&self) -> Result<(), JsValue> {
        let complete = self.database.complete().await;
        Ok(complete.map_err(WebError::from)?)
    }

    /// Looks one person up: `values` are the embeddings of the pack's models one after the other.
    ///
    /// # Errors
    /// `{kind, message}`, of kind `settings` or `database`.
    pub async fn find(&self, values: Float32Array, limit: usize) -> Result<JsValue, JsValue> {
        let person = embeddings_of(&values, &self.dimensions)?;
        let found = self.database.find(&person, limit).await;
        let found = found.map_err(|error| WebError::Database(error.to_string()))?;
        Ok(to_js(&Answer::of(found))?)
    }

    /// Looks many people up at once: `values` are those of [`Searcher::find`], person after person.
    ///
    /// # Errors
    /// `{kind, message}`, of kind `settings` or `database`.
    #[wasm_bindgen(js_name = findAll)]
    pub async fn find_all(&self, values: Float32Array, limit: usize) -> Result<JsValue, JsValue> {
        let length = self.dimensions.iter().sum::<usize>() as u32;
        let starts = (0..values.length()).step_by(length.max(1) as usize);
        let person =
            |start| embeddings_of(&values.subarray(start, start + length), &self.dimensions);
        let people: Vec<_> = starts.map(person).collect::<Result<_, _>>()?;
        let people: Vec<&[Embedding]> = people.iter().map(Vec::as_slice).collect();
        let found = self.database.find_all(&people, limit).await;
        let found = found.map_err(|error| WebError::Database(error.to_string()))?;
        Ok(to_js(&found.into_iter().map(Answer::of).collect::<Vec<_>>())?)
    }
}

impl Answer {
    fn of(found: Found) -> Self {
        let name = |c: Candidate| (c.performer.name, c.similarity.0);
        let candidates = found.candidates.into_iter().map(name).collect();
        Self { candidates, partial: found.partial, provisional: found.provisional }
    }
}
