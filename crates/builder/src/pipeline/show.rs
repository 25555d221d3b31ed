//! How far it is, while it goes on: bars on a terminal, lines in a log, figures for Prometheus.

use std::{
    fmt::Write as _,
    io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar};

use super::{flow::Flow, gauges::Gauges};
use crate::{Error, terminal::Terminal};

/// How often bars move, and how often a log hears of it.
const TICK: Duration = Duration::from_millis(200);
const LOG: Duration = Duration::from_secs(15);
/// How often the state is asked what is left for bars, which takes it a while when it is large.
const LEFT: Duration = Duration::from_secs(5);
/// The longest a reader of figures may take.
const READER: Duration = Duration::from_secs(2);

/// Shows progress until `done`.
pub(crate) fn show(flow: &Flow<'_>, terminal: Terminal, done: &AtomicBool) {
    let bars = (io::stderr().is_terminal() && !terminal.quiet).then(|| bars(terminal));
    // Bars want to know at once how long they are, a log after a while.
    let (every, mut asked) =
        if bars.is_some() { (LEFT, None) } else { (LOG, Some(Instant::now())) };
    let mut left = 0;
    while !done.load(Ordering::Relaxed) {
        if asked.is_none_or(|asked| asked.elapsed() >= every) {
            asked = Some(Instant::now());
            // A failure is the pipeline's to report.
            left = flow.state.jobs_left(flow.wanted()).unwrap_or(left);
            match &bars {
                Some((_, bars)) => bars.iter().skip(1).for_each(|bar| {
                    bar.set_length(flow.gauges.settle.counts().0 + left);
                }),
                None => log(flow.gauges, left),
            }
        }
        if let Some((_, bars)) = &bars {
            for (bar, (_, stage)) in bars.iter().zip(flow.gauges.stages()) {
                bar.set_position(stage.counts().0);
            }
        }
        std::thread::park_timeout(TICK);
    }
    if let Some((all, _)) = bars {
        // A terminal that cannot be drawn on needs no clearing.
        let _ = all.clear();
    }
}

fn bars(terminal: Terminal) -> (MultiProgress, Vec<ProgressBar>) {
    let all = MultiProgress::new();
    let bars = Gauges::default().stages().map(|(name, _)| all.add(terminal.bar(name, 0)));
    (all, bars.to_vec())
}

fn log(gauges: &Gauges, left: u64) {
    let [listed, fetched, looked_at, settled] = gauges.stages().map(|(_, stage)| stage.counts().0);
    let bytes = gauges.fetch.counts().1;
    tracing::info!(target: PROGRESS, listed, fetched, bytes, looked_at, settled, left, "building");
}

/// Where lines about progress come from, in a log.
pub(crate) const PROGRESS: &str = "rollcall_builder::progress";

/// Answers a Prometheus on this machine until `done`.
pub(crate) fn serve(listener: &TcpListener, gauges: &Gauges, done: &AtomicBool) {
    for stream in listener.incoming() {
        if done.load(Ordering::Relaxed) {
            return;
        }
        // A reader that goes away has had enough.
        if let Ok(stream) = stream {
            let _ = answer(&stream, gauges);
        }
    }
}

/// Ends [`serve`], which waits for a reader.
pub(crate) fn wake(address: SocketAddr) {
    drop(TcpStream::connect_timeout(&address, READER));
}

/// The listener for [`serve`].
///
/// # Errors
/// When the address is not this machine's own, or taken.
pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    if !address.ip().is_loopback() {
        return Err(Error::Usage(format!(
            "figures are for this machine only; give a loopback address such as 127.0.0.1:{}",
            address.port()
        )));
    }
    TcpListener::bind(address).map_err(|error| {
        Error::Usage(format!("cannot listen on {address}: {error}; give another port"))
    })
}

fn answer(stream: &TcpStream, gauges: &Gauges) -> io::Result<()> {
    stream.set_read_timeout(Some(READER))?;
    stream.set_write_timeout(Some(READER))?;
    let mut line = String::new();
    BufReader::new(io::Read::take(stream, 8192)).read_line(&mut line)?;
    let text = figures(gauges);
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}

/// The figures in Prometheus' text format, version 0.0.4.
fn figures(gauges: &Gauges) -> String {
    let mut text = String::new();
    let mut family = |name: &str, help: &str, of: &dyn Fn(&super::gauges::Stage) -> u64| {
        // Writing to a text does not fail.
        let _ = writeln!(text, "# HELP rollcall_build_{name} {help}");
        let _ = writeln!(text, "# TYPE rollcall_build_{name} counter");
        for (stage, gauge) in gauges.stages() {
            let _ = writeln!(text, "rollcall_build_{name}{{stage=\"{stage}\"}} {}", of(gauge));
        }
    };
    family("things_total", "Performers listed, pictures fetched, looked at, written down", &|s| {
        s.counts().0
    });
    family("bytes_total", "Bytes of pictures", &|stage| stage.counts().1);
    text
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn figures_are_for_this_machine_only() {
        let message = listen("0.0.0.0:0".parse().unwrap()).unwrap_err().to_string();
        assert!(message.contains("127.0.0.1"), "{message}");
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (gauges, done) = (Gauges::default(), AtomicBool::new(false));
        gauges.fetch.done(3, 1000);
        std::thread::scope(|scope| {
            scope.spawn(|| serve(&listener, &gauges, &done));
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(
                answer.contains("rollcall_build_things_total{stage=\"fetch\"} 3\n"),
                "{answer}"
            );
            assert!(
                answer.contains("rollcall_build_bytes_total{stage=\"fetch\"} 1000\n"),
                "{answer}"
            );
            done.store(true, Ordering::Relaxed);
            wake(address);
        });
    }
}
