//! Whatever is read as a network can be prepared, and what is prepared is read again and prepared
//! to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_engine::{Limits, Network, prepare};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(network) = Network::parse("fuzz", bytes) {
        let _ = network.specialise(&[1, 3, 32, 32]);
    }
    if let Ok(prepared) = prepare("fuzz", bytes, &limits) {
        let network = Network::parse("fuzz", &prepared).expect("what is prepared can be read");
        let _ = network.specialise(&[1, 3, 32, 32]);
        assert_eq!(prepare("fuzz", &prepared, &limits), Ok(prepared));
    }
});
