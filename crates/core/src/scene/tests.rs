use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::Poll,
};

use pollster::block_on;
use proptest::prelude::*;

use super::*;
use crate::{
    Engine, EngineError, EngineReport, LocalFuture, Match, Pixels, Tensor, Verdict,
    test_double::{BLUE, Colours, DoubleEngine, RED, engine, local, pack, recogniser, squares},
};

const GREEN: [u8; 3] = [100, 255, 100];

/// Squares for faces, with their colours.
type Squares = Vec<(u32, u32, [u8; 3])>;

/// Frames with squares for faces; `None` cannot be had.
struct Scene(Vec<Option<Squares>>);

impl FrameSource for Scene {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn time(&self, number: usize) -> Option<f64> {
        Some(number as f64 * 10.0)
    }

    fn frame<'a>(&'a self, number: usize) -> LocalFuture<'a, Result<Pixels, FrameError>> {
        let places = self.0[number].as_ref();
        let missing = || FrameError::Missing { number, reason: "it is gone".to_owned() };
        let frame = places.map(|places| squares(320, 320, places)).ok_or_else(missing);
        Box::pin(async { frame })
    }
}

/// Red walks through all frames, Blue through every second, somebody green through the last two.
fn walk() -> Scene {
    let frame = |n: u32| {
        let mut places = vec![(16 + 16 * n, 32, RED)];
        places.extend(n.is_multiple_of(2).then_some((16 + 16 * n, 160, BLUE)));
        places.extend((n >= 8).then_some((32, 240, GREEN)));
        Some(places)
    };
    Scene((0..10).map(frame).collect())
}

fn people() -> Colours {
    Colours(vec![(local("Red"), RED), (local("Blue"), BLUE)])
}

fn identify(scene: &Scene, options: &SceneOptions) -> Result<Answer, IdentifyError> {
    let hear = |_: SceneProgress| ControlFlow::Continue(());
    block_on(identify_scene(&recogniser(), Some(&people()), scene, options, &hear))
}

fn named<'a>(answer: &'a Answer, name: Option<&str>) -> &'a Match {
    let is = |m: &&Match| m.best.as_ref().map(|best| &*best.name) == name;
    answer.matches.iter().find(is).unwrap()
}

#[test]
fn each_person_is_named_once_with_every_appearance() {
    let answer = identify(&walk(), &SceneOptions::default()).unwrap();
    assert_eq!(answer.performers_detected, 3);
    let red = named(&answer, Some("Red"));
    assert_eq!(red.appearances, 10);
    let frames: Vec<_> = red.faces.iter().map(|face| (face.frame, face.time)).collect();
    assert_eq!(frames, (0..10).map(|n| (n, Some(n as f64 * 10.0))).collect::<Vec<_>>());
    assert_eq!(Verdict::of(red.best.as_ref().unwrap().confidence), Verdict::Sure);
    let why = red.why.as_ref().unwrap();
    assert_eq!((why.evidence.looks, why.evidence.performers), (10, 2));
    assert!(why.evidence.margin > 0.1, "{why:?}");
    assert_eq!(named(&answer, Some("Blue")).appearances, 5);
    let unknown = named(&answer, None);
    assert!(unknown.unknown && unknown.appearances == 2);
    let facts = answer.scene.unwrap();
    assert_eq!((facts.frames, facts.searched, facts.faces), (10, 10, 17));
}

#[test]
fn the_same_scene_gives_the_same_answer() {
    let answers = [(); 2].map(|()| identify(&walk(), &SceneOptions::default()).unwrap());
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn with_few_frames_those_next_to_faces_are_looked_at() {
    // Something that is no face jumps about, so that no two frames are alike.
    let jump = |n: u32| Some(vec![(97 * n % 272, 61 * n % 272, [90; 3])]);
    let mut frames: Vec<_> = (0..60).map(jump).collect();
    frames[29] = Some(vec![(32, 32, RED)]);
    frames[31] = Some(vec![(64, 32, RED)]);
    let few = SceneOptions { frames: 30, ..SceneOptions::default() };
    let facts = identify(&Scene(frames), &few).unwrap().scene.unwrap();
    assert!((20..=30).contains(&facts.searched), "{facts:?}");
    assert!(facts.faces >= 1);
}

#[test]
fn what_was_seen_is_not_searched_again() {
    let still = Scene(vec![Some(vec![(32, 32, RED)]); 20]);
    let facts = identify(&still, &SceneOptions::default()).unwrap().scene.unwrap();
    assert_eq!((facts.searched, facts.repeated), (1, 19));
}

#[test]
fn frames_that_are_missing_are_counted_and_no_frame_at_all_is_an_error() {
    let mut scene = walk();
    scene.0[3] = None;
    let answer = identify(&scene, &SceneOptions::default()).unwrap();
    assert_eq!(answer.scene.unwrap().missing, 1);
    assert_eq!(named(&answer, Some("Red")).appearances, 9);
    let gone = identify(&Scene(vec![None, None]), &SceneOptions::default());
    assert!(matches!(gone, Err(IdentifyError::Frames(FrameError::Missing { .. }))));
    let empty = identify(&Scene(vec![]), &SceneOptions::default());
    assert!(matches!(empty, Err(IdentifyError::Frames(FrameError::Unusable(_)))));
}

#[test]
fn first_names_come_before_the_last_frame() {
    let early = RefCell::new(Vec::new());
    let hear = |progress: SceneProgress| {
        if let SceneProgress::Early(answer) = progress {
            early.borrow_mut().push(answer.scene.unwrap().searched);
        }
        ControlFlow::Continue(())
    };
    let options = SceneOptions::default();
    block_on(identify_scene(&recogniser(), Some(&people()), &walk(), &options, &hear)).unwrap();
    assert_eq!(early.take(), [FIRST_ANSWER, 2 * FIRST_ANSWER]);
}

#[test]
fn it_can_be_stopped_at_any_step() {
    let run = |stop_at: usize| {
        let steps = Cell::new(0);
        let hear = |_: SceneProgress| {
            steps.set(steps.get() + 1);
            if steps.get() > stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = SceneOptions::default();
        let (recogniser, people, scene) = (recogniser(), people(), walk());
        let answer = identify_scene(&recogniser, Some(&people), &scene, &options, &hear);
        (block_on(answer), steps.get())
    };
    let (answer, steps) = run(usize::MAX);
    assert!(answer.is_ok() && steps > 30, "{steps} steps");
    for stop_at in [0, 1, 2, 7, steps / 2, steps - 1] {
        let stopped = run(stop_at).0;
        assert!(matches!(stopped, Err(IdentifyError::Recognise(RecogniseError::Cancelled))));
    }
}

#[test]
fn two_people_in_one_frame_do_not_share_a_name() {
    // Both are alike Between and unlike each other.
    let between = Colours(vec![(local("Between"), [255, 128, 255])]);
    let frame =
        |n: u32| Some(vec![(32 + 8 * n, 32, [255, 128, 128]), (160, 32 + 8 * n, [128, 128, 255])]);
    let scene = Scene((0..6).map(frame).collect());
    let hear = |_: SceneProgress| ControlFlow::Continue(());
    let options = SceneOptions::default();
    let answer = block_on(identify_scene(&recogniser(), Some(&between), &scene, &options, &hear));
    let answer = answer.unwrap();
    assert_eq!(answer.matches.iter().filter(|m| m.best.is_some()).count(), 1);
    assert_eq!(answer.performers_detected, 2);
}

/// Runs side by side, of which later ones may be done earlier.
struct SideBySide {
    engine: Rc<DoubleEngine>,
    at_once: usize,
    started: Cell<usize>,
    running: Cell<usize>,
    most: Cell<usize>,
}

impl Engine for SideBySide {
    fn report(&self) -> EngineReport {
        self.engine.report()
    }

    fn run<'a>(
        &'a self,
        model: &'a str,
        input: &'a Tensor,
    ) -> LocalFuture<'a, Result<Vec<Tensor>, EngineError>> {
        Box::pin(async move {
            self.started.set(self.started.get() + 1);
            self.running.set(self.running.get() + 1);
            self.most.set(self.most.get().max(self.running.get()));
            let mut turns = self.started.get() * 7 % 5;
            std::future::poll_fn(|context| match turns.checked_sub(1) {
                None => Poll::Ready(()),
                Some(fewer) => {
                    turns = fewer;
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            })
            .await;
            self.running.set(self.running.get() - 1);
            self.engine.run(model, input).await
        })
    }

    fn at_once(&self) -> usize {
        self.at_once
    }
}

/// All answers to a scene, the early ones first, and how many runs went on at a time.
fn answers(scene: &Scene, frames: usize, at_once: usize) -> (Vec<Answer>, usize) {
    let [started, running, most] = Default::default();
    let engine = Rc::new(SideBySide { engine: engine(), at_once, started, running, most });
    let recogniser = Recogniser::new(pack(), engine.clone()).unwrap();
    let all = RefCell::new(Vec::new());
    let hear = |progress: SceneProgress| {
        if let SceneProgress::Early(answer) = progress {
            all.borrow_mut().push(answer.clone());
        }
        ControlFlow::Continue(())
    };
    let options = SceneOptions { frames, ..SceneOptions::default() };
    let last = block_on(identify_scene(&recogniser, Some(&people()), scene, &options, &hear));
    let mut all = all.take();
    all.extend(last.ok());
    (all, engine.most.get())
}

#[test]
fn several_frames_are_looked_at_side_by_side() {
    assert_eq!(answers(&walk(), 81, 1).1, 1);
    // Three frames are searched, and of three others three faces each are measured.
    let (_, most) = answers(&walk(), 81, 3);
    assert!((3..=12).contains(&most), "{most} runs at a time");
}

proptest! {
    // A case is 20 frames and more at up to five looks each.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_answer_does_not_depend_on_how_many_frames_are_looked_at_at_once(
        // What a frame shows: nothing, the same as another one, no face, one face, two.
        kinds in proptest::collection::vec(0u32..8, 1..20), frames in 1usize..20, at_once in 2usize..9,
    ) {
        let frame = |(n, kind): (usize, &u32)| {
            let n = n as u32;
            let square = |colour| (37 * n % 17 * 16, 53 * n % 17 * 16, colour);
            match kind {
                0 => None,
                1 => Some(vec![(32, 32, GREEN)]),
                2..=4 => Some(vec![square([90; 3])]),
                5 => Some(vec![square(RED)]),
                6 => Some(vec![square(BLUE)]),
                _ => Some(vec![(16, 16 + 5 * n, RED), (208, 16 + 5 * n, BLUE)]),
            }
        };
        let scene = Scene(kinds.iter().enumerate().map(frame).collect());
        prop_assert_eq!(answers(&scene, frames, 1).0, answers(&scene, frames, at_once).0);
    }
}
