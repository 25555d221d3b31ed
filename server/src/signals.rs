//! Signals. They are listened for from the moment these are called; before, they end the program.

use std::future::pending;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal that may come again and again. Where it cannot be listened for, it never comes.
pub(crate) struct Signals {
    #[cfg(unix)]
    heard: Option<Signal>,
}

impl Signals {
    #[cfg(unix)]
    fn of(kind: SignalKind) -> Self {
        Self { heard: signal(kind).ok() }
    }

    /// SIGHUP.
    pub(crate) fn hangup() -> Self {
        #[cfg(unix)]
        return Self::of(SignalKind::hangup());
        #[cfg(not(unix))]
        Self {}
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(heard) = &mut self.heard
            && heard.recv().await.is_some()
        {
            return;
        }
        pending::<()>().await;
    }
}

/// Ready at Ctrl-C or SIGTERM.
pub(crate) fn stop() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        let mut interrupted = Signals::of(SignalKind::interrupt());
        let mut terminated = Signals::of(SignalKind::terminate());
        async move {
            tokio::select! {
                () = interrupted.next() => {}
                () = terminated.next() => {}
            }
        }
    }
    #[cfg(not(unix))]
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            pending().await
        }
    }
}
