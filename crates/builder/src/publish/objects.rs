//! Object storage: S3 and its like, Google Cloud Storage, Azure.

use std::{collections::BTreeMap, future::Future, sync::Arc, time::SystemTime};

use object_store::{
    Attribute, Attributes, Error as StoreError, ObjectStore, ObjectStoreExt as _, PutMode,
    PutOptions, UpdateVersion, path::Path,
};
use reqwest::Url;
use rollcall_index::LATEST;
use tokio::{runtime::Runtime, task::JoinSet};

use super::{Current, LATEST_BYTES, Target, There, latest_of};
use crate::Error;

/// How many files are sent at the same time.
const PARALLEL: usize = 8;

/// A place in a bucket.
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Where it is, without anything secret.
    name: String,
    runtime: Runtime,
}

impl Objects {
    /// The place that an address such as `s3://bucket/folder`, `gs://` or `az://` names. Everything
    /// else (keys, region, endpoint) comes from `settings`, in the words of the store's own programs:
    /// `AWS_ACCESS_KEY_ID` and so on.
    ///
    /// # Errors
    /// When the address is none, or the settings do not do.
    pub fn open(
        address: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Error> {
        let wrong = |what: String| {
            Error::Usage(format!(
                "{what}; write it as s3://bucket/folder, gs://bucket/folder, az://container/folder, or a folder"
            ))
        };
        let url = Url::parse(address).map_err(|e| wrong(format!("this is no address: {e}")))?;
        if !matches!(url.scheme(), "s3" | "s3a" | "gs" | "az" | "azure" | "abfs" | "abfss") {
            return Err(wrong(format!("nothing can be published to {}:", url.scheme())));
        }
        // One way to do TLS in the whole program. That it is chosen already is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let name = format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or(""), url.path());
        let (store, prefix) =
            object_store::parse_url_opts(&url, settings).map_err(|error| failed(&name, &error))?;
        Self::with(store.into(), prefix, name)
    }

    /// A place in a store.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn with(store: Arc<dyn ObjectStore>, prefix: Path, name: String) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime
            .map_err(|error| Error::Publish { to: name.clone(), reason: error.to_string() })?;
        Ok(Self { store, prefix, name, runtime })
    }

    fn path(&self, name: &str) -> Path {
        self.prefix.clone().join(name)
    }

    fn wait<T>(&self, work: impl Future<Output = object_store::Result<T>>) -> Result<T, Error> {
        self.runtime.block_on(work).map_err(|error| failed(&self.name, &error))
    }
}

/// An error without what may be secret in it: addresses may be signed.
fn failed(to: &str, error: &StoreError) -> Error {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    let words = text.split_whitespace().map(|word| match word.split_once('?') {
        Some((address, _)) if address.contains("://") => address,
        _ => word,
    });
    let reason: String = words.collect::<Vec<_>>().join(" ").chars().take(500).collect();
    Error::Publish { to: to.to_owned(), reason }
}

/// How a file is to be kept by whoever fetches it.
fn options(name: &str, mode: PutMode) -> PutOptions {
    let (kind, cache) = match name {
        LATEST => ("application/json", "no-cache"),
        _ => ("application/octet-stream", "public, max-age=31536000, immutable"),
    };
    let attributes =
        Attributes::from_iter([(Attribute::ContentType, kind), (Attribute::CacheControl, cache)]);
    PutOptions { mode, attributes, ..PutOptions::default() }
}

impl Target for Objects {
    type Stamp = UpdateVersion;

    fn current(&mut self) -> Result<Option<Current<UpdateVersion>>, Error> {
        let path = self.path(LATEST);
        let get = async {
            let found = self.store.get(&path).await?;
            let (meta, long) = (found.meta.clone(), found.meta.size > LATEST_BYTES as u64);
            Ok((meta, if long { None } else { Some(found.bytes().await?) }))
        };
        let (meta, bytes) = match self.runtime.block_on(get) {
            Err(StoreError::NotFound { .. }) => return Ok(None),
            other => other.map_err(|error| failed(&self.name, &error))?,
        };
        let latest = latest_of(&bytes.unwrap_or_default())?;
        let stamp = UpdateVersion { e_tag: meta.e_tag, version: meta.version };
        Ok(Some(Current { latest, written: meta.last_modified.into(), stamp }))
    }

    fn list(&mut self) -> Result<BTreeMap<String, There>, Error> {
        let listed = self.wait(self.store.list_with_delimiter(Some(&self.prefix)))?;
        let file = |meta: object_store::ObjectMeta| {
            let written: SystemTime = meta.last_modified.into();
            let name = meta.location.filename()?.to_owned();
            Some((name, There { bytes: meta.size, written }))
        };
        Ok(listed.objects.into_iter().filter_map(file).collect())
    }

    fn put(&mut self, files: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let send = async {
            let mut sending = JoinSet::new();
            for (name, bytes) in files {
                if sending.len() >= PARALLEL
                    && let Some(Ok(sent)) = sending.join_next().await
                {
                    sent?;
                }
                let (store, path) = (self.store.clone(), self.path(&name));
                // What is there under a hash is the same, or was never finished.
                let options = options(&name, PutMode::Overwrite);
                sending.spawn(async move {
                    store.put_opts(&path, bytes.into(), options).await.map(|_| ())
                });
            }
            sending.join_all().await.into_iter().collect::<object_store::Result<()>>()
        };
        self.wait(send)
    }

    fn commit(&mut self, latest: &[u8], before: Option<UpdateVersion>) -> Result<(), Error> {
        let mode = before.map_or(PutMode::Create, PutMode::Update);
        let path = self.path(LATEST);
        let put = self.store.put_opts(&path, latest.to_vec().into(), options(LATEST, mode));
        match self.runtime.block_on(put) {
            Err(StoreError::Precondition { .. } | StoreError::AlreadyExists { .. }) => {
                Err(Error::Overtaken(self.name.clone()))
            }
            other => other.map(|_| ()).map_err(|error| failed(&self.name, &error)),
        }
    }

    fn remove(&mut self, names: &[String]) -> Result<(), Error> {
        names.iter().try_for_each(|name| {
            match self.runtime.block_on(self.store.delete(&self.path(name))) {
                Err(StoreError::NotFound { .. }) => Ok(()),
                other => other.map_err(|error| failed(&self.name, &error)),
            }
        })
    }

    fn read(&mut self, name: &str, max_bytes: usize) -> Result<Vec<u8>, Error> {
        let path = self.path(name);
        let read = async {
            let found = self.store.get(&path).await?;
            if found.meta.size > max_bytes as u64 {
                Ok(None)
            } else {
                found.bytes().await.map(Some)
            }
        };
        let bytes = self.wait(read)?;
        let limit = max_bytes as u64;
        bytes.map(Into::into).ok_or_else(|| Error::TooLarge { path: name.into(), limit })
    }
}
