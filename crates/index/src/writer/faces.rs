//! Which of a performer's vectors are kept.

use rollcall_core::{Embedding, Pair, UNKNOWN_BELOW, cluster};

use crate::{limits, vector::Int8};

/// Templates a performer gets at most.
const LOOKS: usize = 3;

/// So many faces are asked which look they belong to: it takes the square of that.
const ASKED: usize = 256;

/// How many templates there are, and per model the templates, then the kept faces (none if there is
/// but one: it is the template).
///
/// A template is the mean of the embeddings before they were normalised, since most embedders
/// give a good face a longer vector. There is one for each look: the mean of looks that are far
/// apart is near to none of them. At most 32 faces are kept, the same ones for every model: the
/// one nearest to the first templates first, then always the one farthest from all before it.
pub(super) fn select(
    faces: Vec<Vec<Embedding>>,
    dimensions: &[usize],
) -> Result<(usize, Vec<Vec<Int8>>), &'static str> {
    if faces.is_empty() {
        return Err("there is no face");
    }
    let fits = |face: &Vec<Embedding>| {
        face.len() == dimensions.len()
            && face.iter().zip(dimensions).all(|(embedding, &d)| embedding.dimension() == d)
    };
    if !faces.iter().all(fits) {
        return Err("the embeddings are not those of the database's models");
    }
    let mut faces: Vec<(Vec<Int8>, Vec<Embedding>)> = faces
        .into_iter()
        .map(|face| face.iter().map(Int8::of_embedding).collect::<Option<Vec<_>>>().zip(Some(face)))
        .collect::<Option<_>>()
        .ok_or("an embedding has no direction")?;
    // One order, whatever order they came in.
    faces.sort_by_cached_key(|(vectors, face)| {
        let bytes: Vec<i8> = vectors.iter().flat_map(|v| v.values.clone()).collect();
        (bytes, face.iter().map(|e| e.norm().to_bits()).collect::<Vec<_>>())
    });
    let looks = looks(&faces);
    let template = |model: usize, look: &[usize]| {
        let mut sum = vec![0.0f64; dimensions[model]];
        for (_, face) in look.iter().map(|&face| &faces[face]) {
            let norm = f64::from(face[model].norm());
            let scaled = face[model].unit().iter().map(|&x| f64::from(x) * norm);
            sum.iter_mut().zip(scaled).for_each(|(sum, x)| *sum += x);
        }
        // Faces that cancel out have no mean; any one of them stands for it.
        Int8::of(&sum).unwrap_or_else(|| faces[look[0]].0[model].clone())
    };
    let of_look = |look: &Vec<usize>| -> Vec<Int8> {
        (0..dimensions.len()).map(|model| template(model, look)).collect()
    };
    let templates: Vec<Vec<Int8>> = looks.iter().map(of_look).collect();
    let vectors: Vec<Vec<Int8>> = faces.into_iter().map(|(vectors, _)| vectors).collect();
    let kept =
        if vectors.len() == 1 { Vec::new() } else { farthest_first(&vectors, &templates[0]) };
    let of_model = |model: usize| {
        let kept = kept.iter().map(|&face| &vectors[face]);
        templates.iter().chain(kept).map(|vectors| vectors[model].clone()).collect()
    };
    Ok((templates.len(), (0..dimensions.len()).map(of_model).collect()))
}

/// The faces of each look. Another look than the first, which has most faces, are two faces or more
/// that agree among themselves and not with the rest; a face that agrees with none counts to the
/// first.
fn looks(faces: &[(Vec<Int8>, Vec<Embedding>)]) -> Vec<Vec<usize>> {
    let pair = |a: usize, b: usize| {
        let (a, b) = (&faces[a].0, &faces[b].0);
        Pair { similarity: likeness(a, b) / a.len() as f32, apart: false }
    };
    let mut groups = cluster(faces.len().min(ASKED), pair, UNKNOWN_BELOW.0);
    // Of equals the one whose first face comes first.
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let others: Vec<Vec<usize>> =
        groups.into_iter().skip(1).filter(|group| group.len() > 1).take(LOOKS - 1).collect();
    let first = (0..faces.len()).filter(|face| !others.iter().flatten().any(|other| other == face));
    std::iter::once(first.collect()).chain(others).collect()
}

/// The sum of the models' cosines.
fn likeness(a: &[Int8], b: &[Int8]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a.cosine(b)).sum()
}

fn farthest_first(faces: &[Vec<Int8>], templates: &[Int8]) -> Vec<usize> {
    let first = (0..faces.len()).map(|i| (likeness(&faces[i], templates), i));
    let Some((_, first)) = first.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))) else {
        return Vec::new();
    };
    let mut kept = vec![first];
    // How alike each face is to the nearest one kept.
    let mut nearest: Vec<f32> = faces.iter().map(|face| likeness(face, &faces[first])).collect();
    while kept.len() < faces.len().min(limits::FACES) {
        let rest = (0..faces.len()).filter(|i| !kept.contains(i));
        let Some(next) = rest.min_by(|&a, &b| nearest[a].total_cmp(&nearest[b]).then(a.cmp(&b)))
        else {
            break;
        };
        kept.push(next);
        for (nearest, face) in nearest.iter_mut().zip(faces) {
            *nearest = nearest.max(likeness(face, &faces[next]));
        }
    }
    kept
}
