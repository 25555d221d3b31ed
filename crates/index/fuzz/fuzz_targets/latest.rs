//! Whatever is read as `latest.json` is written as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_index::Latest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(latest) = Latest::parse(bytes) {
        assert_eq!(Latest::parse(&latest.to_bytes()), Ok(latest));
    }
});
