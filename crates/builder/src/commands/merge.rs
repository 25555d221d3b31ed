//! `rollcall merge`

use rollcall_builder::{Cache, Error, terminal::Terminal};

use super::{
    Done,
    build::Imprint,
    upstreams::{existing, links, read_without_keys, write},
};
use crate::cli::Merge;

pub(super) fn run(command: &Merge, cache: &Cache, terminal: Terminal) -> Result<Done, Error> {
    let config = read_without_keys(&command.config)?;
    let imprint = Imprint::of(&command.imprint, config.output.version.clone())?;
    let states = command.states.iter().map(|folder| existing(folder));
    let states = states.collect::<Result<Vec<_>, Error>>()?;
    let setup = command.recognition.open(cache)?;
    let link = links(command.links.as_deref(), &config, &setup)?;
    write(&imprint.output(command.out.clone(), link), &states, &setup, command.json, terminal)
}
