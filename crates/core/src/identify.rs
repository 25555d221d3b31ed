//! Who is in a picture.

use std::{collections::BTreeSet, ops::ControlFlow};

use crate::{
    Answer, AnswerFace, Calibration, Confidence, EmbeddedFace, Embedding, Found, FrameError,
    Lookup, LookupError, Match, Performer, PerformerId, Pixels, Progress, RecogniseError,
    Recogniser, SAME_PERSON, Similarity, Why, answer_candidate,
    people::{Person, Ranked, assign, rank},
    present::thumbnail,
};

/// What an answer should be like.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentifyOptions {
    /// How many candidates a person gets at most.
    pub max_results: usize,
    /// Below this confidence in the best candidate a person is unknown. Candidates below it are
    /// still listed.
    pub min_confidence: Confidence,
    /// Whether each person comes with a picture of the face (needs the feature `decode`).
    pub thumbnails: bool,
    /// Performers that something else speaks for, such as a tag on the scene.
    pub expected: BTreeSet<PerformerId>,
    /// What comes before the image paths of people who are in no stash-box, such as the
    /// database's URL with a `/` at its end.
    pub local_image_base: String,
}

impl IdentifyOptions {
    /// Whether the performer is expected under any of their ids.
    fn expects(&self, performer: &Performer) -> bool {
        performer.all_ids().any(|id| self.expected.contains(&id))
    }
}

impl Default for IdentifyOptions {
    fn default() -> Self {
        Self {
            max_results: 5,
            min_confidence: Confidence(0.5),
            thumbnails: false,
            expected: BTreeSet::new(),
            local_image_base: String::new(),
        }
    }
}

/// Why nobody was identified.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IdentifyError {
    /// The faces could not be found or embedded.
    #[error(transparent)]
    Recognise(#[from] RecogniseError),
    /// The database could not be asked.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The scene has no frames.
    #[error(transparent)]
    Frames(FrameError),
}

/// Names the people in a picture. Without a database everybody is unknown.
///
/// # Errors
/// When a model or the database fails.
pub async fn identify_image(
    recogniser: &Recogniser,
    lookup: Option<&dyn Lookup>,
    pixels: &Pixels,
    options: &IdentifyOptions,
) -> Result<Answer, IdentifyError> {
    identify_image_with(recogniser, lookup, pixels, options, &|_| ControlFlow::Continue(())).await
}

/// [`identify_image`] with a hook that hears of progress and may stop it.
///
/// # Errors
/// Also [`RecogniseError::Cancelled`].
pub async fn identify_image_with(
    recogniser: &Recogniser,
    lookup: Option<&dyn Lookup>,
    pixels: &Pixels,
    options: &IdentifyOptions,
    progress: &dyn Fn(Progress) -> ControlFlow<()>,
) -> Result<Answer, IdentifyError> {
    let faces = recogniser.faces_with(pixels, progress).await?;
    Ok(name_faces(recogniser, lookup, &faces, options).await?)
}

/// Names people whose faces have been found already: the second half of [`identify_image`], to be
/// done again when an answer was provisional.
///
/// # Errors
/// When the database fails.
pub async fn name_faces(
    recogniser: &Recogniser,
    lookup: Option<&dyn Lookup>,
    faces: &[EmbeddedFace],
    options: &IdentifyOptions,
) -> Result<Answer, LookupError> {
    let naming = Naming::new(recogniser, lookup, options);
    let mut candidates = Vec::with_capacity(faces.len());
    let (mut partial, mut provisional) = (false, false);
    for face in faces {
        let found = naming.find(&face.embeddings).await?;
        partial |= found.partial;
        provisional |= found.provisional;
        candidates.push(naming.rank(found, 1));
    }
    let people = assign(&candidates, options.min_confidence, &|a, b| alike(faces, a, b));
    let matches = people.iter().map(|person| {
        let first = person.groups.first().copied().unwrap_or_default();
        let seen = person.groups.iter().filter_map(|&i| faces.get(i)).map(answer_face).collect();
        let thumbnail = faces.get(first).and_then(|face| thumbnail(&face.crop, options));
        naming.person(person, &candidates[first], 1, seen, thumbnail)
    });
    let matches = matches.collect();
    Ok(Answer { partial, provisional, ..naming.answer(matches) })
}

/// What naming people needs to know, whatever they were seen in.
pub(crate) struct Naming<'a> {
    recogniser: &'a Recogniser,
    lookup: Option<&'a dyn Lookup>,
    pub(crate) options: &'a IdentifyOptions,
    calibrations: Vec<Calibration>,
    performers: u64,
}

impl<'a> Naming<'a> {
    pub(crate) fn new(
        recogniser: &'a Recogniser,
        lookup: Option<&'a dyn Lookup>,
        options: &'a IdentifyOptions,
    ) -> Self {
        let calibrations = Calibration::that_count(recogniser.pack(), lookup);
        let performers = lookup.and_then(Lookup::summary).map_or(0, |summary| summary.performers);
        Self { recogniser, lookup, options, calibrations, performers }
    }

    /// Asks the database, if there is one.
    pub(crate) async fn find(&self, person: &[Embedding]) -> Result<Found, LookupError> {
        match self.lookup {
            Some(lookup) => lookup.find(person, asked(self.options)).await,
            None => Ok(Found::default()),
        }
    }

    /// Weighs what was found for somebody seen in `looks` faces.
    pub(crate) fn rank(&self, found: Found, looks: usize) -> Vec<Ranked> {
        let expected = |performer: &Performer| self.options.expects(performer);
        rank(found.candidates, looks, self.performers, &self.calibrations, &expected)
    }

    /// A person as the answer tells of them.
    pub(crate) fn person(
        &self,
        person: &Person,
        candidates: &[Ranked],
        appearances: usize,
        faces: Vec<AnswerFace>,
        face_thumbnail: Option<String>,
    ) -> Match {
        let shown = candidates.iter().take(self.options.max_results);
        Match {
            unknown: person.named.is_none(),
            best: person.named.as_ref().map(|ranked| answer_candidate(ranked, self.options)),
            appearances,
            faces,
            candidates: shown.map(|ranked| answer_candidate(ranked, self.options)).collect(),
            why: person.named.as_ref().or(candidates.first()).map(Why::of),
            face_thumbnail,
        }
    }

    /// The answer but for what went wrong.
    pub(crate) fn answer(&self, matches: Vec<Match>) -> Answer {
        Answer {
            performers_detected: matches.len(),
            matches,
            partial: false,
            provisional: false,
            engine: self.recogniser.report(),
            models: self.recogniser.pack().models().map(|m| m.name.clone()).collect(),
            database: self.lookup.and_then(Lookup::summary),
            calibrated: self.calibrations.iter().all(|curve| curve.calibrated),
            scene: None,
        }
    }
}

/// How many candidates are asked for. The second best is needed even if it is not shown: it says how
/// clear the first is.
pub(crate) fn asked(options: &IdentifyOptions) -> usize {
    options.max_results.max(2)
}

/// Whether two faces of the picture are one person's, by the mean over the embedders.
fn alike(faces: &[EmbeddedFace], a: usize, b: usize) -> bool {
    let (Some(a), Some(b)) = (faces.get(a), faces.get(b)) else { return false };
    mean_similarity(&a.embeddings, &b.embeddings) >= Some(SAME_PERSON)
}

/// How alike two faces are: the mean of the embedders' cosines; `None` where they share none.
#[must_use]
pub fn mean_similarity(a: &[Embedding], b: &[Embedding]) -> Option<Similarity> {
    let cosines = a.iter().zip(b).filter_map(|(a, b)| a.similarity(b));
    let (sum, count) = cosines.fold((0.0, 0), |(sum, count), s| (sum + s.0, count + 1));
    (count > 0).then(|| Similarity(sum / count as f32))
}

fn answer_face(face: &EmbeddedFace) -> AnswerFace {
    AnswerFace {
        bounding_box: face.face.bounding_box,
        frame: 0,
        time: None,
        score: face.face.score,
    }
}

#[cfg(test)]
#[path = "identify_tests.rs"]
mod tests;
