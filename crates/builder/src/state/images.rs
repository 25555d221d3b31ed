//! Pictures as the upstreams list them, and what became of fetching each.

use std::collections::BTreeSet;

use rusqlite::{Row, Transaction, params, params_from_iter};

use super::{Models, Seen, State, faces};
use crate::{Error, sources::ListedImage};

/// The SHA-256 of a picture's file.
pub(crate) type Content = [u8; 32];

/// What became of fetching a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has not been fetched.
    Pending,
    /// It was fetched, and its performer has changed since: it is asked for again if it changed too.
    Stale,
    /// It was fetched.
    Ready,
    /// It cannot be used, and will not be asked for again until its performer changes.
    Unusable,
    /// It could not be had just then.
    Failed,
}

impl Status {
    const ALL: [(Self, &str); 5] = [
        (Self::Pending, "pending"),
        (Self::Stale, "stale"),
        (Self::Ready, "ready"),
        (Self::Unusable, "unusable"),
        (Self::Failed, "failed"),
    ];

    fn text(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("pending", |(_, text)| text)
    }

    /// What is written as `text`; what nobody wrote is to be fetched anew.
    fn of(text: &str) -> Self {
        Self::ALL.iter().find(|(_, known)| *known == text).map_or(Self::Pending, |(s, _)| *s)
    }
}

/// A picture to fetch or to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number in the state: rising in the order in which pictures became known.
    pub key: i64,
    /// Whose performer it shows.
    pub endpoint: String,
    /// Where it is fetched.
    pub url: String,
    /// What is known of it from before.
    pub before: Option<Before>,
    /// What became of it so far.
    pub status: Status,
}

/// A picture that was fetched before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// The SHA-256 of its file.
    pub content: Content,
    /// What the upstream called its bytes.
    pub etag: Option<String>,
    /// Whether it needs to be looked at by the models in use.
    pub unseen: bool,
}

/// What became of a picture, to be written down.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It was fetched.
    Ready {
        /// The SHA-256 of its file.
        content: Content,
        /// What the upstream calls its bytes.
        etag: Option<String>,
        /// The size of the file.
        bytes: u64,
        /// What was seen in it, where that is news.
        seen: Option<Seen>,
    },
    /// It has not changed since it was fetched.
    Unchanged,
    /// It cannot be used: why.
    Unusable(String),
    /// It cannot be had just now: why.
    Failed(String),
}

/// Which pictures are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// The models that must have looked at them.
    pub(crate) models: &'a Models,
    /// `YYYY-MM-DD`: performers who are not of age on this day are left alone.
    pub(crate) today: &'a str,
}

impl State {
    /// At most `limit` pictures with something to do, after the one numbered `after`, by rising
    /// number.
    pub(crate) fn jobs(
        &self,
        wanted: Wanted<'_>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Job>, Error> {
        let unseen = unseen(wanted.models);
        let sql = format!(
            "SELECT i.key, i.url, i.content, i.etag, i.status, {unseen}, p.endpoint
             FROM images i JOIN performers p ON p.key = i.performer
             WHERE i.key > ?1 AND p.removed IS NULL
               AND (p.of_age IS NULL OR p.of_age <= ?2)
               AND (i.status IN ('pending', 'stale', 'failed') OR (i.status = 'ready' AND {unseen}))
             ORDER BY i.key LIMIT ?3"
        );
        self.read(|db| {
            let mut select = db.prepare_cached(&sql)?;
            let rows = select.query_map(params![after, wanted.today, limit], job)?;
            rows.collect()
        })
    }

    /// How many pictures there is something to do with.
    pub(crate) fn jobs_left(&self, wanted: Wanted<'_>) -> Result<u64, Error> {
        let unseen = unseen(wanted.models);
        let sql = format!(
            "SELECT COUNT(*) FROM images i JOIN performers p ON p.key = i.performer
             WHERE p.removed IS NULL AND (p.of_age IS NULL OR p.of_age <= ?1)
               AND (i.status IN ('pending', 'stale', 'failed') OR (i.status = 'ready' AND {unseen}))"
        );
        self.read(|db| db.query_row(&sql, [wanted.today], |row| row.get(0)))
    }

    /// How many pictures of an upstream were fetched.
    pub(crate) fn fetched(&self, endpoint: &str) -> Result<u64, Error> {
        let sql = "SELECT COUNT(*) FROM images i JOIN performers p ON p.key = i.performer
                   WHERE p.endpoint = ? AND i.status <> 'pending'";
        self.read(|db| db.query_row(sql, [endpoint], |row| row.get(0)))
    }

    /// The bytes of a usual picture, if any was fetched.
    pub(crate) fn usual_bytes(&self) -> Result<Option<f64>, Error> {
        self.read(|db| db.query_row("SELECT AVG(bytes) FROM images", [], |row| row.get(0)))
    }

    /// Writes down what became of some pictures, in one step.
    pub(crate) fn settle(&self, models: &Models, settled: &[(i64, Outcome)]) -> Result<(), Error> {
        self.transaction(|t| settled.iter().try_for_each(|(key, o)| settle(t, models, *key, o)))
    }
}

/// SQL that says whether the picture `i` lacks something the models in use make of it.
pub(super) fn unseen(models: &Models) -> String {
    let embedders: Vec<String> = models.embedders.iter().map(ToString::to_string).collect();
    let (detector, list, count) = (models.detector, embedders.join(", "), embedders.len());
    format!(
        "NOT EXISTS (SELECT 1 FROM pictures c WHERE c.content = i.content AND c.detector = {detector}
            AND (c.reason IS NOT NULL OR (SELECT COUNT(*) FROM embeddings e
                 WHERE e.picture = c.key AND e.model IN ({list})) = {count}))"
    )
}

fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    let content: Option<Content> = row.get(2)?;
    let (etag, unseen) = (row.get(3)?, row.get(5)?);
    let status: String = row.get(4)?;
    Ok(Job {
        key: row.get(0)?,
        endpoint: row.get(6)?,
        url: row.get(1)?,
        before: content.map(|content| Before { content, etag, unseen }),
        status: Status::of(&status),
    })
}

fn settle(
    t: &Transaction<'_>,
    models: &Models,
    key: i64,
    outcome: &Outcome,
) -> rusqlite::Result<()> {
    let (status, reason) = match outcome {
        Outcome::Ready { content, etag, bytes, seen } => {
            if let Some(seen) = seen {
                faces::store(t, models, content, seen)?;
            }
            let sql = "UPDATE images SET status = 'ready', reason = NULL, content = ?2, etag = ?3,
                       bytes = ?4 WHERE key = ?1";
            t.prepare_cached(sql)?.execute(params![key, content, etag, bytes])?;
            return Ok(());
        }
        Outcome::Unchanged => (Status::Ready, None),
        Outcome::Unusable(reason) => (Status::Unusable, Some(reason)),
        Outcome::Failed(reason) => (Status::Failed, Some(reason)),
    };
    let sql = "UPDATE images SET status = ?2, reason = ?3 WHERE key = ?1";
    t.prepare_cached(sql)?.execute(params![key, status.text(), reason])?;
    Ok(())
}

/// Brings a performer's pictures to what their upstream lists now.
pub(super) fn list(
    t: &Transaction<'_>,
    performer: i64,
    images: &[ListedImage],
) -> rusqlite::Result<()> {
    let mut urls = BTreeSet::new();
    for (place, image) in images.iter().enumerate() {
        if !urls.insert(image.url.as_str()) {
            continue;
        }
        // Before ones are asked for again; what has its entity tag costs next to nothing.
        t.prepare_cached(
            "INSERT INTO images (performer, place, url, path, status)
             VALUES (?1, ?2, ?3, ?4, 'pending')
             ON CONFLICT (performer, url) DO UPDATE SET place = ?2, path = ?4,
                status = CASE WHEN status = 'ready' THEN 'stale'
                              WHEN status = 'stale' THEN 'stale' ELSE 'pending' END",
        )?
        .execute(params![performer, place, image.url, image.path])?;
    }
    let holes = vec!["?"; urls.len()].join(", ");
    let sql = format!("DELETE FROM images WHERE url NOT IN ({holes}) AND performer = {performer}");
    t.execute(&sql, params_from_iter(urls))?;
    Ok(())
}
