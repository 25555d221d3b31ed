//! `rollcall info`

use rollcall_builder::Error;
use rollcall_index::{DatabaseInfo, DirectoryStore, manifest};

use super::{Done, print, print_json};
use crate::cli::Info;

pub(super) fn run(command: &Info) -> Result<Done, Error> {
    let store = DirectoryStore::new(&command.db);
    let manifest =
        pollster::block_on(manifest(&store)).map_err(|e| Error::Database(e.to_string()))?;
    let info = DatabaseInfo::from(&manifest);
    if command.json {
        print_json(&info)?;
        return Ok(Done::All);
    }
    let created =
        i64::try_from(info.created).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    print(&format!("version     {}", info.version))?;
    print(&format!("created     {}", created.map_or_else(String::new, |t| t.to_string())))?;
    print(&format!("performers  {}", info.counts.performers))?;
    if info.distractors > 0 {
        let made_up = info.distractors;
        print(&format!("made up     {made_up} of them: distractors for measuring, nobody"))?;
    }
    print(&format!("faces       {}", info.counts.faces))?;
    print(&format!("bytes       {} in {} shards", info.counts.bytes, info.counts.shards))?;
    print(&format!("signed by   {}", info.signer.as_deref().unwrap_or("nobody")))?;
    for model in &info.models {
        print(&format!("model       {}, {} dimensions", model.name, model.dimension))?;
    }
    for (source, stats) in &info.sources {
        print(&format!("source      {source}: {} performers", stats.performers))?;
    }
    Ok(Done::All)
}
