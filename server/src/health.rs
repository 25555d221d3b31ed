//! `--health-check`: for containers without a shell.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use crate::{Options, ServerError};

const PATIENCE: Duration = Duration::from_secs(4);

/// Asks the server that runs with the same configuration. With TLS it asks where /metrics is, which
/// is never encrypted.
///
/// # Errors
/// When nobody answers, or with anything but success.
pub fn check(options: &Options) -> Result<(), ServerError> {
    let address =
        if options.has_tls() { options.metrics_address()? } else { Some(options.address()) };
    let why = "--health-check asks there when the host speaks https";
    let address = address.ok_or(ServerError::Missing { option: "--metrics", why })?;
    let answer = ask(reachable(address))
        .map_err(|error| ServerError::Unwell(format!("{address}: {error}")))?;
    let first = answer.lines().next().unwrap_or_default();
    if first.split(' ').nth(1) == Some("200") {
        println!("{}", answer.lines().last().unwrap_or_default());
        Ok(())
    } else {
        Err(ServerError::Unwell(first.to_owned()))
    }
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(64 << 10).read_to_string(&mut answer)?;
    Ok(answer)
}

/// Who listens everywhere is asked on this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
