//! `rollcall key`

use rollcall_builder::{Error, key_file};
use rollcall_index::PublicKey;
use serde_json::json;

use super::{Done, print, print_json};
use crate::cli::Key;

pub(super) fn run(command: Key) -> Result<Done, Error> {
    match command {
        Key::New { file } => show(&key_file::create(&file)?, false),
        Key::Show { file, json } => show(&key_file::read(&file)?.public(), json),
    }
}

fn show(key: &PublicKey, as_json: bool) -> Result<Done, Error> {
    let fingerprint = key.fingerprint();
    if as_json {
        print_json(&json!({ "public_key": key.to_string(), "fingerprint": fingerprint }))?;
    } else {
        print(&format!("public key   {key}\nfingerprint  {fingerprint}"))?;
    }
    Ok(Done::All)
}
