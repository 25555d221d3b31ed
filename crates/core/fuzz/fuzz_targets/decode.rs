//! Any bytes are a picture or an error, and a picture keeps its promises.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_core::{MAX_PIXELS, decode_image};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(pixels) = decode_image(bytes) {
        let count = u64::from(pixels.width()) * u64::from(pixels.height());
        assert!((1..=MAX_PIXELS).contains(&count));
        assert_eq!(pixels.rgb().len() as u64, 3 * count);
    }
});
