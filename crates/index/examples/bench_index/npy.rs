//! Arrays for numpy: the format's version 1, rows after each other, little endian.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
};

use crate::Result;

/// Writes a matrix row by row.
pub(crate) struct Writer(BufWriter<File>);

impl Writer {
    pub(crate) fn floats(path: &Path, rows: usize, columns: usize) -> Result<Self> {
        Self::new(path, "<f4", rows, columns)
    }

    pub(crate) fn numbers(path: &Path, rows: usize, columns: usize) -> Result<Self> {
        Self::new(path, "<u4", rows, columns)
    }

    fn new(path: &Path, kind: &str, rows: usize, columns: usize) -> Result<Self> {
        let mut header = format!(
            "{{'descr': '{kind}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}"
        );
        // Magic, version and length take ten bytes; the whole is a multiple of 64.
        while (header.len() + 11) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(b"\x93NUMPY\x01\x00")?;
        file.write_all(&u16::try_from(header.len())?.to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        Ok(Self(file))
    }

    pub(crate) fn row(&mut self, row: &[f32]) -> Result<()> {
        row.iter().try_for_each(|x| self.0.write_all(&x.to_le_bytes()))?;
        Ok(())
    }

    pub(crate) fn number_row(&mut self, row: &[u32]) -> Result<()> {
        row.iter().try_for_each(|x| self.0.write_all(&x.to_le_bytes()))?;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        Ok(self.0.flush()?)
    }
}

/// The rows of a matrix of 32-bit values, each value's bytes in an array.
fn read(path: &Path, kind: &str) -> Result<Vec<Vec<[u8; 4]>>> {
    let bytes = fs::read(path)?;
    let wrong = || format!("{} is no matrix of {kind}", path.display());
    let length = bytes.get(8..10).ok_or_else(wrong)?;
    let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
    let (header, body) = bytes[10..].split_at_checked(length).ok_or_else(wrong)?;
    let header = std::str::from_utf8(header)?;
    let shape = header.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')'));
    let columns = shape.and_then(|(shape, _)| shape.split_once(',')?.1.trim().parse().ok());
    let columns: usize = columns.filter(|columns| *columns > 0).ok_or_else(wrong)?;
    if !header.contains(kind) || header.contains("True") {
        return Err(wrong().into());
    }
    Ok(body.as_chunks::<4>().0.chunks_exact(columns).map(<[_]>::to_vec).collect())
}

pub(crate) fn read_floats(path: &Path) -> Result<Vec<Vec<f32>>> {
    let rows = read(path, "<f4")?;
    Ok(rows.into_iter().map(|row| row.into_iter().map(f32::from_le_bytes).collect()).collect())
}

pub(crate) fn read_numbers(path: &Path) -> Result<Vec<Vec<u32>>> {
    let rows = read(path, "<u4")?;
    Ok(rows.into_iter().map(|row| row.into_iter().map(u32::from_le_bytes).collect()).collect())
}
