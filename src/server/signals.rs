//! The signals that stop the process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Takes over SIGTERM and SIGINT: the first future resolves on the first of them, the second on the second.
///
/// # Errors
/// When the system refuses to have them handled.
pub fn signals() -> io::Result<(impl Future<Output = ()>, impl Future<Output = ()>)> {
    let mut for_stop = Signals::listen()?;
    // Each listener hears every signal, so this one counts to two by itself.
    let mut for_abort = Signals::listen()?;
    let stop = async move { for_stop.next().await };
    let abort = async move {
        for_abort.next().await;
        for_abort.next().await;
    };
    Ok((stop, abort))
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
