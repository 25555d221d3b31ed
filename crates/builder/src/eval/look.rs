//! One look at one photo, with everything that is asked of the database about it.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use rollcall_core::{
    Candidate, Crop, EmbeddedFace, Embedding, EngineReport, Lookup, PerformerId, Pixels, Recogniser,
};
use rollcall_index::Database;

use super::{degrade, open, rotate};
use crate::{
    Error,
    photo::{self, Photo},
};

/// How many candidates are used: as many as people are shown.
pub const SHOWN: usize = 5;

/// How many are asked for: one more, so that as many are left when a person's own entry is passed over
/// as if it were not there.
const ASKED: usize = SHOWN + 1;

/// What a photo is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of somebody whose name is known.
    Probe,
    /// Of people who are not in the database.
    Stranger,
    /// Of several people without names.
    Group,
}

/// What else to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The probes turned by 90, 180 and 270 degrees.
    pub rotate: bool,
    /// The probes' faces squeezed to so many pixels.
    pub squeeze: Vec<u32>,
}

/// A photo that was looked at.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file.
    pub path: PathBuf,
    /// What it is for.
    pub kind: Kind,
    /// Who is in it; nobody of the database where none is given.
    pub person: Option<PerformerId>,
    /// What was seen.
    pub photo: Photo,
    /// Per face of the photo, who it is like, best first.
    pub found: Vec<Vec<Candidate>>,
    /// The probe turned.
    pub turned: Vec<Turned>,
    /// The probe's most prominent face squeezed.
    pub squeezed: Vec<Squeezed>,
    /// Seconds from the file to the names.
    pub seconds: f64,
}

/// What was seen in a turned photo.
#[derive(Clone, Debug)]
pub struct Turned {
    /// Clockwise.
    pub degrees: u32,
    /// Whether the face was found where it is.
    pub found: bool,
    /// Who it is like.
    pub candidates: Vec<Candidate>,
}

/// What became of a squeezed face.
#[derive(Clone, Debug)]
pub struct Squeezed {
    /// To how many pixels each way.
    pub pixels: u32,
    /// One per embedder.
    pub embeddings: Vec<Embedding>,
    /// Who it is like.
    pub candidates: Vec<Candidate>,
}

/// Looks at photos; one per thread.
pub(super) struct Looker<'a> {
    recogniser: Recogniser,
    database: Database,
    wanted: &'a Wanted,
}

impl<'a> Looker<'a> {
    pub(super) fn new(
        db: &Path,
        recogniser: Recogniser,
        wanted: &'a Wanted,
    ) -> Result<Self, Error> {
        let database = open(db, &recogniser)?;
        Ok(Self { recogniser, database, wanted })
    }

    /// Looks at the photo `path`.
    pub(super) fn look(
        &self,
        path: &Path,
        kind: Kind,
        person: Option<&PerformerId>,
    ) -> Result<(Case, EngineReport), Error> {
        let start = Instant::now();
        let (sha256, pixels) = photo::read(path)?;
        let faces = photo::faces(&self.recogniser, path, &pixels)?;
        let found = faces.iter().map(|face| ask(&self.database, &face.embeddings));
        let found = found.collect::<Result<Vec<_>, Error>>()?;
        let seconds = start.elapsed().as_secs_f64();
        let photo = Photo::new(sha256, &pixels, &faces);
        let mut case = Case {
            path: path.to_owned(),
            kind,
            person: person.cloned(),
            photo,
            found,
            turned: Vec::new(),
            squeezed: Vec::new(),
            seconds,
        };
        if kind == Kind::Probe {
            self.look_closer(&mut case, &pixels, &faces)?;
        }
        Ok((case, self.recogniser.report()))
    }

    fn look_closer(
        &self,
        case: &mut Case,
        pixels: &Pixels,
        faces: &[EmbeddedFace],
    ) -> Result<(), Error> {
        let fail =
            |e: &dyn ToString| Error::Recognise { path: case.path.clone(), reason: e.to_string() };
        let main = case.photo.most_prominent_index().and_then(|index| faces.get(index));
        if self.wanted.rotate {
            for turn in rotate::TURNS {
                let turned = rotate::turned(pixels, turn);
                let seen = photo::faces(&self.recogniser, &case.path, &turned)?;
                let expected = main.map(|face| rotate::turned_box(&face.face, pixels, turn));
                let face = rotate::expected(&seen, expected);
                let embeddings = face.map(|face| &face.embeddings[..]);
                let candidates = embeddings.map(|e| ask(&self.database, e)).transpose()?;
                case.turned.push(Turned {
                    degrees: turn,
                    found: face.is_some(),
                    candidates: candidates.unwrap_or_default(),
                });
            }
        }
        let Some(main) = main else { return Ok(()) };
        let squeezable = |crop: Crop| crop == Crop::Umeyama112;
        if !self.recogniser.pack().embedders.iter().all(|embedder| squeezable(embedder.crop)) {
            return Ok(());
        }
        for &side in &self.wanted.squeeze {
            let crop = degrade::squeezed(&main.crop, side).map_err(|e| fail(&e))?;
            let embeddings =
                pollster::block_on(self.recogniser.embed(&crop.into())).map_err(|e| fail(&e))?;
            let candidates = ask(&self.database, &embeddings)?;
            case.squeezed.push(Squeezed { pixels: side, embeddings, candidates });
        }
        Ok(())
    }
}

fn ask(database: &Database, embeddings: &[Embedding]) -> Result<Vec<Candidate>, Error> {
    Ok(pollster::block_on(database.find(embeddings, ASKED))?.candidates)
}
