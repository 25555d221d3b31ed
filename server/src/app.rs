//! Which path is answered by what.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Uri, header, uri::PathAndQuery},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::json;
use tower::Layer as _;

use crate::{
    database::{Health, Known, Watched},
    error::ServerError,
    files::{Files, Kind},
    headers,
    hosts::{self, Names},
    hot::Hot,
    metrics::{self, Metrics},
    observe,
    origins::Origins,
    page::PageInfo,
    paths,
    plugin::Package,
    pull::Pulls,
    reload::{self, Token},
};

/// Bodies are wanted nowhere; whoever sends one gets this far.
const BODY_BYTES: u64 = 1 << 10;

/// The folders to serve. One that is not given answers 404.
#[derive(Clone, Debug, Default)]
pub struct Directories {
    /// The built page: `index.html` and what it loads.
    pub web: PathBuf,
    /// Prepared model packs, a folder each.
    pub models: Option<PathBuf>,
    /// A database as `rollcall build` writes it.
    pub database: Option<PathBuf>,
    /// Pictures for the page to offer.
    pub samples: Option<PathBuf>,
}

/// Who is served what.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The folders.
    pub directories: Directories,
    /// Names of this host beside addresses, `localhost` and `.local`.
    pub names: Vec<String>,
    /// Origins whose pages may read; none: the same host at any port, and loopback.
    pub origins: Vec<String>,
    /// The path below which a reverse proxy publishes this host, such as `/rollcall`; or empty.
    pub base_path: String,
    /// Who may ask for a reload.
    pub reload_token: Option<Token>,
    /// The Stash plugin, packed.
    pub plugin: Option<Package>,
    /// Whether the stand-alone page may search a database that is not the owner's own.
    pub allow_drop: bool,
    /// Bytes of memory for files that are asked for again and again.
    pub memory: usize,
}

/// What the handlers share.
pub struct Site {
    pub(crate) database: Option<Arc<Watched>>,
    pub(crate) token: Option<Token>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) pulls: Pulls,
    plugin: Option<Package>,
    allow_drop: bool,
    hot: Hot,
}

impl Site {
    /// Reads the database's manifest anew, if there is a database.
    pub(crate) async fn read_database(&self) -> Option<Known> {
        let known = self.database.as_ref()?.read().await;
        self.metrics.database_read(known.problem.is_none());
        if let Known { info: Some(info), problem: None, .. } = &known {
            PageInfo::new(info, self.allow_drop).log();
        }
        self.hot.clear();
        Some(known)
    }

    /// Keeps an eye on the database, for ever.
    pub async fn watch_database(self: Arc<Self>) {
        match &self.database {
            Some(database) => loop {
                Arc::clone(database).changed().await;
                self.read_database().await;
            },
            None => std::future::pending().await,
        }
    }

    /// Reads the database again, as after SIGHUP.
    pub async fn reload(&self) {
        self.read_database().await;
    }

    /// What is counted.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    fn known(&self) -> Option<Known> {
        self.database.as_ref().map(|database| database.known())
    }
}

/// The whole site as a service, and what to watch beside it.
///
/// # Errors
/// When a folder does not exist or an option cannot be meant.
pub fn app(settings: &Settings) -> Result<(Router, Arc<Site>), ServerError> {
    let Directories { web, models, database, samples } = &settings.directories;
    let site = Arc::new(Site {
        database: database.as_deref().map(|folder| Arc::new(Watched::new(folder))),
        token: settings.reload_token.clone(),
        metrics: Arc::default(),
        pulls: Pulls::default(),
        plugin: settings.plugin.clone(),
        allow_drop: settings.allow_drop,
        hot: Hot::new(settings.memory),
    });
    let none = Hot::new(0);
    let mut router = Router::new()
        .route("/health", get(health))
        .route("/plugin/{file}", get(plugin))
        .route("/database/info", get(info));
    if site.token.is_some() {
        router = router.route("/database/reload", post(reload::reload));
    } else {
        router =
            router.route("/database/reload", axum::routing::any(async || StatusCode::NOT_FOUND));
    }
    let mut router = router.with_state(Arc::clone(&site));
    for (prefix, option, folder, hot) in [
        ("/models", "models", models, &none),
        ("/database", "database", database, &site.hot),
        ("/samples", "samples", samples, &none),
    ] {
        if let Some(folder) = folder {
            router = router.nest_service(prefix, files(option, folder, Kind::Data, hot)?);
        }
    }
    let names = Arc::new(Names::new(settings.names.iter().cloned()));
    let router = router
        .fallback_service(files("web", web, Kind::Page, &none)?)
        .layer(Origins::new(&settings.origins)?.layer())
        .layer(middleware::from_fn(refuse_bodies))
        .layer(middleware::from_fn_with_state(names, hosts::check))
        .layer(middleware::from_fn(headers::complete))
        .layer(middleware::from_fn_with_state(Arc::clone(&site.metrics), observe::request));
    Ok((below(&settings.base_path, router)?, site))
}

/// What a listener of its own says to Prometheus and to `--health-check`.
pub fn inner_app(site: Arc<Site>) -> Router {
    let text = async |State(site): State<Arc<Site>>| {
        ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], site.metrics.text())
    };
    Router::new()
        .route("/metrics", get(text))
        .route("/health", get(health))
        .with_state(site)
        // Loopback can be reached by rebinding as well.
        .layer(middleware::from_fn_with_state(Arc::new(Names::default()), hosts::check))
}

fn files(option: &'static str, folder: &Path, kind: Kind, hot: &Hot) -> Result<Files, ServerError> {
    Files::new(folder, kind, hot.clone()).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => ServerError::Option {
            option,
            value: folder.display().to_string(),
            why: "this user may not read it".to_owned(),
        },
        _ => ServerError::NoFolder { option, path: folder.to_owned() },
    })
}

/// Takes the base path off. It has to happen before a route is chosen, so around the router.
fn below(base: &str, router: Router) -> Result<Router, ServerError> {
    if base.is_empty() {
        return Ok(router);
    }
    let home = HeaderValue::from_str(&format!("{base}/"));
    let (true, Ok(home)) = (paths::is_plain(base), home) else {
        let why = "give a path without a slash at the end, such as /rollcall".to_owned();
        return Err(ServerError::Option { option: "base-path", value: base.to_owned(), why });
    };
    let state = Arc::new((base.to_owned(), home));
    let strip = middleware::from_fn_with_state(state, strip);
    Ok(Router::new().fallback_service(strip.layer(router)))
}

async fn strip(
    State(base): State<Arc<(String, HeaderValue)>>,
    mut request: Request,
    next: Next,
) -> Response {
    let (base, home) = &*base;
    if request.uri().path() == base {
        // Without the slash the page's relative addresses would lead elsewhere.
        let home = [(header::LOCATION, home.clone())];
        return headers::dress((StatusCode::PERMANENT_REDIRECT, home).into_response(), false);
    }
    let path = paths::without_base(request.uri().path(), base);
    let path = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.into_owned(),
    };
    if let Ok(path) = path.parse::<PathAndQuery>() {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(path);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    next.run(request).await
}

async fn refuse_bodies(request: Request, next: Next) -> Response {
    let close = [(header::CONNECTION, "close")];
    if request.headers().contains_key(header::TRANSFER_ENCODING) {
        let why = "This host takes no uploads of unknown length.\n";
        return (StatusCode::LENGTH_REQUIRED, close, why).into_response();
    }
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY_BYTES) {
        return (StatusCode::PAYLOAD_TOO_LARGE, close, "This host takes no uploads.\n")
            .into_response();
    }
    next.run(request).await
}

async fn health(State(site): State<Arc<Site>>) -> Json<Health> {
    Json(Health::of(site.known().as_ref(), site.pulls.last()))
}

async fn info(State(site): State<Arc<Site>>) -> Response {
    let known = site.known();
    let (status, problem) = match known {
        Some(Known { info: Some(info), .. }) => {
            return Json(PageInfo::new(&info, site.allow_drop)).into_response();
        }
        Some(Known { problem, .. }) => (StatusCode::SERVICE_UNAVAILABLE, problem),
        None => (StatusCode::NOT_FOUND, None),
    };
    let none = "this host serves no database; start it with --database DIR";
    (status, Json(json!({ "error": problem.as_deref().unwrap_or(none) }))).into_response()
}

async fn plugin(State(site): State<Arc<Site>>, request: Request) -> Response {
    match &site.plugin {
        Some(package) => package.answer(&request),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
