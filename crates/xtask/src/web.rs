//! The two .wasm files and the page around them, in one folder that any static host can serve.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, Result},
    places::Places,
    setup::{self, Piece, npm::NpmPackages, wasm_bindgen::WasmBindgen, wasm_target},
    stamp::Stamp,
    step::Step,
};

/// One of the two builds of `rollcall-web`.
struct Module {
    /// The feature of the crate, and the last part of the file's name.
    feature: &'static str,
    /// What the page may download for it: bytes after `wasm-opt`, gzipped as the host sends it.
    budget: u64,
}

const MODULES: [Module; 2] =
    [Module { feature: "cpu", budget: 1_200_000 }, Module { feature: "gpu", budget: 1_400_000 }];

/// What `wasm-opt` is to do. After LLVM's -O3, -O2 and above take four times as long, run no faster
/// (`cargo xtask bench web`) and come out 3 % larger once gzipped.
const OPTIMISATION: &str = "-O1";

/// What rustc lets our modules use, and so what `wasm-opt` must accept and may use.
const WASM_FEATURES: [&str; 8] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// What has to be installed before [`build`].
pub(crate) fn pieces(places: &Places) -> Result<Vec<Box<dyn Piece>>> {
    let bindgen = WasmBindgen::of_lockfile(places)?;
    Ok(vec![Box::new(NpmPackages), Box::new(wasm_target::WasmTarget), Box::new(bindgen)])
}

/// `cargo xtask web`: installs what is missing, then builds.
pub(crate) fn prepare(places: &Places) -> Result<()> {
    let pieces = pieces(places)?;
    setup::prepare(places, &pieces.iter().map(AsRef::as_ref).collect::<Vec<_>>())?;
    build(places)
}

/// Builds what has changed and prints the sizes; a file over its budget is an error.
pub(crate) fn build(places: &Places) -> Result<()> {
    build_page(places)?;
    build_modules(places)?;
    compress(places)?;
    MODULES.iter().try_for_each(|module| check_size(places, module))
}

fn build_page(places: &Places) -> Result<()> {
    let out = places.web();
    let inputs =
        ["web/build.mjs", "web/compress.mjs", "web/page", "web/client", "package-lock.json"]
            .map(|input| places.root.join(input));
    let stamp = Stamp::of(places.target.join("stamps/page"), &inputs, &[])?;
    if stamp.holds(&[out.join("index.html")]) {
        return Ok(());
    }
    Step::new(places, "page", "bundling the page", "node")
        .args(["web/build.mjs", "--out"])
        .args([&out])
        .run()?;
    stamp.set()
}

fn build_modules(places: &Places) -> Result<()> {
    let compiler = wasm_target::Compiler::find(places).ok_or_else(|| Error::Missing {
        what: format!("a compiler for {}", wasm_target::TRIPLE),
        remedy: "run `cargo xtask setup`".to_owned(),
    })?;
    let way = compiler.describe(places);
    let crates = ["crates/core", "crates/engine", "crates/index", "crates/wgpu-compat", "web"];
    let folders = crates.map(|folder| places.root.join(folder));
    let mut inputs = ["Cargo.toml", "Cargo.lock"].map(|file| places.root.join(file)).to_vec();
    inputs
        .extend(folders.iter().flat_map(|folder| [folder.join("src"), folder.join("Cargo.toml")]));
    let stamp = Stamp::of(places.target.join("stamps/wasm"), &inputs, &[&way, OPTIMISATION])?;
    let made: Vec<_> = MODULES.iter().flat_map(|module| module.files(places)).collect();
    if stamp.holds(&made) {
        return Ok(());
    }
    println!("Building the WebAssembly with {way}:");
    for module in &MODULES {
        compile(places, &compiler, module)?;
        bind(places, module)?;
        optimise(places, module)?;
    }
    stamp.set()
}

impl Module {
    fn name(&self) -> String {
        format!("rollcall_{}", self.feature)
    }

    fn step(&self, tool: &str) -> String {
        format!("{tool}-{}", self.feature)
    }

    /// What the page loads: the JavaScript and the WebAssembly.
    fn files(&self, places: &Places) -> [PathBuf; 2] {
        let name = self.name();
        [format!("{name}.js"), format!("{name}_bg.wasm")].map(|file| places.web().join(file))
    }
}

/// Where cargo leaves the module of either feature.
fn compiled(places: &Places) -> PathBuf {
    places.wasm_target().join(wasm_target::TRIPLE).join("wasm").join("rollcall_web.wasm")
}

/// Where wasm-bindgen leaves its output.
fn bound(places: &Places) -> PathBuf {
    places.wasm_target().join("bound")
}

fn compile(places: &Places, compiler: &wasm_target::Compiler, module: &Module) -> Result<()> {
    // Both features give a file of the same name, and cargo would take the other one's for fresh.
    let output = compiled(places);
    let linked = output.with_file_name("deps").join("rollcall_web.wasm");
    for stale in [&output, &linked] {
        remove(stale)?;
    }
    let what = format!("compiling {}", module.name());
    compiler
        .cargo(places, &module.step("wasm"), &what, "build")
        .args(["--profile", "wasm", "--package", "rollcall-web", "--lib"])
        .args(["--no-default-features", "--features", module.feature])
        .run()
}

fn bind(places: &Places, module: &Module) -> Result<()> {
    let program = WasmBindgen::of_lockfile(places)?.program(places);
    Step::new(places, &module.step("bindgen"), "wasm-bindgen", program)
        .args(["--target", "no-modules", "--no-modules-global", &module.name()])
        .args(["--out-name", &module.name(), "--no-typescript", "--omit-default-module-path"])
        .args(["--remove-name-section", "--remove-producers-section", "--out-dir"])
        .args([bound(places), compiled(places)])
        .run()
}

fn optimise(places: &Places, module: &Module) -> Result<()> {
    let [script, wasm] = module.files(places);
    for sibling in [&script, &wasm].into_iter().flat_map(|file| siblings(file)) {
        remove(&sibling)?;
    }
    let from = |to: &Path| bound(places).join(to.file_name().unwrap_or_default());
    copy(&from(&script), &script)?;
    Step::new(places, &module.step("wasm-opt"), "wasm-opt", "node")
        .args([places.root.join("node_modules/binaryen/bin/wasm-opt")])
        .args([OPTIMISATION])
        .args(WASM_FEATURES)
        .args([from(&wasm)])
        .args([Path::new("-o"), &wasm])
        .run()
}

/// Makes the siblings that hosts send instead of the files themselves.
fn compress(places: &Places) -> Result<()> {
    let out = places.web();
    let page = ["index.html", "page.js", "page.css", "client.js"].map(|file| out.join(file));
    let files: Vec<_> =
        page.into_iter().chain(MODULES.iter().flat_map(|module| module.files(places))).collect();
    let script = places.root.join("web/compress.mjs");
    let inputs: Vec<_> = files.iter().chain([&script]).cloned().collect();
    let stamp = Stamp::of(places.target.join("stamps/compressed"), &inputs, &[])?;
    if stamp.holds(&files.iter().flat_map(|file| siblings(file)).collect::<Vec<_>>()) {
        return Ok(());
    }
    Step::new(places, "compress", "compressing what the page loads", "node")
        .args([&script, &out])
        .run()?;
    stamp.set()
}

/// What `web/compress.mjs` makes of a file.
fn siblings(file: &Path) -> [PathBuf; 2] {
    ["br", "gz"].map(|ending| {
        let mut name = file.as_os_str().to_owned();
        name.push(".");
        name.push(ending);
        name.into()
    })
}

fn check_size(places: &Places, module: &Module) -> Result<()> {
    let [_, wasm] = module.files(places);
    let [_, zipped] = siblings(&wasm);
    let at = Error::io(zipped.display().to_string());
    let bytes = fs::metadata(&zipped).map_err(at)?.len();
    let file = format!("{}_bg.wasm", module.name());
    let kilobytes = |bytes| bytes / 1000;
    println!("  {file}: {} kB gzipped, budget {} kB", kilobytes(bytes), kilobytes(module.budget));
    if bytes > module.budget {
        return Err(Error::Budget { file, bytes, budget: module.budget });
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).map_err(Error::io(format!(
        "{} to {}",
        from.display(),
        to.display()
    )))
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(file.display().to_string())(error))
        }
        _ => Ok(()),
    }
}
