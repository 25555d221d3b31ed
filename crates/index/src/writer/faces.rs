//! Which of a performer's vectors are kept.

use rollcall_core::Embedding;

use crate::{limits, vector::Int8};

/// Per model: the template, then the kept faces (none if there is but one: it is the template).
///
/// The template is the mean of the embeddings before they were normalised, since most embedders
/// give a good face a longer vector. At most 32 faces are kept, the same ones for every model: the
/// one nearest to the templates first, then always the one farthest from all before it.
pub(super) fn select(
    faces: Vec<Vec<Embedding>>,
    dimensions: &[usize],
) -> Result<Vec<Vec<Int8>>, &'static str> {
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
    let template = |model: usize| {
        let mut sum = vec![0.0f64; dimensions[model]];
        for (_, face) in &faces {
            let norm = f64::from(face[model].norm());
            let scaled = face[model].unit().iter().map(|&x| f64::from(x) * norm);
            sum.iter_mut().zip(scaled).for_each(|(sum, x)| *sum += x);
        }
        // Faces that cancel out have no mean; any one of them stands for it.
        Int8::of(&sum).unwrap_or_else(|| faces[0].0[model].clone())
    };
    let templates: Vec<Int8> = (0..dimensions.len()).map(template).collect();
    let vectors: Vec<Vec<Int8>> = faces.into_iter().map(|(vectors, _)| vectors).collect();
    let kept = if vectors.len() == 1 { Vec::new() } else { farthest_first(&vectors, &templates) };
    let of_model = |(model, template): (usize, Int8)| {
        let faces = kept.iter().map(|&face| vectors[face][model].clone());
        std::iter::once(template).chain(faces).collect()
    };
    Ok(templates.into_iter().enumerate().map(of_model).collect())
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
