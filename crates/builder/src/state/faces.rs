//! What models see in pictures. The key is the picture's content and the model's: the same bytes are
//! never looked at twice by the same model, whoever they show.

use rollcall_core::{BoundingBox, Embedding, Face, Landmarks, Pack, PackModel, Point};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    State,
    images::{Content, unseen},
};
use crate::{
    Error,
    photo::{Photo, SeenFace},
    sources::Listed,
};

/// Part of every model's name in the state: raised when the same network begins to see something
/// else, because faces are searched for, cut out or fed in another way.
const RECIPE: u32 = 1;

/// Numbers of a face: box, landmarks, score.
const FACE: usize = 4 + 10 + 1;

/// The models of a pack, by their numbers in the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Models {
    pub(super) detector: i64,
    pub(super) embedders: Vec<i64>,
    dimensions: Vec<usize>,
}

/// What was seen in a picture.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// The faces with their embeddings.
    pub faces: Vec<SeenFace>,
    /// Why it cannot be used, if it cannot.
    pub reason: Option<String>,
}

/// A performer's picture as the state knows it.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// The picture's path at its upstream.
    pub path: Option<String>,
    /// The photo with its faces, or why it cannot be used.
    pub photo: Result<Photo, String>,
}

/// A performer who is not gone, with their pictures.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// What the upstream says.
    pub listed: Listed,
    /// `YYYY-MM-DD` from which on they are of age, where that is recorded.
    pub of_age: Option<String>,
    /// Their pictures, best first.
    pub pictures: Vec<Shown>,
}

impl State {
    /// The numbers of a pack's models.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn models(&self, pack: &Pack) -> Result<Models, Error> {
        self.transaction(|t| {
            let number = |kind: &str, model: &PackModel| {
                let id = format!("{kind} {} {} {RECIPE}", model.name, model.sha256);
                t.execute("INSERT OR IGNORE INTO models (id) VALUES (?)", [&id])?;
                t.query_row("SELECT key FROM models WHERE id = ?", [&id], |row| row.get(0))
            };
            // What an embedder gives depends on where the detector found the face: see `pictures`.
            let embedders = pack.embedders.iter().map(|e| number("embedder", &e.model));
            Ok(Models {
                detector: number("detector", &pack.detector.model)?,
                embedders: embedders.collect::<Result<_, _>>()?,
                dimensions: pack.embedders.iter().map(|e| e.dimension).collect(),
            })
        })
    }

    /// Whether the models have looked at a picture.
    pub(crate) fn has_seen(&self, models: &Models, content: &Content) -> Result<bool, Error> {
        let sql = format!("SELECT NOT {} FROM (SELECT ? AS content) i", unseen(models));
        self.read(|db| db.prepare_cached(&sql)?.query_row([content], |row| row.get(0)))
    }

    /// Forgets the pictures of performers who are gone, and what was seen in pictures that nobody has
    /// any more; gives those.
    pub(crate) fn forget(&self) -> Result<Vec<Content>, Error> {
        self.transaction(|t| {
            let gone = "SELECT key FROM performers WHERE removed IS NOT NULL";
            t.execute(&format!("DELETE FROM images WHERE performer IN ({gone})"), [])?;
            let sql = "DELETE FROM pictures WHERE content NOT IN
                       (SELECT content FROM images WHERE content IS NOT NULL) RETURNING content";
            t.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// The performers after the one called `after`, by rising id, at most `limit`.
    pub(crate) fn people(
        &self,
        models: &Models,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Person>, Error> {
        let rows: Vec<(i64, String, Option<String>)> = self.read(|db| {
            let sql = "SELECT key, listed, of_age FROM performers
                       WHERE removed IS NULL AND id > ? ORDER BY id LIMIT ?";
            let mut select = db.prepare_cached(sql)?;
            let rows = select
                .query_map(params![after, limit], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
            rows.collect()
        })?;
        let person = |(key, listed, of_age): (i64, String, Option<String>)| {
            let listed = self.parse(&listed)?;
            Ok(Person { listed, of_age, pictures: self.shown(models, key)? })
        };
        rows.into_iter().map(person).collect()
    }

    fn shown(&self, models: &Models, performer: i64) -> Result<Vec<Shown>, Error> {
        type Row = (Option<String>, Option<Content>, Option<String>, String);
        let rows: Vec<Row> = self.read(|db| {
            let sql = "SELECT path, content, reason, status FROM images
                       WHERE performer = ? ORDER BY place";
            let mut select = db.prepare_cached(sql)?;
            let rows = select.query_map([performer], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
            rows.collect()
        })?;
        let shown = |(path, content, reason, status): Row| {
            let seen = match (content, status.as_str()) {
                // That it cannot be had just now does not make it another picture.
                (Some(content), "ready" | "stale" | "failed") => self.photo(models, &content)?,
                _ => None,
            };
            let missing = || Err(reason.unwrap_or_else(|| NOT_FETCHED.to_owned()));
            Ok(Shown { path, photo: seen.unwrap_or_else(missing) })
        };
        rows.into_iter().map(shown).collect()
    }

    /// What the models saw in a picture: its faces, or why it cannot be used. `None` if not all of
    /// them have looked at it.
    fn photo(
        &self,
        models: &Models,
        content: &Content,
    ) -> Result<Option<Result<Photo, String>>, Error> {
        type Row = (i64, u32, u32, Vec<u8>, Option<String>);
        let row: Option<Row> = self.read(|db| {
            let sql = "SELECT key, width, height, faces, reason FROM pictures
                       WHERE content = ? AND detector = ?";
            db.prepare_cached(sql)?
                .query_row(params![content, models.detector], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
                })
                .optional()
        })?;
        let Some((key, width, height, faces, reason)) = row else { return Ok(None) };
        if let Some(reason) = reason {
            return Ok(Some(Err(reason)));
        }
        let numbers = floats(&faces);
        let places: Option<Vec<Face>> = numbers.chunks(FACE).map(face).collect();
        let mut places: Vec<SeenFace> = places
            .ok_or_else(|| self.nonsense("a face"))?
            .into_iter()
            .map(|face| SeenFace { face, embeddings: Vec::new() })
            .collect();
        for (model, dimension) in models.embedders.iter().zip(&models.dimensions) {
            let vectors: Option<Vec<u8>> = self.read(|db| {
                let sql = "SELECT vectors FROM embeddings WHERE picture = ? AND model = ?";
                db.prepare_cached(sql)?.query_row(params![key, model], |row| row.get(0)).optional()
            })?;
            let Some(vectors) = vectors.map(|bytes| floats(&bytes)) else { return Ok(None) };
            if vectors.len() != places.len() * (1 + dimension) {
                return Err(self.nonsense("an embedding"));
            }
            for (seen, vector) in places.iter_mut().zip(vectors.chunks(1 + dimension)) {
                let embedding = Embedding::from_unit(vector[1..].to_vec(), vector[0]);
                seen.embeddings.push(embedding.map_err(|_| self.nonsense("an embedding"))?);
            }
        }
        let sha256 = crate::files::hex(content);
        Ok(Some(Ok(Photo { sha256, width, height, faces: places })))
    }
}

/// Why a picture is not used that no run has come to.
const NOT_FETCHED: &str = "not fetched yet";

/// Writes down what was seen, instead of what was written before by the same models.
pub(super) fn store(
    t: &Transaction<'_>,
    models: &Models,
    content: &Content,
    seen: &Seen,
) -> rusqlite::Result<()> {
    let faces: Vec<f32> = seen.faces.iter().flat_map(|seen| numbers(&seen.face)).collect();
    let picture: i64 = t
        .prepare_cached(
            "INSERT INTO pictures (content, detector, width, height, faces, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (content, detector) DO UPDATE SET
                width = ?3, height = ?4, faces = ?5, reason = ?6
             RETURNING key",
        )?
        .query_row(
            params![content, models.detector, seen.width, seen.height, bytes(&faces), seen.reason],
            |row| row.get(0),
        )?;
    for (number, model) in models.embedders.iter().enumerate() {
        let embeddings = seen.faces.iter().filter_map(|face| face.embeddings.get(number));
        let vectors: Vec<f32> = embeddings
            .flat_map(|e| std::iter::once(e.norm()).chain(e.unit().iter().copied()))
            .collect();
        t.prepare_cached(
            "INSERT INTO embeddings VALUES (?1, ?2, ?3)
             ON CONFLICT (picture, model) DO UPDATE SET vectors = ?3",
        )?
        .execute(params![picture, model, bytes(&vectors)])?;
    }
    Ok(())
}

fn numbers(face: &Face) -> [f32; FACE] {
    let b = face.bounding_box;
    let mut numbers =
        [b.x, b.y, b.width, b.height, 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., face.score];
    for (pair, point) in numbers[4..14].chunks_mut(2).zip(face.landmarks.0) {
        pair.copy_from_slice(&[point.x, point.y]);
    }
    numbers
}

fn face(numbers: &[f32]) -> Option<Face> {
    let &[x, y, width, height, ref points @ .., score] = numbers else { return None };
    let mut landmarks = Landmarks::default();
    if points.len() != 2 * landmarks.0.len() {
        return None;
    }
    for (point, pair) in landmarks.0.iter_mut().zip(points.chunks(2)) {
        *point = Point { x: pair[0], y: pair[1] };
    }
    Some(Face { bounding_box: BoundingBox { x, y, width, height }, landmarks, score })
}

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect()
}
