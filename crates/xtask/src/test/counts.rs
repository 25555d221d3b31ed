//! Counts of tests, and how to read them off what test programs print.

use std::{fmt, iter::Sum, ops::Add};

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Those that passed.
    pub(crate) passed: u64,
    /// Those that failed.
    pub(crate) failed: u64,
    /// Those that could not run here.
    pub(crate) skipped: u64,
}

impl Counts {
    /// One check that is not a row of tests.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed), skipped: 0 }
    }

    /// A program that failed without naming a failed test (it crashed, or did not compile) counts
    /// as one failed test.
    pub(crate) fn or_crash(mut self, succeeded: bool) -> Self {
        if !succeeded {
            self.failed = self.failed.max(1);
        }
        self
    }

    /// Where nothing is missing there is no reason to skip: counts what was skipped as failed.
    pub(crate) fn with_skips_failed(self) -> Self {
        Self { failed: self.failed + self.skipped, skipped: 0, ..self }
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Reads what `cargo test -- --show-output` printed. A test that cannot run here passes and prints
/// a line that starts with `skipped:`.
pub(crate) fn of_cargo_test(text: &str) -> Counts {
    let mut counts: Counts = text.lines().filter_map(result_line).sum();
    let skipped = skipped_tests(text).min(counts.passed);
    counts.passed -= skipped;
    counts.skipped += skipped;
    counts
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`
fn result_line(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| {
        numbers.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok())
    };
    Some(Counts {
        passed: count("passed")?,
        failed: count("failed")?,
        skipped: count("ignored").unwrap_or(0),
    })
}

/// The number of `---- name stdout ----` blocks of passed tests with a line that says so.
fn skipped_tests(text: &str) -> u64 {
    let mut passed_tests = false;
    let mut counted = false;
    let mut skipped = 0;
    for line in text.lines() {
        match line.trim_end() {
            "successes:" => passed_tests = true,
            "failures:" => passed_tests = false,
            block if block.starts_with("---- ") && block.ends_with(" ----") => counted = false,
            said if said.starts_with("skipped:") && passed_tests && !counted => {
                counted = true;
                skipped += 1;
            }
            _ => {}
        }
    }
    skipped
}

/// Reads the last line of the form `N passed, N failed, N skipped`.
pub(crate) fn of_last_line(text: &str) -> Option<Counts> {
    text.lines().rev().find_map(|line| {
        let mut parts = line.trim().split(", ");
        let mut count = |word: &str| parts.next()?.strip_suffix(word)?.trim_end().parse().ok();
        Some(Counts {
            passed: count("passed")?,
            failed: count("failed")?,
            skipped: count("skipped")?,
        })
    })
}

/// What a log says of the tests that failed: `cargo test`'s blocks of failures, and the lines after
/// `FAILED` of our own runner, which are indented.
pub(crate) fn failures(text: &str) -> String {
    let mut shown = String::new();
    let mut inside = false;
    for line in text.lines() {
        inside = match line {
            "failures:" => true,
            _ if line.starts_with("FAILED  ") => true,
            _ if line.starts_with("test result: ") || line.starts_with("  ok  ") => false,
            _ => inside,
        };
        if inside {
            shown.push_str(line);
            shown.push('\n');
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARGO: &str = "\
running 3 tests
test a ... ok
test b ... ok
test c ... FAILED

successes:

---- a stdout ----
skipped: there is no shared folder
skipped: really
---- b stdout ----
nothing was skipped: all well

successes:
    a
    b

failures:

---- c stdout ----
skipped: but it failed after that

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

   Doc-tests rollcall_core
test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s
";

    #[test]
    fn cargo_tests_are_counted_and_skips_are_not_passes() {
        assert_eq!(of_cargo_test(CARGO), Counts { passed: 5, failed: 1, skipped: 2 });
    }

    #[test]
    fn what_failed_is_shown_and_nothing_else() {
        let ours = "  ok  a (0.1 s)\nFAILED  b (0.2 s)\n        why\n  ok  c (0.1 s)\n";
        assert_eq!(failures(ours), "FAILED  b (0.2 s)\n        why\n");
        assert_eq!(
            failures(CARGO),
            "failures:\n\n---- c stdout ----\nskipped: but it failed after that\n\n"
        );
    }

    #[test]
    fn a_crash_is_a_failure() {
        assert_eq!(of_cargo_test("error: could not compile").or_crash(false).failed, 1);
        assert_eq!(of_cargo_test(CARGO).or_crash(false).failed, 1);
    }

    #[test]
    fn the_last_line_is_read_and_written_in_one_form() {
        let counts = Counts { passed: 12, failed: 0, skipped: 3 };
        let text = format!("5 passed, 5 failed, 5 skipped\n{counts}\nbye\n");
        assert_eq!(counts.to_string(), "12 passed, 0 failed, 3 skipped");
        assert_eq!(of_last_line(&text), Some(counts));
        assert_eq!(of_last_line("12 passed"), None);
    }

    #[test]
    fn where_nothing_is_missing_a_skip_is_a_failure() {
        let counts = Counts { passed: 1, failed: 1, skipped: 2 };
        assert_eq!(counts.with_skips_failed(), Counts { passed: 1, failed: 3, skipped: 0 });
    }
}
