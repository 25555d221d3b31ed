//! The confidence and the word that a user would have read.

use rollcall_core::{Calibration, Candidate, Evidence, Lookup, Pack, Ranked, Verdict, rank};
use rollcall_index::Database;

/// Gives words as an identification does.
pub(super) struct Judge {
    curves: Vec<Calibration>,
    performers: u64,
}

impl Judge {
    /// The judge of a database that is searched with `pack`.
    pub(super) fn of(database: &Database, pack: &Pack) -> Self {
        let performers = database.summary().map_or(0, |summary| summary.performers);
        Self { curves: Calibration::that_count(pack, Some(database)), performers }
    }

    pub(super) fn is_calibrated(&self) -> bool {
        self.curves.iter().all(|curve| curve.calibrated)
    }

    /// Candidates for somebody seen once, the surest first.
    pub(super) fn rank<'a>(
        &self,
        candidates: impl IntoIterator<Item = &'a Candidate>,
    ) -> Vec<Ranked> {
        let candidates = candidates.into_iter().cloned().collect();
        rank(candidates, 1, self.performers, &self.curves, &|_| false)
    }

    /// Whether the first of some candidates for somebody seen once becomes a name.
    pub(super) fn names(&self, candidates: &[Candidate]) -> bool {
        word_for(&self.rank(candidates)) > Verdict::Unknown
    }

    /// Whether somebody with this evidence would be named surely.
    pub(super) fn is_sure(&self, evidence: &Evidence) -> bool {
        Verdict::of(Calibration::most_cautious(&self.curves, evidence)) == Verdict::Sure
    }
}

/// The word for the first of some candidates.
pub(super) fn word_for(ranked: &[Ranked]) -> Verdict {
    ranked.first().map_or(Verdict::Unknown, |best| Verdict::of(best.confidence))
}
