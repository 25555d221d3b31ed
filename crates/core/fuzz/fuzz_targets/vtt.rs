//! Any bytes are cues or an error, and cues keep their promises.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_core::{MAX_CUES, Pixels, SpriteSheet, parse_vtt};

fuzz_target!(|bytes: &[u8]| {
    let Ok(cues) = parse_vtt(bytes) else { return };
    assert!((1..=MAX_CUES).contains(&cues.len()));
    for cue in &cues {
        assert!(0.0 <= cue.start && cue.start <= cue.end && cue.end.is_finite());
        assert!(cue.region.width > 0 && cue.region.height > 0);
    }
    let sheet = Pixels::new(16, 9, vec![0; 3 * 16 * 9]).expect("counted");
    let _ = SpriteSheet::new(sheet, cues);
});
