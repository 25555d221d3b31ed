//! Which keys there are, and which one a misspelt one should be.

use serde_norway::Value;

const ROOT: &[&str] = &["stashdb", "endpoints", "output", "cache", "processing"];
pub(super) const ENDPOINT: &[&str] = &[
    "kind",
    "url",
    "name",
    "api_key",
    "rate_limit_delay",
    "images_per_second",
    "max_images_per_performer",
    "image_hosts",
];
pub(super) const OUTPUT: &[&str] = &["directory", "version"];
pub(super) const CACHE: &[&str] = &["image_directory", "image_gigabytes", "embeddings_directory"];
pub(super) const PROCESSING: &[&str] = &["batch_size", "workers", "gpu"];
/// From here on two words have nothing to do with each other (Jaro and Winkler's measure, 0 to 1).
const LIKE: f64 = 0.7;

/// Refuses every key that nothing is called.
pub(super) fn check(value: &Value) -> Result<(), String> {
    section(value, "", ROOT)?;
    for (name, keys) in
        [("stashdb", ENDPOINT), ("output", OUTPUT), ("cache", CACHE), ("processing", PROCESSING)]
    {
        value.get(name).map_or(Ok(()), |part| section(part, name, keys))?;
    }
    let further = value.get("endpoints").and_then(Value::as_sequence).into_iter().flatten();
    further.zip(1..).try_for_each(|(part, number)| {
        section(part, &format!("endpoints, number {number}"), ENDPOINT)
    })
}

/// The keys of one part of the file.
fn section(value: &Value, name: &str, known: &[&str]) -> Result<(), String> {
    let place = if name.is_empty() { String::new() } else { format!(" in {name}") };
    let keys = match value {
        Value::Mapping(map) => map.keys(),
        Value::Null => return Ok(()),
        _ => return Err(format!("there must be keys{place}, such as `{}:`", known[0])),
    };
    for key in keys {
        let key = key.as_str().unwrap_or("a key that is no text");
        if !known.contains(&key) {
            return Err(format!("there is no key {key:?}{place}; {}", hint(key, known)));
        }
    }
    Ok(())
}

fn hint(key: &str, known: &[&str]) -> String {
    let like = |name: &&str| strsim::jaro_winkler(&key.to_lowercase(), name);
    match known.iter().max_by(|a, b| like(a).total_cmp(&like(b))) {
        Some(name) if like(name) >= LIKE => format!("is it {name:?}?"),
        _ => format!("there are {}", known.join(", ")),
    }
}
