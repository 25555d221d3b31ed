//! Old files at a target.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use rollcall_core::LocalFuture;
use rollcall_index::{Inventory, Latest, Release, Store, StoreError, Trust, manifest_name};

use super::{Target, There};
use crate::{Error, build::is_database_file};

/// Seconds between two moments; 0 if they are the wrong way round.
pub(super) fn age(written: SystemTime, now: SystemTime) -> u64 {
    now.duration_since(written).map_or(0, |age| age.as_secs())
}

/// Every file that a version at the target consists of; nothing if there is none. A version that is
/// not whole names what it can: it is about to be replaced.
pub(super) fn named<T: Target>(
    target: &mut T,
    latest: Option<&Latest>,
) -> Result<BTreeSet<String>, Error> {
    let Some(latest) = latest else { return Ok(BTreeSet::new()) };
    let name = manifest_name(&latest.manifest);
    let mut names: BTreeSet<String> = [name.clone()].into();
    let Ok(bytes) = target.read(&name, rollcall_index::limits::MANIFEST_BYTES) else {
        return Ok(names);
    };
    let release = Release::of(latest.clone(), bytes, &Trust::default())?;
    let store = Tables(std::cell::RefCell::new(target));
    let whole = pollster::block_on(Inventory::read(&release, &store, &mut |_, _| ()));
    let known = whole.or_else(|_| Inventory::without_shards(&release))?;
    names.extend(known.files.keys().map(ToString::to_string));
    Ok(names)
}

/// A target as a store of its files.
struct Tables<'a, T>(std::cell::RefCell<&'a mut T>);

impl<T: Target> Store for Tables<'_, T> {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        _fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        let read = self.0.borrow_mut().read(name, max_bytes);
        let read = read.map_err(|_| StoreError::Missing(name.to_owned()));
        Box::pin(std::future::ready(read))
    }
}

/// Of the files that were `there`, removes those of databases that are not to be kept and have been out of use for `after` seconds: the
/// current version has taken their place at `since`. Gives how many.
///
/// # Errors
/// When files cannot be removed.
pub(super) fn purge<T: Target>(
    target: &mut T,
    there: &BTreeMap<String, There>,
    keep: &BTreeSet<String>,
    since: Option<SystemTime>,
    after: u64,
    now: SystemTime,
) -> Result<usize, Error> {
    if since.is_none_or(|since| age(since, now) < after) {
        return Ok(0);
    }
    let old: Vec<String> = there
        .iter()
        .filter(|(name, file)| {
            is_database_file(name)
                && !keep.contains(name.as_str())
                && age(file.written, now) >= after
        })
        .map(|(name, _)| name.clone())
        .collect();
    target.remove(&old)?;
    Ok(old.len())
}
