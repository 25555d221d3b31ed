//! From what states know to a database.

use std::path::PathBuf;

use rollcall_index::{DatabaseWriter, IndexError, Manifest, SigningKey, WriteOptions};

use super::with_people;
use crate::{
    Error,
    build::{BuildReport, publish},
    files,
    link::{LinkOptions, link},
    release::links_path,
    setup::Setup,
    state::State,
};

/// Where a database goes, and what it says of itself.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its folder; what an earlier build left in it is replaced.
    pub out: PathBuf,
    /// Its version.
    pub version: String,
    /// Its time of birth, in seconds since 1970.
    pub created: u64,
    /// Who vouches for it.
    pub key: Option<SigningKey>,
    /// `YYYY-MM-DD`, its day: who is not of age on it is left out.
    pub today: String,
    /// How performers of several upstreams are brought together.
    pub link: LinkOptions,
}

/// Writes the database of everybody the states know, one entry a person, and beside it what became of
/// everybody and who was linked. The same people give the same bytes, in however many states they are.
///
/// # Errors
/// When nobody has a usable face, a state cannot be read or the folder cannot be written.
pub fn index(
    output: &Output,
    states: &[State],
    setup: &Setup,
) -> Result<(Manifest, BuildReport), Error> {
    let database = |error: IndexError| Error::Database(error.to_string());
    let mut write =
        WriteOptions::new(&output.version, output.created, setup.pack()).map_err(database)?;
    write.key.clone_from(&output.key);
    let ((writer, links, problems), people) =
        with_people(&output.today, states, setup, |people| {
            let mut writer = DatabaseWriter::new(write);
            let linked = link(people, &output.link)?;
            let problems = linked.fill(&mut writer, people)?;
            Ok((writer, linked.report, problems))
        })?;
    if writer.is_empty() {
        return Err(Error::Usage(format!(
            "nobody of {} performers has a usable face yet, so there is no database to write; see the summary for what became of their pictures",
            people.performers
        )));
    }
    let report = BuildReport {
        performers: writer.len(),
        faces: usize::try_from(people.faces).unwrap_or(usize::MAX),
        problems,
        people: Some(people),
        ..BuildReport::default()
    };
    let manifest = publish(&output.out, writer, &[])?;
    files::write_json(&BuildReport::path(&output.out), &report)?;
    files::write_json(&links_path(&output.out), &links)?;
    Ok((manifest, report))
}
