//! What a maintainer publishes with a release, in words.

use std::fmt::Write as _;

use rollcall_index::Manifest;

use super::Released;

/// The file's name.
pub const NOTES: &str = "RELEASE_NOTES.md";

/// Notes in Markdown. Nobody's name is in them, nor anybody's id.
pub(super) fn notes(released: &Released, manifest: &Manifest) -> String {
    let Released { version, before, changes, bytes, new_bytes, package, .. } = released;
    let mut text = String::new();
    let mut line = |line: String| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{line}");
    };
    line(format!("# Rollcall database {version}\n"));
    let counts = manifest.counts;
    line(format!("{} performers, {} faces, {bytes} bytes.\n", counts.performers, counts.faces));
    let since = before.as_ref().map_or_else(String::new, |before| format!(" since {before}"));
    line(format!("| changes{since} | performers |\n|---|---|"));
    line(format!("| added | {} |", changes.added));
    line(format!("| changed | {} |", changes.changed));
    line(format!("| removed | {} |", changes.removed));
    line(format!("| unchanged | {} |\n", changes.unchanged));
    line(match changes.compacted {
        true if before.is_some() => {
            format!("Everything was written anew: an update fetches {new_bytes} bytes.\n")
        }
        _ => format!("New files have {new_bytes} bytes.\n"),
    });
    line("| source | performers | faces |\n|---|---|---|".to_owned());
    for (source, stats) in &manifest.source_stats {
        line(format!("| {source} | {} | {} |", stats.performers, stats.faces));
    }
    line("\n| model | dimensions | SHA-256 |\n|---|---|---|".to_owned());
    for model in &manifest.models {
        line(format!("| {} | {} | `{}` |", model.name, model.dimension, model.sha256));
    }
    line(String::new());
    if let Some(signer) = manifest.signer() {
        line(format!("Signed by `{signer}` (fingerprint {}).\n", signer.fingerprint()));
    }
    if let Some(package) = package {
        line("| file | bytes | SHA-256 |\n|---|---|---|".to_owned());
        for part in &package.parts {
            line(format!("| {} | {} | `{}` |", part.name, part.bytes, part.sha256));
        }
        line(String::new());
    }
    if let Some(contact) = &manifest.contact {
        line(format!("Contact: {contact}"));
    }
    if let Some(url) = &manifest.removal_url {
        line(format!("To be taken out of this database: {url}"));
    }
    text
}
