//! The people of a scene before they have names, and naming them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    Answer, AnswerFace, Embedding, Found, IdentifyOptions, Lookup, LookupError, Recogniser,
    SAME_PERSON, SceneFacts,
    identify::{Naming, asked},
    mean_similarity,
    people::{Ranked, assign},
};

/// What is worth keeping of a scene: with it everybody can be named again, by another database,
/// without reading a frame. Templates are biometric data: keep them no longer than their owner wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenScene {
    /// What was looked at.
    pub facts: SceneFacts,
    /// Groups of faces that are one person's each; two of them may turn out to be one.
    pub people: Vec<SeenPerson>,
}

/// Somebody who was seen in a scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenPerson {
    /// What all looks together are like: one embedding for each embedder of the pack, in its order.
    pub template: Vec<Embedding>,
    /// Where, by rising frame.
    pub faces: Vec<AnswerFace>,
    /// The best look as a `data:image/jpeg;base64,` URL.
    pub thumbnail: Option<String>,
    /// How much the best look tells: the length of its embedding.
    pub weight: f32,
}

impl SeenScene {
    /// Those whom `answer` has a name for, and the others.
    #[must_use]
    pub fn split(self, answer: &Answer) -> (Self, Self) {
        let (named, unknown) = self.people.into_iter().partition(|one| one.is_named_by(answer));
        let of = |people| Self { facts: self.facts, people };
        (of(named), of(unknown))
    }
}

impl SeenPerson {
    /// Whether `answer` has a name for them.
    #[must_use]
    pub fn is_named_by(&self, answer: &Answer) -> bool {
        let mut people = answer.matches.iter().filter(|person| person.best.is_some());
        people.any(|person| self.faces.iter().all(|face| person.faces.contains(face)))
    }

    /// In how many frames.
    #[must_use]
    pub fn appearances(&self) -> usize {
        self.frames().len()
    }

    fn frames(&self) -> BTreeSet<usize> {
        self.faces.iter().map(|face| face.frame).collect()
    }
}

/// Names the people of a scene. Without a database everybody is unknown.
///
/// # Errors
/// When the database fails.
pub async fn name_scene(
    recogniser: &Recogniser,
    lookup: Option<&dyn Lookup>,
    seen: &SeenScene,
    options: &IdentifyOptions,
) -> Result<Answer, LookupError> {
    let naming = Naming::new(recogniser, lookup, options);
    let mut found = Vec::with_capacity(seen.people.len());
    for group in &seen.people {
        found.push(naming.find(&group.template).await?);
    }
    Ok(name_found(&naming, seen, found))
}

/// [`name_scene`] for many scenes at once, each with how it is to be named: much faster where the
/// database is in files.
///
/// # Errors
/// When the database fails.
pub async fn name_scenes(
    recogniser: &Recogniser,
    lookup: Option<&dyn Lookup>,
    scenes: &[(SeenScene, IdentifyOptions)],
) -> Result<Vec<Answer>, LookupError> {
    let people = scenes.iter().flat_map(|(seen, _)| &seen.people);
    let people: Vec<&[Embedding]> = people.map(|person| &*person.template).collect();
    let limit = scenes.iter().map(|(_, options)| asked(options)).max().unwrap_or_default();
    let mut found = match lookup {
        Some(lookup) => lookup.find_all(&people, limit).await?,
        None => vec![Found::default(); people.len()],
    }
    .into_iter();
    let name = |(seen, options): &(SeenScene, IdentifyOptions)| {
        let naming = Naming::new(recogniser, lookup, options);
        name_found(&naming, seen, found.by_ref().take(seen.people.len()).collect())
    };
    Ok(scenes.iter().map(name).collect())
}

/// Names the people of a scene by what was found for each.
fn name_found(naming: &Naming<'_>, seen: &SeenScene, found: Vec<Found>) -> Answer {
    let groups = &seen.people;
    let frames: Vec<BTreeSet<usize>> = groups.iter().map(SeenPerson::frames).collect();
    let partial = found.iter().any(|found| found.partial);
    let provisional = found.iter().any(|found| found.provisional);
    let ranked =
        found.into_iter().zip(&frames).map(|(found, frames)| naming.rank(found, frames.len()));
    let candidates: Vec<Vec<Ranked>> = ranked.collect();
    let one = |a: usize, b: usize| {
        frames[a].is_disjoint(&frames[b])
            || mean_similarity(&groups[a].template, &groups[b].template) >= Some(SAME_PERSON)
    };
    let people = assign(&candidates, naming.options.min_confidence, &one);
    let matches = people.iter().map(|person| {
        let theirs = || person.groups.iter().map(|&group| &groups[group]);
        let mut faces: Vec<AnswerFace> =
            theirs().flat_map(|group| group.faces.iter().cloned()).collect();
        faces.sort_by_key(|face| face.frame);
        let appearances = faces.chunk_by(|a, b| a.frame == b.frame).count();
        let best = theirs().reduce(|a, b| if b.weight > a.weight { b } else { a });
        let thumbnail = best.and_then(|group| group.thumbnail.clone());
        naming.person(person, &candidates[person.groups[0]], appearances, faces, thumbnail)
    });
    let matches = matches.collect();
    Answer { partial, provisional, scene: Some(seen.facts), ..naming.answer(matches) }
}
