//! Which tile of a sprite sheet shows which moment: WebVTT files as Stash writes them.

use crate::Region;

/// The longest file read, in bytes: [`MAX_CUES`] with a name of 300 characters each.
pub const MAX_VTT_BYTES: usize = 4 << 20;

/// The most tiles of a sheet. Stash makes 10 to 500.
pub const MAX_CUES: usize = 10_000;

/// A moment of a scene, and the part of a sheet that shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// From when it is shown, in seconds from the start of the scene; finite, not negative.
    pub start: f64,
    /// Until when, in seconds; finite, not negative.
    pub end: f64,
    /// The sheet, relative to the VTT file. Text from strangers.
    pub file: String,
    /// Where in the sheet, in pixels. Nobody has compared it with the sheet yet.
    pub region: Region,
}

/// Why a file gives no cues.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VttError {
    /// Longer than [`MAX_VTT_BYTES`].
    #[error("this VTT file has {0} bytes; Stash writes less than 100,000, is it another file?")]
    TooLarge(usize),
    /// The first line is another.
    #[error(
        "this is no VTT file, its first line is not WEBVTT; name the <hash>_thumbs.vtt beside the sprite sheet"
    )]
    NotVtt,
    /// More than [`MAX_CUES`].
    #[error("this VTT file has more than {MAX_CUES} cues; let Stash make fewer sprites")]
    TooManyCues,
    /// Nothing in it leads to a part of a picture.
    #[error(
        "no cue of this VTT file names a part of a sprite sheet (sheet.jpg#xywh=x,y,width,height); let Stash generate the scene's sprites again"
    )]
    NoCues,
}

/// Reads the cues of a VTT file, in its order. Whatever is no cue with a part of a sheet is passed
/// over: notes, styles, names of cues, settings after the times, and cues that contradict
/// themselves. Blank lines may be missing; lines may end in any way.
///
/// # Errors
/// When the file is too large, no VTT file, or has no cue or too many.
pub fn parse_vtt(bytes: &[u8]) -> Result<Vec<Cue>, VttError> {
    if bytes.len() > MAX_VTT_BYTES {
        return Err(VttError::TooLarge(bytes.len()));
    }
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.trim_start_matches('\u{feff}').split(['\n', '\r']);
    match lines.next().and_then(|line| line.strip_prefix("WEBVTT")) {
        Some(rest) if rest.is_empty() || rest.starts_with([' ', '\t']) => {}
        _ => return Err(VttError::NotVtt),
    }
    let mut cues = Vec::new();
    let mut times = None;
    for line in lines {
        if line.contains("-->") {
            times = parse_times(line);
        } else if let Some((start, end)) = times
            && let Some((file, region)) = parse_target(line)
        {
            if cues.len() == MAX_CUES {
                return Err(VttError::TooManyCues);
            }
            cues.push(Cue { start, end, file: file.to_owned(), region });
            times = None;
        }
    }
    if cues.is_empty() { Err(VttError::NoCues) } else { Ok(cues) }
}

/// `00:00:07.407 --> 00:00:14.814 align:start` -> (7.407, 14.814)
fn parse_times(line: &str) -> Option<(f64, f64)> {
    let (start, rest) = line.split_once("-->")?;
    let (start, end) = (seconds(start.trim())?, seconds(rest.split_whitespace().next()?)?);
    (start <= end).then_some((start, end))
}

/// `hh:mm:ss.mmm` with any number of hours, or `mm:ss.mmm`.
fn seconds(text: &str) -> Option<f64> {
    let (text, fraction) = text.split_once('.')?;
    let fraction = number(fraction)? as f64 / 10f64.powi(fraction.len() as i32);
    let mut parts = text.rsplit(':').map(number);
    let (seconds, minutes) = (parts.next()??, parts.next()??);
    let hours = parts.next().unwrap_or(Some(0))?;
    let fine = seconds < 60 && minutes < 60 && parts.next().is_none();
    // Only once they are known to be small: the sum of any two numbers may be too large.
    fine.then(|| hours as f64 * 3600.0 + (60 * minutes + seconds) as f64 + fraction)
}

/// `sheet.jpg#xywh=160,0,160,90` -> the sheet and the region, which is not empty.
fn parse_target(line: &str) -> Option<(&str, Region)> {
    let (file, fragment) = line.trim().split_once('#')?;
    let (key, value) = fragment.split_once('=')?;
    if !key.eq_ignore_ascii_case("xywh") {
        return None;
    }
    let mut numbers = value.strip_prefix("pixel:").unwrap_or(value).split(',').map(number);
    let mut next = || u32::try_from(numbers.next()??).ok();
    let region = Region { x: next()?, y: next()?, width: next()?, height: next()? };
    (numbers.next().is_none() && region.width > 0 && region.height > 0).then_some((file, region))
}

/// Decimal digits and nothing else.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As Stash writes it, but for the end of lines.
    fn written(cues: &[Cue], end: &str) -> String {
        let time = |seconds: f64| {
            let all = (1000.0 * seconds).round() as u64;
            let (minutes, rest) = (all / 60_000, all % 60_000);
            let (hours, minutes) = (minutes / 60, minutes % 60);
            format!("{hours:02}:{minutes:02}:{:02}.{:03}", rest / 1000, rest % 1000)
        };
        let mut text = format!("WEBVTT{end}{end}");
        for Cue { start, end: until, file, region: r } in cues {
            let target = format!("{file}#xywh={},{},{},{}", r.x, r.y, r.width, r.height);
            text += &format!("{} --> {}{end}{target}{end}{end}", time(*start), time(*until));
        }
        text
    }

    fn cue(start: f64, end: f64, x: u32) -> Cue {
        let region = Region { x, y: 90, width: 160, height: 90 };
        Cue { start, end, file: "5a3f_sprite.jpg".to_owned(), region }
    }

    fn regions(text: &str) -> Vec<u32> {
        parse_vtt(text.as_bytes()).unwrap().iter().map(|cue| cue.region.x).collect()
    }

    #[test]
    fn stash_s_own_text_is_read() {
        let text = "WEBVTT\n\n00:00:00.000 --> 00:00:07.407\n5a3f_sprite.jpg#xywh=0,90,160,90\n\n\
                    00:00:07.407 --> 00:00:14.814\n5a3f_sprite.jpg#xywh=160,90,160,90\n\n";
        assert_eq!(
            parse_vtt(text.as_bytes()).unwrap(),
            [cue(0.0, 7.407, 0), cue(7.407, 14.814, 160)]
        );
    }

    #[test]
    fn what_other_writers_do_is_read_too() {
        let text = "\u{feff}WEBVTT - sprites\r\nNOTE a --> line of a note\r\rSTYLE\n::cue { }\n\
                    first\n00:07.5 --> 00:09.25 line:0 align:start\na b.jpg#XYWH=1,2,3,4\n\
                    1234567:00:00.000-->1234567:00:01.000\n?x=1#xywh=pixel:5,6,7,8";
        let cues = parse_vtt(text.as_bytes()).unwrap();
        assert_eq!((cues[0].start, cues[0].end, &*cues[0].file), (7.5, 9.25, "a b.jpg"));
        assert_eq!(cues[1].start, 1_234_567.0 * 3600.0);
        assert_eq!(cues[1].region, Region { x: 5, y: 6, width: 7, height: 8 });
        assert_eq!(cues.len(), 2);
    }

    #[test]
    fn a_bad_cue_does_not_cost_the_others() {
        let good = "00:00.0 --> 00:01.0\ns.jpg#xywh=7,0,1,1\n";
        for bad in [
            "00:00.0 --> 00:01.0\ns.jpg\n",
            "00:00.0 --> 00:01.0\ns.jpg#xywh=1,2,3\n",
            "00:00.0 --> 00:01.0\ns.jpg#xywh=1,2,3,4,5\n",
            "00:00.0 --> 00:01.0\ns.jpg#xywh=1,2,0,4\n",
            "00:00.0 --> 00:01.0\ns.jpg#xywh=1,2,3,99999999999\n",
            "00:00.0 --> 00:01.0\ns.jpg#xywh=percent:1,2,3,4\n",
            "00:00.0 --> 00:01.0\ns.jpg#xywh=-1,2,3,4\n",
            "00:02.0 --> 00:01.0\ns.jpg#xywh=1,2,3,4\n",
            "00:60.0 --> 02:00.0\ns.jpg#xywh=1,2,3,4\n",
            "NaN --> inf\ns.jpg#xywh=1,2,3,4\n",
            "0:0:0:0.0 --> 00:01.0\ns.jpg#xywh=1,2,3,4\n",
            "99999999999999999999:00:00.0 --> 99999999999999999999:00:01.0\ns.jpg#xywh=1,2,3,4\n",
            "-->\n#xywh=1,2,3,4\n",
            "s.jpg#xywh=1,2,3,4\n",
        ] {
            assert_eq!(regions(&format!("WEBVTT\n\n{bad}\n{good}")), [7], "{bad}");
            assert_eq!(regions(&format!("WEBVTT\n{good}{bad}")), [7], "{bad}");
        }
    }

    #[test]
    fn other_files_are_refused_with_words() {
        assert_eq!(parse_vtt(b""), Err(VttError::NotVtt));
        assert_eq!(parse_vtt(b"WEBVTTX\n"), Err(VttError::NotVtt));
        assert_eq!(parse_vtt(b"<html>"), Err(VttError::NotVtt));
        assert_eq!(parse_vtt(b"WEBVTT"), Err(VttError::NoCues));
        let endless = format!("WEBVTT\n00:{max}:{max}.0 --> 00:{max}:{max}.0\n", max = u64::MAX);
        assert_eq!(parse_vtt(format!("{endless}s#xywh=0,0,1,1").as_bytes()), Err(VttError::NoCues));
        assert_eq!(
            parse_vtt(&vec![b' '; MAX_VTT_BYTES + 1]),
            Err(VttError::TooLarge(MAX_VTT_BYTES + 1))
        );
        let many = vec![cue(0.0, 1.0, 0); MAX_CUES + 1];
        assert_eq!(parse_vtt(written(&many, "\n").as_bytes()), Err(VttError::TooManyCues));
        assert_eq!(regions(&written(&many[1..], "\n")).len(), MAX_CUES);
    }

    fn any_cue() -> impl Strategy<Value = Cue> {
        let region = (any::<u32>(), any::<u32>(), 1u32.., 1u32..);
        (0u32..1 << 30, 0u32..100_000, "[a-zA-Z0-9_.é/?&=-]{0,20}", region).prop_map(
            |(start, length, file, (x, y, width, height))| Cue {
                start: f64::from(start) / 1000.0,
                end: f64::from(start + length) / 1000.0,
                file,
                region: Region { x, y, width, height },
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            cues in prop::collection::vec(any_cue(), 1..20),
            end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        ) {
            let read = parse_vtt(written(&cues, end).as_bytes()).unwrap();
            prop_assert_eq!(read.len(), cues.len());
            for (read, cue) in read.iter().zip(&cues) {
                prop_assert!((read.start - cue.start).abs() < 1e-6);
                prop_assert!((read.end - cue.end).abs() < 1e-6);
                prop_assert_eq!((&read.file, read.region), (&cue.file, cue.region));
            }
        }

        #[test]
        fn any_text_is_cues_or_an_error(text in "(WEBVTT)?[ \n\r0-9:.,>#xywh=a-]{0,200}") {
            for cue in parse_vtt(text.as_bytes()).into_iter().flatten() {
                prop_assert!(0.0 <= cue.start && cue.start <= cue.end && cue.end.is_finite());
                prop_assert!(cue.region.width > 0 && cue.region.height > 0);
            }
        }
    }
}
