//! The shards that were asked for lately.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    rc::Rc,
};

use rollcall_core::Performer;

use crate::{Digest, IndexError, Manifest, Store, fetch, limits, segment::ShardRef, shard::Shard};

/// Bytes of shards that are kept in memory: a hundred shards of the target size.
const KEPT_BYTES: usize = 100 * limits::SHARD_TARGET_BYTES;

/// Fetches shards and keeps the latest in memory.
pub(crate) struct Shards {
    dimensions: Vec<usize>,
    kept: RefCell<Kept>,
}

#[derive(Default)]
struct Kept {
    shards: HashMap<Digest, Rc<Shard>>,
    order: VecDeque<Digest>,
    bytes: usize,
}

impl Shards {
    pub(crate) fn new(manifest: &Manifest) -> Self {
        let dimensions = manifest.models.iter().map(|model| model.dimension).collect();
        Self { dimensions, kept: RefCell::default() }
    }

    /// A shard, from memory or the store. One with somebody `removed` is not kept by the store.
    pub(crate) async fn get(
        &self,
        store: &dyn Store,
        shard: ShardRef,
        removed: impl Fn(&Performer) -> bool,
    ) -> Result<Rc<Shard>, IndexError> {
        if let Some(shard) = self.kept.borrow().shards.get(&shard.digest) {
            return Ok(shard.clone());
        }
        let parsed = Rc::new(fetch_shard(store, shard, &self.dimensions).await?);
        // Rows of people who are removed for good do not stay on this machine.
        if parsed.performers().any(removed) {
            store.forget(&shard.digest.to_string()).await;
        }
        self.kept.borrow_mut().keep(shard.digest, parsed.clone());
        Ok(parsed)
    }

    pub(crate) fn parse(&self, name: &str, bytes: Vec<u8>) -> Result<Shard, IndexError> {
        Shard::parse(name, bytes, &self.dimensions)
    }

    /// Whether a shard is in memory.
    pub(crate) fn has(&self, shard: &ShardRef) -> bool {
        self.kept.borrow().shards.contains_key(&shard.digest)
    }
}

/// A shard from the store.
pub(crate) async fn fetch_shard(
    store: &dyn Store,
    shard: ShardRef,
    dimensions: &[usize],
) -> Result<Shard, IndexError> {
    let name = shard.digest.to_string();
    let bytes = fetch::verified(store, &name, &shard.digest, shard.bytes as usize).await?;
    Shard::parse(&name, bytes, dimensions)
}

impl Kept {
    fn keep(&mut self, digest: Digest, shard: Rc<Shard>) {
        self.bytes += shard.bytes();
        match self.shards.insert(digest, shard) {
            Some(old) => self.bytes -= old.bytes(),
            None => self.order.push_back(digest),
        }
        while self.bytes > KEPT_BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= self.shards.remove(&oldest).map_or(0, |old| old.bytes());
        }
    }
}
