//! `rollcall eval`

use std::{fmt::Write as _, path::Path};

use rollcall_builder::{
    Cache, Error,
    eval::{
        EvalOptions, Evaluation, Histogram, OpenSet, Reliability, Scenes, WordCount, evaluate,
        look::Wanted, word, write_calibration, write_page,
    },
    figures::Figures,
    forecast::{Estimate, Forecast},
    metrics::Measure,
    terminal::Terminal,
};
use rollcall_core::display_name;

use super::{Done, print, print_json, tell};
use crate::cli::Eval;

pub(super) fn run(command: &Eval, cache: &Cache, terminal: Terminal) -> Result<Done, Error> {
    let options = EvalOptions {
        db: command.db.clone(),
        probes: command.probes.clone(),
        scenes: command.scenes.clone(),
        seen: command.seen.clone(),
        expect: command.expect,
        strangers: command.strangers.clone(),
        groups: command.groups.clone(),
        wanted: Wanted { rotate: command.rotate, squeeze: command.degrade.clone() },
        calibrate: command.calibrate.is_some(),
        jobs: command.jobs,
    };
    let evaluation = evaluate(&options, &command.recognition.open(cache)?, terminal)?;
    if let Some(path) = &command.html {
        write_page(&evaluation, command.with_pictures, path)?;
        terminal.note(&format!("the page is {}", path.display()));
    }
    if let Some(path) = &command.calibrate {
        write_calibration(&evaluation, path)?;
        tell_fit(&evaluation, path, terminal);
    }
    if command.json {
        print_json(&evaluation)?;
    } else {
        if command.probes.is_some() {
            print_all(&evaluation)?;
        }
        evaluation.scenes.as_ref().map_or(Ok(()), print_scenes)?;
    }
    Ok(tell(&evaluation.problems))
}

fn tell_fit(evaluation: &Evaluation, path: &Path, terminal: Terminal) {
    let Some(fitted) = &evaluation.fitted else {
        return terminal.note("there is nothing to fit a confidence to");
    };
    let error = fitted.cross_validated.as_ref().map_or_else(
        || "too few to say how good it is".to_owned(),
        |e| {
            format!(
                "on people it was not fitted to, expected calibration error {:.4}, Brier score {:.4}, n = {}",
                e.expected_calibration_error, e.brier_score, e.n
            )
        },
    );
    terminal.note(&format!(
        "the confidence fitted to {} people and strangers' photos is {}: {error}",
        fitted.fitted_on.len(),
        path.display()
    ));
}

fn print_all(evaluation: &Evaluation) -> Result<(), Error> {
    print_figures(&evaluation.figures)?;
    for turned in &evaluation.rotated {
        print(&row(&format!("turned {}: found", turned.degrees), &turned.detection_rate))?;
        print(&row(&format!("turned {}: top1", turned.degrees), &turned.top1))?;
    }
    for small in &evaluation.degraded {
        print(&row(&format!("{} px: top1", small.pixels), &small.top1))?;
        for (of, top1) in &small.galleries_top1 {
            print(&row(&format!("{} px: {of}", small.pixels), top1))?;
        }
    }
    for way in &evaluation.similarities {
        let of = |name: &str, h: &Histogram| {
            format!("{name} {:.3} +- {:.3} (n = {})", h.mean, h.sd, h.n)
        };
        let pairs = &way.all_pairs;
        let both = [of("same", &pairs.same), of("different", &pairs.different)].join(", ");
        let apart = pairs.d_prime.map_or_else(String::new, |d| format!(", d' {d:.2}"));
        print(&format!("{}: {both}{apart}", way.of))?;
    }
    print_open_set(&evaluation.open_set)?;
    print_calibration(&evaluation.calibration)?;
    if !evaluation.calibrated {
        print("the confidence is a documented guess, not fitted")?;
    }
    evaluation.forecast.iter().try_for_each(print_forecast)
}

fn print_open_set(open: &OpenSet) -> Result<(), Error> {
    print(&format!(
        "{} known probes; {} strangers: {} left out, {} of strangers, {} of groups",
        open.known, open.strangers, open.left_out, open.of_strangers, open.of_groups
    ))?;
    print(&row("fnir at fpir 1 %", &open.fnir_at_fpir_1))?;
    print(&row("fnir at sure", &open.sure.fnir))?;
    print(&row("fpir at sure", &open.sure.fpir))?;
    print_words(&open.words)?;
    for taken in &open.taken_for_known {
        let b = taken.bounding_box;
        let (path, who) = (taken.path.display(), &taken.performer);
        print(&format!("in {path} the face at {:.0},{:.0} is taken for {who}", b.x, b.y))?;
    }
    Ok(())
}

fn print_scenes(scenes: &Scenes) -> Result<(), Error> {
    let Scenes { scenes: count, known, extras, .. } = scenes;
    print(&format!("{count} scenes with {known} people of the database and {extras} extras"))?;
    if scenes.expected {
        print("everybody who is in a scene was expected there, as by tags, and one who is not")?;
    }
    for (name, measure) in [
        ("found", &scenes.found),
        ("entries per person", &scenes.entries_per_person),
        ("recall at sure", &scenes.recall_at_sure),
        ("precision at sure", &scenes.precision_at_sure),
        ("recall at likely", &scenes.recall_at_likely),
        ("precision, likely", &scenes.precision_at_likely),
        ("recall at any word", &scenes.recall_at_any),
        ("seconds per scene", &scenes.seconds_per_scene),
    ] {
        print(&row(name, measure))?;
    }
    print_words(&scenes.words)?;
    print_calibration(&scenes.calibration)?;
    for miss in &scenes.misses {
        let id =
            |id: &Option<String>| id.as_deref().map_or_else(|| "nobody".to_owned(), display_name);
        print(&format!(
            "{} {}: is {}, most like {} ({:.3}, {} frames)",
            word(miss.word),
            miss.scene.display(),
            id(&miss.is),
            id(&miss.taken_for),
            miss.similarity.unwrap_or_default(),
            miss.appearances
        ))?;
    }
    Ok(())
}

fn print_words(words: &[WordCount]) -> Result<(), Error> {
    words.iter().try_for_each(|count| {
        let note =
            format!("{} right, {} wrong, {} strangers", count.right, count.wrong, count.strangers);
        print(&row(word(count.word), &count.precision.clone().with_note(&note)))
    })
}

fn print_calibration(found: &Reliability) -> Result<(), Error> {
    let number = |v: Option<f64>| v.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"));
    print(&format!(
        "calibration error {}, Brier score {}, n = {}",
        number(found.expected_calibration_error),
        number(found.brier_score),
        found.n
    ))
}

fn print_forecast(forecast: &Forecast) -> Result<(), Error> {
    let estimate = |e: Estimate| format!("{:.3} [{:.3}, {:.3}]", e.value, e.low, e.high);
    for at in &forecast.at {
        let mut line = format!(
            "forecast {}, {} looks, {} performers: top1 {}, fnir at fpir 1 % {}",
            forecast.of,
            forecast.looks,
            at.performers,
            estimate(at.top1),
            estimate(at.fnir_at_fpir_1)
        );
        if let (Some(fpir), Some(fnir)) = (at.fpir_sure, at.fnir_sure) {
            // Writing to a string does not fail.
            let _ = write!(line, ", at sure fpir {}, fnir {}", estimate(fpir), estimate(fnir));
        }
        let extrapolated = if at.extrapolated { ", extrapolated" } else { "" };
        print(&format!("{line}{extrapolated}  n = {}", forecast.genuine_pairs))?;
    }
    Ok(())
}

fn print_figures(figures: &Figures) -> Result<(), Error> {
    for (name, measure) in [
        ("detection_rate", &figures.detection_rate),
        ("top1", &figures.top1),
        ("top5", &figures.top5),
        ("named", &figures.named),
        ("misnamed", &figures.misnamed),
        ("tar_at_far_1e-2", &figures.tar_at_far_2),
        ("tar_at_far_1e-3", &figures.tar_at_far),
        ("tar_at_far_1e-4", &figures.tar_at_far_4),
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
    let interval = measure.low.zip(measure.high);
    let interval =
        interval.map_or_else(String::new, |(low, high)| format!("[{low:.4}, {high:.4}]"));
    let note = measure.note.as_deref().map_or_else(String::new, |note| format!("  ({note})"));
    format!("{name:<18} {value:>8} {interval:<17} n = {}{note}", measure.n)
}
