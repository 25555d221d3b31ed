//! Finding a performer by id: sorted records, fetched only when somebody asks.

use rollcall_core::PerformerId;

use crate::IndexError;

/// Bytes of a record: endpoint (u16), row (u32), UUID (16 bytes); little endian, sorted by endpoint,
/// UUID (as bytes), row.
pub const ID_RECORD: usize = 22;

/// One id of the performer in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IdRecord {
    pub(crate) endpoint: u16,
    pub(crate) uuid: [u8; 16],
    pub(crate) row: u32,
}

impl IdRecord {
    pub(crate) fn to_bytes(self) -> [u8; ID_RECORD] {
        let mut bytes = [0; ID_RECORD];
        bytes[..2].copy_from_slice(&self.endpoint.to_le_bytes());
        bytes[2..6].copy_from_slice(&self.row.to_le_bytes());
        bytes[6..].copy_from_slice(&self.uuid);
        bytes
    }

    fn from_bytes(bytes: &[u8; ID_RECORD]) -> Self {
        let [e0, e1, r0, r1, r2, r3, uuid @ ..] = *bytes;
        Self {
            endpoint: u16::from_le_bytes([e0, e1]),
            uuid,
            row: u32::from_le_bytes([r0, r1, r2, r3]),
        }
    }
}

/// The id index of one segment.
pub(crate) struct Ids {
    endpoints: Vec<String>,
    records: Vec<u8>,
}

impl Ids {
    /// Takes the records' bytes; they must be sorted and speak of known rows and endpoints.
    pub(crate) fn parse(
        file: &str,
        endpoints: &[String],
        rows: u32,
        records: Vec<u8>,
    ) -> Result<Self, IndexError> {
        let ids = Self { endpoints: endpoints.to_vec(), records };
        let known = |id: &IdRecord| usize::from(id.endpoint) < endpoints.len() && id.row < rows;
        let fine = ids.records.len().is_multiple_of(ID_RECORD)
            && ids.all().iter().all(|bytes| known(&IdRecord::from_bytes(bytes)))
            && ids.all().is_sorted_by_key(IdRecord::from_bytes);
        if fine { Ok(ids) } else { Err(IndexError::damaged(file, "ids out of order or range")) }
    }

    fn all(&self) -> &[[u8; ID_RECORD]] {
        self.records.as_chunks().0
    }

    /// The rows of the performers who have `id`: themselves first among equals.
    pub(crate) fn rows_of(&self, id: &PerformerId) -> Vec<u32> {
        let Some(endpoint) = self.endpoints.iter().position(|e| e == id.endpoint()) else {
            return Vec::new();
        };
        let key = (endpoint as u16, id.uuid().into_bytes());
        let at = self.all().partition_point(|bytes| {
            let record = IdRecord::from_bytes(bytes);
            (record.endpoint, record.uuid) < key
        });
        let records = self.all()[at..].iter().map(IdRecord::from_bytes);
        records.take_while(|r| (r.endpoint, r.uuid) == key).map(|r| r.row).collect()
    }
}
