//! The one form in which every benchmark tells its result, and the judgement on each row.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// Completes what a benchmark measured, `{"rows": [...]}`, to the line that all of them end with:
/// `{"bench", "machine", "rows": [{"name", "ours", "peer", "peer_name", "unit", "better", "ratio",
/// "n", "spread", "goal", "ok"}]}`.
///
/// A row brings everything but `ratio` (ours / peer) and `ok` (whether the ratio, or `ours` where
/// there is no peer, reaches the goal); whatever else it says is kept.
pub(crate) fn complete(bench: &str, machine: &str, measured: &Value) -> Result<Value> {
    let rows = measured
        .get("rows")
        .and_then(Value::as_array)
        .filter(|rows| !rows.is_empty())
        .ok_or_else(|| Error::Unexpected(format!("the benchmark {bench} measured no rows")))?;
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            complete_row(row).ok_or_else(|| Error::Unexpected(format!("{bench}: not a row: {row}")))
        })
        .collect::<Result<_>>()?;
    Ok(json!({ "bench": bench, "machine": machine, "rows": rows }))
}

fn complete_row(row: &Value) -> Option<Value> {
    let number = |key: &str| row.get(key).and_then(Value::as_f64).filter(|n| n.is_finite());
    let ours = number("ours")?;
    let goal = number("goal")?;
    let (_, _, _) = (number("n")?, row.get("name")?.as_str()?, row.get("unit")?.as_str()?);
    let (peer, ratio) = match row.get("peer") {
        None | Some(Value::Null) => (Value::Null, None),
        Some(_) => {
            let peer = number("peer").filter(|peer| *peer > 0.0)?;
            row.get("peer_name")?.as_str()?;
            (json!(peer), Some(ours / peer))
        }
    };
    let judged = ratio.unwrap_or(ours);
    let ok = match row.get("better")?.as_str()? {
        "lower" => judged <= goal,
        "higher" => judged >= goal,
        _ => return None,
    };
    let mut complete: Map<String, Value> = row.as_object()?.clone();
    complete.entry("peer_name").or_insert(Value::Null);
    complete.entry("spread").or_insert(Value::Null);
    complete.insert("peer".to_owned(), peer);
    complete.insert("ratio".to_owned(), json!(ratio));
    complete.insert("ok".to_owned(), json!(ok));
    Some(Value::Object(complete))
}

/// Whether every row reaches its goal.
pub(crate) fn all_ok(complete: &Value) -> bool {
    let rows = complete.get("rows").and_then(Value::as_array);
    rows.is_some_and(|rows| rows.iter().all(|row| row.get("ok") == Some(&Value::Bool(true))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(better: &str, ours: f64, peer: Option<f64>, goal: f64) -> Value {
        json!({ "name": "yunet 320", "ours": ours, "peer": peer, "peer_name": "onnxruntime-web",
                "unit": "ms", "better": better, "n": 30, "spread": 0.1, "goal": goal })
    }

    fn judged(row: &Value) -> Option<(Option<f64>, bool)> {
        let row = complete_row(row)?;
        Some((row["ratio"].as_f64(), row["ok"].as_bool()?))
    }

    #[test]
    fn with_a_peer_the_ratio_is_judged() {
        assert_eq!(judged(&row("lower", 12.0, Some(10.0), 1.2)), Some((Some(1.2), true)));
        assert_eq!(judged(&row("lower", 13.0, Some(10.0), 1.2)), Some((Some(1.3), false)));
        assert_eq!(judged(&row("higher", 9.0, Some(10.0), 1.0)), Some((Some(0.9), false)));
    }

    #[test]
    fn without_a_peer_our_own_value_is_judged() {
        assert_eq!(judged(&row("higher", 0.99, None, 0.98)), Some((None, true)));
        assert_eq!(judged(&row("lower", 0.99, None, 0.98)), Some((None, false)));
    }

    #[test]
    fn a_row_that_cannot_be_judged_is_refused() {
        assert_eq!(judged(&row("faster", 1.0, None, 1.0)), None);
        assert_eq!(judged(&row("lower", 1.0, Some(0.0), 1.0)), None);
        assert_eq!(judged(&json!({ "name": "no numbers" })), None);
        let mut failed = row("lower", 1.0, None, 1.0);
        failed["ours"] = Value::Null; // as JSON has it for NaN
        assert_eq!(judged(&failed), None);
    }

    #[test]
    fn the_line_names_bench_and_machine_and_keeps_the_rows() {
        let measured = json!({ "rows": [row("lower", 1.0, Some(2.0), 1.0)] });
        let line = complete("web", "a machine", &measured).unwrap();
        assert_eq!((&line["bench"], &line["machine"]), (&json!("web"), &json!("a machine")));
        assert_eq!(line["rows"][0]["peer_name"], "onnxruntime-web");
        assert!(all_ok(&line));
        assert!(complete("web", "a machine", &json!({ "rows": [] })).is_err());
    }
}
