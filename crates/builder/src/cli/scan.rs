//! Arguments of `rollcall scan`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::Recognition;

#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// The address of your Stash, such as http://localhost:9999. If it asks for a login, put its API key
    /// into the environment variable STASH_API_KEY
    #[arg(long, value_name = "URL", env = "STASH_URL")]
    pub(crate) stash: String,
    /// The database's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) db: PathBuf,
    /// The file of people to look through, which the plugin's page opens
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Where what was seen is kept, to go on from the next time
    #[arg(long, value_name = "DIR", default_value = "scan-state")]
    pub(crate) state: PathBuf,
    /// Only scenes that fit this filter: a SceneFilterType of Stash's, as JSON
    #[arg(long, value_name = "JSON", value_parser = filter)]
    pub(crate) filter: Option<Value>,
    /// Also scenes that have performers
    #[arg(long)]
    pub(crate) with_performers: bool,
    /// Also scenes that are marked as organized
    #[arg(long)]
    pub(crate) organized: bool,
    /// Look at no more than so many scenes this time
    #[arg(long, value_name = "N")]
    pub(crate) max_scenes: Option<usize>,
    /// Look again at scenes that were looked at before
    #[arg(long)]
    pub(crate) again: bool,
    /// Keep also the faces of people who have no name, so that another database can name them without
    /// a second look
    #[arg(long)]
    pub(crate) keep_unknown: bool,
    /// Save what can be read of a damaged state
    #[arg(long, conflicts_with = "start_over")]
    pub(crate) repair: bool,
    /// Begin a new state; the old one is moved aside
    #[arg(long)]
    pub(crate) start_over: bool,
    #[command(flatten)]
    pub(crate) recognition: Recognition,
    /// How many scenes at once; one per processor core if not given
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<usize>,
}

fn filter(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(filter @ Value::Object(_)) => Ok(filter),
        Ok(_) => Err("it is no JSON object".to_owned()),
        Err(error) => Err(format!("it is no JSON: {error}")),
    }
}
