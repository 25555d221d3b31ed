//! `rollcall identify`

use std::{ops::ControlFlow, path::Path};

use indicatif::ProgressBar;
use rollcall_builder::{
    Cache, Error,
    eval::{open, word},
    folder::Problem,
    photo,
    terminal::Terminal,
};
use rollcall_core::{
    Answer, FrameSource, IdentifyOptions, Lookup, Match, Recogniser, SceneOptions, SceneProgress,
    Verdict, identify_image, identify_scene,
};
use serde::Serialize;

use super::{
    Done,
    frames::{self, Opened},
    print, print_json_line, tell,
};
use crate::cli::Identify;

/// A line of JSON: the answer of `product.md`, and which picture or scene it is about.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Answered {
        #[serde(flatten)]
        what: What<'a>,
        #[serde(flatten)]
        answer: &'a Answer,
    },
    Failed {
        #[serde(flatten)]
        what: What<'a>,
        error: String,
    },
}

/// What an answer is about.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum What<'a> {
    Image(&'a Path),
    Scene(&'a Path),
}

pub(super) fn run(command: &Identify, cache: &Cache, terminal: Terminal) -> Result<Done, Error> {
    // A scene that cannot be opened is told before models are loaded.
    let scene = frames::open(command)?;
    let recogniser = command.recognition.open(cache)?.recogniser(1)?;
    let database = open(&command.db, &recogniser)?;
    let options = IdentifyOptions {
        max_results: command.max_results,
        thumbnails: command.thumbnails,
        local_image_base: format!("{}/", command.db.display()),
        ..IdentifyOptions::default()
    };
    if let Some(Opened { path, frames }) = scene {
        let options = SceneOptions { answer: options, ..SceneOptions::default() };
        let answer = in_scene(&recogniser, &database, &*frames, &options, terminal);
        let answer = answer.map_err(|reason| Error::Recognise { path: path.to_owned(), reason });
        return told(command, What::Scene(path), answer).map(|problem| tell(problem.as_slice()));
    }
    let mut problems = Vec::new();
    for image in &command.images {
        let answer = in_picture(&recogniser, &database, image, &options);
        problems.extend(told(command, What::Image(image), answer)?);
    }
    Ok(tell(&problems))
}

fn in_picture(
    recogniser: &Recogniser,
    database: &dyn Lookup,
    image: &Path,
    options: &IdentifyOptions,
) -> Result<Answer, Error> {
    let (_, pixels) = photo::read(image)?;
    pollster::block_on(identify_image(recogniser, Some(database), &pixels, options))
        .map_err(|e| Error::Recognise { path: image.to_owned(), reason: e.to_string() })
}

fn in_scene(
    recogniser: &Recogniser,
    database: &dyn Lookup,
    frames: &dyn FrameSource,
    options: &SceneOptions,
    terminal: Terminal,
) -> Result<Answer, String> {
    let bar = terminal.bar("frames", frames.count().min(options.frames));
    let hear = |progress: SceneProgress| {
        show(&bar, progress);
        ControlFlow::Continue(())
    };
    let answer =
        pollster::block_on(identify_scene(recogniser, Some(database), frames, options, &hear));
    bar.finish_and_clear();
    answer.map_err(|e| e.to_string())
}

fn show(bar: &ProgressBar, progress: SceneProgress) {
    match progress {
        SceneProgress::Frame { done, total } => {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
        SceneProgress::Early(answer) => {
            let names = answer.matches.iter().filter_map(|person| person.best.as_ref());
            let names: Vec<&str> = names.map(|best| &*best.name).collect();
            bar.set_message(names.join(", "));
        }
    }
}

/// Prints an answer, or gives the problem there was instead.
fn told(
    command: &Identify,
    what: What,
    answer: Result<Answer, Error>,
) -> Result<Option<Problem>, Error> {
    let (What::Image(path) | What::Scene(path)) = what;
    match answer {
        Ok(answer) => {
            if command.json {
                print_json_line(&Line::Answered { what, answer: &answer })?;
            } else {
                print_table(path, &answer)?;
            }
            Ok(None)
        }
        Err(error) => {
            let error = error.to_string();
            if command.json {
                print_json_line(&Line::Failed { what, error: error.clone() })?;
            }
            Ok(Some(Problem { path: path.to_owned(), reason: error }))
        }
    }
}

fn print_table(path: &Path, answer: &Answer) -> Result<(), Error> {
    print(&path.display().to_string())?;
    if answer.matches.is_empty() {
        return print("  no face");
    }
    for person in &answer.matches {
        let place = if answer.scene.is_some() { moments(person) } else { place(person) };
        print(&format!("  {}", line(person, &place)))?;
    }
    Ok(())
}

/// The word, the name, the similarity, and where or when the person is seen.
fn line(person: &Match, place: &str) -> String {
    let Some(best) = &person.best else {
        let nearest = person.candidates.first();
        let nearest = nearest.map_or_else(String::new, |c| {
            format!(" (nearest {}, similarity {:.3})", c.name, c.similarity.0)
        });
        return format!("{:<13} {place}{nearest}", "unknown");
    };
    let word = word(Verdict::of(best.confidence));
    format!("{word:<13} {}  similarity {:.3}  {place}", best.name, best.similarity.0)
}

/// Where in the picture.
fn place(person: &Match) -> String {
    person.faces.first().map_or_else(String::new, |face| {
        let b = face.bounding_box;
        format!("at {:.0},{:.0} {:.0}x{:.0}", b.x, b.y, b.width, b.height)
    })
}

/// In how many frames, from when to when.
fn moments(person: &Match) -> String {
    let frames = match person.appearances {
        1 => "1 frame".to_owned(),
        n => format!("{n} frames"),
    };
    let ends = [person.faces.first(), person.faces.last()];
    match ends.map(|face| face.and_then(|face| face.time)) {
        [Some(first), Some(last)] if first < last => {
            format!("{frames}, {} to {}", clock(first), clock(last))
        }
        [Some(first), _] => format!("{frames}, {}", clock(first)),
        _ => frames,
    }
}

/// Hours, minutes and seconds as players show them.
fn clock(seconds: f64) -> String {
    let seconds = seconds as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}
