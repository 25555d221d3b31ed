use std::{cell::Cell, rc::Rc};

use pollster::block_on;
use uuid::Uuid;

use super::*;
use crate::{
    DatabaseSummary, EmbeddingError, Evidence, UNKNOWN_BELOW,
    test_double::{
        BLUE, Colours, DoubleEngine, RED, engine, local, pack, performer, recogniser, squares,
    },
};

fn identify(lookup: &dyn Lookup, pixels: &Pixels) -> Answer {
    block_on(identify_image(&recogniser(), Some(lookup), pixels, &IdentifyOptions::default()))
        .unwrap()
}

fn names(answer: &Answer) -> Vec<Option<&str>> {
    answer.matches.iter().map(|m| m.best.as_ref().map(|b| &*b.name)).collect()
}

#[test]
fn each_person_gets_their_name_and_the_answer_says_from_where() {
    let lookup = Colours(vec![(local("Red"), RED), (local("Blue"), BLUE)]);
    let pixels = squares(320, 320, &[(32, 32, RED), (160, 160, BLUE), (32, 224, [100, 255, 100])]);
    let answer = identify(&lookup, &pixels);
    assert_eq!(answer.performers_detected, 3);
    let mut got = names(&answer);
    got[..2].sort_unstable();
    assert_eq!(got, [Some("Blue"), Some("Red"), None], "named first, unknown last");
    let unknown = &answer.matches[2];
    assert!(unknown.unknown && unknown.candidates[0].similarity < UNKNOWN_BELOW);
    assert_eq!(answer.database, Some(DatabaseSummary { version: "1".to_owned(), performers: 2 }));
    assert_eq!(answer.models, ["detector", "embedder"]);
    assert!(!answer.calibrated);
}

#[test]
fn without_a_database_everybody_is_unknown() {
    let pixels = squares(320, 320, &[(32, 32, RED)]);
    let options = IdentifyOptions { thumbnails: true, ..IdentifyOptions::default() };
    let answer = block_on(identify_image(&recogniser(), None, &pixels, &options)).unwrap();
    assert_eq!(names(&answer), [None]);
    let thumbnail = answer.matches[0].face_thumbnail.as_deref();
    assert_eq!(
        thumbnail.is_some_and(|t| t.starts_with("data:image/jpeg")),
        cfg!(feature = "decode")
    );
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["matches"][0]["unknown"], true);
    assert_eq!(json["matches"][0].get("name"), None);
}

#[test]
fn the_same_face_twice_is_one_person() {
    let lookup = Colours(vec![(local("Red"), RED)]);
    let answer = identify(&lookup, &squares(320, 320, &[(32, 32, RED), (160, 160, RED)]));
    assert_eq!(names(&answer), [Some("Red")]);
    assert_eq!(answer.matches[0].faces.len(), 2);
}

#[test]
fn two_different_faces_never_share_a_name() {
    // Both are .71 like Between, and not like each other.
    let between = (local("Between"), [255, 128, 255]);
    let pixels = squares(320, 320, &[(32, 32, [255, 128, 128]), (160, 160, [128, 128, 255])]);
    let answer = identify(&Colours(vec![between.clone()]), &pixels);
    assert_eq!(names(&answer), [Some("Between"), None]);
    assert_eq!(answer.matches[1].candidates[0].name, "Between", "still shown as a candidate");
    let second = (local("Second"), [200, 0, 255]);
    let answer = identify(&Colours(vec![between, second]), &pixels);
    let mut got = names(&answer);
    got.sort_unstable();
    assert_eq!(got, [Some("Between"), Some("Second")], "the next candidate gets a chance");
}

#[test]
fn who_is_expected_is_so_under_any_of_their_ids() {
    let [id, elsewhere] = [7, 8].map(Uuid::from_u128);
    let mut who = performer("Red", PerformerId::new("stashdb.org", id).unwrap());
    who.stash_ids.insert("theporndb.net".to_owned(), elsewhere);
    let merged = Uuid::from_u128(9);
    who.merged_ids.insert(PerformerId::new("stashdb.org", merged).unwrap());
    let pixels = squares(320, 320, &[(32, 32, RED)]);
    let expected = |ids: &[(&str, Uuid)]| {
        let expected = ids.iter().map(|(host, id)| PerformerId::new(host, *id).unwrap()).collect();
        let options = IdentifyOptions { expected, ..IdentifyOptions::default() };
        let lookup = Colours(vec![(who.clone(), RED)]);
        let answer =
            block_on(identify_image(&recogniser(), Some(&lookup), &pixels, &options)).unwrap();
        answer.matches[0].why.as_ref().unwrap().evidence.expected
    };
    assert!(expected(&[("stashdb.org", id)]) && expected(&[("theporndb.net", elsewhere)]));
    assert!(expected(&[("stashdb.org", merged)]));
    assert!(!expected(&[]) && !expected(&[("theporndb.net", id), ("stashdb.org", elsewhere)]));
}

#[test]
fn links_are_built_from_checked_parts_only() {
    let id = Uuid::from_u128(7);
    let mut who = performer("A\u{202e}b", PerformerId::new("stashdb.org", id).unwrap());
    who.image = Some("images/x-1.jpg".to_owned());
    who.stash_ids.insert("theporndb.net".to_owned(), Uuid::from_u128(8));
    who.stash_ids.insert("evil.example/\"><script>".to_owned(), id);
    let show = |who: &Performer| {
        let similarity = Similarity(0.7);
        let evidence =
            Evidence { similarity, margin: 0.1, looks: 1, performers: 10, expected: false };
        let performer = who.clone();
        let ranked = Ranked { performer, evidence, confidence: Confidence(0.9), shard: None };
        answer_candidate(&ranked, &IdentifyOptions::default())
    };
    who.merged_ids.insert(PerformerId::new("stashdb.org", Uuid::from_u128(9)).unwrap());
    let shown = show(&who);
    assert_eq!(shown.name, "Ab");
    assert_eq!(shown.merged_ids, ["stashdb.org:00000000-0000-0000-0000-000000000009"]);
    assert_eq!(shown.stashdb_id, Some(id.to_string()));
    assert_eq!(shown.stashdb_url, Some(format!("https://stashdb.org/performers/{id}")));
    assert_eq!(shown.image_url.as_deref(), Some("https://stashdb.org/images/x-1.jpg"));
    assert_eq!(shown.stash_ids.len(), 2);
    for bad in ["../secret", "a//b", "/etc/passwd", "https://evil.example", "a b", "", "a/./b"] {
        who.image = Some(bad.to_owned());
        assert_eq!(show(&who).image_url, None, "{bad}");
    }
    let mut nobody = local("Nobody");
    nobody.image = Some("images/n.jpg".to_owned());
    let shown = show(&nobody);
    assert_eq!(shown.image_url.as_deref(), Some("images/n.jpg"));
    assert_eq!((shown.stashdb_id, shown.stashdb_url), (None, None));
}

#[test]
fn a_hook_hears_of_every_step_and_can_stop_any() {
    let pixels = squares(320, 320, &[(32, 32, RED), (160, 160, BLUE)]);
    let recogniser = recogniser();
    let options = IdentifyOptions::default();
    let run = |stop_at: usize| {
        let steps = Cell::new(0);
        let hook = |_| {
            steps.set(steps.get() + 1);
            if steps.get() > stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let answer = block_on(identify_image_with(&recogniser, None, &pixels, &options, &hook));
        (answer, steps.get())
    };
    let (answer, steps) = run(usize::MAX);
    assert!(answer.is_ok() && steps >= 3, "{steps} steps");
    for stop_at in 0..steps {
        let stopped = run(stop_at).0;
        assert!(matches!(stopped, Err(IdentifyError::Recognise(RecogniseError::Cancelled))));
    }
}

#[test]
fn networks_that_give_no_numbers_are_an_error() {
    let pixels = squares(320, 320, &[(32, 32, RED)]);
    for broken in [f32::NAN, f32::INFINITY] {
        let engine = DoubleEngine { broken: Some(broken), ..DoubleEngine::default() };
        let recogniser = Recogniser::new(pack(), Rc::new(engine)).unwrap();
        let faces = block_on(recogniser.faces(&pixels));
        assert!(faces.is_err() || faces.unwrap().is_empty());
        let crop = squares(112, 112, &[]);
        let embedded = block_on(recogniser.embed(&crop.into()));
        assert!(matches!(embedded, Err(RecogniseError::Embedding(EmbeddingError))));
    }
}

#[test]
fn a_pack_that_lacks_something_is_refused() {
    let mut no_embedder = pack();
    no_embedder.embedders.clear();
    let mut odd_size = pack();
    odd_size.detector.sizes = vec![100];
    let mut other_kind = pack();
    other_kind.detector.kind = "psychic".to_owned();
    for pack in [no_embedder, odd_size, other_kind] {
        assert!(Recogniser::new(pack, engine()).is_err());
    }
}

#[test]
fn a_face_is_the_same_alone_and_in_a_batch() {
    let spec = &pack().embedders[0];
    let crops = [squares(112, 112, &[(32, 32, RED)]), squares(112, 112, &[(40, 40, BLUE)])];
    let together = block_on(crate::embed(&*engine(), spec, &crops)).unwrap();
    for (crop, both) in crops.iter().zip(&together) {
        let alone = block_on(crate::embed(&*engine(), spec, std::slice::from_ref(crop))).unwrap();
        assert_eq!(&alone[0], both);
    }
}
