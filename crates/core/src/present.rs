//! Candidates as they are shown: text made harmless, URLs built from checked parts only.

use std::collections::BTreeMap;

use crate::{AnswerCandidate, IdentifyOptions, Performer, PerformerId, Ranked, display_name};

/// The stash-boxes every answer has a key for.
const WELL_KNOWN: [&str; 2] = ["stashdb.org", "theporndb.net"];

/// A candidate as it is shown.
#[must_use]
pub fn answer_candidate(ranked: &Ranked, options: &IdentifyOptions) -> AnswerCandidate {
    let performer = &ranked.performer;
    let mut stash_ids: BTreeMap<String, Option<String>> =
        WELL_KNOWN.iter().map(|&endpoint| (endpoint.to_owned(), None)).collect();
    for id in performer.ids().filter(|id| id.endpoint() != PerformerId::LOCAL) {
        let place = stash_ids.entry(id.endpoint().to_owned()).or_default();
        // Whom they are filed as comes first.
        place.get_or_insert_with(|| id.uuid().to_string());
    }
    let stashdb_id = stash_ids.get("stashdb.org").cloned().flatten();
    AnswerCandidate {
        performer_id: performer.id.to_string(),
        name: display_name(&performer.name),
        disambiguation: performer.disambiguation.as_deref().map(display_name),
        country: performer.country.as_deref().map(display_name),
        confidence: ranked.confidence,
        similarity: ranked.evidence.similarity,
        stash_ids,
        merged_ids: performer.merged_ids.iter().map(ToString::to_string).collect(),
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

/// The aligned face as a `data:` URL, where the options want it.
#[cfg(feature = "decode")]
pub(crate) fn thumbnail(crop: &crate::Pixels, options: &IdentifyOptions) -> Option<String> {
    options.thumbnails.then(|| crate::jpeg_data_url(crop)).flatten()
}

#[cfg(not(feature = "decode"))]
pub(crate) fn thumbnail(_: &crate::Pixels, _: &IdentifyOptions) -> Option<String> {
    None
}
