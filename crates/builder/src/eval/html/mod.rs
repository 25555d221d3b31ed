//! All figures on one page that needs nothing else: no script, no file, no network.

mod names;

use std::fmt::Display;

use rollcall_core::Verdict;

use super::{
    Evaluation,
    pairs::{Histogram, Pairs},
    plot::{Axis, Series, Shape, escaped, plot},
};
use crate::{
    forecast::{AtSize, Estimate, Forecast},
    metrics::Measure,
};

/// The page. `pictures` are data URLs of the misses, in their order, where the reader wants to see them.
#[must_use]
pub fn html(evaluation: &Evaluation, pictures: &[Option<String>]) -> String {
    let sections = [
        head(evaluation),
        headline(evaluation),
        misses(evaluation, pictures),
        histograms(evaluation),
        open_set(evaluation),
        names::calibration(evaluation),
        names::scenes(evaluation),
        harder(evaluation),
        forecasts(evaluation),
        problems(evaluation),
    ];
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Rollcall: evaluation</title><style>{}</style></head><body>{}</body></html>\n",
        include_str!("../page.css"),
        sections.concat()
    )
}

/// The name of a word, as users read it.
#[must_use]
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Sure => "sure",
        Verdict::Likely => "likely",
        Verdict::LookYourself => "look yourself",
        Verdict::Unknown => "unknown",
    }
}

fn head(evaluation: &Evaluation) -> String {
    let database = evaluation.database.as_ref().map_or_else(String::new, |database| {
        format!(", {} performers, version {}", database.performers, escaped(&database.version))
    });
    let made_up = match evaluation.distractors {
        0 => String::new(),
        n => format!(" <b>{n} of the performers are made up</b> (distractors)."),
    };
    let n = evaluation.figures.top1.n;
    format!(
        "<h1>How well this database names people</h1><p>{} people, {n} photos that are not in the database{database}; models {}.{made_up} Rates come with their number of cases n and a 95 % interval (Wilson), which takes cases to be independent; pairs of photos are not, so theirs are too narrow.</p>",
        evaluation.people,
        escaped(&evaluation.models.join(", ")),
    )
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.4}"))
}

/// A row of a table of measures.
fn row(name: &str, measure: &Measure) -> String {
    let interval = measure.low.zip(measure.high);
    let interval = interval.map_or_else(String::new, |(a, b)| format!("{a:.4} – {b:.4}"));
    format!(
        "<tr><td>{}</td><td class=\"num\">{}</td><td class=\"num\">{interval}</td><td class=\"num\">{}</td><td class=\"soft\">{}</td></tr>",
        escaped(name),
        number(measure.value),
        measure.n,
        escaped(measure.note.as_deref().unwrap_or_default())
    )
}

/// A table; a heading with `#` in front is that of numbers.
fn table(headings: &[&str], rows: impl IntoIterator<Item = String>) -> String {
    let cell = |heading: &&str| match heading.strip_prefix('#') {
        Some(heading) => format!("<th class=\"num\">{}</th>", escaped(heading)),
        None => format!("<th>{}</th>", escaped(heading)),
    };
    let head: String = headings.iter().map(cell).collect();
    let rows: String = rows.into_iter().collect();
    format!("<div class=\"wide\"><table><tr>{head}</tr>{rows}</table></div>")
}

fn measures(rows: impl IntoIterator<Item = (String, Measure)>) -> String {
    let rows = rows.into_iter().map(|(name, measure)| row(&name, &measure));
    table(&["figure", "#value", "#95 % interval", "#n", ""], rows)
}

fn cells(cells: &[&dyn Display]) -> String {
    let cell = |(number, cell): (usize, &&dyn Display)| {
        let class = if number > 0 { " class=\"num\"" } else { "" };
        format!("<td{class}>{}</td>", escaped(&cell.to_string()))
    };
    format!("<tr>{}</tr>", cells.iter().enumerate().map(cell).collect::<String>())
}

fn headline(evaluation: &Evaluation) -> String {
    let figures = &evaluation.figures;
    let open = &evaluation.open_set;
    measures(
        [
            ("a face is found", &figures.detection_rate),
            ("the right person is most alike (top-1)", &figures.top1),
            ("the right person is among five (top-5)", &figures.top5),
            ("given the right name", &figures.named),
            ("given a wrong name", &figures.misnamed),
            ("FNIR at \u{201c}sure\u{201d}: known, not surely named", &open.sure.fnir),
            ("FPIR at \u{201c}sure\u{201d}: stranger, surely named", &open.sure.fpir),
            ("FNIR at FPIR 1 %", &open.fnir_at_fpir_1),
            ("TAR at FAR 1e-2", &figures.tar_at_far_2),
            ("TAR at FAR 1e-3", &figures.tar_at_far),
            ("TAR at FAR 1e-4", &figures.tar_at_far_4),
            ("seconds per photo (median)", &figures.seconds_per_image),
        ]
        .map(|(name, measure)| (name.to_owned(), measure.clone())),
    )
}

fn misses(evaluation: &Evaluation, pictures: &[Option<String>]) -> String {
    let misses = &evaluation.figures.misses;
    if misses.is_empty() {
        return "<h2>Misses</h2><p>None: every probe is most like the right person, and no stranger of the strangers' photos has a name.</p>".to_owned();
    }
    let one = |(number, miss): (usize, &crate::figures::Miss)| {
        let id = |id: &Option<_>| id.as_ref().map_or("nobody".to_owned(), ToString::to_string);
        let picture = pictures.get(number).and_then(Option::as_deref);
        let picture =
            picture.map_or_else(String::new, |url| format!("<img src=\"{url}\" alt=\"\">"));
        format!(
            "<tr><td><code>{}</code>{picture}</td><td>{}</td><td>{}</td><td class=\"num\">{}</td></tr>",
            escaped(&miss.path.display().to_string()),
            escaped(&id(&miss.is)),
            escaped(&id(&miss.taken_for)),
            miss.similarity.map_or_else(|| "no face".to_owned(), |s| format!("{s:.3}")),
        )
    };
    let rows = misses.iter().enumerate().map(one);
    format!("<h2>Misses</h2>{}", table(&["photo", "is", "most like", "#similarity"], rows))
}

fn similarity_axis() -> Axis<'static> {
    let ticks = vec![-0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
    Axis { label: "similarity", from: -0.4, to: 1.0, log: false, ticks }
}

fn histograms(evaluation: &Evaluation) -> String {
    let mut plots = String::new();
    let mut rows = Vec::new();
    for way in &evaluation.similarities {
        for (what, pairs) in
            [("probe with gallery", &way.probe_gallery), ("every two photos", &way.all_pairs)]
        {
            plots += &histogram(&format!("{}, {what}", way.of), pairs);
            let name = |far: &str| format!("{}, {what}: TAR at FAR {far}", way.of);
            rows.extend(pairs.tar_at_far.iter().rev().map(|(far, tar)| (name(far), tar.clone())));
        }
    }
    let curve = |(number, way): (usize, &super::Similarities)| Series {
        name: "",
        colour: 1 + number % 4,
        shape: Shape::Line(way.all_pairs.roc.clone()),
    };
    let mut curves: Vec<Series> = evaluation.similarities.iter().enumerate().map(curve).collect();
    for (series, way) in curves.iter_mut().zip(&evaluation.similarities) {
        series.name = &way.of;
    }
    let x = Axis {
        label: "false accept rate (pairs of different people)",
        from: 1e-4,
        to: 1.0,
        log: true,
        ticks: vec![1e-4, 1e-3, 1e-2, 1e-1, 1.0],
    };
    let y = Axis {
        label: "true accept rate",
        from: 0.8,
        to: 1.0,
        log: false,
        ticks: vec![0.8, 0.85, 0.9, 0.95, 1.0],
    };
    plots += &plot("True against false accepts, every two photos (from 3/n on)", &x, &y, &curves);
    format!(
        "<h2>How alike the same and different people are</h2><div class=\"plots\">{plots}</div>{}",
        measures(rows)
    )
}

fn histogram(title: &str, pairs: &Pairs) -> String {
    let bars = |h: &Histogram| {
        let bar = |(step, &count): (usize, &usize)| {
            let from = step as f64 * 2.0 / Histogram::STEPS as f64 - 1.0;
            [from, from + 2.0 / Histogram::STEPS as f64, count as f64 / h.n.max(1) as f64]
        };
        h.counts.iter().enumerate().filter(|(_, c)| **c > 0).map(bar).collect::<Vec<_>>()
    };
    let (same, different) = (bars(&pairs.same), bars(&pairs.different));
    let highest = same.iter().chain(&different).map(|bar| bar[2]).fold(0.02, f64::max);
    let step = if highest > 0.2 { 0.1 } else { 0.05 };
    let ticks = (0..10).map(|i| f64::from(i) * step).filter(|t| *t <= highest).collect();
    let y = Axis { label: "share", from: 0.0, to: highest * 1.05, log: false, ticks };
    let name =
        |what: &str, h: &Histogram| format!("{what}: {:.3} ± {:.3}, n = {}", h.mean, h.sd, h.n);
    let names = [name("different", &pairs.different), name("same", &pairs.same)];
    let series = [
        Series { name: &names[0], colour: 2, shape: Shape::Bars(different) },
        Series { name: &names[1], colour: 1, shape: Shape::Bars(same) },
    ];
    plot(title, &similarity_axis(), &y, &series)
}

fn share_axis(label: &str) -> Axis<'_> {
    Axis { label, from: 0.0, to: 1.0, log: false, ticks: vec![0.0, 0.25, 0.5, 0.75, 1.0] }
}

fn open_set(evaluation: &Evaluation) -> String {
    let open = &evaluation.open_set;
    let line = |column: usize| {
        Shape::Line(open.curve.iter().map(|point| [point[0], point[column]]).collect())
    };
    let names = [
        format!("strangers that reach it (FPIR), n = {}", open.strangers),
        format!("known people who do not with the right name (FNIR), n = {}", open.known),
    ];
    let curves = [
        Series { name: &names[0], colour: 2, shape: line(1) },
        Series { name: &names[1], colour: 1, shape: line(2) },
    ];
    let x = Axis { from: 0.0, ticks: vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0], ..similarity_axis() };
    let curves = plot("Open set, by the similarity asked for", &x, &share_axis("share"), &curves);
    let words = open.words.iter().map(|count| {
        let interval = count.precision.low.zip(count.precision.high);
        let interval = interval.map_or_else(String::new, |(a, b)| format!("{a:.3} – {b:.3}"));
        let precision = number(count.precision.value);
        let (right, wrong, strangers) = (count.right, count.wrong, count.strangers);
        let n = count.precision.n;
        cells(&[&word(count.word), &right, &wrong, &strangers, &precision, &interval, &n])
    });
    let headings = ["word", "#right", "#wrong", "#strangers", "#precision", "#95 % interval", "#n"];
    let taken: String = open
        .taken_for_known
        .iter()
        .map(|taken| {
            let b = taken.bounding_box;
            format!(
                "<li><code>{}</code> at {:.0},{:.0}: {}</li>",
                escaped(&taken.path.display().to_string()),
                b.x,
                b.y,
                escaped(&taken.performer.to_string())
            )
        })
        .collect();
    format!(
        "<h2>Known people among strangers</h2><p>Strangers: {} photos of known people looked up as if they were not in the database, {} faces of strangers, {} faces of groups.</p><div class=\"plots\">{curves}</div>{}<p>{} faces of groups are taken for somebody known, who was left out for them; look for yourself:</p><ul>{taken}</ul>",
        open.left_out,
        open.of_strangers,
        open.of_groups,
        table(&headings, words),
        open.taken_for_known.len(),
    )
}

/// Turned photos and small faces.
fn harder(evaluation: &Evaluation) -> String {
    let mut rows = Vec::new();
    for turned in &evaluation.rotated {
        let name = |what: &str| format!("turned by {}°: {what}", turned.degrees);
        rows.push((name("a face is found"), turned.detection_rate.clone()));
        rows.push((name("top-1"), turned.top1.clone()));
    }
    for small in &evaluation.degraded {
        rows.push((format!("{} px: top-1 in the database", small.pixels), small.top1.clone()));
        for (of, top1) in &small.galleries_top1 {
            rows.push((
                format!("{} px: top-1 in random galleries, {of}", small.pixels),
                top1.clone(),
            ));
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    format!("<h2>Turned photos and small faces</h2>{}", measures(rows))
}

fn forecasts(evaluation: &Evaluation) -> String {
    if evaluation.forecast.is_empty() {
        return "<h2>Forecast</h2><p>Too few pairs to have a tail.</p>".to_owned();
    }
    let of = |of: &'static str, looks: Option<usize>| {
        let all = evaluation.forecast.iter();
        all.filter(move |f| (of.is_empty() || f.of == of) && looks.is_none_or(|l| f.looks == l))
    };
    let by_looks: Vec<&Forecast> = of("all", None).collect();
    let by_way: Vec<&Forecast> = of("", Some(1)).collect();
    let looks = |f: &Forecast| format!("{} look{}", f.looks, if f.looks == 1 { "" } else { "s" });
    let plots = [
        curves(
            "Top-1, all embedders, by photos a query is made of",
            "top-1",
            &by_looks,
            &looks,
            |a| a.top1,
        ),
        curves("Top-1 of one look, by embedder", "top-1", &by_way, &|f| f.of.clone(), |a| a.top1),
        curves("FNIR at FPIR 1 %, all embedders", "FNIR", &by_looks, &looks, |a| a.fnir_at_fpir_1),
    ];
    let rows =
        evaluation.forecast.iter().flat_map(|f| f.at.iter().map(move |at| forecast_row(f, at)));
    let headings = [
        "of",
        "#looks",
        "#people",
        "#performers",
        "#top-1",
        "#similarity at FPIR 1 %",
        "#FNIR at FPIR 1 %",
        "#FPIR at sure",
        "#FNIR at sure",
        "#basis",
    ];
    format!(
        "<h2>Forecast for larger databases</h2><p>With one photo of everybody in the gallery, and strangers like those measured. The tail beyond the measured pairs is fitted (generalised Pareto); bands and brackets are 95 % intervals over people.</p><div class=\"plots\">{}</div>{}",
        plots.concat(),
        table(&headings, rows)
    )
}

fn curves(
    title: &str,
    label: &str,
    forecasts: &[&Forecast],
    name: &dyn Fn(&Forecast) -> String,
    of: fn(&AtSize) -> Estimate,
) -> String {
    let names: Vec<String> = forecasts
        .iter()
        .map(|f| format!("{}, n = {} of {} people", name(f), f.genuine_pairs, f.people))
        .collect();
    let mut series = Vec::new();
    for (number, (forecast, name)) in forecasts.iter().zip(&names).enumerate() {
        let colour = 1 + number % 4;
        let points = || forecast.at.iter().map(|at| (at.performers as f64, of(at)));
        let band = points().map(|(x, e)| [x, e.low, e.high]).collect();
        let line = points().map(|(x, e)| [x, e.value]).collect();
        series.push(Series { name, colour, shape: Shape::Band(band) });
        series.push(Series { name, colour, shape: Shape::Line(line) });
    }
    series.push(Series { name: "", colour: 1, shape: Shape::Mark(1e4, "extrapolated") });
    let ticks = vec![1e1, 1e2, 1e3, 1e4, 1e5, 1e6];
    let x = Axis { label: "performers", from: 10.0, to: 1e6, log: true, ticks };
    plot(title, &x, &share_axis(label), &series)
}

fn forecast_row(forecast: &Forecast, at: &AtSize) -> String {
    let estimate = |e: Estimate| format!("{:.3} [{:.3}, {:.3}]", e.value, e.low, e.high);
    let some = |e: Option<Estimate>| e.map_or_else(|| "–".to_owned(), estimate);
    let basis = if at.extrapolated { "extrapolated" } else { "measured pairs" };
    cells(&[
        &forecast.of,
        &forecast.looks,
        &forecast.people,
        &at.performers,
        &estimate(at.top1),
        &estimate(at.threshold_at_fpir_1),
        &estimate(at.fnir_at_fpir_1),
        &some(at.fpir_sure),
        &some(at.fnir_sure),
        &basis,
    ])
}

fn problems(evaluation: &Evaluation) -> String {
    if evaluation.problems.is_empty() {
        return String::new();
    }
    let line =
        |problem: &crate::folder::Problem| format!("<li>{}</li>", escaped(&problem.to_string()));
    let lines: String = evaluation.problems.iter().map(line).collect();
    format!("<h2>Could not be used</h2><ul>{lines}</ul>")
}
