//! What the state knows, as people with faces, and what is to be said about it.

use std::{cell::RefCell, collections::BTreeMap, iter::Sum};

use rollcall_core::{Pack, PerformerId};
use serde::{Deserialize, Serialize};

use super::choose::{Chosen, choose};
use crate::{
    Error,
    known::{Known, People},
    photo::Photo,
    state::{Models, Person, Shown, State},
};

/// How many people are read from the state at once.
const READ: u32 = 200;

/// What became of the upstreams' performers and their pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PeopleReport {
    /// Performers the upstreams list, but for those below.
    pub performers: u64,
    /// Those of them who have a picture.
    pub with_pictures: u64,
    /// Those of them with a usable face: they are known.
    pub with_faces: u64,
    /// `with_faces` of `with_pictures`, 0 to 1.
    pub share_with_faces: f64,
    /// Faces of theirs.
    pub faces: u64,
    /// Performers left out because their recorded age is, or may be, below 18.
    pub under_age: u64,
    /// Performers deleted or merged at their upstream since they were first listed.
    pub removed: u64,
    /// Why pictures were not used, and how many.
    pub dropped: BTreeMap<String, u64>,
    /// Performers whose pictures a person should look at.
    pub doubtful: Vec<Doubt>,
}

/// A performer whose pictures do not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Who.
    pub id: PerformerId,
    /// Their name.
    pub name: String,
    /// Why.
    pub why: String,
}

impl Sum for PeopleReport {
    /// Of the shares of several machines.
    fn sum<I: Iterator<Item = Self>>(shares: I) -> Self {
        let mut all = Self::default();
        for share in shares {
            all.performers += share.performers;
            all.with_pictures += share.with_pictures;
            all.with_faces += share.with_faces;
            all.faces += share.faces;
            all.under_age += share.under_age;
            all.removed += share.removed;
            for (reason, count) in share.dropped {
                *all.dropped.entry(reason).or_default() += count;
            }
            all.doubtful.extend(share.doubtful);
        }
        all.doubtful.sort_by_cached_key(|doubt| doubt.id.clone());
        if all.with_pictures > 0 {
            all.share_with_faces = all.with_faces as f64 / all.with_pictures as f64;
        }
        all
    }
}

/// The people of a state.
#[derive(Debug)]
pub(crate) struct StatePeople<'a> {
    state: &'a State,
    models: Models,
    /// `YYYY-MM-DD`: those who are not of age on this day are left out.
    today: &'a str,
    /// Of the last time everybody was asked for.
    report: RefCell<PeopleReport>,
}

impl<'a> StatePeople<'a> {
    /// Those who are of age on the day `today`, by the models of `pack`.
    pub(crate) fn of(state: &'a State, pack: &Pack, today: &'a str) -> Result<Self, Error> {
        Ok(Self { state, models: state.models(pack)?, today, report: RefCell::default() })
    }

    /// What was said of everybody when they were last asked for.
    pub(crate) fn into_report(self) -> PeopleReport {
        self.report.into_inner()
    }
}

impl People for StatePeople<'_> {
    fn for_each(&self, each: &mut dyn FnMut(Known) -> Result<(), Error>) -> Result<(), Error> {
        let removed = self.state.gone()?.len() as u64;
        let mut report = PeopleReport { removed, ..PeopleReport::default() };
        let mut after = String::new();
        loop {
            let people = self.state.people(&self.models, &after, READ)?;
            let Some(last) = people.last() else { break };
            after = last.listed.id.to_string();
            for person in people {
                if let Some(known) = self.known(person, &mut report) {
                    each(known)?;
                }
            }
        }
        self.report.replace(report);
        Ok(())
    }
}

impl StatePeople<'_> {
    fn known(&self, person: Person, report: &mut PeopleReport) -> Option<Known> {
        let Person { listed, of_age, pictures } = person;
        if of_age.is_some_and(|day| day.as_str() > self.today) {
            report.under_age += 1;
            return None;
        }
        report.performers += 1;
        report.with_pictures += u64::from(!pictures.is_empty());
        let mut dropped = |reason: &str| *report.dropped.entry(reason.to_owned()).or_default() += 1;
        let mut photos: Vec<(&Photo, &Shown)> = Vec::new();
        for shown in &pictures {
            match &shown.photo {
                Ok(photo) => photos.push((photo, shown)),
                Err(reason) => dropped(reason),
            }
        }
        // The same picture twice says nothing twice.
        let mut contents = std::collections::BTreeSet::new();
        photos.retain(|(photo, _)| {
            let new = contents.insert(&photo.sha256);
            if !new {
                dropped("the same picture again");
            }
            new
        });
        let Chosen { faces, doubt } =
            choose(&photos.iter().map(|(photo, _)| *photo).collect::<Vec<_>>());
        let mut known = Known { listed, faces: Vec::new(), image: None };
        for (face, (_, shown)) in faces.into_iter().zip(&photos) {
            match face {
                Ok(seen) => {
                    known.image = known.image.take().or_else(|| shown.path.clone());
                    known.faces.push(seen.embeddings.clone());
                }
                Err(reason) => dropped(reason),
            }
        }
        if let Some(why) = doubt {
            let (id, name) = (known.listed.id.clone(), known.listed.name.clone());
            report.doubtful.push(Doubt { id, name, why: why.to_owned() });
        }
        report.faces += known.faces.len() as u64;
        report.with_faces += u64::from(!known.faces.is_empty());
        (!known.faces.is_empty()).then_some(known)
    }
}
