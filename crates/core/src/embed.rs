//! Aligned faces to embeddings.

use crate::{
    CROP, EmbedderSpec, Embedding, Engine, Feed, Pixels, RecogniseError, ShapeError, Tensor,
};

/// The input of an embedder for `crops` of [`CROP`] x [`CROP`] pixels: `[n, 3, CROP, CROP]`.
///
/// # Errors
/// When a crop has another size.
pub fn embedder_input(crops: &[Pixels], spec: &EmbedderSpec) -> Result<Tensor, ShapeError> {
    let feed = Feed { channels: spec.channels, mean: spec.mean, scale: spec.scale };
    square_input(crops, CROP, feed)
}

/// The input `[n, 3, side, side]` for pictures of `side` x `side` pixels.
pub(crate) fn square_input(
    pictures: &[Pixels],
    side: u32,
    feed: Feed,
) -> Result<Tensor, ShapeError> {
    let side = side as usize;
    let mut data = Vec::with_capacity(3 * side * side * pictures.len());
    for picture in pictures {
        for channel in feed.planes() {
            let values = picture.rgb().iter().skip(channel).step_by(3);
            data.extend(values.map(|&v| feed.value(f32::from(v))));
        }
    }
    Tensor::new(vec![pictures.len(), 3, side, side], data)
}

/// Embeds aligned faces, one embedding each, in their order. What a face becomes does not depend
/// on the others.
///
/// # Errors
/// When the engine fails, or gives something else than finite vectors of the pack's dimension.
pub async fn embed(
    engine: &dyn Engine,
    spec: &EmbedderSpec,
    crops: &[Pixels],
) -> Result<Vec<Embedding>, RecogniseError> {
    if crops.is_empty() {
        return Ok(Vec::new());
    }
    let input = embedder_input(crops, spec)?;
    let outputs = engine.run(&spec.model.name, &input).await?;
    let values = outputs.first().map(Tensor::data).unwrap_or_default();
    if spec.dimension == 0 || values.len() != spec.dimension * crops.len() {
        return Err(RecogniseError::WrongDimension {
            model: spec.model.name.clone(),
            wanted: spec.dimension * crops.len(),
            got: values.len(),
        });
    }
    let raw = values.chunks_exact(spec.dimension);
    Ok(raw.map(|v| Embedding::from_raw(v.to_vec())).collect::<Result<_, _>>()?)
}
