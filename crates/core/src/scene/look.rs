//! Looks at people, and the people they make.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    SceneOptions,
    cluster::{Pair, cluster},
    quality::Quality,
    seen::{SeenPerson, SeenScene},
};
use crate::{
    AnswerFace, Embedding, Face, FaceCrops, RecogniseError, Recogniser, SAME_PERSON, SceneFacts,
    mean_similarity, present::thumbnail,
};

/// The most looks that are kept; of more, the best ones.
pub(super) const MAX_LOOKS: usize = 1000;

/// Looks that are less alike than this on average are at two people. Between .2 and .5 it hardly
/// matters: of the groups of 60 scenes 99 % of the looks were at one person.
const SAME_IN_SCENE: f32 = 0.25;

/// What it adds to the likeness of two looks that they are at one place in neighbouring frames.
const SAME_PLACE: f32 = 0.10;

/// One face in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The frame's number.
    pub frame: usize,
    /// When the frame is shown, in seconds from the start.
    pub time: Option<f64>,
    /// Where the face is in it.
    pub face: Face,
    /// How much it can tell.
    pub quality: Quality,
    /// The face, as the embedders of the pack want it.
    pub crops: FaceCrops,
    /// By the embedders of the pack, in its order: by all of them, or by the first alone.
    pub embeddings: Vec<Embedding>,
}

impl Look {
    /// How much the look tells: the length of the first embedding before it was normalised. In 60
    /// scenes with 5,000 looks it says best of all that is free to know how alike a look will be to
    /// a good photo of the same person (correlation .83); size, angle and sharpness add nothing to it.
    fn weight(&self) -> f32 {
        self.embeddings.first().map_or(0.0, Embedding::norm)
    }
}

/// All looks of a scene, by rising frame.
#[derive(Default)]
pub(crate) struct Looks(pub(crate) Vec<Look>);

impl Looks {
    /// Adds a look. Gives whether one, this or a poorer one, was dropped because there are too many.
    pub(crate) fn add(&mut self, look: Look) -> bool {
        let after = self.0.partition_point(|other| other.frame <= look.frame);
        self.0.insert(after, look);
        if self.0.len() <= MAX_LOOKS {
            return false;
        }
        let weights = self.0.iter().enumerate().map(|(place, look)| (look.weight(), place));
        let poorest = weights.reduce(|a, b| if b.0 < a.0 { b } else { a });
        poorest.is_some_and(|(_, place)| {
            self.0.remove(place);
            true
        })
    }

    /// Looks by person, as far as they can be told apart.
    fn groups(&self) -> Vec<Vec<usize>> {
        let frames: BTreeSet<usize> = self.0.iter().map(|look| look.frame).collect();
        let frames: Vec<usize> = frames.into_iter().collect();
        let place = |look: &Look| frames.partition_point(|&frame| frame < look.frame);
        let pair = |a: usize, b: usize| {
            let (a, b) = (&self.0[a], &self.0[b]);
            let alike = mean_similarity(&a.embeddings[..1], &b.embeddings[..1]);
            let alike = alike.map_or(-1.0, |similarity| similarity.0);
            let together = a.frame == b.frame;
            let near = !together && place(a).abs_diff(place(b)) == 1;
            let same_place = if near { a.face.bounding_box.iou(&b.face.bounding_box) } else { 0.0 };
            Pair {
                similarity: alike + SAME_PLACE * same_place,
                apart: together && alike < SAME_PERSON.0,
            }
        };
        cluster(self.0.len(), pair, SAME_IN_SCENE)
    }

    /// The looks of a group, the best first.
    fn best_first(&self, group: &[usize]) -> Vec<usize> {
        let mut best = group.to_vec();
        best.sort_by(|&a, &b| self.0[b].weight().total_cmp(&self.0[a].weight()).then(a.cmp(&b)));
        best
    }

    /// Shows the best looks of a group to the embedders that have not seen them.
    async fn complete(
        &mut self,
        recogniser: &Recogniser,
        best: &[usize],
    ) -> Result<(), RecogniseError> {
        let embedders = recogniser.pack().embedders.len();
        let missing =
            |&look: &usize| (self.0[look].embeddings.len()..embedders).map(move |e| (look, e));
        let missing: Vec<(usize, usize)> = best.iter().flat_map(missing).collect();
        let embed = |&(look, embedder): &(usize, usize)| {
            recogniser.embed_with(embedder, &self.0[look].crops)
        };
        let embed = stream::iter(missing.iter().map(embed)).buffered(recogniser.at_once());
        let embeddings: Vec<Embedding> = embed.try_collect().await?;
        for ((look, _), embedding) in missing.into_iter().zip(embeddings) {
            self.0[look].embeddings.push(embedding);
        }
        Ok(())
    }

    /// The sum of the embeddings of a group's best looks, each as long as the square of what it was
    /// before it was normalised: better faces give longer ones.
    fn template(
        &self,
        group: &[usize],
        embedders: usize,
    ) -> Result<Vec<Embedding>, RecogniseError> {
        let template = |embedder: usize| {
            let mut sum: Vec<f32> = Vec::new();
            for look in group.iter().map(|&look| &self.0[look]) {
                let Some(embedding) = look.embeddings.get(embedder) else { continue };
                let weight = embedding.norm().powi(2);
                sum.resize(embedding.dimension(), 0.0);
                sum.iter_mut().zip(embedding.unit()).for_each(|(sum, x)| *sum += weight * x);
            }
            Embedding::from_raw(sum)
        };
        (0..embedders).map(|embedder| template(embedder).map_err(Into::into)).collect()
    }
}

/// Who has been seen: the looks of each person summed, with what there is to show of them.
pub(crate) async fn seen(
    recogniser: &Recogniser,
    looks: &mut Looks,
    facts: SceneFacts,
    options: &SceneOptions,
) -> Result<SeenScene, RecogniseError> {
    let embedders = recogniser.pack().embedders.len();
    let mut people = Vec::new();
    for group in looks.groups() {
        let best = looks.best_first(&group);
        let best = &best[..best.len().min(options.best_looks.max(1))];
        looks.complete(recogniser, best).await?;
        let first = &looks.0[best[0]];
        people.push(SeenPerson {
            template: looks.template(best, embedders)?,
            thumbnail: thumbnail(first.crops.aligned(), &options.answer),
            weight: first.weight(),
            faces: group.iter().map(|&look| face(&looks.0[look])).collect(),
        });
    }
    Ok(SeenScene { facts, people })
}

fn face(look: &Look) -> AnswerFace {
    AnswerFace {
        bounding_box: look.face.bounding_box,
        frame: look.frame,
        time: look.time,
        score: look.face.score,
    }
}
