//! `rollcall package`

use rollcall_builder::{
    Error,
    package::{CHECKSUMS, package},
    terminal::Terminal,
};

use super::{Done, print, print_json};
use crate::cli::Package;

pub(super) fn run(command: &Package, terminal: Terminal) -> Result<Done, Error> {
    let bar = terminal.spinner().with_message("checking and packing");
    let limit = command.part_size.map(|size| size.as_u64());
    let package = package(&command.db, &command.out, limit, &mut |bytes| bar.inc(bytes))?;
    bar.finish_and_clear();
    if command.json {
        print_json(&package)?;
    } else {
        for part in &package.parts {
            print(&command.out.join(&part.name).display().to_string())?;
        }
        print(&command.out.join(CHECKSUMS).display().to_string())?;
    }
    Ok(Done::All)
}
