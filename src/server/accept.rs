//! Accepting connections, never more at once than there are slots for.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{JoinError, JoinSet},
    time::sleep,
};

/// After an error of the listener itself, such as too many open files, which accepting again at once would repeat.
const BACK_OFF: Duration = Duration::from_millis(100);

/// Accepts for ever, and runs `serve` on each connection in a task of its own.
///
/// A slot is taken before a connection is accepted, so that one too many waits in the kernel's queue, where it costs
/// nothing, until a slot is free.
pub(super) async fn accept<S, F>(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    tasks: &mut JoinSet<()>,
    serve: S,
) -> Infallible
where
    S: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let slot = tokio::select! {
            slot = Arc::clone(slots).acquire_owned() => slot,
            Some(ended) = tasks.join_next() => {
                report(ended);
                continue;
            }
        };
        let stream = loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _peer)) => break stream,
                    Err(error) => recover(error).await,
                },
                Some(ended) = tasks.join_next() => report(ended),
            }
        };
        let connection = serve(stream);
        tasks.spawn(async move {
            let _slot = slot;
            connection.await;
        });
    }
}

async fn recover(error: io::Error) {
    match error.kind() {
        // The peer left before it was its turn.
        io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::Interrupted => {}
        _ => {
            tracing::warn!(%error, "can't accept a connection");
            sleep(BACK_OFF).await;
        }
    }
}

/// Logs a connection's task that did not end by itself.
pub(super) fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        let cause = message(error.into_panic().as_ref());
        tracing::error!(%cause, "a connection's task panicked");
    }
}

/// What a panic said.
pub(super) fn message(panic: &(dyn std::any::Any + Send)) -> String {
    match panic.downcast_ref::<&str>() {
        Some(text) => (*text).to_owned(),
        None => panic
            .downcast_ref::<String>()
            .cloned()
            .unwrap_or_else(|| "no message".to_owned()),
    }
}
