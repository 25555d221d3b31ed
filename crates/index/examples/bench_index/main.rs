//! The native side of `cargo xtask bench index`: makes galleries from a seed and asks them.
//!
//! ```text
//! bench_index generate --out DIR --pack FILE --people N --queries N --same MEAN:SD[,MEAN:SD] [--matrices]
//!                      [--real DIR]        people.npy, queries.npy, truth.npy of real faces
//! bench_index measure --data DIR [--queries N]
//! bench_index hnsw --data DIR --kept DIR [--queries N]
//! bench_index crossover --data DIR --kept DIR --sizes N,N,... [--queries N]
//! ```
//!
//! `--kept` is where graphs of the gallery are kept between runs. All but the first print JSON. `tests/bench/index.mjs` runs it.

mod gallery;
mod generate;
mod hnsw;
mod measure;
mod npy;

use std::{collections::BTreeMap, env, error::Error, fs, path::Path, str::FromStr};

use rollcall_core::Pack;

use crate::{
    gallery::{Crowd, Same},
    generate::{Plan, Real},
};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where the numbers of all crowds come from.
const SEED: u64 = 20_261_123;

fn main() -> Result<()> {
    let mut words = env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let mut options = Options::default();
    while let Some(word) = words.next() {
        let name = word.strip_prefix("--").ok_or_else(|| format!("what is {word}?"))?.to_owned();
        let value = if name == "matrices" { Some(String::new()) } else { words.next() };
        options.0.insert(name, value.ok_or("an option without its value")?);
    }
    match command.as_str() {
        "generate" => generate(&options),
        "measure" => print(&measure::run(Path::new(options.text("data")?), options.most()?)?),
        "hnsw" => {
            let (data, kept) = (options.text("data")?, options.text("kept")?);
            print(&hnsw::run(Path::new(data), Path::new(kept), options.most()?)?)
        }
        "crossover" => {
            let sizes = list(options.text("sizes")?)?;
            let (data, kept) = (options.text("data")?, options.text("kept")?);
            let (data, kept) = (Path::new(data), Path::new(kept));
            print(&hnsw::crossover(data, kept, &sizes, options.most()?)?.into())
        }
        _ => Err("generate, measure, hnsw or crossover; see the top of main.rs".into()),
    }
}

fn print(value: &serde_json::Value) -> Result<()> {
    println!("{value}");
    Ok(())
}

/// The command line's `--name value` pairs.
#[derive(Default)]
struct Options(BTreeMap<String, String>);

impl Options {
    fn text(&self, name: &str) -> Result<&str> {
        let value = self.0.get(name).map(String::as_str);
        Ok(value.ok_or_else(|| format!("--{name} is missing"))?)
    }

    /// At most so many queries.
    fn most(&self) -> Result<usize> {
        self.0.get("queries").map_or(Ok(usize::MAX), |text| Ok(text.parse()?))
    }
}

fn list<T: FromStr<Err: Error + 'static>>(text: &str) -> Result<Vec<T>> {
    Ok(text.split(',').map(str::parse).collect::<std::result::Result<_, _>>()?)
}

fn generate(options: &Options) -> Result<()> {
    let pack: Pack = serde_json::from_str(&fs::read_to_string(options.text("pack")?)?)?;
    let same = |text: &str| -> Result<Same> {
        let (mean, sd) = text.split_once(':').ok_or("--same takes MEAN:SD for each model")?;
        Ok(Same { mean: mean.parse()?, sd: sd.parse()? })
    };
    let same: Vec<Same> = options.text("same")?.split(',').map(same).collect::<Result<_>>()?;
    let dimensions: Vec<usize> = pack.embedders.iter().map(|model| model.dimension).collect();
    if same.len() != dimensions.len() {
        return Err("--same takes MEAN:SD for each model of the pack".into());
    }
    let real = options.0.get("real").map(|folder| -> Result<Real> {
        let path = |name: &str| Path::new(folder).join(name);
        let truth = npy::read_numbers(&path("truth.npy"))?;
        Ok(Real {
            people: npy::read_floats(&path("people.npy"))?,
            queries: npy::read_floats(&path("queries.npy"))?,
            truth: truth.iter().map(|row| row[0]).collect(),
        })
    });
    generate::run(&Plan {
        crowd: Crowd { seed: SEED, people: options.text("people")?.parse()?, dimensions, same },
        queries: options.text("queries")?.parse()?,
        pack,
        real: real.transpose()?,
        matrices: options.0.contains_key("matrices"),
        out: Path::new(options.text("out")?),
    })
}
