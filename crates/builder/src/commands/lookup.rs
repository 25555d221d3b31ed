//! `rollcall lookup`

use rollcall_builder::{Error, lookup::lookup};

use super::{Done, print, print_json};
use crate::cli::Lookup;

pub(super) fn run(command: &Lookup) -> Result<Done, Error> {
    let Some(found) = lookup(&command.db, &command.id)? else {
        return Err(Error::Usage(format!(
            "nobody in {} has this id; look for it at another endpoint, or update the database",
            command.db.display()
        )));
    };
    if command.json {
        print_json(&found)?;
        return Ok(Done::All);
    }
    let tells_apart = found.performer.disambiguation.iter().map(|d| format!(" ({d})"));
    print(&format!("{}{}", found.performer.name, tells_apart.collect::<String>()))?;
    found.ids.iter().try_for_each(|id| print(&id.to_string()))?;
    let merged = &found.performer.merged_ids;
    merged.iter().try_for_each(|id| print(&format!("{id} (merged into the above)")))?;
    Ok(Done::All)
}
