//! The shards that were used lately.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use rollcall_core::Performer;

use crate::{Digest, IndexError, Manifest, Store, fetch, limits, segment::ShardRef, shard::Shard};

/// Bytes of shards that are kept in memory: a hundred shards of the target size.
const KEPT_BYTES: usize = 100 * limits::SHARD_TARGET_BYTES;

/// Fetches shards and keeps those used last in memory.
pub(crate) struct Shards {
    dimensions: Vec<usize>,
    kept: RefCell<Kept>,
}

/// Shards in memory, each with the number of its last use.
struct Kept {
    shards: HashMap<Digest, (Rc<Shard>, u64)>,
    uses: u64,
    bytes: usize,
    most: usize,
}

impl Shards {
    pub(crate) fn new(manifest: &Manifest) -> Self {
        let dimensions = manifest.models.iter().map(|model| model.dimension).collect();
        Self { dimensions, kept: RefCell::new(Kept::new(KEPT_BYTES)) }
    }

    /// A shard, from memory or the store. One with somebody `removed` is not kept by the store.
    pub(crate) async fn get(
        &self,
        store: &dyn Store,
        shard: ShardRef,
        removed: impl Fn(&Performer) -> bool,
    ) -> Result<Rc<Shard>, IndexError> {
        if let Some(shard) = self.kept.borrow_mut().get(&shard.digest) {
            return Ok(shard);
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

    /// Those of `shards` that are in memory, where they stay as long as somebody has them.
    pub(crate) fn hold<'a>(&self, shards: impl Iterator<Item = &'a ShardRef>) -> Vec<Rc<Shard>> {
        let mut kept = self.kept.borrow_mut();
        shards.filter_map(|shard| kept.get(&shard.digest)).collect()
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
    fn new(most: usize) -> Self {
        Self { shards: HashMap::new(), uses: 0, bytes: 0, most }
    }

    fn get(&mut self, digest: &Digest) -> Option<Rc<Shard>> {
        self.uses += 1;
        let (shard, used) = self.shards.get_mut(digest)?;
        *used = self.uses;
        Some(shard.clone())
    }

    fn keep(&mut self, digest: Digest, shard: Rc<Shard>) {
        self.uses += 1;
        self.bytes += shard.bytes();
        if let Some((old, _)) = self.shards.insert(digest, (shard, self.uses)) {
            self.bytes -= old.bytes();
        }
        while self.bytes > self.most
            && let Some(oldest) = self.oldest()
        {
            self.bytes -= self.shards.remove(&oldest).map_or(0, |(old, _)| old.bytes());
        }
    }

    /// The one that nobody has used for the longest time, of those that no search has in its hands.
    fn oldest(&self) -> Option<Digest> {
        let idle = self.shards.iter().filter(|(_, (shard, _))| Rc::strong_count(shard) == 1);
        idle.min_by_key(|(_, (_, used))| *used).map(|(digest, _)| *digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::encode;

    fn shard() -> Rc<Shard> {
        Rc::new(Shard::parse("", encode(&[4], &[]).unwrap(), &[4]).unwrap())
    }

    #[test]
    fn what_is_used_or_held_stays() {
        let [a, b, c, d, e] = [b"a", b"b", b"c", b"d", b"e"].map(|name| Digest::of(name));
        let mut kept = Kept::new(2 * shard().bytes());
        kept.keep(a, shard());
        kept.keep(b, shard());
        let held = kept.get(&a);
        kept.keep(c, shard());
        assert!(kept.get(&b).is_none() && kept.get(&c).is_some(), "b was not used since");
        kept.keep(d, shard());
        assert!(kept.get(&c).is_none() && kept.shards.contains_key(&a), "a is held, though older");
        drop(held);
        kept.keep(e, shard());
        assert!(kept.get(&a).is_none() && kept.get(&d).is_some() && kept.get(&e).is_some());
        assert_eq!(kept.bytes, 2 * shard().bytes());
        kept.keep(e, shard());
        assert_eq!(kept.bytes, 2 * shard().bytes(), "it is there once");
    }
}
