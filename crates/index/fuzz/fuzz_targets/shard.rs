//! Whatever is read as a shard can be asked for every performer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_index::Shard;

fuzz_target!(|bytes: &[u8]| {
    for dimensions in [&[128][..], &[512, 100]] {
        if let Ok(shard) = Shard::parse("fuzz", bytes.to_vec(), dimensions) {
            assert!((0..shard.len()).all(|place| shard.performer(place).is_some()));
            assert!(shard.performer(shard.len()).is_none());
        }
    }
});
