//! `rollcall eval`

use rollcall_builder::{
    Cache, Error,
    eval::{EvalOptions, evaluate},
    figures::Figures,
    metrics::Measure,
    terminal::Terminal,
};

use super::{Done, print, print_json, tell};
use crate::cli::Eval;

pub(super) fn run(command: &Eval, cache: &Cache, terminal: Terminal) -> Result<Done, Error> {
    let options = EvalOptions {
        db: command.db.clone(),
        probes: command.probes.clone(),
        strangers: command.strangers.clone(),
        jobs: command.jobs,
    };
    let evaluation = evaluate(&options, &command.recognition.open(cache)?, terminal)?;
    if command.json {
        print_json(&evaluation)?;
    } else {
        print_figures(&evaluation.figures)?;
    }
    Ok(tell(&evaluation.problems))
}

fn print_figures(figures: &Figures) -> Result<(), Error> {
    for (name, measure) in [
        ("detection_rate", &figures.detection_rate),
        ("top1", &figures.top1),
        ("named", &figures.named),
        ("misnamed", &figures.misnamed),
        ("tar_at_far_1e-3", &figures.tar_at_far),
        ("strangers_named", &figures.strangers_named),
        ("lowest_right", &figures.lowest_right),
        ("highest_stranger", &figures.highest_stranger),
        ("seconds_per_image", &figures.seconds_per_image),
    ] {
        print(&row(name, measure))?;
    }
    print(&format!("{} gallery photos left out", figures.gallery_photos_left_out))?;
    for miss in &figures.misses {
        let id =
            |id: &Option<_>| id.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        let path = miss.path.display();
        let similarity = miss.similarity.unwrap_or_default();
        let (is, taken_for) = (id(&miss.is), id(&miss.taken_for));
        print(&format!("missed {path}: is {is}, most like {taken_for} ({similarity:.3})"))?;
    }
    Ok(())
}

fn row(name: &str, measure: &Measure) -> String {
    let value = measure.value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    let note = measure.note.as_deref().map_or_else(String::new, |note| format!("  ({note})"));
    format!("{name:<18} {value:>8}  n = {}{note}", measure.n)
}
