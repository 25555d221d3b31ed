//! Scenes whose people are known: who is named, and who should have been.
//!
//! A folder of scenes has one folder each with `sprite.jpg`, `thumbs.vtt` and `truth.json`, as
//! `tests/scenes` makes them. What a group of faces is judged by is who is at those places.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use rollcall_core::{
    Answer, IdentifyOptions, Match, PerformerId, Recogniser, SceneOptions, Verdict, name_scene,
};
use serde::Serialize;

use super::{
    calibrate::Known,
    open,
    openset::WordCount,
    reliability::{Reliability, Stated},
    seen,
    truth::{Person, Truth, who_is_at},
};
use crate::{
    Error,
    folder::Problem,
    metrics::{Measure, median},
    setup::Setup,
    terminal::Terminal,
    workers,
};

/// The figures.
#[derive(Clone, Debug, Serialize)]
pub struct Scenes {
    /// How many scenes.
    pub scenes: usize,
    /// People of the database who are in them, each scene for itself.
    pub known: usize,
    /// Extras.
    pub extras: usize,
    /// Whether the people in a scene, and one more, were expected there: such figures are not to be set
    /// beside those without.
    pub expected: bool,
    /// The share of both of whom a face was compared.
    pub found: Measure,
    /// Entries of the answers for each person of whom a face was compared: more than 1 where somebody
    /// was taken for two.
    pub entries_per_person: Measure,
    /// The share of the database's people who are named, and surely.
    pub recall_at_sure: Measure,
    /// The share of sure names that are right.
    pub precision_at_sure: Measure,
    /// The same for names that are likely or sure.
    pub recall_at_likely: Measure,
    /// The same for names that are likely or sure.
    pub precision_at_likely: Measure,
    /// The share of the database's people who are first candidate, whatever the word.
    pub recall_at_any: Measure,
    /// Names by their word, the surest first; unknown people with their first candidate.
    pub words: Vec<WordCount>,
    /// What the confidences are worth.
    pub calibration: Reliability,
    /// Median of the seconds from the files to the people, of scenes that were looked at now.
    pub seconds_per_scene: Measure,
    /// Wrong names, and people of the database who got no name.
    pub misses: Vec<SceneMiss>,
}

/// A wrong name, or one that is missing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SceneMiss {
    /// The scene's folder.
    pub scene: PathBuf,
    /// Who it is; none where there is nobody at those places.
    pub is: Option<String>,
    /// Who it is most like; none where no face was compared.
    pub taken_for: Option<String>,
    /// The word that was said.
    pub word: Verdict,
    /// How like them it is.
    pub similarity: Option<f32>,
    /// In how many frames.
    pub appearances: usize,
}

/// One person of an answer, and who it is.
struct Named {
    scene: PathBuf,
    /// The number of the person in the truth.
    is: Option<usize>,
    id: Option<String>,
    in_gallery: bool,
    taken_for: Option<String>,
    right: bool,
    word: Verdict,
    known: Option<Known>,
    confidence: f64,
    appearances: usize,
}

/// What came of one scene.
struct Scene<'a> {
    path: PathBuf,
    truth: &'a Truth,
    named: Vec<Named>,
    /// From the files to the people without names, if it was looked at now.
    seconds: Option<f64>,
}

/// Looks at every scene in `folder`, and gives also what there is to learn from. With `expect` the people
/// in a scene are expected, and one more, as tags on it would have it. What is seen is kept in `kept`,
/// where that is given, and taken from there.
pub(super) fn evaluate(
    folder: &Path,
    db: &Path,
    setup: &Setup,
    jobs: usize,
    expect: bool,
    kept: Option<&Path>,
    terminal: Terminal,
) -> Result<(Scenes, Vec<Known>, Vec<Problem>), Error> {
    let (mut truths, mut problems) = (Vec::new(), Vec::new());
    let problem = |path: &Path, e: Error| Problem { path: path.to_owned(), reason: e.to_string() };
    for path in scenes_in(folder)? {
        match Truth::read(&path) {
            Ok(truth) => truths.push((path, truth)),
            Err(error) => problems.push(problem(&path, error)),
        }
    }
    let expected = truths.iter().filter(|_| expect);
    let everybody: BTreeSet<PerformerId> = expected.flat_map(|(_, truth)| truth.known()).collect();
    let numbered: Vec<_> = truths.iter().enumerate().collect();
    let bar = terminal.bar("scenes", truths.len());
    let seen = workers::map(
        &numbered,
        jobs,
        || {
            let recogniser = setup.recogniser(jobs)?;
            Ok((open(db, &recogniser)?, recogniser))
        },
        |(database, recogniser), &(number, (path, truth))| {
            look(path, truth, recogniser, database, truth.tags(&everybody, number), kept)
        },
        || bar.inc(1),
    )?;
    bar.finish_and_clear();
    let mut scenes = Vec::new();
    for ((path, _), scene) in truths.iter().zip(seen) {
        match scene {
            Ok(scene) => scenes.push(scene),
            Err(error) => problems.push(problem(path, error)),
        }
    }
    let known = scenes.iter().flat_map(|s| &s.named).filter_map(|named| named.known.clone());
    Ok((Scenes { expected: expect, ..Scenes::of(&scenes) }, known.collect(), problems))
}

fn scenes_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(Error::read(folder))?;
    let mut scenes = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::read(folder))?.path();
        if path.join("truth.json").is_file() {
            scenes.push(path);
        }
    }
    scenes.sort();
    if scenes.is_empty() {
        let folder = folder.display();
        return Err(Error::Usage(format!("{folder} has no folder with a truth.json")));
    }
    Ok(scenes)
}

fn look<'a>(
    path: &Path,
    truth: &'a Truth,
    recogniser: &Recogniser,
    database: &rollcall_index::Database,
    expected: BTreeSet<PerformerId>,
    kept: Option<&Path>,
) -> Result<Scene<'a>, Error> {
    let looking = SceneOptions::default();
    let (seen, seconds) = seen::look(path, recogniser, &looking, kept)?;
    let options = IdentifyOptions { expected, ..looking.answer };
    let answer = pollster::block_on(name_scene(recogniser, Some(database), &seen, &options));
    let answer =
        answer.map_err(|e| Error::Recognise { path: path.to_owned(), reason: e.to_string() })?;
    let named = judge(path, &answer, truth);
    Ok(Scene { path: path.to_owned(), truth, named, seconds })
}

fn judge(path: &Path, answer: &Answer, truth: &Truth) -> Vec<Named> {
    let scene = path.file_name().unwrap_or_default().to_string_lossy();
    let judge = |person: &Match| {
        let is = who_is_at(&person.faces, truth);
        let who = is.map(|number| &truth.people[number]);
        // The name, or who it would have been.
        let first = person.best.as_ref().or(person.candidates.first());
        let right = who.is_some_and(|who| first.is_some_and(|c| c.performer_id == who.id));
        Named {
            scene: path.to_owned(),
            is,
            id: who.map(|who| who.id.clone()),
            in_gallery: who.is_some_and(|who| who.in_gallery),
            taken_for: first.map(|c| c.performer_id.clone()),
            right,
            word: person.best.as_ref().map_or(Verdict::Unknown, |b| Verdict::of(b.confidence)),
            known: person.why.as_ref().map(|why| Known {
                who: who.map_or_else(|| scene.clone().into_owned(), |who| who.id.clone()),
                evidence: why.evidence,
                right,
                weight: 1.0,
            }),
            confidence: first.map_or(0.0, |c| f64::from(c.confidence.0)),
            appearances: person.appearances,
        }
    };
    answer.matches.iter().map(judge).collect()
}

impl Scenes {
    fn of(scenes: &[Scene]) -> Self {
        let present = |person: &&Person| !person.appearances.is_empty();
        let people = || scenes.iter().flat_map(|s| &s.truth.people).filter(present);
        let known = people().filter(|person| person.in_gallery).count();
        let all = people().count();
        // Whether a person of a scene has an entry of which something holds.
        let count = |holds: &dyn Fn(&Named) -> bool| -> usize {
            let people = |scene: &Scene| {
                let mut people: Vec<usize> =
                    scene.named.iter().filter(|n| holds(n)).filter_map(|n| n.is).collect();
                people.sort_unstable();
                people.dedup();
                people.len()
            };
            scenes.iter().map(people).sum()
        };
        let named: Vec<&Named> = scenes.iter().flat_map(|scene| &scene.named).collect();
        let found = count(&|_| true);
        let recall = |least: Verdict| {
            Measure::rate(count(&|n| n.in_gallery && n.right && n.word >= least), known)
        };
        let precision = |least: Verdict| {
            let said: Vec<&&Named> = named.iter().filter(|n| n.word >= least).collect();
            Measure::rate(said.iter().filter(|n| n.right).count(), said.len())
        };
        let entries = named.iter().filter(|n| n.is.is_some()).count();
        let words = [Verdict::Sure, Verdict::Likely, Verdict::LookYourself, Verdict::Unknown];
        let stated = named.iter().filter(|n| n.taken_for.is_some()).map(|n| Stated {
            confidence: n.confidence,
            right: n.right,
            weight: 1.0,
        });
        Self {
            scenes: scenes.len(),
            known,
            extras: all - known,
            expected: false,
            found: Measure::rate(found, all),
            entries_per_person: Measure::plain(entries as f64 / found.max(1) as f64, found),
            recall_at_sure: recall(Verdict::Sure),
            precision_at_sure: precision(Verdict::Sure),
            recall_at_likely: recall(Verdict::Likely),
            precision_at_likely: precision(Verdict::Likely),
            recall_at_any: recall(Verdict::Unknown),
            words: words.map(|word| words_of(word, &named)).to_vec(),
            calibration: Reliability::of(&stated.collect::<Vec<_>>()),
            seconds_per_scene: median(scenes.iter().filter_map(|scene| scene.seconds).collect()),
            misses: scenes.iter().flat_map(misses).collect(),
        }
    }
}

fn words_of(word: Verdict, named: &[&Named]) -> WordCount {
    let (mut right, mut wrong, mut strangers) = (0, 0, 0);
    for named in named.iter().filter(|named| named.word == word) {
        match (named.right, named.in_gallery) {
            (true, _) => right += 1,
            (false, true) => wrong += 1,
            (false, false) => strangers += 1,
        }
    }
    WordCount::new(word, right, wrong, strangers)
}

/// Wrong names, and people who got none: what speaks for their longest entry.
fn misses(scene: &Scene) -> Vec<SceneMiss> {
    let miss = |named: &Named| SceneMiss {
        scene: named.scene.clone(),
        is: named.id.clone(),
        taken_for: named.taken_for.clone(),
        word: named.word,
        similarity: named.known.as_ref().map(|known| known.evidence.similarity.0),
        appearances: named.appearances,
    };
    let is_named = |named: &&Named| named.word > Verdict::Unknown;
    let wrong = scene.named.iter().filter(is_named).filter(|n| !n.right).map(miss);
    let people = scene.truth.people.iter().enumerate();
    let unnamed = people.filter(|(number, person)| {
        let theirs = |n: &&Named| n.is == Some(*number) && n.right;
        let present = person.in_gallery && !person.appearances.is_empty();
        present && !scene.named.iter().filter(is_named).any(|n| theirs(&n))
    });
    let unnamed = unnamed.map(|(number, person)| {
        let theirs = scene.named.iter().filter(|n| n.is == Some(number));
        theirs.max_by_key(|n| n.appearances).map_or_else(
            || SceneMiss {
                scene: scene.path.clone(),
                is: Some(person.id.clone()),
                taken_for: None,
                word: Verdict::Unknown,
                similarity: None,
                appearances: 0,
            },
            miss,
        )
    });
    wrong.chain(unnamed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::truth::tests::person;

    fn named(is: Option<usize>, right: bool, word: Verdict) -> Named {
        Named {
            scene: "scene".into(),
            is,
            id: None,
            in_gallery: is == Some(0),
            taken_for: Some("somebody".to_owned()),
            right,
            word,
            known: None,
            confidence: 0.5,
            appearances: 1,
        }
    }

    #[test]
    fn every_figure_counts_what_it_says() {
        let truth = Truth { people: vec![person("a", true, 0.0), person("b", false, 50.0)] };
        let scene = |entries: Vec<Named>| Scene {
            path: "scene".into(),
            truth: &truth,
            named: entries,
            seconds: Some(2.0),
        };
        let found = Scenes::of(&[
            // Named twice, and the extra is unknown.
            scene(vec![
                named(Some(0), true, Verdict::Sure),
                named(Some(0), true, Verdict::Sure),
                named(Some(1), false, Verdict::Unknown),
            ]),
            // Likely only, and the extra has a sure name.
            scene(vec![
                named(Some(0), true, Verdict::Likely),
                named(Some(1), false, Verdict::Sure),
            ]),
            // Nobody was found, but a picture on the wall has a name.
            scene(vec![named(None, false, Verdict::LookYourself)]),
        ]);
        let values = |m: &Measure| (m.value, m.n);
        assert_eq!((found.scenes, found.known, found.extras), (3, 3, 3));
        assert_eq!(values(&found.found), (Some(4.0 / 6.0), 6));
        assert_eq!(values(&found.entries_per_person), (Some(1.25), 4));
        assert_eq!(values(&found.recall_at_sure), (Some(1.0 / 3.0), 3));
        assert_eq!(values(&found.precision_at_sure), (Some(2.0 / 3.0), 3));
        assert_eq!(values(&found.recall_at_likely), (Some(2.0 / 3.0), 3));
        assert_eq!(values(&found.precision_at_likely), (Some(0.75), 4));
        let words: Vec<_> = found.words.iter().map(|w| (w.right, w.wrong, w.strangers)).collect();
        assert_eq!(words, [(2, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 1)]);
        let misses: Vec<_> = found.misses.iter().map(|m| (m.word, m.is.as_deref())).collect();
        let missed =
            [(Verdict::Sure, None), (Verdict::LookYourself, None), (Verdict::Unknown, Some("a"))];
        assert_eq!(misses, missed);
    }
}
