//! What a forecast is made of: queries of one or several photos against the pictures of a gallery.

use rollcall_core::Embedding;

use super::{
    look::Case,
    pairs::{Known, Ways, strangers},
};
use crate::{forecast::Scores, photo::SeenFace};

pub(super) use super::pairs::ALL;

/// How many photos a query is made of: one, and as many as a scene easily has of somebody.
const LOOKS: [usize; 4] = [1, 2, 3, 5];

/// More pairs make a forecast slow and no better; then each person stands for themselves with fewer
/// of their photos, and at last not every query meets everybody.
const MOST_PAIRS: usize = 200_000;

/// Scores by way to compare and number of looks.
pub(super) fn of<'a>(
    people: &[Known],
    cases: &[Case],
    ways: &'a Ways,
) -> Vec<(&'a str, usize, Scores)> {
    let mut all = Vec::new();
    for looks in LOOKS {
        let queries: Vec<Query> = people
            .iter()
            .enumerate()
            .filter(|(_, person)| person.faces.len() > looks)
            .flat_map(|(number, person)| queries(number, person, looks))
            .collect();
        let asked = queries.len().max(1);
        let each = (MOST_PAIRS / asked / people.len().max(1)).max(1);
        let mut scores = vec![Scores::default(); ways.names().len()];
        let mut add = |query: &Query, other: usize, face: &[Embedding]| {
            let similarities = ways.similarities(&query.embeddings, face);
            for (scores, s) in scores.iter_mut().zip(similarities) {
                let s = f64::from(s);
                if query.person == other {
                    scores.genuine.push((other, s));
                } else {
                    scores.impostors.push((query.person, other, s));
                }
            }
        };
        let step = (asked * people.len()).div_ceil(MOST_PAIRS).max(1);
        for (turn, query) in queries.iter().enumerate() {
            let meets = |other: usize| other == query.person || (turn + other).is_multiple_of(step);
            for (other, person) in people.iter().enumerate().filter(|(other, _)| meets(*other)) {
                // One's own picture is the first; the query is made of the others.
                let faces = if other == query.person { 1 } else { each };
                for face in person.faces.iter().take(faces) {
                    add(query, other, &face.embeddings);
                }
            }
            for (number, face) in strangers(cases).enumerate().take(each * people.len()) {
                add(query, people.len() + number, &face.embeddings);
            }
        }
        let count = people.len() + strangers(cases).count();
        for (of, scores) in ways.names().into_iter().zip(scores) {
            all.push((of, looks, Scores { people: count, ..scores }));
        }
    }
    all
}

/// What is asked for: a person, as some of their photos show them.
struct Query {
    person: usize,
    embeddings: Vec<Embedding>,
}

/// As many queries as a person has photos besides the first, each of so many neighbours in a circle.
fn queries(person: usize, known: &Known, looks: usize) -> Vec<Query> {
    let photos = &known.faces[1..];
    let query = |start: usize| {
        let chosen: Vec<&SeenFace> =
            (0..looks).map(|i| photos[(start + i) % photos.len()]).collect();
        Some(Query { person, embeddings: template(&chosen)? })
    };
    (0..photos.len()).filter_map(query).collect()
}

/// The embeddings of several looks at one person: the mean before normalising, as templates are made.
fn template(faces: &[&SeenFace]) -> Option<Vec<Embedding>> {
    let embedders = faces.first()?.embeddings.len();
    (0..embedders)
        .map(|number| {
            let mut sum = vec![0.0; faces[0].embeddings[number].dimension()];
            for face in faces {
                let embedding = face.embeddings.get(number)?;
                let parts = sum.iter_mut().zip(embedding.unit());
                parts.for_each(|(sum, x)| *sum += x * embedding.norm());
            }
            Embedding::from_raw(sum).ok()
        })
        .collect()
}
