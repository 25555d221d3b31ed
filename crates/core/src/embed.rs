//! Faces cut out as embedders want them to embeddings.

use crate::{
    ChannelOrder, EmbedderSpec, Embedding, Engine, Pixels, RecogniseError, ShapeError, Standardise,
    Tensor,
};

/// The input of an embedder for faces cut out as it wants them: `[n, 3, side, side]`.
///
/// # Errors
/// When a crop has another size.
pub fn embedder_input(crops: &[Pixels], spec: &EmbedderSpec) -> Result<Tensor, ShapeError> {
    let prepare = |planes: &mut [f32]| spec.feed_planes(planes);
    square_input(crops, spec.crop.side(), spec.channels, prepare)
}

impl EmbedderSpec {
    /// Brings the planes of one picture, 0..=255 each and in the network's order, to what it wants.
    pub fn feed_planes(&self, planes: &mut [f32]) {
        match self.standardise {
            Standardise::Fixed => {}
            Standardise::PerImage => standardise(planes),
        }
        self.feed().apply(planes);
    }
}

/// See [`Standardise::PerImage`].
fn standardise(values: &mut [f32]) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
    let deviation = variance.sqrt().max(1.0 / n.sqrt());
    values.iter_mut().for_each(|v| *v = ((f64::from(*v) - mean) / deviation) as f32);
}

/// The input `[n, 3, side, side]` for pictures of `side` x `side` pixels, each of which `prepare`
/// sees as planes of 0..=255.
pub(crate) fn square_input(
    pictures: &[Pixels],
    side: u32,
    channels: ChannelOrder,
    prepare: impl Fn(&mut [f32]),
) -> Result<Tensor, ShapeError> {
    let side = side as usize;
    let mut data = Vec::with_capacity(3 * side * side * pictures.len());
    for picture in pictures {
        let start = data.len();
        for channel in channels.planes() {
            data.extend(picture.rgb().iter().skip(channel).step_by(3).map(|&v| f32::from(v)));
        }
        prepare(data.get_mut(start..).unwrap_or_default());
    }
    Tensor::new(vec![pictures.len(), 3, side, side], data)
}

/// Embeds faces cut out by [`crate::Crop::cut`], one embedding each, in their order. What a face becomes does not depend
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Crop, PerPlane, test_double::pack};

    fn picture(side: u32, rgb: [u8; 3]) -> Pixels {
        Pixels::new(side, side, rgb.repeat((side * side) as usize)).unwrap()
    }

    #[test]
    fn every_plane_has_its_own_mean_and_scale() {
        let mut spec = pack().embedders.remove(0);
        // What torchvision writes as (x / 255 - mean) / std.
        spec.mean = PerPlane([123.675, 116.28, 103.53]);
        spec.scale = PerPlane([0.229, 0.224, 0.225].map(|std: f32| 1.0 / (255.0 * std)));
        for (channels, colour) in
            [(ChannelOrder::Rgb, [10, 20, 30]), (ChannelOrder::Bgr, [30, 20, 10])]
        {
            spec.channels = channels;
            let input = embedder_input(&[picture(112, colour)], &spec).unwrap();
            let first = input.data().chunks(112 * 112).map(|plane| plane[0]);
            let wanted = [(10.0, 0.485, 0.229), (20.0, 0.456, 0.224), (30.0, 0.406, 0.225)];
            for (got, (value, mean, std)) in first.zip(wanted) {
                assert!((got - (value / 255.0 - mean) / std).abs() < 1e-5, "{got}");
            }
        }
    }

    #[test]
    fn a_picture_of_another_size_is_refused() {
        let mut spec = pack().embedders.remove(0);
        spec.crop = Crop::Facenet160;
        assert!(embedder_input(&[picture(160, [1, 2, 3])], &spec).is_ok());
        assert!(embedder_input(&[picture(112, [1, 2, 3])], &spec).is_err());
    }

    proptest! {
        #[test]
        fn a_standardised_picture_has_mean_0_and_deviation_1(
            values in prop::collection::vec(0u8..=255, 300),
        ) {
            let mut planes: Vec<f32> = values.iter().map(|&v| v.into()).collect();
            let before = planes.clone();
            standardise(&mut planes);
            let n = planes.len() as f32;
            let mean = planes.iter().sum::<f32>() / n;
            let square = planes.iter().map(|v| v * v).sum::<f32>() / n;
            prop_assert!(mean.abs() < 1e-3 && (square - 1.0).abs() < 1e-3, "{} {}", mean, square);
            let rises = |v: &[f32], i: usize, j: usize| v[i].total_cmp(&v[j]);
            prop_assert!((1..300).all(|i| rises(&planes, i, 0) == rises(&before, i, 0)));
        }
    }

    #[test]
    fn a_picture_of_one_colour_is_not_blown_up() {
        let mut planes = [77.0; 12];
        standardise(&mut planes);
        assert_eq!(planes, [0.0; 12]);
        planes[0] = 0.001;
        standardise(&mut planes);
        assert!(planes.iter().all(|v| v.abs() < 0.01), "{planes:?}");
    }
}
