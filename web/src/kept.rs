//! What the page keeps of scenes: naming everybody again without a frame, and bringing unknown people of
//! many scenes together.

use std::{collections::BTreeSet, rc::Rc};

use js_sys::{Array, Reflect, Uint8Array};
use rollcall_core::{
    Answer, AnswerFace, IdentifyOptions, Lookup, MOST_UNKNOWN, PerformerId, SceneFacts, SeenPerson,
    SeenScene, group_people, name_scenes,
};
use serde::Serialize;
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};

use crate::{
    error::{WebError, to_js},
    frames::{expected, field},
    session::Session,
};

/// So many places of a person are told.
const MOST_FACES: usize = 8;

/// `Member` of the TypeScript client.
#[derive(Serialize)]
struct Member<'a> {
    /// The scene's place in what was given, and the person's in the scene.
    scene: usize,
    person: usize,
    appearances: usize,
    faces: &'a [AnswerFace],
    face_thumbnail: Option<&'a str>,
}

#[wasm_bindgen]
impl Session {
    /// Names the people of scenes again: `scenes` is an array of `KeptScene` of the TypeScript client.
    /// Gives for each null if its names are the ones it had, false if what was kept cannot be read, else
    /// a `Renamed`.
    ///
    /// # Errors
    /// `{kind, message}`; of kind `cancelled` where the page gave the job up before the scenes' turn came:
    /// all of them are then named at once.
    #[wasm_bindgen(js_name = nameKept)]
    pub async fn name_kept(&self, scenes: Array) -> Result<Array, JsValue> {
        if let Some(open) = &self.database {
            self.wait_for(open).await?;
        }
        // A turn of the event loop, so that "cancel" comes in.
        if !self.progress.go_on().await {
            return Err(WebError::Cancelled.into());
        }
        let read: Vec<Option<ReadScene>> = scenes.iter().map(|scene| self.read(&scene)).collect();
        let asked: Vec<_> = read.iter().flatten().map(|scene| self.asked(scene)).collect();
        let library = Rc::clone(&self.library.borrow());
        let both = self.both(&library);
        let lookup = both.summary().is_some().then_some(&both as &dyn Lookup);
        let answers = name_scenes(&self.recogniser, lookup, &asked).await;
        let answers = answers.map_err(|error| WebError::Database(error.to_string()))?;
        let mut answers = answers.into_iter();
        let all = Array::new();
        for scene in read {
            let named = scene.and_then(|scene| Some((scene, answers.next()?)));
            all.push(&match named {
                Some((scene, answer)) => renamed(scene, &answer)?,
                None => JsValue::FALSE,
            });
        }
        Ok(all)
    }

    /// Brings people without a name together: `scenes` is an array of what was kept of such in one scene
    /// each. Gives groups of two people or more, each an array of `Member` of the TypeScript client.
    ///
    /// # Errors
    /// None in practice: when the groups cannot be turned into an object.
    #[wasm_bindgen(js_name = groupKept)]
    pub fn group_kept(&self, scenes: &Array) -> Result<JsValue, JsValue> {
        let scenes: Vec<SeenScene> = scenes.iter().map(|bytes| self.unpack(&bytes)).collect();
        let each = scenes.iter().enumerate().flat_map(|(scene, seen)| {
            seen.people.iter().enumerate().map(move |(person, one)| (scene, person, one))
        });
        let each: Vec<(usize, usize, &SeenPerson)> = each.take(MOST_UNKNOWN).collect();
        let people: Vec<&SeenPerson> = each.iter().map(|&(_, _, one)| one).collect();
        let member = |&place: &usize| {
            let (scene, person, one) = each[place];
            let faces = &one.faces[..one.faces.len().min(MOST_FACES)];
            let face_thumbnail = one.thumbnail.as_deref();
            Member { scene, person, appearances: one.appearances(), faces, face_thumbnail }
        };
        let groups = group_people(&people);
        let groups: Vec<Vec<Member>> =
            groups.iter().map(|group| group.iter().map(member).collect()).collect();
        Ok(to_js(&groups)?)
    }

    /// All ids of somebody of the database, by host; `id` is `host:uuid`, one of them. Null where the
    /// database has nobody of that id, or there is none.
    ///
    /// # Errors
    /// `{kind, message}`, of kind `database`.
    #[wasm_bindgen(js_name = idsOf)]
    pub async fn ids_of(&self, id: String) -> Result<JsValue, JsValue> {
        let (Some(open), Ok(id)) = (&self.database, id.parse::<PerformerId>()) else {
            return Ok(JsValue::NULL);
        };
        self.wait_for(open).await?;
        let found = open.database.performer(&id).await.map_err(WebError::from)?;
        let ids = found.map(|performer| {
            let mut ids = performer.stash_ids;
            if performer.id.endpoint() != PerformerId::LOCAL {
                ids.insert(performer.id.endpoint().to_owned(), performer.id.uuid());
            }
            ids
        });
        Ok(to_js(&ids)?)
    }
}

/// `KeptScene` of the TypeScript client, read.
struct ReadScene {
    named: SeenScene,
    unknown: Option<SeenScene>,
    expected: BTreeSet<PerformerId>,
    /// The names it had.
    before: BTreeSet<String>,
}

/// `Renamed` of the TypeScript client; null where the names are the ones the scene had.
fn renamed(scene: ReadScene, answer: &Answer) -> Result<JsValue, WebError> {
    let names = answer.matches.iter().filter_map(|person| person.best.as_ref());
    let names: BTreeSet<String> = names.map(|best| best.performer_id.clone()).collect();
    if names == scene.before {
        return Ok(JsValue::NULL);
    }
    // Who had a name once stays with those, so that a database that is away for a day costs nobody.
    let (mut ever, mut without) = (scene.named, None);
    let still = Array::new();
    if let Some(unknown) = scene.unknown {
        let people = unknown.people.iter().enumerate();
        for (place, _) in people.filter(|(_, one)| !one.is_named_by(answer)) {
            still.push(&JsValue::from(place as u32));
        }
        let (now, still) = unknown.split(answer);
        ever.people.extend(now.people);
        without = Some(still);
    }
    let renamed = js_sys::Object::new();
    set(&renamed, "answer", &to_js(answer)?)?;
    set(&renamed, "kept", &packed(&ever, without.as_ref())?)?;
    set(&renamed, "still", &still)?;
    Ok(renamed.into())
}

impl Session {
    /// `None` where what was kept cannot be read.
    fn read(&self, scene: &JsValue) -> Option<ReadScene> {
        let named = self.unpacked(&field(scene, "named"))?;
        let unknown = field(scene, "unknown");
        let unknown = if unknown.is_undefined() { None } else { Some(self.unpacked(&unknown)?) };
        let before = Array::from(&field(scene, "before"));
        let before = before.iter().filter_map(|id| id.as_string()).collect();
        Some(ReadScene { named, unknown, expected: expected(&field(scene, "expected")), before })
    }

    /// Everybody in a scene, and how they are to be named.
    fn asked(
        &self,
        ReadScene { named, unknown, expected, .. }: &ReadScene,
    ) -> (SeenScene, IdentifyOptions) {
        let people = named.people.iter().chain(unknown.iter().flat_map(|seen| &seen.people));
        let seen = SeenScene { facts: named.facts, people: people.cloned().collect() };
        (seen, IdentifyOptions { expected: expected.clone(), ..self.options.answer.clone() })
    }

    fn unpacked(&self, bytes: &JsValue) -> Option<SeenScene> {
        let bytes = bytes.dyn_ref::<Uint8Array>()?.to_vec();
        SeenScene::unpack(&bytes, &self.dimensions()).ok()
    }

    /// What cannot be read has nobody in it.
    fn unpack(&self, bytes: &JsValue) -> SeenScene {
        let nobody = SeenScene { facts: SceneFacts::default(), people: Vec::new() };
        self.unpacked(bytes).unwrap_or(nobody)
    }
}

/// `Kept` of the TypeScript client: who has a name, and who has none.
pub(crate) fn packed(named: &SeenScene, unknown: Option<&SeenScene>) -> Result<JsValue, WebError> {
    let bytes = |seen: &SeenScene| {
        let bytes = seen.pack().map_err(|error| WebError::Identify(error.to_string()))?;
        Ok::<JsValue, WebError>(Uint8Array::from(&bytes[..]).into())
    };
    let kept = js_sys::Object::new();
    set(&kept, "named", &bytes(named)?)?;
    if let Some(unknown) = unknown {
        set(&kept, "unknown", &bytes(unknown)?)?;
        set(&kept, "without", &JsValue::from(unknown.people.len() as u32))?;
    }
    Ok(kept.into())
}

pub(crate) fn set(object: &JsValue, key: &str, value: &JsValue) -> Result<(), WebError> {
    Reflect::set(object, &JsValue::from_str(key), value)
        .map(|_| ())
        .map_err(|thrown| WebError::Settings(crate::error::words(&thrown)))
}
