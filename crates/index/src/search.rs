//! Who somebody is: sketches propose, shards decide.

use std::{collections::BTreeMap, rc::Rc};

use rollcall_core::{
    Calibration, Candidate, DatabaseSummary, Embedding, Found, LocalFuture, Lookup, LookupError,
    PerformerId, Similarity,
};

use crate::{
    Database, DatabaseInfo, Digest, Hit,
    decoys::decoys,
    fetch, limits,
    manifest::{Impostor, Model},
    segment::{Segment, ShardRef},
    shard::Shard,
    vector::stored_bytes,
};

/// How many performers each model proposes for reranking, unless more candidates are asked for (at
/// most [`limits::CANDIDATES`]).
/// With the planes of [`crate::planes_for`], 5 find as many people as exact search does among
/// 100,000 performers.
pub const RERANKED: usize = 5;

/// A row of a segment.
pub(crate) type Row = (usize, u32);

/// Among so many shards nobody's stand out, with or without decoys.
const CROWD: usize = 64;

/// So many shards are in memory at a time while many people are looked up.
const AT_ONCE: usize = 64;

/// Shards by segment and first row, which says nothing of why they are asked for, and the places in
/// them that are of interest: for whom of those asked for, and where.
type Places = BTreeMap<(usize, u32), (ShardRef, Vec<(usize, usize)>)>;

/// Somebody who is asked for.
struct Asked {
    queries: Vec<Query>,
    /// Whom the sketches propose.
    rows: Vec<Row>,
    candidates: BTreeMap<PerformerId, Candidate>,
    partial: bool,
}

/// A query of one of the database's models.
struct Query {
    model: usize,
    dimension: usize,
    /// The unit vector, padded to whole lanes.
    unit: Vec<f32>,
    /// How its cosines become comparable with those of other models, and what they weigh.
    scale: Option<(Impostor, f32)>,
}

impl Query {
    fn new(number: usize, model: &Model, embedding: &Embedding) -> Self {
        let mut unit = embedding.unit().to_vec();
        unit.resize(stored_bytes(unit.len()), 0.0);
        Self { model: number, dimension: model.dimension, unit, scale: scale(model) }
    }

    fn vector(&self) -> &[f32] {
        &self.unit[..self.dimension]
    }
}

impl Database {
    /// One similarity for the cosines of two faces, one cosine per embedder of the pack, as
    /// [`Lookup::find`] makes it. Of embedders that the database does not have, none counts.
    #[must_use]
    pub fn fused(&self, cosines: &[f32]) -> Similarity {
        let map = self.pack.as_deref().unwrap_or_default();
        let both = map.iter().zip(cosines).filter_map(|(model, cosine)| Some(((*model)?, *cosine)));
        let (models, cosines): (Vec<usize>, Vec<f32>) = both.unzip();
        let scales = models.iter().map(|&model| scale(&self.manifest.models[model]));
        Similarity(fuse(scales, &cosines).clamp(-1.0, 1.0))
    }

    fn queries(&self, person: &[Embedding]) -> Result<Vec<Query>, LookupError> {
        let other = |words: &str| Err(LookupError::OtherModels(words.to_owned()));
        let Some(map) = &self.pack else {
            return other("nobody has said which models are asked with");
        };
        if map.len() != person.len() {
            return other("another number of embeddings than the pack has embedders");
        }
        let mut queries = Vec::with_capacity(person.len());
        for (number, embedding) in map.iter().zip(person) {
            let Some(number) = *number else { continue };
            let model = &self.manifest.models[number];
            if embedding.dimension() != model.dimension {
                return other("embeddings of another length");
            }
            queries.push(Query::new(number, model, embedding));
        }
        Ok(queries)
    }

    /// The rows that the sketches propose: the best `limit` of each model. The first is the best of
    /// the first model.
    fn propose(&self, segments: &[Rc<Segment>], queries: &[Query], limit: usize) -> Vec<Row> {
        let propose = |query: &Query| {
            best(segments, limit, |segment| segment.nearest(query.model, query.vector(), limit))
        };
        let mut rows: Vec<Row> = Vec::new();
        for row in queries.iter().flat_map(propose) {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows
    }

    /// The shards of all proposed rows, and those that are fetched only so that the host does not know
    /// which were meant.
    fn shards_of(&self, segments: &[Rc<Segment>], asked: &mut [Asked], limit: usize) -> Places {
        let mut places = Places::new();
        for (person, Asked { rows, partial, .. }) in asked.iter_mut().enumerate() {
            for &(number, row) in rows.iter() {
                match segments[number].shard_of(row) {
                    Some((shard, place)) => {
                        let entry = places.entry((number, shard.first_row));
                        entry.or_insert((shard, Vec::new())).1.push((person, place));
                    }
                    None => *partial = true,
                }
            }
        }
        let Some(secret) = self.secret.filter(|_| places.len() < CROWD) else { return places };
        for Asked { queries, rows, .. } in asked.iter() {
            let mut shards =
                rows.iter().filter_map(|&(number, row)| segments[number].shard_of(row));
            let asks = shards.any(|(shard, _)| !self.shards.has(&shard));
            if let (Some(&real), true) = (rows.first(), asks) {
                let models: Vec<usize> = queries.iter().map(|query| query.model).collect();
                for (number, row) in decoys(secret, segments, &models, real, limit) {
                    if let Some((shard, _)) = segments[number].shard_of(row) {
                        places.entry((number, shard.first_row)).or_insert((shard, Vec::new()));
                    }
                }
            }
        }
        places
    }

    /// Exact similarities of the proposed rows.
    async fn rerank(&self, asked: &mut [Asked], places: Places) {
        // What is in memory must not make room for what is fetched now.
        let _held = self.shards.hold(places.values().map(|(shard, _)| shard));
        for some in places.into_values().collect::<Vec<_>>().chunks(AT_ONCE) {
            let shards = fetch::all(some.iter().map(|(shard, _)| self.shard(*shard))).await;
            for (shard, (place_of, places)) in shards.into_iter().zip(some) {
                match shard {
                    Ok(shard) => {
                        for &(person, place) in places {
                            self.weigh(&mut asked[person], &shard, place, place_of.digest);
                        }
                    }
                    Err(_) if places.is_empty() => {}
                    Err(error) => {
                        places.iter().for_each(|&(person, _)| asked[person].partial = true);
                        self.missed.replace(Some(error));
                    }
                }
            }
        }
    }

    fn weigh(&self, asked: &mut Asked, shard: &Shard, place: usize, digest: Digest) {
        match shard.performer(place) {
            None => asked.partial = true,
            Some(performer) if self.shows(performer) => {
                let candidate = Candidate {
                    performer: performer.clone(),
                    similarity: similarity(shard, place, &asked.queries),
                    shard: Some(digest.to_string()),
                };
                // Segments come oldest first: a newer one's word stands.
                asked.candidates.insert(performer.id.clone(), candidate);
            }
            Some(_) => {}
        }
    }
}

/// The best `limit` rows of all segments by what `hits` gives for each.
pub(crate) fn best(
    segments: &[Rc<Segment>],
    limit: usize,
    hits: impl Fn(&Segment) -> Vec<Hit>,
) -> Vec<Row> {
    let of_segment = |(number, segment): (usize, &Rc<Segment>)| {
        hits(segment).into_iter().map(move |hit| (hit.similarity, (number, hit.row)))
    };
    let mut best: Vec<(f32, Row)> = segments.iter().enumerate().flat_map(of_segment).collect();
    best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    best.into_iter().take(limit).map(|(_, row)| row).collect()
}

/// How alike the query and a performer are: the best of the templates and faces, each by all models
/// together.
fn similarity(shard: &Shard, place: usize, queries: &[Query]) -> Similarity {
    let cosines = |query: &Query| -> Vec<f32> {
        shard.similarities(place, query.model, &query.unit).collect()
    };
    let cosines: Vec<Vec<f32>> = queries.iter().map(cosines).collect();
    let vectors = cosines.iter().map(Vec::len).min().unwrap_or(0);
    let mut column = Vec::with_capacity(queries.len());
    let together = (0..vectors).map(|vector| {
        column.clear();
        column.extend(cosines.iter().map(|model| model[vector]));
        fuse(queries.iter().map(|query| query.scale), &column)
    });
    Similarity(together.fold(f32::NEG_INFINITY, f32::max).clamp(-1.0, 1.0))
}

/// How a model's cosines become comparable, where its strangers are known, and what they weigh.
fn scale(model: &Model) -> Option<(Impostor, f32)> {
    model.impostor.map(|impostor| (impostor, model.weight.unwrap_or(1.0)))
}

/// One similarity for the cosines of several models: the weighted mean of how far each lies above
/// what strangers reach, in standard deviations, put back onto the first model's scale. Where a
/// model's strangers are unknown, the mean of the cosines.
fn fuse(scales: impl Iterator<Item = Option<(Impostor, f32)>>, cosines: &[f32]) -> f32 {
    let mean = || cosines.iter().sum::<f32>() / cosines.len().max(1) as f32;
    let scales: Option<Vec<(Impostor, f32)>> = scales.collect();
    match scales.as_deref() {
        Some([(first, _), _, ..]) => {
            let (mut sum, mut weights) = (0.0, 0.0);
            for ((impostor, weight), cosine) in scales.iter().flatten().zip(cosines) {
                sum += weight * (cosine - impostor.mean) / impostor.sd;
                weights += weight;
            }
            first.mean + first.sd * sum / weights
        }
        _ => mean(),
    }
}

impl Lookup for Database {
    fn find<'a>(
        &'a self,
        person: &'a [Embedding],
        limit: usize,
    ) -> LocalFuture<'a, Result<Found, LookupError>> {
        Box::pin(async move {
            let found = self.find_all(&[person], limit).await?.pop();
            Ok(found.unwrap_or_default())
        })
    }

    fn find_all<'a>(
        &'a self,
        people: &'a [&'a [Embedding]],
        limit: usize,
    ) -> LocalFuture<'a, Result<Vec<Found>, LookupError>> {
        Box::pin(async move {
            let limit = limit.min(limits::CANDIDATES);
            let segments = self.segments.borrow().clone();
            // The rest may come while shards are awaited; what was proposed without it stays rough.
            let provisional = !self.is_complete();
            let reranked = limit.max(RERANKED);
            let partial = self.lost().is_some();
            let ask = |person: &&[Embedding]| {
                let queries = self.queries(person)?;
                let rows = self.propose(&segments, &queries, reranked);
                Ok(Asked { queries, rows, candidates: BTreeMap::new(), partial })
            };
            let mut asked: Vec<Asked> = people.iter().map(ask).collect::<Result<_, _>>()?;
            let places = self.shards_of(&segments, &mut asked, reranked);
            self.rerank(&mut asked, places).await;
            let found = |Asked { candidates, partial, .. }| {
                let mut candidates: Vec<Candidate> = candidates.into_values().collect();
                // They come sorted by id, and a stable sort keeps that among equals.
                candidates.sort_by(|a, b| b.similarity.0.total_cmp(&a.similarity.0));
                candidates.truncate(limit);
                Found { candidates, partial, provisional }
            };
            Ok(asked.into_iter().map(found).collect())
        })
    }

    fn summary(&self) -> Option<DatabaseSummary> {
        let DatabaseInfo { version, counts, .. } = self.info();
        Some(DatabaseSummary { version, performers: counts.performers })
    }

    /// That of the first model the pack and the database share: fused similarities are on its scale.
    fn calibration(&self) -> Option<Calibration> {
        let model = self.pack.as_ref()?.iter().flatten().next()?;
        let curve = self.manifest.models.get(*model)?.calibration?;
        Calibration::measured(curve.slope, curve.offset, curve.margin, curve.looks)
    }
}
