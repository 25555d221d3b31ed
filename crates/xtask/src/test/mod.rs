//! `cargo xtask test`: formatting, lints and all tests, stage by stage.

mod counts;
mod fuzz;
mod stages;

use std::time::Instant;

use self::counts::Counts;
use crate::{
    error::{Error, Result},
    places::Places,
    setup,
};

/// One row of checks.
struct Stage {
    /// What `--only` calls it.
    name: &'static str,
    /// What it checks, in words.
    what: &'static str,
    run: fn(&Places) -> Result<Counts>,
}

/// All of them, the quick ones first; the reference outputs come before the tests that need them.
const STAGES: [Stage; 14] = [
    Stage { name: "format", what: "formatting", run: stages::format },
    Stage { name: "types", what: "TypeScript's types", run: stages::types },
    Stage { name: "graphql", what: "GraphQL documents", run: stages::graphql },
    Stage { name: "lints", what: "lints", run: stages::lints },
    Stage { name: "web", what: "page, WebAssembly, size budgets", run: stages::web },
    Stage { name: "web-lints", what: "lints of the WebAssembly crate", run: stages::web_lints },
    Stage { name: "references", what: "reference outputs", run: stages::references },
    Stage { name: "native", what: "unit, property and documentation tests", run: stages::native },
    Stage { name: "fuzz", what: "a minute of fuzzing for each reader", run: fuzz::run },
    Stage { name: "stash", what: "the Stash that tests run in", run: stages::stash },
    Stage { name: "plugin", what: "the Stash plugin", run: stages::plugin },
    Stage { name: "browser", what: "tests in Chromium and Firefox", run: stages::browser },
    Stage { name: "demo", what: "the demo, on both engines", run: stages::demo },
    Stage { name: "bench", what: "quick runs of the benchmarks", run: stages::bench },
];

/// Runs all stages, or the one called `only`. The last line printed counts the tests.
pub(crate) fn run(places: &Places, only: Option<&str>) -> Result<()> {
    let stages: Vec<_> = STAGES.iter().filter(|s| only.is_none_or(|name| name == s.name)).collect();
    if stages.is_empty() {
        let names = STAGES.map(|stage| stage.name).join(", ");
        return Err(Error::Usage(format!("there is no such stage; the stages are {names}")));
    }
    let strict = places.shared().is_some();
    let mut total = match setup::prepare(places, &[]) {
        Ok(()) => run_stages(places, stages),
        Err(error) => {
            println!("{error}");
            Counts::one(false)
        }
    };
    if strict && total.skipped > 0 {
        println!(
            "Nothing is missing on this machine, so the {} skipped tests count as failed.",
            total.skipped
        );
        total = total.with_skips_failed();
    }
    println!("{total}");
    if total.failed == 0 { Ok(()) } else { Err(Error::NotPassed) }
}

/// Runs them one after the other, and says at last which took how long: a log may be cut.
fn run_stages(places: &Places, stages: Vec<&Stage>) -> Counts {
    let several = stages.len() > 1;
    let results: Vec<_> = stages.into_iter().map(|stage| run_stage(places, stage)).collect();
    for (line, _) in results.iter().filter(|_| several) {
        println!("{line}");
    }
    results.into_iter().map(|(_, counts)| counts).sum()
}

fn run_stage(places: &Places, stage: &Stage) -> (String, Counts) {
    println!("{}: {}", stage.name, stage.what);
    let started = Instant::now();
    let counts = (stage.run)(places).unwrap_or_else(|error| {
        println!("{error}");
        Counts::one(false)
    });
    let line = format!("{}: {counts}, {:.0} s", stage.name, started.elapsed().as_secs_f64());
    println!("{line}");
    (line, counts)
}
