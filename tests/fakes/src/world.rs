//! The performers that a fake upstream knows.

use std::collections::BTreeMap;

use uuid::{Builder, Uuid};

use crate::names;

/// 2026-01-01, when every world begins.
const BEGINNING: i64 = 1_767_225_600;
/// How many performers were entered in the same second: an import, so that sort keys tie.
const BATCH: usize = 40;

/// What is wrong with a picture, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// It is not there: 404.
    Missing,
    /// A page for people in its place.
    Html,
    /// A drawing, which stash-boxes do store.
    Svg,
    /// No bytes at all.
    Empty,
    /// 200 MB that begin like a picture.
    Huge,
    /// Its second half is missing.
    Truncated,
    /// A GIF of two frames.
    Animated,
    /// A JPEG in the colours of print.
    Cmyk,
    /// Nobody is in it.
    NoFace,
    /// Ten people are in it, the performer among them.
    TenFaces,
}

impl Flaw {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::Missing,
        Self::Html,
        Self::Svg,
        Self::Empty,
        Self::Huge,
        Self::Truncated,
        Self::Animated,
        Self::Cmyk,
        Self::NoFace,
        Self::TenFaces,
    ];
}

/// A picture of a performer. Its bytes are made when it is asked for, always the same ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its id at the upstream.
    pub id: Uuid,
    /// Whom it shows: a number that [`crate::photos::Photos`] understands.
    pub person: usize,
    /// Which of the performer's pictures it is, from 0.
    pub index: usize,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
}

/// A performer as the upstream's database holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The id.
    pub id: Uuid,
    /// The name. Not unique.
    pub name: String,
    /// What tells namesakes apart.
    pub disambiguation: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Pages about the person.
    pub urls: Vec<String>,
    /// Ids elsewhere: endpoint's address and id.
    pub stash_ids: Vec<(String, Uuid)>,
    /// Pictures, best first.
    pub pictures: Vec<Picture>,
    /// No longer shown in lists.
    pub deleted: bool,
    /// Never shown in lists although it is there: a row that paging loses.
    pub skipped: bool,
    /// Who was merged into this one.
    pub merged: Vec<Uuid>,
    /// Whom this one was merged into.
    pub merged_into: Option<Uuid>,
    /// When it was entered, in seconds since 1970.
    pub created: i64,
    /// When it was last changed, in seconds since 1970.
    pub updated: i64,
}

/// An applied edit that took a performer away.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) id: Uuid,
    /// The rows that went.
    pub(crate) sources: Vec<Uuid>,
    /// The row they were merged into, or none.
    pub(crate) target: Option<Uuid>,
    pub(crate) closed: i64,
}

/// Everything an upstream knows. The same seed and the same calls give the same world.
#[derive(Clone, Debug)]
pub struct World {
    /// What everything is drawn from.
    pub seed: u64,
    /// The performers in the order they were entered.
    pub rows: Vec<Row>,
    /// What is added to the number of performers that lists state.
    pub count_off_by: i64,
    pub(crate) edits: Vec<Edit>,
    random: fastrand::Rng,
    most_pictures: usize,
    clock: i64,
}

impl World {
    /// `performers` people with one to four pictures each.
    #[must_use]
    pub fn new(seed: u64, performers: usize) -> Self {
        Self::with_pictures(seed, performers, 4)
    }

    /// `performers` people with one to `most` pictures each.
    #[must_use]
    pub fn with_pictures(seed: u64, performers: usize, most: usize) -> Self {
        let mut world = Self {
            seed,
            rows: Vec::new(),
            count_off_by: 0,
            edits: Vec::new(),
            random: fastrand::Rng::with_seed(seed),
            most_pictures: most.max(1),
            clock: BEGINNING,
        };
        for number in 0..performers {
            world.clock = BEGINNING + (number / BATCH) as i64;
            world.enter(number);
        }
        world
    }

    /// Enters another performer, who shows person `person`. Gives the row's number.
    pub fn add(&mut self, person: usize) -> usize {
        self.clock += 1;
        self.enter(person);
        self.rows.len() - 1
    }

    fn enter(&mut self, person: usize) {
        let random = &mut self.random;
        // Every fiftieth has somebody else's name.
        let namesake = (random.u8(..50) == 0 && !self.rows.is_empty())
            .then(|| self.rows[random.usize(..self.rows.len())].name.clone());
        let disambiguation = namesake.is_some().then(|| format!("the {}th", self.rows.len() + 1));
        let name = namesake.unwrap_or_else(|| names::draw(random));
        let born = (1960 + random.u16(..45), random.u8(1..=12), random.u8(1..=28));
        let birth_date = match random.u8(..4) {
            0 => None,
            1 => Some(born.0.to_string()),
            _ => Some(format!("{}-{:02}-{:02}", born.0, born.1, born.2)),
        };
        let country = (random.u8(..3) > 0)
            .then(|| ["US", "GB", "DE", "CZ", "HU", "JP", "BR"][random.usize(..7)].to_owned());
        let pictures = random.usize(1..=self.most_pictures);
        self.rows.push(Row {
            id: uuid(random),
            urls: vec![format!("https://example.org/people/{}", self.rows.len())],
            name,
            disambiguation,
            country,
            birth_date,
            stash_ids: Vec::new(),
            pictures: (0..pictures)
                .map(|index| Picture { id: uuid(random), person, index, flaw: None })
                .collect(),
            deleted: false,
            skipped: false,
            merged: Vec::new(),
            merged_into: None,
            created: self.clock,
            updated: self.clock,
        });
    }

    /// Lets each row show person `first + its number` instead of its number: two worlds with other
    /// `first`s have nobody in common.
    #[must_use]
    pub fn with_people_from(mut self, first: usize) -> Self {
        for (number, row) in self.rows.iter_mut().enumerate() {
            row.pictures.iter_mut().for_each(|picture| picture.person = first + number);
        }
        self
    }

    /// Gives about `share` of the pictures a flaw, every kind in turn. First pictures are spared, so
    /// that everybody keeps a good one.
    #[must_use]
    pub fn with_flaws(mut self, share: f64) -> Self {
        let mut random = fastrand::Rng::with_seed(self.seed ^ 0xf1a3);
        let mut kinds = Flaw::ALL.iter().cycle();
        for picture in self.rows.iter_mut().flat_map(|row| &mut row.pictures) {
            if random.f64() < share && picture.index > 0 {
                picture.flaw = kinds.next().copied();
            }
        }
        self
    }

    /// Gives the row another name, as an edit does.
    pub fn rename(&mut self, row: usize, name: &str) {
        let now = self.tick();
        let row = &mut self.rows[row];
        name.clone_into(&mut row.name);
        row.updated = now;
    }

    /// Adds a picture to the row.
    pub fn add_picture(&mut self, row: usize) {
        let now = self.tick();
        let id = uuid(&mut self.random);
        let row = &mut self.rows[row];
        let person = row.pictures.first().map_or(0, |first| first.person);
        row.pictures.push(Picture { id, person, index: row.pictures.len(), flaw: None });
        row.updated = now;
    }

    /// Deletes the row: lists no longer show it.
    pub fn delete(&mut self, row: usize) {
        let closed = self.tick();
        let id = uuid(&mut self.random);
        let row = &mut self.rows[row];
        row.deleted = true;
        row.updated = closed;
        self.edits.push(Edit { id, sources: vec![row.id], target: None, closed });
    }

    /// Merges `from` into `into`. Older merges into `from` point to `into` from now on.
    pub fn merge(&mut self, from: usize, into: usize) {
        let closed = self.tick();
        let id = uuid(&mut self.random);
        let (gone, target) = (self.rows[from].id, self.rows[into].id);
        let mut moved = std::mem::take(&mut self.rows[from].merged);
        moved.push(gone);
        for row in self.rows.iter_mut().filter(|row| moved.contains(&row.id)) {
            row.merged_into = Some(target);
        }
        self.rows[from].deleted = true;
        self.rows[from].updated = closed;
        self.rows[into].merged.extend(moved);
        self.rows[into].updated = closed;
        self.edits.push(Edit { id, sources: vec![gone], target: Some(target), closed });
    }

    /// Every picture of everybody, by id.
    pub(crate) fn pictures(&self) -> BTreeMap<Uuid, Picture> {
        let all = self.rows.iter().flat_map(|row| &row.pictures);
        all.map(|picture| (picture.id, picture.clone())).collect()
    }

    pub(crate) fn row(&self, id: Uuid) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// What a list shows, unordered.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.deleted)
    }

    /// The number of performers that a list states.
    pub(crate) fn stated_count(&self) -> i64 {
        self.listed().count() as i64 + self.count_off_by
    }

    fn tick(&mut self) -> i64 {
        self.clock += 1;
        self.clock
    }
}

fn uuid(random: &mut fastrand::Rng) -> Uuid {
    Builder::from_random_bytes(random.u128(..).to_le_bytes()).into_uuid()
}
