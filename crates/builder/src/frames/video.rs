//! The frames of a video, through ffmpeg where it is installed.
//!
//! ffmpeg and ffprobe run as programs of their own, one for each question: a file that makes them
//! crash or stand still costs a frame. They may open this file and nothing else: no network, and no
//! playlist that leads to other files, whatever the file is called and says.

use std::{
    ffi::OsString,
    future::ready,
    path::{Path, PathBuf, absolute},
    process::Command,
    time::Duration,
};

use rollcall_core::{FrameError, FrameSource, LocalFuture, Pixels};
use serde::Deserialize;

use super::child::{Failure, output_of};
use crate::Error;

/// The longer side of a frame, at most: enough for faces of a twentieth of it.
const LONGEST: f64 = 960.0;

/// Seconds between frames, at least.
const SPACING: f64 = 1.0;

/// The fewest frames of a short video, and the most of a long one.
const FRAMES: (f64, f64) = (16.0, 2000.0);

/// The longest description of a file that is read, in bytes.
const MAX_DESCRIPTION: u64 = 1 << 20;

/// What a program may take for a description or a frame. A slow disk wakes up in ten seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// The formats that hold a video themselves; playlists are not among them.
const FORMATS: &str =
    "asf,avi,dv,flv,gif,h264,hevc,ivf,m4v,matroska,mov,mpeg,mpegts,mpegvideo,mxf,ogg,rm,webm";

/// A video and the moments at which it is looked at.
#[derive(Clone, Debug)]
pub struct VideoFrames {
    input: OsString,
    seconds: f64,
    count: usize,
    width: u32,
    height: u32,
    interlaced: bool,
}

/// What ffprobe prints.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Description {
    streams: Vec<Stream>,
    format: Format,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Format {
    duration: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stream {
    width: u32,
    height: u32,
    sample_aspect_ratio: Option<String>,
    field_order: Option<String>,
    duration: Option<String>,
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SideData {
    rotation: f64,
}

impl VideoFrames {
    /// Asks what the file is; frames are read when they are asked for.
    ///
    /// # Errors
    /// When ffmpeg is not installed, or the file is no video.
    pub fn open(file: &Path) -> Result<Self, Error> {
        // ffmpeg would blame a file that is not there on the file's kind.
        std::fs::File::open(file).map_err(Error::read(file))?;
        let refuse = |reason: String| Error::Frames { path: file.to_owned(), reason };
        // A whole path, called a file: no name is taken for an option or for an address.
        let mut input = OsString::from("file:");
        input.push(absolute(file).map_err(Error::read(file))?);
        let mut probe = program("ffprobe");
        probe.args(["-select_streams", "V:0", "-of", "json", "-show_entries"]);
        probe.arg("stream=width,height,sample_aspect_ratio,field_order,duration:stream_side_data=rotation:format=duration");
        let printed = output_of(probe.arg("-i").arg(&input), MAX_DESCRIPTION, PATIENCE)
            .map_err(|failure| refused(file, "ffprobe", failure))?;
        let described: Description =
            serde_json::from_slice(&printed).map_err(|e| refuse(format!("ffprobe: {e}")))?;
        let stream = described.streams.first().filter(|s| s.width > 0 && s.height > 0);
        let stream = stream.ok_or_else(|| refuse("there is no video in this file".to_owned()))?;
        let duration = [&stream.duration, &described.format.duration];
        let seconds = duration.iter().find_map(|d| d.as_ref()?.parse().ok());
        let seconds = seconds.filter(|s: &f64| s.is_finite() && *s > 0.0).ok_or_else(|| {
            refuse(
                "this video does not say how long it is; `ffmpeg -i IN -c copy OUT.mkv` mends that"
                    .to_owned(),
            )
        })?;
        let (width, height) = stream.shown_size();
        let count = (seconds / SPACING).clamp(FRAMES.0, FRAMES.1) as usize;
        Ok(Self { input, seconds, count, width, height, interlaced: stream.is_interlaced() })
    }

    /// Gets the picture at the moment of a frame.
    fn read(&self, number: usize) -> Result<Pixels, FrameError> {
        let missing = |reason| FrameError::Missing { number, reason };
        let time = self.time(number).ok_or_else(|| missing("no such moment".to_owned()))?;
        let mut ffmpeg = program("ffmpeg");
        // Ahead of -i it seeks to the keyframe before, and decodes from there.
        ffmpeg.arg("-nostdin").args(["-ss", &format!("{time:.3}"), "-i"]).arg(&self.input);
        let field = if self.interlaced { "field=top," } else { "" };
        let filter = format!("{field}scale={}:{}", self.width, self.height);
        ffmpeg.args(["-map", "0:V:0", "-frames:v", "1", "-vf", &filter]);
        ffmpeg.args(["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]);
        let bytes = 3 * u64::from(self.width) * u64::from(self.height);
        let rgb =
            output_of(&mut ffmpeg, bytes, PATIENCE).map_err(|f| missing(words("ffmpeg", f)))?;
        if rgb.is_empty() {
            return Err(missing(format!("the video ends before {time:.1} s")));
        }
        Pixels::new(self.width, self.height, rgb).map_err(|e| missing(e.to_string()))
    }
}

impl Stream {
    /// Width and height of the frames to be had: pixels square, upright, not too large.
    fn shown_size(&self) -> (u32, u32) {
        let (mut width, mut height) = (f64::from(self.width), f64::from(self.height));
        width *= self.sample_aspect_ratio.as_deref().and_then(ratio).unwrap_or(1.0);
        // ffmpeg turns the picture upright before it scales it.
        let turned = |data: &SideData| (data.rotation / 90.0).round().rem_euclid(2.0) == 1.0;
        if self.side_data_list.iter().any(turned) {
            (width, height) = (height, width);
        }
        let scale = (LONGEST / width.max(height)).min(1.0);
        let side = |length: f64| ((length * scale).round() as u32).max(2);
        (side(width), side(height))
    }

    fn is_interlaced(&self) -> bool {
        matches!(self.field_order.as_deref(), Some("tt" | "bb" | "tb" | "bt"))
    }
}

/// `64:45` -> 1.42; shapes that no video has are a mistake.
fn ratio(text: &str) -> Option<f64> {
    let (width, height) = text.split_once(':')?;
    let ratio = width.parse::<f64>().ok()? / height.parse::<f64>().ok()?;
    (0.2..=5.0).contains(&ratio).then_some(ratio)
}

/// A program of ffmpeg's that may read one file.
fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.args(["-v", "error", "-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS]);
    command
}

fn refused(file: &Path, name: &'static str, failure: Failure) -> Error {
    match failure {
        Failure::Missing => Error::NoFfmpeg(name),
        other => Error::Frames { path: PathBuf::from(file), reason: words(name, other) },
    }
}

fn words(name: &str, failure: Failure) -> String {
    match failure {
        Failure::Missing => format!("{name} is not installed any more"),
        Failure::Io(error) => format!("{name} does not run: {error}"),
        Failure::TimedOut(time) => format!("{name} has not answered for {} s", time.as_secs()),
        Failure::TooMuch => format!("{name} gave more than a frame"),
        Failure::Failed(said) => format!("this is no video that {name} can read: {said}"),
    }
}

impl FrameSource for VideoFrames {
    fn count(&self) -> usize {
        self.count
    }

    /// The middles of equal parts of the video.
    fn time(&self, number: usize) -> Option<f64> {
        let part = self.seconds / self.count as f64;
        (number < self.count).then_some((number as f64 + 0.5) * part)
    }

    fn frame<'a>(&'a self, number: usize) -> LocalFuture<'a, Result<Pixels, FrameError>> {
        Box::pin(ready(self.read(number)))
    }
}

#[cfg(test)]
#[path = "video_tests.rs"]
mod tests;
