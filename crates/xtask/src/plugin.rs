//! The Stash plugin: its folder, which `rollcall-server --plugin` serves, and the zip and index of a
//! source that any static host serves.

use std::path::PathBuf;

use crate::{
    error::Result,
    places::Places,
    sample::{self, DEFAULT_PACK},
    stamp::Stamp,
    step::Step,
    web,
};

/// The plugin's own folder, as Stash unpacks it.
pub(crate) fn folder(places: &Places) -> PathBuf {
    places.target.join("plugin").join("rollcall")
}

/// `cargo xtask package plugin`: builds all that is in it and packs it.
pub(crate) fn package(places: &Places, database_url: Option<&str>) -> Result<()> {
    web::prepare(places)?;
    sample::build_programs(places)?;
    sample::fetch_models(places, DEFAULT_PACK)?;
    build(places, database_url)?;
    let source = places.target.join("plugin").join("source");
    let mut step = Step::new(
        places,
        "package-plugin",
        "packing the plugin",
        places.program("rollcall-server"),
    )
    .args([
        PathBuf::from("--plugin"),
        folder(places),
        PathBuf::from("--pack-plugin"),
        source.clone(),
    ]);
    if let Some(origin) = database_url.and_then(origin) {
        step = step.args(["--public-origin", origin]);
    }
    step.run()?;
    println!("index.yml and rollcall.zip are in {}.", source.display());
    Ok(())
}

/// Bundles the folder from what has been built, if anything of it has changed.
pub(crate) fn build(places: &Places, database_url: Option<&str>) -> Result<()> {
    let (out, models) = (folder(places), places.cache.join("models"));
    let sources =
        ["plugin", "web/client", "package-lock.json"].map(|input| places.root.join(input));
    let made = ["rollcall_cpu_bg.wasm", "rollcall_gpu_bg.wasm"].map(|file| places.web().join(file));
    let pack = models.join(DEFAULT_PACK).join("pack.json");
    let inputs: Vec<_> = sources.into_iter().chain(made).chain([pack]).collect();
    let url = database_url.unwrap_or_default();
    let stamp = Stamp::of(places.target.join("stamps").join("plugin"), &inputs, &[url])?;
    if stamp.holds(&[out.join("rollcall.js")]) {
        return Ok(());
    }
    let folders = [("--out", out), ("--web", places.web()), ("--models", models)];
    Step::new(places, "plugin", "bundling the plugin", "node")
        .args(["plugin/build.mjs", "--database-url", url])
        .args(folders.into_iter().flat_map(|(option, path)| [PathBuf::from(option), path]))
        .run()?;
    stamp.set()
}

/// Scheme and host of an address.
fn origin(url: &str) -> Option<&str> {
    let start = url.find("://")? + 3;
    let end = url[start..].find('/').map_or(url.len(), |slash| start + slash);
    Some(&url[..end])
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_origin_has_no_path() {
        assert_eq!(super::origin("https://db.example/rollcall/"), Some("https://db.example"));
        assert_eq!(super::origin("https://db.example"), Some("https://db.example"));
        assert_eq!(super::origin("db.example"), None);
    }
}
