//! Whether networks are what a pack says they are: shapes first, then a known face.

use std::rc::Rc;

use rollcall_core::{
    Embedding, Pack, Recogniser, Similarity, Tensor, decode_image, detector_of_kind,
};
use rollcall_engine::{ModelSet, rten::RtenEngine};

use crate::{Error, samples::KnownFaces};

/// What a pack made of known faces.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// Photos of one face each in which exactly one was found.
    pub photos: usize,
    /// For each embedder: its name, how alike two photos of one person are, and how alike the two
    /// people at their most.
    pub likeness: Vec<(String, Similarity, Similarity)>,
}

/// Runs nothing: what inputs the networks of a pack take and what they give.
///
/// # Errors
/// [`Error::WrongModel`] for the first that does not take the input it would be given, or gives
/// something else than its decoder reads or its dimension.
pub(crate) fn check_shapes(pack: &Pack, models: &ModelSet) -> Result<(), Error> {
    let detector = &pack.detector;
    let name = &detector.model.name;
    let wrong = |name: &str, reason: String| Error::WrongModel { model: name.to_owned(), reason };
    let decoder = detector_of_kind(&detector.kind).map_err(|e| wrong(name, e.to_string()))?;
    for &side in &detector.sizes {
        let zeros = zeros(models, name, side).map_err(|reason| wrong(name, reason))?;
        decoder.decode(&zeros, side).map_err(|error| wrong(name, error.to_string()))?;
    }
    for embedder in &pack.embedders {
        let name = &embedder.model.name;
        let outputs =
            zeros(models, name, embedder.crop.side()).map_err(|reason| wrong(name, reason))?;
        let got = outputs.first().map_or(&[][..], Tensor::shape);
        if got.iter().product::<usize>() != embedder.dimension {
            let wanted = embedder.dimension;
            return Err(wrong(name, format!("it gives {got:?} instead of {wanted} numbers")));
        }
    }
    Ok(())
}

/// Outputs of the right shapes for one picture of `side` x `side` pixels.
fn zeros(models: &ModelSet, model: &str, side: u32) -> Result<Vec<Tensor>, String> {
    let side = side as usize;
    let graph = models.specialise(model, &[1, 3, side, side]).map_err(|error| error.to_string())?;
    let zeros = |shape: &[usize]| Tensor::new(shape.to_vec(), vec![0.0; shape.iter().product()]);
    let outputs = graph.outputs.iter().map(|&id| zeros(graph.shape(id)));
    outputs.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// Finds and embeds faces of two people, one of them twice.
///
/// # Errors
/// [`Error::Unproved`] when a photo of one face shows none or several to the detector, or an
/// embedder finds two people at least as alike as one person in two photos.
pub(crate) fn prove(pack: &Pack, models: &ModelSet, known: &KnownFaces) -> Result<Proof, Error> {
    let unproved = |reason: String| Error::Unproved { pack: pack.name.clone(), reason };
    let engine = Rc::new(RtenEngine::new(models.clone()));
    let recogniser =
        Recogniser::new(pack.clone(), engine).map_err(|error| unproved(error.to_string()))?;
    let face_in = |(name, file): &(String, Vec<u8>)| -> Result<Vec<Embedding>, Error> {
        let pixels =
            decode_image(file).map_err(|source| Error::Picture { path: name.into(), source })?;
        let faces = pollster::block_on(recogniser.faces(&pixels))
            .map_err(|error| unproved(error.to_string()))?;
        let [face] = &faces[..] else {
            return Err(unproved(format!("it found {} faces in {name}, not one", faces.len())));
        };
        Ok(face.embeddings.clone())
    };
    let [one, again, other] = [&known.one, &known.again, &known.other].map(face_in);
    let (one, again, other) = (one?, again?, other?);
    let mut likeness = Vec::with_capacity(pack.embedders.len());
    for (((spec, one), again), other) in pack.embedders.iter().zip(&one).zip(&again).zip(&other) {
        let name = &spec.model.name;
        let compare = |a: &Embedding, b| a.similarity(b).map_or(0.0, |similarity| similarity.0);
        let (same, different) =
            (compare(one, again), compare(one, other).max(compare(again, other)));
        if same <= different {
            return Err(unproved(format!(
                "{name} finds two people as alike ({different:.2}) as one person in two photos ({same:.2})"
            )));
        }
        likeness.push((name.clone(), Similarity(same), Similarity(different)));
    }
    Ok(Proof { photos: 3, likeness })
}
