//! Files that are believed only with the right hash.

use futures_util::{StreamExt as _, stream};

use crate::{Digest, IndexError, Store, limits, manifest::Chunked};

/// Files asked for at the same time.
const PARALLEL: usize = 6;

/// The file called `name`, if its SHA-256 is `digest`. Anything else is fetched once more, past
/// every cache.
pub(crate) async fn verified(
    store: &dyn Store,
    name: &str,
    digest: &Digest,
    max_bytes: usize,
) -> Result<Vec<u8>, IndexError> {
    let mut why = IndexError::WrongHash(name.to_owned());
    for fresh in [false, true] {
        match store.get(name, max_bytes, fresh).await {
            Ok(bytes) if Digest::of(&bytes) == *digest => return Ok(bytes),
            Ok(_) => why = IndexError::WrongHash(name.to_owned()),
            Err(error) => why = error.into(),
        }
    }
    Err(why)
}

/// Runs futures a few at a time and gives their results in order.
pub(crate) async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    stream::iter(futures).buffered(PARALLEL).collect().await
}

/// The chunks of a run of records of `record` bytes, each with its right length or the reason why
/// it is missing.
pub(crate) async fn chunks(
    store: &dyn Store,
    run: &Chunked,
    record: usize,
) -> Vec<Result<Vec<u8>, IndexError>> {
    let file_bytes = Chunked::file_bytes(record);
    all(run.files.iter().enumerate().map(async |(i, digest)| {
        let length = (run.bytes as usize).saturating_sub(i * file_bytes).min(file_bytes);
        let name = digest.to_string();
        let bytes = verified(store, &name, digest, limits::CHUNK_BYTES).await?;
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(IndexError::damaged(&name, "a chunk of the wrong length"))
        }
    }))
    .await
}

/// All records of a run, of `record` bytes each.
pub(crate) async fn records(
    store: &dyn Store,
    run: &Chunked,
    record: usize,
) -> Result<Vec<u8>, IndexError> {
    let mut records = Vec::new();
    for chunk in chunks(store, run, record).await {
        records.extend(chunk?);
    }
    Ok(records)
}
