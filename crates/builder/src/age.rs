//! From which day on somebody may be in a database.

use jiff::{ToSpan, civil::Date};

/// Recorded ages below this are excluded, in years.
const OF_AGE: i16 = 18;

/// The first day, `YYYY-MM-DD`, on which somebody born on `birth_date` is surely of age. Where only
/// the year or month is known, as if born at its very end. `None` where nothing that can be read is
/// recorded.
pub(crate) fn of_age_on(birth_date: &str) -> Option<String> {
    let mut parts = birth_date.trim().splitn(3, '-');
    let year: i16 = parts.next()?.parse().ok()?;
    let part = |text: Option<&str>| text.and_then(|text| text.parse::<i8>().ok());
    let (month, day) = (part(parts.next()), part(parts.next()));
    let year = year.checked_add(OF_AGE)?;
    let first = |month| Date::new(year, month, 1).ok();
    let date = match (month.and_then(first), day) {
        (None, _) => Date::new(year.checked_add(1)?, 1, 1).ok()?,
        (Some(first), None) => first.checked_add(1.month()).ok()?,
        // The 29th of February is followed by the 1st of March in other years.
        (Some(first), Some(day)) => {
            let last = first.days_in_month();
            if (1..=last).contains(&day) {
                first.with().day(day).build().ok()?
            } else {
                first.checked_add(1.month()).ok()?
            }
        }
    };
    Some(date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_counts_against_being_of_age() {
        for (born, of_age) in [
            ("2000-05-17", "2018-05-17"),
            ("2000-02-29", "2018-03-01"),
            ("2000-12", "2019-01-01"),
            ("2000-05", "2018-06-01"),
            ("2000", "2019-01-01"),
            ("2000-13-45", "2019-01-01"),
            ("2000-04-31", "2018-05-01"),
        ] {
            assert_eq!(of_age_on(born).as_deref(), Some(of_age), "{born}");
        }
        for nothing in ["", "unknown", "99999", "-5"] {
            assert_eq!(of_age_on(nothing), None, "{nothing}");
        }
    }
}
