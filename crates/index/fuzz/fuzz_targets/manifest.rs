//! Whatever is read as a manifest can be written and is read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_index::Manifest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse("fuzz", bytes) {
        let written = manifest.to_bytes(None).expect("what was read is within the limits");
        assert_eq!(Manifest::parse("fuzz", &written), Ok(manifest));
    }
});
