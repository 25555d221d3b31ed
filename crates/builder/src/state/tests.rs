use std::{fs, io::Write as _};

use rollcall_core::{
    BoundingBox, ChannelOrder, Crop, DetectorSpec, EmbedderSpec, Embedding, Face, Landmarks, Pack,
    PackModel, PerformerId, Standardise,
};
use uuid::Uuid;

use super::*;
use crate::{
    photo::SeenFace,
    sources::{Listed, ListedImage},
};

const HOST: &str = "stashdb.org";
const TODAY: &str = "2026-11-28";

fn listed(number: u128, images: &[&str]) -> Listed {
    let image = |url: &&str| ListedImage { url: (*url).to_owned(), path: None };
    let id = PerformerId::new(HOST, Uuid::from_u128(number)).unwrap();
    let images = images.iter().map(image).collect();
    Listed { images, ..Listed::new(id, format!("Performer {number}")) }
}

pub(crate) fn pack(embedders: &[&str]) -> Pack {
    let model = |name: &str| PackModel {
        name: name.to_owned(),
        sha256: "00".to_owned(),
        bytes: 1,
        licence: String::new(),
    };
    let embedder = |name: &&str| EmbedderSpec {
        model: model(name),
        dimension: 2,
        crop: Crop::default(),
        channels: ChannelOrder::Rgb,
        standardise: Standardise::Fixed,
        mean: 0.0.into(),
        scale: 1.0.into(),
        weight: None,
    };
    Pack {
        name: "test".to_owned(),
        version: 1,
        detector: DetectorSpec {
            model: model("detector"),
            kind: "yunet".to_owned(),
            sizes: vec![],
        },
        embedders: embedders.iter().map(embedder).collect(),
        calibration: None,
    }
}

fn open(folder: &Path) -> State {
    State::open(folder, Damaged::Refuse).unwrap()
}

fn take(state: &State, performers: &[Listed], sweep: i64) -> News {
    let cursor = Cursor { sweep, ..Cursor::default() };
    state.take_page(HOST, performers, &cursor).unwrap()
}

fn jobs(state: &State, models: &Models) -> Vec<(String, Status)> {
    let wanted = Wanted { models, today: TODAY };
    let jobs = state.jobs(wanted, 0, 100).unwrap();
    assert_eq!(state.jobs_left(wanted).unwrap(), jobs.len() as u64);
    jobs.into_iter().map(|job| (job.url, job.status)).collect()
}

fn settle(state: &State, models: &Models, url: &str, outcome: Outcome) {
    let wanted = Wanted { models, today: TODAY };
    let jobs = state.jobs(wanted, 0, 100).unwrap();
    let key = jobs.iter().find(|job| job.url == url).unwrap().key;
    state.settle(models, &[(key, outcome)]).unwrap();
}

fn ready(content: u8, embeddings: &[[f32; 2]]) -> Outcome {
    let bounding_box = BoundingBox { x: 1.5, y: -2.5, width: 40.0, height: 50.0 };
    let face = Face { bounding_box, landmarks: Landmarks::default(), score: 0.75 };
    let embeddings = embeddings.iter().map(|e| Embedding::from_raw(e.to_vec()).unwrap()).collect();
    let faces = vec![SeenFace { face, embeddings }];
    let seen = Some(Seen { width: 100, height: 80, faces, reason: None });
    Outcome::Ready { content: [content; 32], etag: Some("\"1\"".to_owned()), bytes: 5, seen }
}

#[test]
fn what_is_written_is_there_again_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let models = {
        let state = open(folder.path());
        let models = state.models(&pack(&["sface"])).unwrap();
        assert_eq!(take(&state, &[listed(1, &["a", "b"])], 1).changed, 1);
        assert_eq!(take(&state, &[listed(1, &["a", "b"])], 1).changed, 0);
        let pending = ["a", "b"].map(|url| (url.to_owned(), Status::Pending));
        assert_eq!(jobs(&state, &models), pending);
        settle(&state, &models, "a", ready(7, &[[0.3, -0.7]]));
        settle(&state, &models, "b", Outcome::Unusable("not there".to_owned()));
        models
    };
    let state = open(folder.path());
    assert_eq!(state.models(&pack(&["sface"])).unwrap(), models);
    assert_eq!(jobs(&state, &models), []);
    let people = state.people(&models, "", 10).unwrap();
    assert_eq!(people[0].listed, listed(1, &["a", "b"]));
    let Outcome::Ready { seen: Some(seen), .. } = ready(7, &[[0.3, -0.7]]) else { unreachable!() };
    let photo = people[0].pictures[0].photo.as_ref().unwrap();
    assert_eq!(photo.faces[0].face, seen.faces[0].face);
    assert_eq!(photo.faces[0].embeddings, seen.faces[0].embeddings);
    assert_eq!(people[0].pictures[1].photo.as_ref().unwrap_err(), "not there");
}

#[test]
fn a_new_model_looks_at_everything_again_and_an_old_one_at_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let old = state.models(&pack(&["sface"])).unwrap();
    take(&state, &[listed(1, &["a", "b"])], 1);
    settle(&state, &old, "a", ready(7, &[[1.0, 0.0]]));
    let no_face = Seen { reason: Some("no face".to_owned()), ..Seen::default() };
    let outcome = Outcome::Ready { content: [8; 32], etag: None, bytes: 5, seen: Some(no_face) };
    settle(&state, &old, "b", outcome);
    let new = state.models(&pack(&["sface", "facenet"])).unwrap();
    // The same detector finds no face a second time.
    assert_eq!(jobs(&state, &new), [("a".to_owned(), Status::Ready)]);
    assert!(state.has_seen(&old, &[7; 32]).unwrap() && !state.has_seen(&new, &[7; 32]).unwrap());
    settle(&state, &new, "a", ready(7, &[[1.0, 0.0], [0.0, 1.0]]));
    assert_eq!((jobs(&state, &new), jobs(&state, &old)), (vec![], vec![]));
}

#[test]
fn a_changed_performer_is_looked_at_again_and_a_removed_one_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let models = state.models(&pack(&["sface"])).unwrap();
    take(&state, &[listed(1, &["a"]), listed(2, &["b"])], 1);
    settle(&state, &models, "a", ready(7, &[[1.0, 0.0]]));
    settle(&state, &models, "b", ready(9, &[[1.0, 0.0]]));
    let mut merged = listed(1, &["c", "a"]);
    merged.merged = vec![Uuid::from_u128(2), Uuid::from_u128(99)];
    assert_eq!(take(&state, &[merged], 2), News { changed: 1, removed: 1 });
    let again = [("a".to_owned(), Status::Stale), ("c".to_owned(), Status::Pending)];
    assert_eq!(jobs(&state, &models), again);
    settle(&state, &models, "a", Outcome::Unchanged);
    assert_eq!(jobs(&state, &models), again[1..]);
    let two = listed(2, &[]).id;
    assert!(!state.is_live(&two).unwrap());
    assert_eq!(state.gone().unwrap(), [(two.clone(), Gone::MergedInto(listed(1, &[]).id))]);
    assert_eq!(state.people(&models, "", 9).unwrap().len(), 1);
    // What was seen of them is gone too.
    assert_eq!(state.forget().unwrap(), [[9; 32]]);
    assert!(state.has_seen(&models, &[7; 32]).unwrap());
    assert!(!state.has_seen(&models, &[9; 32]).unwrap());
    // Back again: upstreams undo mistakes.
    take(&state, &[listed(2, &["b"])], 3);
    assert!(state.is_live(&two).unwrap());
    assert_eq!(state.absent(HOST, 3).unwrap(), [listed(1, &[]).id]);
    assert_eq!(state.live(HOST, 3).unwrap(), (2, 1));
}

#[test]
fn pictures_of_people_under_age_are_never_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let models = state.models(&pack(&["sface"])).unwrap();
    let born = |number, birth_date: &str| Listed {
        birth_date: Some(birth_date.to_owned()),
        ..listed(number, &[birth_date])
    };
    take(&state, &[born(1, "2008-11-28"), born(2, "2008-11-29"), born(3, "2008")], 1);
    assert_eq!(jobs(&state, &models), [("2008-11-28".to_owned(), Status::Pending)]);
}

#[test]
fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let error = State::open(folder.path(), Damaged::Refuse).unwrap_err();
    assert!(matches!(error, Error::StateBusy(_)), "{error}");
    drop(first);
    open(folder.path());
}

#[test]
fn a_full_disk_is_said_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    take(&state, &[listed(1, &["a"])], 1);
    state.leave_room_for(2);
    let many: Vec<Listed> = (2..1000).map(|number| listed(number, &["a", "b"])).collect();
    let cursor = Cursor { sweep: 2, ..Cursor::default() };
    let error = state.take_page(HOST, &many, &cursor).unwrap_err();
    assert!(matches!(error, Error::StateFull(_)), "{error}");
    drop(state);
    let state = open(folder.path());
    assert_eq!((state.cursor(HOST).unwrap().sweep, state.live(HOST, 0).unwrap().0), (1, 1));
    take(&state, &many, 2);
    assert_eq!(state.live(HOST, 0).unwrap().0, 999);
}

#[test]
fn a_damaged_state_is_repaired_or_begun_anew_and_kept_aside() {
    let folder = tempfile::tempdir().unwrap();
    {
        let state = open(folder.path());
        let many: Vec<Listed> = (0..2000).map(|number| listed(number, &["a", "b"])).collect();
        take(&state, &many, 1);
    }
    let path = folder.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    // A page in the middle is overwritten.
    let damage = || {
        let mut bytes = whole.clone();
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(0x5a);
        fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
    };
    damage();
    let error = State::open(folder.path(), Damaged::Refuse).unwrap_err();
    assert!(matches!(error, Error::StateDamaged { .. }), "{error}");
    assert!(error.to_string().contains("--repair"), "{error}");
    {
        let state = State::open(folder.path(), Damaged::Repair).unwrap();
        let (saved, _) = state.live(HOST, 0).unwrap();
        assert!(saved > 1000, "only {saved} of 2000 were saved");
        assert_eq!(state.cursor(HOST).unwrap().sweep, 1);
    }
    assert!(path.with_extension("sqlite.damaged-1").exists());
    damage();
    let state = State::open(folder.path(), Damaged::StartOver).unwrap();
    assert_eq!(state.live(HOST, 0).unwrap().0, 0);
    assert!(path.with_extension("sqlite.damaged-2").exists());
    drop(state);
    fs::write(&path, "this is no database, whatever its name says").unwrap();
    let error = State::open(folder.path(), Damaged::Refuse).unwrap_err();
    assert!(matches!(error, Error::StateDamaged { .. }), "{error}");
    State::open(folder.path(), Damaged::Repair).unwrap();
}

#[test]
fn a_newer_state_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).facts.db().unwrap().pragma_update(None, "user_version", 999).unwrap();
    let error = State::open(folder.path(), Damaged::Refuse).unwrap_err();
    assert!(matches!(error, Error::StateTooNew { found: 999, .. }), "{error}");
}
