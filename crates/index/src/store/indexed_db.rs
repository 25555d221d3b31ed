//! Files kept by the browser.

use idb::{Database, ObjectStore, Query, Transaction, TransactionMode};
use js_sys::Uint8Array;
use rollcall_core::LocalFuture;
use wasm_bindgen::{JsCast, JsValue};

use super::{Cache, Change, Store, StoreError};

/// The one object store: names to `Uint8Array`s.
const FILES: &str = "files";

/// An IndexedDB of the page's origin. Several tabs may have it open: its files' names say what is in
/// them, so whoever writes last writes the same.
#[derive(Debug)]
pub struct IndexedDbStore {
    database: Database,
}

impl IndexedDbStore {
    /// Opens the IndexedDB called `name`, or makes it.
    ///
    /// # Errors
    /// When the browser has none for this page: a private window, or storage is forbidden.
    pub async fn open(name: &str) -> Result<Self, StoreError> {
        let store = ObjectStore::builder(FILES);
        let database = Database::builder(name).version(1).add_object_store(store).build().await;
        let database = database.map_err(|error| StoreError::unreachable(name, &error))?;
        Ok(Self { database })
    }

    fn files(&self, mode: TransactionMode) -> Result<(Transaction, ObjectStore), idb::Error> {
        let transaction = self.database.transaction(&[FILES], mode)?;
        let files = transaction.object_store(FILES)?;
        Ok((transaction, files))
    }

    async fn read(&self, name: &str) -> Result<Option<JsValue>, idb::Error> {
        let (_transaction, files) = self.files(TransactionMode::ReadOnly)?;
        files.get(Query::Key(name.into()))?.await
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), idb::Error> {
        let (transaction, files) = self.files(TransactionMode::ReadWrite)?;
        files.put(&Uint8Array::from(bytes), Some(&name.into()))?.await?;
        // Only a transaction that ends has found room on the disk.
        transaction.await?;
        Ok(())
    }

    async fn exchange(&self, name: &str, change: Change<'_>) -> Result<(), idb::Error> {
        let (transaction, files) = self.files(TransactionMode::ReadWrite)?;
        // Other tabs wait until the transaction ends, which it does when nothing more is asked of it.
        let old = files.get(Query::Key(name.into()))?.await?;
        let old = old.and_then(|value| value.dyn_into::<Uint8Array>().ok());
        let new = change(old.map(|bytes| bytes.to_vec()).as_deref());
        files.put(&Uint8Array::from(new.as_slice()), Some(&name.into()))?.await?;
        transaction.await?;
        Ok(())
    }

    async fn delete(&self, name: &str) -> Result<(), idb::Error> {
        let (transaction, files) = self.files(TransactionMode::ReadWrite)?;
        files.delete(Query::Key(name.into()))?.await?;
        transaction.await?;
        Ok(())
    }

    async fn names(&self) -> Result<Vec<String>, idb::Error> {
        let (_transaction, files) = self.files(TransactionMode::ReadOnly)?;
        let keys = files.get_all_keys(None, None)?.await?;
        Ok(keys.iter().filter_map(JsValue::as_string).collect())
    }
}

impl Store for IndexedDbStore {
    fn get<'a>(
        &'a self,
        name: &'a str,
        max_bytes: usize,
        _fresh: bool,
    ) -> LocalFuture<'a, Result<Vec<u8>, StoreError>> {
        Box::pin(async move {
            let value =
                self.read(name).await.map_err(|error| StoreError::unreachable(name, &error))?;
            let bytes = value.and_then(|value| value.dyn_into::<Uint8Array>().ok());
            match bytes {
                None => Err(StoreError::Missing(name.to_owned())),
                Some(bytes) if bytes.length() as usize > max_bytes => {
                    Err(StoreError::TooLong { name: name.to_owned(), max_bytes })
                }
                Some(bytes) => Ok(bytes.to_vec()),
            }
        })
    }

    fn kept<'a>(&'a self) -> LocalFuture<'a, Vec<String>> {
        Box::pin(async move { self.names().await.unwrap_or_default() })
    }

    fn forget<'a>(&'a self, name: &'a str) -> LocalFuture<'a, ()> {
        Box::pin(async move {
            // What cannot be deleted now is found again at the next visit.
            let _ = self.delete(name).await;
        })
    }
}

impl Cache for IndexedDbStore {
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> LocalFuture<'a, ()> {
        Box::pin(async move {
            // No room, or not allowed: then the file is fetched again next time.
            let _ = self.write(name, bytes).await;
        })
    }

    fn change<'a>(&'a self, name: &'a str, change: Change<'a>) -> LocalFuture<'a, ()> {
        Box::pin(async move {
            let _ = self.exchange(name, change).await;
        })
    }
}
