//! An engine without networks, for tests: it "detects" bright squares and "embeds" mean colours.

use std::{cell::RefCell, rc::Rc};

use crate::{
    Candidate, ChannelOrder, Crop, DatabaseSummary, DetectorSpec, EmbedderSpec, Embedding, Engine,
    EngineError, EngineReport, Found, LocalFuture, Lookup, LookupError, Pack, PackModel, Performer,
    PerformerId, Pixels, Recogniser, Standardise, Tensor,
};

/// Remembers which model ran on which shape.
#[derive(Default)]
pub(crate) struct DoubleEngine {
    pub(crate) runs: RefCell<Vec<(String, Vec<usize>)>>,
    /// What every value of every output becomes instead, where set.
    pub(crate) broken: Option<f32>,
}

fn model(name: &str) -> PackModel {
    PackModel {
        name: name.to_owned(),
        sha256: "0".repeat(64),
        bytes: 0,
        licence: "none".to_owned(),
    }
}

pub(crate) fn pack() -> Pack {
    let sizes = vec![160, 320, 640];
    Pack {
        name: "double".to_owned(),
        version: 1,
        detector: DetectorSpec { model: model("detector"), kind: "yunet".to_owned(), sizes },
        embedders: vec![EmbedderSpec {
            model: model("embedder"),
            dimension: 3,
            crop: Crop::default(),
            channels: ChannelOrder::Rgb,
            standardise: Standardise::default(),
            mean: 127.5.into(),
            scale: 1.0.into(),
            weight: None,
        }],
        calibration: None,
    }
}

pub(crate) fn engine() -> Rc<DoubleEngine> {
    Rc::new(DoubleEngine::default())
}

/// A picture of `width` x `height` with a 48-pixel square of a colour at each place.
pub(crate) fn squares(width: u32, height: u32, places: &[(u32, u32, [u8; 3])]) -> Pixels {
    let mut rgb = vec![0; 3 * (width * height) as usize];
    for &(left, top, colour) in places {
        for y in top..top + 48 {
            for x in left..left + 48 {
                let at = 3 * (y * width + x) as usize;
                rgb[at..at + 3].copy_from_slice(&colour);
            }
        }
    }
    Pixels::new(width, height, rgb).unwrap()
}

impl Engine for DoubleEngine {
    fn report(&self) -> EngineReport {
        EngineReport { name: "double".to_owned(), ..EngineReport::default() }
    }

    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
        self.runs.borrow_mut().push((model.to_owned(), input.shape().to_vec()));
        let mut outputs = match model {
            "detector" => detect(input),
            "embedder" => vec![embed(input)],
            other => return Box::pin(async { Err(EngineError::UnknownModel(other.to_owned())) }),
        };
        if let Some(value) = self.broken {
            for tensor in &mut outputs {
                let data = vec![value; tensor.data().len()];
                *tensor = Tensor::new(tensor.shape().to_vec(), data).unwrap();
            }
        }
        Box::pin(async { Ok(outputs) })
    }
}

/// YuNet's outputs: a face of 48 pixels wherever a stride-16 cell is bright and the cells left of
/// it and above it are not.
fn detect(input: &Tensor) -> Vec<Tensor> {
    let side = input.shape()[3];
    let mut outputs = Vec::new();
    for (width, stride) in [1, 1, 4, 10].into_iter().flat_map(|w| [8, 16, 32].map(|s| (w, s))) {
        let columns = side / stride;
        let bright = |x: usize, y: usize| {
            let at = (y * stride + stride / 2) * side + x * stride + stride / 2;
            (0..3).any(|plane| input.data()[plane * side * side + at] > 100.0)
        };
        let mut data = vec![0.0; columns * columns * width];
        for (cell, values) in data.chunks_mut(width).enumerate() {
            let (x, y) = (cell % columns, cell / columns);
            let corner = stride == 16
                && bright(x, y)
                && (x == 0 || !bright(x - 1, y))
                && (y == 0 || !bright(x, y - 1));
            match width {
                1 if corner => values[0] = 0.9,
                4 => values.copy_from_slice(&[1.5, 1.5, 3f32.ln(), 3f32.ln()]),
                10 => values.copy_from_slice(&[1.0, 1.0, 2.0, 1.0, 1.5, 1.6, 1.1, 2.2, 1.9, 2.2]),
                _ => {}
            }
        }
        outputs.push(Tensor::new(vec![1, columns * columns, width], data).unwrap());
    }
    outputs
}

/// The mean of the middle of each plane.
fn embed(input: &Tensor) -> Tensor {
    let side = input.shape()[3];
    let means = input.data().chunks(side * side).map(|plane| {
        let middle = (side / 2 - 8..side / 2 + 8)
            .flat_map(|y| (side / 2 - 8..side / 2 + 8).map(move |x| plane[y * side + x]));
        middle.sum::<f32>() / 256.0
    });
    Tensor::new(vec![input.shape()[0], 3], means.collect()).unwrap()
}

pub(crate) const RED: [u8; 3] = [255, 100, 100];
pub(crate) const BLUE: [u8; 3] = [100, 100, 255];

/// People with the colours of their faces.
pub(crate) struct Colours(pub(crate) Vec<(Performer, [u8; 3])>);

pub(crate) fn performer(name: &str, id: PerformerId) -> Performer {
    Performer::named(id, name)
}

pub(crate) fn local(name: &str) -> Performer {
    performer(name, PerformerId::local(name))
}

impl Lookup for Colours {
    fn find<'a>(
        &'a self,
        person: &'a [Embedding],
        limit: usize,
    ) -> LocalFuture<'a, Result<Found, LookupError>> {
        let like = |colour: &[u8; 3]| {
            let raw = colour.map(|c| f32::from(c) - 127.5).to_vec();
            Embedding::from_raw(raw).unwrap().similarity(&person[0]).unwrap()
        };
        let mut candidates: Vec<_> = self
            .0
            .iter()
            .map(|(who, colour)| Candidate {
                performer: who.clone(),
                similarity: like(colour),
                shard: None,
            })
            .collect();
        candidates.sort_by(|a, b| b.similarity.0.total_cmp(&a.similarity.0));
        candidates.truncate(limit);
        Box::pin(async { Ok(Found { candidates, ..Found::default() }) })
    }

    fn summary(&self) -> Option<DatabaseSummary> {
        Some(DatabaseSummary { version: "1".to_owned(), performers: self.0.len() as u64 })
    }
}

pub(crate) fn recogniser() -> Recogniser {
    Recogniser::new(pack(), engine()).unwrap()
}
