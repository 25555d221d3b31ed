//! From a configuration to a running host.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use tokio::net::TcpListener;

use crate::{
    Directories, Host, Limits, Options, Package, ServerError, Settings, Site, Tls, Token, app,
    authority, hosts, inner_app, origins,
    pull::Puller,
    signals::{self, Signals},
};

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the configuration cannot be meant, or an address cannot be listened on.
pub async fn run(options: &Options) -> Result<(), ServerError> {
    let limits = limits(options)?;
    let tls = tls(options)?.map(Arc::new);
    let puller = Puller::of(options)?;
    if let Some(puller) = &puller {
        puller.prepare()?;
    }
    let listener = listen("port", options.address()).await?;
    let address = listener.local_addr()?;
    let (app, site) = app(&settings(options, address)?)?;
    site.reload().await;
    let inner = inner_host(options, &site, limits).await?;
    let metrics = Some(Arc::clone(site.metrics()));
    for doubt in doubts(options) {
        tracing::warn!("{doubt}");
    }
    let reach = match address.ip().is_loopback() {
        true => "by this machine only; --host 0.0.0.0 opens it to the whole network",
        false => "by the network",
    };
    tracing::info!(%address, reach, "serving");
    let (stop, hangups) = (signals::stop(), Signals::hangup());
    // Scripts wait for this line to learn the port.
    println!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    if let Some(puller) = puller {
        puller.start(Arc::clone(&site))?;
    }
    tokio::spawn(Arc::clone(&site).watch_database());
    tokio::spawn(reload_when_asked(hangups, site, tls.clone()));
    if let Some(inner) = inner {
        tokio::spawn(inner.serve(std::future::pending()));
    }
    Host { listener, app, metrics, tls, limits }.serve(stop).await;
    Ok(())
}

/// Whether it would start, as far as that can be told without listening or writing.
///
/// # Errors
/// As [`run`].
pub fn check(options: &Options) -> Result<(), ServerError> {
    limits(options)?;
    options.metrics_address()?;
    Puller::of(options)?;
    if !options.tls_local {
        tls(options)?;
    }
    let mut settings = settings(options, options.address())?;
    // The first pull makes that folder.
    settings.directories.database.take_if(|folder| options.pull.is_some() && !folder.exists());
    drop(app(&settings)?);
    for doubt in doubts(options) {
        eprintln!("warning: {doubt}");
    }
    Ok(())
}

/// What is not wrong, but hardly meant: folders without what belongs there.
fn doubts(options: &Options) -> Vec<String> {
    let lacks = |option: &str, folder: &Path, what: &str| {
        format!("there is no {what} in {} (--{option}); is it the right folder?", folder.display())
    };
    let mut doubts = Vec::new();
    if let Some(web) = options.web.as_ref().filter(|web| !web.join("index.html").is_file()) {
        doubts.push(lacks("web", web, "index.html"));
    }
    if let Some(models) = &options.models {
        let mut packs = models.read_dir().into_iter().flatten().flatten();
        if !packs.any(|pack| pack.path().join("pack.json").is_file()) {
            doubts.push(lacks("models", models, "folder with a pack.json"));
        }
    }
    doubts
}

/// Everything but the addresses to listen on; the plugin is packed for `address`.
fn settings(options: &Options, address: SocketAddr) -> Result<Settings, ServerError> {
    let why = "the folder of the built page has to be named";
    let web = options.web.clone().ok_or(ServerError::Missing { option: "--web", why })?;
    let public = public_origins(options, address)?;
    let plugin = options.plugin.as_ref().map(|folder| Package::pack(folder, &public));
    let public_names =
        options.public_origin.iter().filter_map(|origin| Some(origin.split_once("://")?.1));
    let names = options.name.iter().map(String::as_str).chain(public_names);
    let names = names.map(|name| {
        let why = "give a name without scheme and path, such as nas.example.org".to_owned();
        let wrong = ServerError::Option { option: "name", value: name.to_owned(), why };
        hosts::host_of(name.trim_end_matches('/')).ok_or(wrong)
    });
    Ok(Settings {
        directories: Directories {
            web,
            models: options.models.clone(),
            database: options.database.clone(),
            samples: options.samples.clone(),
        },
        names: names.collect::<Result<_, _>>()?,
        origins: options.origin.clone(),
        base_path: options.base_path.clone().unwrap_or_default().trim_end_matches('/').to_owned(),
        reload_token: options.reload_token.as_deref().map(Token::new).transpose()?,
        plugin: plugin.transpose()?,
        allow_drop: options.allow_drop,
        memory: options.memory.unwrap_or_default() << 20,
    })
}

fn limits(options: &Options) -> Result<Limits, ServerError> {
    let positive = |option, number: Option<u64>| match number {
        Some(0) | None => Err(ServerError::Option {
            option,
            value: number.unwrap_or_default().to_string(),
            why: "give a number above 0".to_owned(),
        }),
        Some(number) => Ok(number),
    };
    let count = |option, number: Option<usize>| {
        positive(option, number.map(|number| number as u64)).map(|_| number.unwrap_or(1))
    };
    let seconds = |option, number| positive(option, number).map(Duration::from_secs);
    Ok(Limits {
        connections: count("max-connections", options.max_connections)?,
        header_bytes: count("max-header-bytes", options.max_header_bytes)?,
        header_time: seconds("header-timeout", options.header_timeout)?,
        write_time: seconds("write-timeout", options.write_timeout)?,
        stop_time: seconds("stop-timeout", options.stop_timeout)?,
    })
}

fn tls(options: &Options) -> Result<Option<Tls>, ServerError> {
    match (&options.tls_cert, &options.tls_key, options.tls_local) {
        (None, None, false) => Ok(None),
        (Some(certificate), Some(key), false) => Tls::from_files(certificate, key).map(Some),
        (None, None, true) => local_tls(options).map(Some),
        (_, _, true) => Err(ServerError::Option {
            option: "tls-local",
            value: "true".to_owned(),
            why: "it makes a certificate, and --tls-cert names one; choose".to_owned(),
        }),
        (None, Some(_), false) => {
            Err(ServerError::Missing { option: "--tls-cert", why: "--tls-key is its key" })
        }
        (Some(_), None, false) => {
            Err(ServerError::Missing { option: "--tls-key", why: "--tls-cert needs its key" })
        }
    }
}

/// A certificate of our own, with the words that help to trust it.
fn local_tls(options: &Options) -> Result<Tls, ServerError> {
    let why = "--tls-local keeps its certificate there";
    let state = options.state.as_ref().ok_or(ServerError::Missing { option: "--state", why })?;
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let address = options.address().ip();
    if !address.is_unspecified() {
        names.push(address.to_string());
    }
    names.extend(options.name.iter().cloned());
    let public = options
        .public_origin
        .iter()
        .filter_map(|origin| hosts::host_of(origin.split_once("://")?.1));
    names.extend(public.map(|name| name.trim_matches(['[', ']']).to_owned()));
    names.sort();
    names.dedup();
    let folder = state.join("tls");
    let tls = Tls::local(&folder, &names)?;
    eprintln!(
        "https with a certificate made here, for {}.\nSHA-256 fingerprint: {}\nTo trust it, open this \
         host in the browser once, compare the fingerprint in the certificate's details and accept it; \
         or import {} as a trusted authority on each device. After about two years there will be a new \
         one.",
        names.join(", "),
        tls.fingerprint()?,
        folder.join(authority::AUTHORITY).display(),
    );
    Ok(tls)
}

/// The origins that the plugin may talk to: those given, else every way we know to reach us.
fn public_origins(options: &Options, address: SocketAddr) -> Result<Vec<String>, ServerError> {
    if !options.public_origin.is_empty() {
        let origins = options.public_origin.iter();
        return origins.map(|origin| origins::check_origin("public-origin", origin)).collect();
    }
    let scheme = if options.has_tls() { "https" } else { "http" };
    let port = address.port();
    let mut hosts: Vec<String> = options.name.clone();
    if address.ip().is_unspecified() {
        // Which of this machine's addresses a browser takes is not known here.
        hosts.push("*".to_owned());
    } else {
        hosts.push(SocketAddr::new(address.ip(), 0).to_string().trim_end_matches(":0").to_owned());
    }
    if address.ip().is_loopback() {
        hosts.push("localhost".to_owned());
    }
    Ok(hosts.iter().map(|host| format!("{scheme}://{host}:{port}")).collect())
}

/// The listener for Prometheus. If only its usual place is taken, we do without.
async fn inner_host(
    options: &Options,
    site: &Arc<Site>,
    limits: Limits,
) -> Result<Option<Host>, ServerError> {
    let Some(address) = options.metrics_address()? else { return Ok(None) };
    let listener = match listen("metrics", address).await {
        Ok(listener) => listener,
        Err(error) if options.metrics.is_none() => {
            tracing::info!(%error, "there is no /metrics");
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    Ok(Some(Host { listener, app: inner_app(Arc::clone(site)), metrics: None, tls: None, limits }))
}

async fn listen(option: &'static str, address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|source| ServerError::Listen {
        option,
        address: address.to_string(),
        source,
    })
}

/// At SIGHUP: the database and the certificate are read again.
async fn reload_when_asked(mut hangups: Signals, site: Arc<Site>, tls: Option<Arc<Tls>>) {
    loop {
        hangups.next().await;
        tracing::info!("asked to reload");
        if let Some(Err(error)) = tls.as_ref().map(|tls| tls.reload()) {
            tracing::error!(%error, "the old certificate stays");
        }
        site.reload().await;
    }
}
