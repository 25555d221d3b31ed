//! A fake on the loopback interface, in a thread of its own.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, mpsc},
    thread,
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Builder, time};
use uuid::Uuid;

use crate::{
    Fault, KEY, Picture, Route, Weather, World, faults::Faults, images, photos::Photos, stash,
    stash_box, theporndb,
};

/// A request that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Performers or a picture.
    pub route: Route,
    /// What of it: `queryPerformers 3`, or a picture's id.
    pub what: String,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pictures: BTreeMap<Uuid, Picture>,
    faults: Faults,
    asked: Vec<Asked>,
    /// How many requests there have been: what breaks ties in lists.
    pub(crate) requests: u64,
}

/// What the answers are made from.
#[derive(Clone)]
pub(crate) struct Shared {
    state: Arc<Mutex<State>>,
    photos: Photos,
    pub(crate) base: String,
}

/// A running upstream. It runs until the program ends.
#[derive(Clone)]
pub struct Fake {
    shared: Shared,
    path: &'static str,
}

impl Fake {
    /// A stash-box: GraphQL at `/graphql`, pictures at `/images/<id>`. It wants the header `ApiKey`.
    #[must_use]
    pub fn stash_box(world: World, photos: Photos) -> Self {
        Self::start(world, photos, "/graphql", stash_box::router, loopback(0))
    }

    /// ThePornDB's REST: `/performers`. It wants `Authorization: Bearer`.
    #[must_use]
    pub fn theporndb(world: World, photos: Photos) -> Self {
        Self::start(world, photos, "", theporndb::router, loopback(0))
    }

    /// A user's Stash: GraphQL at `/graphql`, pictures at `/performer/<n>/image`. It wants the header
    /// `ApiKey` for both.
    #[must_use]
    pub fn stash(world: World, photos: Photos) -> Self {
        Self::start(world, photos, "/graphql", stash::router, loopback(0))
    }

    /// As [`Fake::stash_box`], at a given port.
    #[must_use]
    pub fn stash_box_at(port: u16, world: World, photos: Photos) -> Self {
        Self::start(world, photos, "/graphql", stash_box::router, loopback(port))
    }

    fn start(
        world: World,
        photos: Photos,
        path: &'static str,
        router: fn(Shared) -> Router,
        address: SocketAddr,
    ) -> Self {
        let pictures = world.pictures();
        let state =
            State { world, pictures, faults: Faults::default(), asked: Vec::new(), requests: 0 };
        let state = Arc::new(Mutex::new(state));
        let (told, ready) = mpsc::channel();
        thread::spawn(move || {
            let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::bind(address).await.expect("the port is free");
                let base = format!("http://{}", listener.local_addr().expect("an address"));
                let shared = Shared { state, photos, base };
                told.send(shared.clone()).expect("somebody started it");
                axum::serve(listener, router(shared)).await.expect("it serves");
            });
        });
        Self { shared: ready.recv().expect("the fake starts"), path }
    }

    /// The address that a source is given.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.shared.base, self.path)
    }

    /// The address of a picture.
    #[must_use]
    pub fn image_url(&self, id: Uuid) -> String {
        format!("{}/images/{id}", self.shared.base)
    }

    /// Changes what the upstream knows, between two requests.
    pub fn change(&self, change: impl FnOnce(&mut World)) {
        let mut state = self.shared.lock();
        change(&mut state.world);
        state.pictures = state.world.pictures();
    }

    /// What the upstream knows.
    #[must_use]
    pub fn world(&self) -> World {
        self.shared.lock().world.clone()
    }

    /// Lets the next `times` answers of a kind go wrong.
    pub fn fault(&self, route: Route, fault: Fault, times: usize) {
        self.shared.lock().faults.plan(route, fault, times);
    }

    /// Lets answers go wrong by chance from now on.
    pub fn weather(&self, weather: Weather) {
        self.shared.lock().faults.set(weather);
    }

    /// Nothing goes wrong from now on.
    pub fn mend(&self) {
        self.shared.lock().faults.clear();
    }

    /// What was asked for since the last time.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.shared.lock().asked)
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the world")
    }

    /// Answers with what `good` gives, unless something goes wrong.
    pub(crate) async fn answer(
        &self,
        route: Route,
        what: &str,
        good: impl FnOnce(&mut State) -> Response,
    ) -> Response {
        let fault = {
            let mut state = self.lock();
            state.requests += 1;
            state.asked.push(Asked { route, what: what.to_owned() });
            state.faults.next(route, what)
        };
        match &fault {
            Some(Fault::Stall) => time::sleep(Duration::from_secs(3600)).await,
            Some(Fault::Slow(pause)) => time::sleep(*pause).await,
            _ => {}
        }
        match fault {
            Some(Fault::Status(code, headers)) => {
                let status = StatusCode::from_u16(code).expect("a status");
                let mut response = status.into_response();
                for (name, value) in headers {
                    response.headers_mut().insert(name, value.parse().expect("a header"));
                }
                response
            }
            Some(Fault::Instead(text)) => text.into_response(),
            Some(Fault::Cut) => {
                let whole = good(&mut self.lock());
                cut(whole).await
            }
            _ => good(&mut self.lock()),
        }
    }

    /// The answer for the picture `id`.
    pub(crate) async fn picture(&self, id: Uuid, headers: &HeaderMap) -> Response {
        let picture = self.lock().pictures.get(&id).cloned();
        // Made outside the lock: it takes a while.
        let good = match picture {
            Some(picture) => images::answer(&picture, &self.photos, headers),
            None => StatusCode::NOT_FOUND.into_response(),
        };
        self.answer(Route::Image, &id.to_string(), |_| good).await
    }
}

/// The first half of an answer, and then the connection breaks.
async fn cut(answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    // Nothing that is cut is larger than this.
    let bytes = axum::body::to_bytes(body, 50_000_000).await.unwrap_or_default();
    let half = bytes.slice(..bytes.len() / 2);
    let broken = stream::iter([Ok::<Bytes, io::Error>(half), Err(io::Error::other("cut"))]);
    Response::from_parts(parts, Body::from_stream(broken))
}

/// Whether a header holds the right key.
pub(crate) fn has_key(headers: &HeaderMap, name: &str, prefix: &str) -> bool {
    let given = headers.get(name).and_then(|value| value.to_str().ok());
    given.and_then(|given| given.strip_prefix(prefix)) == Some(KEY)
}

/// A number of a GraphQL request's variables.
pub(crate) fn number(of: &Value, name: &str, otherwise: u64) -> usize {
    of[name].as_u64().filter(|n| *n > 0).unwrap_or(otherwise) as usize
}

/// The first field of the operation that a GraphQL request names.
pub(crate) fn root_field(request: &Value) -> &str {
    let text = request["query"].as_str().unwrap_or_default();
    let name = request["operationName"].as_str().unwrap_or_default();
    let is_named = |part: &&str| {
        part.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    let operation = text.split("query ").find(is_named).unwrap_or_default();
    let body = operation.split_once('{').map_or("", |(_, body)| body).trim_start();
    body.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

/// An answer of GraphQL.
pub(crate) fn data(data: &Value) -> Response {
    Json(serde_json::json!({ "data": data })).into_response()
}

/// A failure of GraphQL, which has status 200.
pub(crate) fn failure(message: &str) -> Response {
    Json(serde_json::json!({ "errors": [{ "message": message }], "data": null })).into_response()
}

/// Seconds since 1970 as stash-boxes write them.
pub(crate) fn time_of(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).expect("a time").to_string()
}
