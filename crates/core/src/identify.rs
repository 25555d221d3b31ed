//! Who is in a picture.

use std::{collections::BTreeMap, ops::ControlFlow};

use crate::{
    Answer, AnswerCandidate, AnswerFace, Calibration, Candidate, EmbeddedFace, Found, Lookup,
    LookupError, Match, Performer, PerformerId, Pixels, Progress, RecogniseError, Recogniser,
    SAME_PERSON, Similarity, UNKNOWN_BELOW, display_name,
};

/// What an answer should be like.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentifyOptions {
    /// How many candidates a person gets at most.
    pub max_results: usize,
    /// Below this best similarity a person is unknown. Candidates below it are still listed.
    pub min_similarity: Similarity,
    /// What similarities are worth.
    pub calibration: Calibration,
    /// Whether each person comes with a picture of the face (needs the feature `decode`).
    pub thumbnails: bool,
    /// What comes before the image paths of people who are in no stash-box, such as the
    /// database's URL with a `/` at its end.
    pub local_image_base: String,
}

impl Default for IdentifyOptions {
    fn default() -> Self {
        Self {
            max_results: 5,
            min_similarity: UNKNOWN_BELOW,
            calibration: Calibration::default(),
            thumbnails: false,
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
    let mut found = Vec::with_capacity(faces.len());
    for face in faces {
        found.push(match lookup {
            Some(lookup) => lookup.find(&face.embeddings, options.max_results).await?,
            None => Found::default(),
        });
    }
    // What was measured on the database itself goes before the general guess.
    let options = match lookup.and_then(Lookup::calibration) {
        Some(calibration) => &IdentifyOptions {
            min_similarity: Similarity(calibration.midpoint),
            calibration,
            ..options.clone()
        },
        None => options,
    };
    let partial = found.iter().any(|f| f.partial);
    let provisional = found.iter().any(|f| f.provisional);
    let candidates: Vec<_> = found.into_iter().map(|f| f.candidates).collect();
    let pack = recogniser.pack();
    let models =
        std::iter::once(&pack.detector.model).chain(pack.embedders.iter().map(|e| &e.model));
    let matches = matches(faces, &candidates, options);
    Ok(Answer {
        performers_detected: matches.len(),
        matches,
        partial,
        provisional,
        engine: recogniser.report(),
        models: models.map(|m| m.name.clone()).collect(),
        database: lookup.and_then(Lookup::summary),
        calibrated: options.calibration.calibrated,
    })
}

/// Somebody in the picture: which faces, and the candidate (of the first face) that names them.
struct Person {
    faces: Vec<usize>,
    named: Option<Candidate>,
}

fn matches(
    faces: &[EmbeddedFace],
    candidates: &[Vec<Candidate>],
    options: &IdentifyOptions,
) -> Vec<Match> {
    let people = people(faces, candidates, options.min_similarity);
    people
        .iter()
        .map(|person| {
            let first = person.faces.first().copied().unwrap_or_default();
            let shown = candidates.get(first).map_or(&[][..], Vec::as_slice);
            Match {
                unknown: person.named.is_none(),
                best: person.named.as_ref().map(|c| answer_candidate(c, options)),
                appearances: 1,
                faces: person.faces.iter().filter_map(|&i| faces.get(i)).map(answer_face).collect(),
                candidates: shown.iter().map(|c| answer_candidate(c, options)).collect(),
                face_thumbnail: faces.get(first).and_then(|face| thumbnail(face, options)),
            }
        })
        .collect()
}

/// Gives names to faces, the most alike pair of the whole picture first. A name that is taken goes
/// to another face only if the two faces are alike themselves (a collage, a mirror); they are then
/// one person. Otherwise that face gets its next candidate, or stays unknown: in one picture two
/// people do not have one name. Named people come first, by falling similarity.
fn people(
    faces: &[EmbeddedFace],
    candidates: &[Vec<Candidate>],
    min_similarity: Similarity,
) -> Vec<Person> {
    let mut pairs: Vec<(usize, &Candidate)> = candidates
        .iter()
        .enumerate()
        .flat_map(|(face, found)| found.iter().map(move |c| (face, c)))
        .filter(|(_, c)| c.similarity >= min_similarity)
        .collect();
    pairs.sort_by(|(i, a), (j, b)| {
        let ids = || a.performer.id.cmp(&b.performer.id);
        b.similarity.0.total_cmp(&a.similarity.0).then(i.cmp(j)).then_with(ids)
    });
    let mut people: Vec<Person> = Vec::new();
    let mut taken = vec![false; faces.len()];
    for (face, candidate) in pairs {
        let Some(taken) = taken.get_mut(face).filter(|taken| !**taken) else { continue };
        let of_that_name = people
            .iter_mut()
            .find(|p| p.named.as_ref().is_some_and(|c| c.performer.id == candidate.performer.id));
        match of_that_name {
            None => people.push(Person { faces: vec![face], named: Some(candidate.clone()) }),
            Some(person) if person.faces.iter().all(|&other| alike(faces, face, other)) => {
                person.faces.push(face);
            }
            Some(_) => continue,
        }
        *taken = true;
    }
    let unknown = taken.iter().enumerate().filter(|(_, taken)| !**taken);
    people.extend(unknown.map(|(face, _)| Person { faces: vec![face], named: None }));
    people
}

/// Whether two faces of the picture are one person's, by the mean over the embedders.
fn alike(faces: &[EmbeddedFace], a: usize, b: usize) -> bool {
    let (Some(a), Some(b)) = (faces.get(a), faces.get(b)) else { return false };
    let pairs = a.embeddings.iter().zip(&b.embeddings);
    let cosines: Vec<f32> = pairs.filter_map(|(a, b)| a.similarity(b)).map(|s| s.0).collect();
    let mean = cosines.iter().sum::<f32>() / cosines.len().max(1) as f32;
    !cosines.is_empty() && mean >= SAME_PERSON.0
}

fn answer_face(face: &EmbeddedFace) -> AnswerFace {
    AnswerFace {
        bounding_box: face.face.bounding_box,
        frame: 0,
        time: None,
        score: face.face.score,
    }
}

/// The stash-boxes every answer has a key for.
const WELL_KNOWN: [&str; 2] = ["stashdb.org", "theporndb.net"];

/// A candidate as it is shown: text made harmless, URLs built from checked parts only.
#[must_use]
pub fn answer_candidate(candidate: &Candidate, options: &IdentifyOptions) -> AnswerCandidate {
    let performer = &candidate.performer;
    let mut stash_ids: BTreeMap<String, Option<String>> =
        WELL_KNOWN.iter().map(|&endpoint| (endpoint.to_owned(), None)).collect();
    let own = (performer.id.endpoint(), performer.id.uuid());
    let own = Some(own).filter(|(endpoint, _)| *endpoint != PerformerId::LOCAL);
    let known = performer.stash_ids.iter().map(|(endpoint, &id)| (endpoint.as_str(), id));
    for (endpoint, id) in known.chain(own) {
        // Only what could be a host name may become part of a link.
        if PerformerId::new(endpoint, id).is_ok() {
            stash_ids.insert(endpoint.to_owned(), Some(id.to_string()));
        }
    }
    let stashdb_id = stash_ids.get("stashdb.org").cloned().flatten();
    AnswerCandidate {
        performer_id: performer.id.to_string(),
        name: display_name(&performer.name),
        disambiguation: performer.disambiguation.as_deref().map(display_name),
        country: performer.country.as_deref().map(display_name),
        confidence: options.calibration.confidence(candidate.similarity),
        similarity: candidate.similarity,
        stash_ids,
        image_url: image_url(performer, &options.local_image_base),
        stashdb_url: stashdb_id.as_ref().map(|id| format!("https://stashdb.org/performers/{id}")),
        stashdb_id,
    }
}

/// Where the reference picture is: at the performer's stash-box, or in the database for people
/// who are in none. `None` if the path is not one of plain segments.
fn image_url(performer: &Performer, local_base: &str) -> Option<String> {
    let path = performer.image.as_deref()?;
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"._-".contains(&c);
    let fine = |segment: &str| {
        !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(plain)
    };
    if path.len() > 500 || !path.split('/').all(fine) {
        return None;
    }
    Some(match performer.id.endpoint() {
        PerformerId::LOCAL => format!("{local_base}{path}"),
        host => format!("https://{host}/{path}"),
    })
}

#[cfg(feature = "decode")]
fn thumbnail(face: &EmbeddedFace, options: &IdentifyOptions) -> Option<String> {
    options.thumbnails.then(|| crate::jpeg_data_url(&face.crop)).flatten()
}

#[cfg(not(feature = "decode"))]
fn thumbnail(_: &EmbeddedFace, _: &IdentifyOptions) -> Option<String> {
    None
}

#[cfg(test)]
#[path = "identify_tests.rs"]
mod tests;
