//! `${NAME}` in values.

use serde_norway::Value;

/// Replaces each `${NAME}` in every text below `value` by what `variable` gives.
pub(super) fn variables(
    value: &mut Value,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<(), String> {
    match value {
        Value::String(text) => {
            *text = expanded(text, variable)?;
            Ok(())
        }
        Value::Sequence(items) => items.iter_mut().try_for_each(|item| variables(item, variable)),
        Value::Mapping(map) => map.values_mut().try_for_each(|item| variables(item, variable)),
        _ => Ok(()),
    }
}

fn expanded(text: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').ok_or("a value has ${ without }")?;
        let value = variable(name).filter(|value| !value.trim().is_empty()).ok_or_else(|| {
            format!(
                "the environment variable {name} is not set; set it, or write its value instead"
            )
        })?;
        whole.push_str(&value);
        whole.push_str(rest);
    }
    Ok(whole)
}
