//! Saving what can be read of a damaged file.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params_from_iter, types::Value};

use super::FactFile;
use crate::Error;

/// Gives a file another name, under which nobody looks for it; never deletes it.
pub(super) fn move_aside(path: &Path) -> Result<PathBuf, Error> {
    let name = |number: u32, ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{number}{ending}"));
        PathBuf::from(name)
    };
    let free = (1..).find(|&number| !name(number, "").exists()).unwrap_or(u32::MAX);
    for ending in ["", "-wal", "-shm"] {
        let mut from = path.as_os_str().to_owned();
        from.push(ending);
        let from = PathBuf::from(from);
        if from.exists() {
            std::fs::rename(&from, name(free, ending)).map_err(Error::write(&from))?;
        }
    }
    Ok(name(free, ""))
}

/// Copies every row that can be read, and says how many. A picture or performer lost here is
/// fetched or looked at again.
pub(super) fn save(damaged: &Path, into: &FactFile, tables: &[&str]) -> Result<usize, Error> {
    let Ok(old) = Connection::open_with_flags(damaged, OpenFlags::SQLITE_OPEN_READ_WRITE) else {
        return Ok(0);
    };
    let mut saved = 0;
    for table in tables {
        // Both ends of a table, for reading ends where the damage begins.
        for order in ["ASC", "DESC"] {
            saved += into.transaction(|t| copy_table(&old, t, table, order))?;
        }
    }
    Ok(saved)
}

/// Copies rows until one cannot be read. An error is one of writing.
fn copy_table(
    old: &Connection,
    new: &Connection,
    table: &str,
    order: &str,
) -> rusqlite::Result<usize> {
    let Ok(mut select) = old.prepare(&format!("SELECT * FROM {table} ORDER BY rowid {order}"))
    else {
        return Ok(0);
    };
    let columns = select.column_count();
    let names = select.column_names().collect::<Vec<_>>().join(", ");
    let holes = vec!["?"; columns].join(", ");
    let Ok(mut insert) =
        new.prepare(&format!("INSERT OR IGNORE INTO {table} ({names}) VALUES ({holes})"))
    else {
        return Ok(0);
    };
    let mut saved = 0;
    let Ok(mut rows) = select.query([]) else { return Ok(0) };
    while let Ok(Some(row)) = rows.next() {
        let values: rusqlite::Result<Vec<Value>> = (0..columns).map(|i| row.get(i)).collect();
        let Ok(values) = values else { break };
        match insert.execute(params_from_iter(values)) {
            Ok(rows) => saved += rows,
            // It refers to a row that is lost.
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(saved)
}
