//! What names are worth: confidences, and names in scenes.

use rollcall_core::Calibration;

use super::{
    super::{
        Evaluation,
        plot::{Series, Shape, plot},
    },
    cells, measures, number, share_axis, table, word,
};

pub(super) fn calibration(evaluation: &Evaluation) -> String {
    let found = &evaluation.calibration;
    let dots = found.bins.iter().map(|bin| {
        let right = &bin.right;
        let value = right.value.unwrap_or_default();
        [bin.confidence, value, right.low.unwrap_or(value), right.high.unwrap_or(value)]
    });
    let name = format!("{} bins, {} names", found.bins.len(), found.n);
    let series = [
        Series { name: "", colour: 1, shape: Shape::Diagonal },
        Series { name: &name, colour: 1, shape: Shape::Dots(dots.collect()) },
    ];
    let curve = plot("Reliability", &share_axis("confidence"), &share_axis("right"), &series);
    let source = if evaluation.calibrated {
        "The confidence comes with the pack, or with the database where that is more cautious; whether it was fitted to these very people, the file of <code>rollcall eval --calibrate</code> says."
    } else {
        "The confidence is the documented guess, not measured."
    };
    let fitted = evaluation.fitted.as_ref().map_or_else(String::new, |fitted| {
        let Calibration { midpoint, slope, margin, looks, .. } = fitted.calibration;
        let held = fitted.cross_validated.as_ref();
        let row = cells(&[
            &format!("{midpoint:.3}"),
            &format!("{slope:.2}"),
            &format!("{margin:.2}"),
            &format!("{looks:.3}"),
            &number(held.map(|h| h.expected_calibration_error)),
            &number(held.map(|h| h.brier_score)),
        ]);
        format!(
            "<p>Fitted to {} people and strangers' photos ({} and {} photos, {} entries of scenes); its errors are those of people it was not fitted to (five folds of people).</p>{}",
            fitted.fitted_on.len(),
            fitted.photos[0],
            fitted.photos[1],
            fitted.in_scenes,
            table(&["midpoint", "#slope", "#margin", "#looks", "#calibration error", "#Brier score"], [row])
        )
    });
    format!(
        "<h2>What a confidence is worth</h2><div class=\"plots\">{curve}<div><p>Expected calibration error {}, Brier score {}, n = {}. Known people and strangers weigh half each. {source}</p>{fitted}</div></div>",
        number(found.expected_calibration_error),
        number(found.brier_score),
        found.n
    )
}

/// People in scenes.
pub(super) fn scenes(evaluation: &Evaluation) -> String {
    let Some(found) = &evaluation.scenes else { return String::new() };
    let figures = measures(
        [
            ("people of whom a face was compared", &found.found),
            ("entries per person", &found.entries_per_person),
            ("recall at sure", &found.recall_at_sure),
            ("precision at sure", &found.precision_at_sure),
            ("recall at likely or sure", &found.recall_at_likely),
            ("precision at likely or sure", &found.precision_at_likely),
            ("right first candidate, whatever the word", &found.recall_at_any),
            ("seconds a scene", &found.seconds_per_scene),
        ]
        .map(|(name, measure)| (name.to_owned(), measure.clone())),
    );
    let rows = found.words.iter().map(|count| {
        let precision = number(count.precision.value);
        cells(&[&word(count.word), &count.right, &count.wrong, &count.strangers, &precision])
    });
    let words = table(&["word", "#right", "#wrong", "#strangers", "#precision"], rows);
    let misses = found.misses.iter().map(|miss| {
        let scene = miss.scene.file_name().unwrap_or_default().to_string_lossy();
        let nobody = || "nobody".to_owned();
        cells(&[
            &scene,
            &miss.is.clone().unwrap_or_else(nobody),
            &miss.taken_for.clone().unwrap_or_else(nobody),
            &word(miss.word),
            &number(miss.similarity.map(f64::from)),
            &miss.appearances,
        ])
    });
    let misses = table(&["scene", "#is", "#most like", "#word", "#similarity", "#frames"], misses);
    format!(
        "<h2>Scenes</h2><p>{} scenes with {} people of the database and {} extras.{} Expected calibration error {}, n = {}.</p>{figures}{words}<details><summary>{} wrong or missing names</summary>{misses}</details>",
        found.scenes,
        found.known,
        found.extras,
        if found.expected {
            " <b>Everybody who is in a scene was expected there, as by tags, and one who is not.</b>"
        } else {
            ""
        },
        number(found.calibration.expected_calibration_error),
        found.calibration.n,
        found.misses.len()
    )
}
