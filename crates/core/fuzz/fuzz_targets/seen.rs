//! Any bytes are a scene that was kept or an error, and a scene keeps its promises.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall_core::{SeenScene, group_people};

fuzz_target!(|bytes: &[u8]| {
    let Ok(seen) = SeenScene::unpack(bytes, &[3, 2]) else { return };
    for person in &seen.people {
        assert_eq!(person.template.len(), 2);
        assert!(person.appearances() > 0);
    }
    let people: Vec<_> = seen.people.iter().collect();
    assert!(group_people(&people).iter().all(|group| group.len() > 1));
    let again = SeenScene::unpack(&seen.pack().expect("written"), &[3, 2]).expect("our own");
    assert_eq!(again.people.len(), seen.people.len());
});
