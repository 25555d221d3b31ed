//! Who the upstreams list, and where the asking stands.

use rollcall_core::PerformerId;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use super::State;
use crate::{Error, age::of_age_on, sources::Listed};

/// Where the asking of one upstream stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The number of the last sweep that was begun, from 1.
    pub sweep: i64,
    /// How far that sweep has come; `None` when it is over.
    pub pass: Option<Pass>,
    /// Whether there was a sweep that came to its end.
    pub swept: bool,
    /// Everything the upstream changed up to this time, its own, RFC 3339, is known.
    pub watermark: Option<String>,
    /// Every removal up to this time, the upstream's own, is known.
    pub removals: Option<String>,
    /// How many performers the upstream said there are.
    pub count: Option<u64>,
    /// How many of those no sweep has shown.
    pub missing: u64,
}

/// How far a sweep has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// Which of the orders to sweep in, from 0.
    pub order: usize,
    /// The next page, from 1.
    pub page: u32,
    /// The rows shown in this order so far.
    pub rows: u64,
    /// The rows of this order that could not be understood.
    pub unusable: u64,
    /// The watermark once it is over: the time of the last change before it began.
    pub watermark: Option<String>,
}

/// Why a performer is in no database any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// Deleted at the upstream.
    Deleted,
    /// Merged into another there.
    MergedInto(PerformerId),
}

/// A page's news.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Performers who were not known, or whose entry has changed.
    pub changed: usize,
    /// Those merged into others.
    pub removed: usize,
}

impl State {
    /// Where the asking of an upstream stands; at the beginning if it was never asked.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn cursor(&self, endpoint: &str) -> Result<Cursor, Error> {
        let text: Option<String> = self.read(|db| {
            let sql = "SELECT cursor FROM sources WHERE endpoint = ?";
            db.query_row(sql, [endpoint], |row| row.get(0)).optional()
        })?;
        text.map_or_else(|| Ok(Cursor::default()), |text| self.parse(&text))
    }

    /// Takes in a page and where to go on from, in one step.
    ///
    /// # Errors
    /// When the state cannot be written; then nothing of the page is in it.
    pub fn take_page(
        &self,
        endpoint: &str,
        performers: &[Listed],
        cursor: &Cursor,
    ) -> Result<News, Error> {
        self.transaction(|t| {
            let mut news = News::default();
            for listed in performers {
                news.changed += usize::from(upsert(t, listed, cursor.sweep)?);
                for &old in &listed.merged {
                    let Ok(old) = PerformerId::new(endpoint, old) else { continue };
                    if old != listed.id {
                        let gone = Gone::MergedInto(listed.id.clone());
                        news.removed += usize::from(remove(t, &old, &gone)?);
                    }
                }
            }
            let text = json(cursor)?;
            let sql = "INSERT INTO sources VALUES (?1, ?2) ON CONFLICT DO UPDATE SET cursor = ?2";
            t.execute(sql, params![endpoint, text])?;
            Ok(news)
        })
    }

    /// Marks a performer as gone. Says whether they were there.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn remove(&self, id: &PerformerId, gone: &Gone) -> Result<bool, Error> {
        self.transaction(|t| remove(t, id, gone))
    }

    /// Whether a performer is known and not gone.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn is_live(&self, id: &PerformerId) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM performers WHERE id = ? AND removed IS NULL)";
        self.read(|db| db.query_row(sql, [id.to_string()], |row| row.get(0)))
    }

    /// How many of an upstream's performers are not gone: in all, and seen in the sweep `sweep`.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn live(&self, endpoint: &str, sweep: i64) -> Result<(u64, u64), Error> {
        let sql = "SELECT COUNT(*), COUNT(*) FILTER (WHERE sweep >= ?2) FROM performers
                   WHERE endpoint = ?1 AND removed IS NULL";
        self.read(|db| db.query_row(sql, params![endpoint, sweep], |r| Ok((r.get(0)?, r.get(1)?))))
    }

    /// An upstream's performers who are not gone and whom the sweep `sweep` did not show.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn absent(&self, endpoint: &str, sweep: i64) -> Result<Vec<PerformerId>, Error> {
        let ids: Vec<String> = self.read(|db| {
            let sql = "SELECT id FROM performers
                       WHERE endpoint = ?1 AND sweep < ?2 AND removed IS NULL ORDER BY id";
            let mut select = db.prepare_cached(sql)?;
            select.query_map(params![endpoint, sweep], |row| row.get(0))?.collect()
        })?;
        ids.iter().map(|id| id.parse().map_err(|_| self.nonsense(id))).collect()
    }

    /// Everybody who is gone, and why, by rising id.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn gone(&self) -> Result<Vec<(PerformerId, Gone)>, Error> {
        let rows: Vec<(String, String)> = self.read(|db| {
            let sql = "SELECT id, removed FROM performers WHERE removed IS NOT NULL ORDER BY id";
            let mut select = db.prepare_cached(sql)?;
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?;
        let parse = |(id, gone): &(String, String)| {
            Ok((id.parse().map_err(|_| self.nonsense(id))?, self.parse(gone)?))
        };
        rows.iter().map(parse).collect()
    }

    /// A text of ours that is not what we wrote.
    pub(super) fn nonsense(&self, text: &str) -> Error {
        let text: String = text.chars().take(80).collect();
        Error::StateDamaged {
            path: self.folder.join(super::FILE),
            reason: format!("{text:?} makes no sense"),
        }
    }

    pub(super) fn parse<T: serde::de::DeserializeOwned>(&self, text: &str) -> Result<T, Error> {
        serde_json::from_str(text).map_err(|_| self.nonsense(text))
    }
}

pub(super) fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}

/// Takes in one performer as seen in `sweep`. Says whether anything about them is new.
fn upsert(t: &Transaction<'_>, listed: &Listed, sweep: i64) -> rusqlite::Result<bool> {
    let (id, text) = (listed.id.to_string(), json(listed)?);
    let known: Option<(i64, String, bool)> = t
        .prepare_cached("SELECT key, listed, removed IS NULL FROM performers WHERE id = ?")?
        .query_row([&id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    if let Some((key, known, true)) = &known
        && *known == text
    {
        t.prepare_cached("UPDATE performers SET sweep = MAX(sweep, ?2) WHERE key = ?1")?
            .execute(params![key, sweep])?;
        return Ok(false);
    }
    let of_age = listed.birth_date.as_deref().and_then(of_age_on);
    let key: i64 = t
        .prepare_cached(
            "INSERT INTO performers (id, endpoint, listed, of_age, sweep) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET
                listed = ?3, of_age = ?4, sweep = MAX(sweep, ?5), removed = NULL
             RETURNING key",
        )?
        .query_row(params![id, listed.id.endpoint(), text, of_age, sweep], |row| row.get(0))?;
    super::images::list(t, key, &listed.images)?;
    Ok(true)
}

fn remove(db: &Connection, id: &PerformerId, gone: &Gone) -> rusqlite::Result<bool> {
    let sql = "UPDATE performers SET removed = ?2 WHERE id = ?1 AND removed IS NULL";
    Ok(db.prepare_cached(sql)?.execute(params![id.to_string(), json(gone)?])? > 0)
}
