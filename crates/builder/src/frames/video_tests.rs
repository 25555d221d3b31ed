use pollster::block_on;

use super::*;

/// ffmpeg itself makes the videos; where it is not installed the tests say so and pass.
fn has_ffmpeg() -> bool {
    let there = ["ffmpeg", "ffprobe"].iter().all(|name| {
        let asked = output_of(Command::new(name).arg("-version"), 1 << 20, PATIENCE);
        asked.is_ok()
    });
    if !there {
        println!("skipped: ffmpeg is not installed");
    }
    there
}

/// A video of `seconds` in which a box of light grows from left to right, from black to white.
fn make(file: &Path, size: &str, seconds: u32, more: &[&str]) {
    let source = format!("color=black:s={size}:r=10:d={seconds},format=yuv420p");
    let grow = format!("geq=lum='if(lt(X,W*T/{seconds}),200,20)':cb=128:cr=128");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "error", "-f", "lavfi", "-i", &source, "-vf", &grow]);
    ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast", "-g", "50"]).args(more);
    let mut name = OsString::from("file:");
    name.push(file);
    output_of(ffmpeg.args(["-f", "mp4", "-y"]).arg(name), 0, PATIENCE).unwrap();
}

/// How much of the middle row is light.
fn light(frame: &Pixels) -> f64 {
    let row = 3 * frame.width() as usize;
    let middle = &frame.rgb()[frame.height() as usize / 2 * row..][..row];
    middle.iter().filter(|v| **v > 110).count() as f64 / row as f64
}

#[test]
fn frames_are_those_of_their_moments() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.mp4");
    if !has_ffmpeg() {
        return;
    }
    make(&file, "192x108", 20, &[]);
    let video = VideoFrames::open(&file).unwrap();
    assert_eq!((video.count(), video.time(0), video.time(19)), (20, Some(0.5), Some(19.5)));
    assert_eq!((video.time(20), video.interlaced), (None, false));
    for number in [0, 7, 12, 19] {
        let frame = block_on(video.frame(number)).unwrap();
        assert_eq!((frame.width(), frame.height()), (192, 108));
        let (got, wanted) = (light(&frame), video.time(number).unwrap() / 20.0);
        assert!((got - wanted).abs() < 0.02, "frame {number}: {got} instead of {wanted}");
    }
    assert!(block_on(video.frame(20)).is_err());
}

#[test]
fn no_name_is_an_option_or_an_address() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain.mp4");
    make(&plain, "64x36", 1, &[]);
    for name in [
        "-i",
        "concat:a.mp4|b.mp4",
        "two\nlines.mp4",
        "%03d.mp4",
        "pipe:0",
        "a'b\\c;d.mp4",
        "é.mp4",
    ] {
        let file = folder.path().join(name);
        std::fs::copy(&plain, &file).unwrap();
        let video = VideoFrames::open(&file).unwrap();
        assert_eq!(block_on(video.frame(0)).unwrap().width(), 64, "{name:?}");
    }
}

#[test]
fn a_playlist_leads_nowhere() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.mp4");
    make(&secret, "64x36", 1, &[]);
    let path = secret.display();
    let lists = [
        (
            "list.m3u8",
            format!("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{path}\n#EXT-X-ENDLIST\n"),
        ),
        ("list.mp4", "ffconcat version 1.0\nfile secret.mp4\n".to_owned()),
        ("list.mpd", format!("<MPD><Period><BaseURL>{path}</BaseURL></Period></MPD>")),
    ];
    for (name, text) in lists {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let words = VideoFrames::open(&file).unwrap_err().to_string();
        assert!(words.contains(name) && words.contains("no video"), "{words}");
    }
}

#[test]
fn other_files_are_refused_with_words() {
    let folder = tempfile::tempdir().unwrap();
    let gone = VideoFrames::open(&folder.path().join("gone.mp4")).unwrap_err();
    assert!(matches!(gone, Error::Read { .. }), "{gone}");
    if !has_ffmpeg() {
        return;
    }
    let text = folder.path().join("text.mp4");
    std::fs::write(&text, "no video at all").unwrap();
    let words = VideoFrames::open(&text).unwrap_err().to_string();
    assert!(words.contains("text.mp4") && words.contains("no video"), "{words}");
    assert!(VideoFrames::open(folder.path()).is_err());
}

#[test]
fn a_video_that_breaks_off_has_fewer_frames() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.mp4");
    make(&file, "192x108", 20, &["-movflags", "+faststart"]);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let video = VideoFrames::open(&file).unwrap();
    assert!(block_on(video.frame(1)).is_ok());
    let last = block_on(video.frame(19));
    assert!(matches!(last, Err(FrameError::Missing { number: 19, .. })), "{last:?}");
}

#[test]
fn shape_and_fields_are_those_the_file_says() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.mp4");
    let size = |size: &str, more: &[&str]| {
        make(&file, size, 1, more);
        let video = VideoFrames::open(&file).unwrap();
        let frame = block_on(video.frame(8)).unwrap();
        assert_eq!((frame.width(), frame.height()), (video.width, video.height));
        (video.width, video.height, video.interlaced)
    };
    assert_eq!(size("1920x1080", &[]), (960, 540, false));
    assert_eq!(size("90x160", &[]), (90, 160, false));
    assert_eq!(size("72x58", &["-aspect", "16:9"]), (103, 58, false));
    assert_eq!(size("96x64", &["-flags", "+ildct+ilme", "-x264-params", "tff=1"]), (96, 64, true));
}

#[test]
fn the_size_is_upright_with_square_pixels_and_bounded() {
    let stream = |width, height, ratio: &str, rotation| Stream {
        width,
        height,
        sample_aspect_ratio: Some(ratio.to_owned()),
        side_data_list: vec![SideData { rotation }],
        ..Stream::default()
    };
    assert_eq!(stream(720, 576, "64:45", 0.0).shown_size(), (960, 540));
    assert_eq!(stream(1920, 1080, "1:1", -90.0).shown_size(), (540, 960));
    assert_eq!(stream(1920, 1080, "1:1", 180.0).shown_size(), (960, 540));
    assert_eq!(stream(640, 360, "0:1", 0.0).shown_size(), (640, 360));
    assert_eq!(stream(640, 360, "N/A", f64::NAN).shown_size(), (640, 360));
    assert_eq!(stream(640, 360, "1:99999", 0.0).shown_size(), (640, 360));
    assert_eq!(stream(u32::MAX, 1, "1:1", 0.0).shown_size(), (960, 2));
}
