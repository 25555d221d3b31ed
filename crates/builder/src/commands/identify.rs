//! `rollcall identify`

use std::path::Path;

use rollcall_builder::{Cache, Error, eval::open, folder::Problem, photo};
use rollcall_core::{Answer, IdentifyOptions, Lookup, Match, Recogniser, Verdict, identify_image};
use serde::Serialize;

use super::{Done, frames::open_frames, print, print_json_line, tell};
use crate::cli::Identify;

/// A line of JSON: the answer of `product.md`, and which picture it is about.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Answered {
        image: &'a Path,
        #[serde(flatten)]
        answer: &'a Answer,
    },
    Failed {
        image: &'a Path,
        error: String,
    },
}

pub(super) fn run(command: &Identify, cache: &Cache) -> Result<Done, Error> {
    if let Some(frames) = open_frames(command)? {
        let count = frames.count();
        return Err(Error::Usage(format!(
            "this version opens scenes ({count} frames) but does not name people in them yet; name single pictures"
        )));
    }
    let recogniser = command.recognition.open(cache)?.recogniser(1)?;
    let database = open(&command.db, &recogniser)?;
    let options = IdentifyOptions {
        max_results: command.max_results,
        thumbnails: command.thumbnails,
        local_image_base: format!("{}/", command.db.display()),
        ..IdentifyOptions::default()
    };
    let mut problems = Vec::new();
    for image in &command.images {
        match identify(&recogniser, &database, image, &options) {
            Ok(answer) if command.json => {
                print_json_line(&Line::Answered { image, answer: &answer })?;
            }
            Ok(answer) => print_table(image, &answer)?,
            Err(error) => {
                let error = error.to_string();
                if command.json {
                    print_json_line(&Line::Failed { image, error: error.clone() })?;
                }
                problems.push(Problem { path: image.clone(), reason: error });
            }
        }
    }
    Ok(tell(&problems))
}

fn identify(
    recogniser: &Recogniser,
    database: &dyn Lookup,
    image: &Path,
    options: &IdentifyOptions,
) -> Result<Answer, Error> {
    let (_, pixels) = photo::read(image)?;
    pollster::block_on(identify_image(recogniser, Some(database), &pixels, options))
        .map_err(|e| Error::Recognise { path: image.to_owned(), reason: e.to_string() })
}

fn print_table(image: &Path, answer: &Answer) -> Result<(), Error> {
    print(&image.display().to_string())?;
    if answer.matches.is_empty() {
        return print("  no face");
    }
    for person in &answer.matches {
        print(&format!("  {}", line(person)))?;
    }
    Ok(())
}

/// The word, the name, the similarity, and where the face is.
fn line(person: &Match) -> String {
    let place = person.faces.first().map_or_else(String::new, |face| {
        let b = face.bounding_box;
        format!("at {:.0},{:.0} {:.0}x{:.0}", b.x, b.y, b.width, b.height)
    });
    let Some(best) = &person.best else {
        let nearest = person.candidates.first();
        let nearest = nearest.map_or_else(String::new, |c| {
            format!(" (nearest {}, similarity {:.3})", c.name, c.similarity.0)
        });
        return format!("{:<13} {place}{nearest}", "unknown");
    };
    let word = match Verdict::of(best.confidence) {
        Verdict::Sure => "sure",
        Verdict::Likely => "likely",
        Verdict::LookYourself | Verdict::Unknown => "look yourself",
    };
    format!("{word:<13} {}  similarity {:.3}  {place}", best.name, best.similarity.0)
}
