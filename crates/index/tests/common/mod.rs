//! People made of numbers.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::{cell::RefCell, rc::Rc};

use pollster::block_on;
use rollcall_core::{
    ChannelOrder, DetectorSpec, EmbedderSpec, Embedding, LocalFuture, Pack, PackModel, Performer,
    PerformerId,
};
use rollcall_index::{
    Database, Digest, LATEST, Latest, Manifest, MemoryStore, PerformerEntry, SHARD_RECORD,
    SplitMix64, Store, StoreError, WriteOptions, manifest, manifest_name, write_database,
};

/// A host that writes down what it is asked for.
#[derive(Default)]
pub struct Recorder {
    pub files: MemoryStore,
    asked: RefCell<Vec<String>>,
}

impl Recorder {
    pub fn new(files: MemoryStore) -> Self {
        Self { files, asked: RefCell::default() }
    }

    /// The names asked for since the last time.
    pub fn asked(&self) -> Vec<String> {
        self.asked.take()
    }
}

impl Store for Recorder {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        self.asked.borrow_mut().push(name.to_owned());
        self.files.get(name, max_bytes, fresh)
    }
}

pub fn model(name: &str, sha: char) -> PackModel {
    PackModel {
        name: name.into(),
        sha256: sha.to_string().repeat(64),
        bytes: 1,
        licence: "MIT".into(),
    }
}

pub fn embedder(name: &str, sha: char, dimension: usize) -> EmbedderSpec {
    EmbedderSpec {
        model: model(name, sha),
        dimension,
        crop: Default::default(),
        channels: ChannelOrder::Rgb,
        standardise: Default::default(),
        mean: 127.5.into(),
        scale: 0.5.into(),
        weight: None,
    }
}

/// A pack with one embedder per dimension, called `m0`, `m1`, ...
pub fn pack(dimensions: &[usize]) -> Pack {
    let embedders = dimensions.iter().zip("abcdef".chars()).enumerate();
    Pack {
        name: "synthetic".into(),
        version: 1,
        detector: DetectorSpec { model: model("d", '0'), kind: "yunet".into(), sizes: vec![320] },
        embedders: embedders.map(|(i, (&d, sha))| embedder(&format!("m{i}"), sha, d)).collect(),
        calibration: None,
    }
}

/// Normal numbers by Box and Muller.
pub struct Normal(pub SplitMix64);

impl Normal {
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64(seed))
    }

    fn uniform(&mut self) -> f64 {
        (self.0.next().unwrap() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        (radius * (std::f64::consts::TAU * self.uniform()).cos()) as f32
    }

    pub fn unit(&mut self, dimension: usize) -> Vec<f32> {
        let raw = (0..dimension).map(|_| self.normal()).collect();
        Embedding::from_raw(raw).unwrap().unit().to_vec()
    }

    /// A vector whose cosine with the unit vector `to` is `cosine`.
    pub fn near(&mut self, to: &[f32], cosine: f32) -> Vec<f32> {
        let other = self.unit(to.len());
        let dot: f32 = other.iter().zip(to).map(|(a, b)| a * b).sum();
        let across = other.iter().zip(to).map(|(o, t)| o - dot * t).collect();
        let across = Embedding::from_raw(across).unwrap();
        let side = (1.0 - cosine * cosine).max(0.0).sqrt();
        to.iter().zip(across.unit()).map(|(t, a)| cosine * t + side * a).collect()
    }
}

pub fn performer(name: &str) -> Performer {
    Performer { faces: 0, ..Performer::named(PerformerId::local(name), name) }
}

/// `people` performers with `faces` faces each.
pub fn people(people: usize, faces: usize, dimensions: &[usize], seed: u64) -> Vec<PerformerEntry> {
    let mut random = Normal::new(seed);
    (0..people)
        .map(|number| {
            let looks: Vec<Vec<f32>> = dimensions.iter().map(|&d| random.unit(d)).collect();
            let face = |random: &mut Normal| {
                let raw = |look: &Vec<f32>| random.near(look, 0.8);
                looks.iter().map(raw).map(|raw| Embedding::from_raw(raw).unwrap()).collect()
            };
            let faces = (0..faces).map(|_| face(&mut random)).collect();
            PerformerEntry { performer: performer(&format!("Person {number}")), faces }
        })
        .collect()
}

pub fn options(dimensions: &[usize]) -> WriteOptions {
    WriteOptions::new("2026.11.1", 1_793_000_000, &pack(dimensions)).unwrap()
}

pub fn write(entries: Vec<PerformerEntry>, dimensions: &[usize]) -> MemoryStore {
    let mut store = MemoryStore::default();
    write_database(entries, &options(dimensions), &mut store).unwrap();
    store
}

pub fn copy(store: &MemoryStore) -> MemoryStore {
    let other = MemoryStore::default();
    store.names().iter().for_each(|name| other.insert(name, file(store, name)));
    other
}

pub fn open(store: impl Store + 'static, dimensions: &[usize]) -> Database {
    let database = block_on(Database::open(Rc::new(store))).unwrap();
    database.for_pack(&pack(dimensions)).unwrap()
}

/// Puts a file in under its hash.
pub fn put(store: &MemoryStore, bytes: Vec<u8>) -> Digest {
    let digest = Digest::of(&bytes);
    store.insert(&digest.to_string(), bytes);
    digest
}

pub fn file(store: &MemoryStore, name: &str) -> Vec<u8> {
    block_on(store.get(name, 1 << 30, false)).unwrap()
}

/// Makes `bytes` the current manifest.
pub fn publish(store: &MemoryStore, bytes: Vec<u8>) {
    let digest = Digest::of(&bytes);
    store.insert(&manifest_name(&digest), bytes);
    let latest = Latest { version: "2026.11.1".parse().unwrap(), manifest: digest };
    store.insert(LATEST, latest.to_bytes());
}

/// Changes the manifest, as a host could.
pub fn forge(store: &MemoryStore, change: impl FnOnce(&mut Manifest)) {
    let mut manifest = block_on(manifest(store)).unwrap();
    change(&mut manifest);
    publish(store, manifest.to_bytes(None).unwrap());
}

/// The names of the first segment's shards.
pub fn shards(store: &MemoryStore) -> Vec<Digest> {
    let manifest = block_on(manifest(store)).unwrap();
    let table = file(store, &manifest.segments[0].shards.files[0].to_string());
    table.chunks(SHARD_RECORD).map(|record| Digest(record[..32].try_into().unwrap())).collect()
}

/// Puts other bytes in a shard's place, with a hash that is right.
pub fn forge_shard(store: &MemoryStore, number: usize, bytes: Vec<u8>) {
    let chunk = block_on(manifest(store)).unwrap().segments[0].shards.files[0];
    let mut table = file(store, &chunk.to_string());
    let record = &mut table[number * SHARD_RECORD..(number + 1) * SHARD_RECORD];
    record[36..].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
    record[..32].copy_from_slice(&put(store, bytes).0);
    let table = put(store, table);
    forge(store, |manifest| manifest.segments[0].shards.files[0] = table);
}
