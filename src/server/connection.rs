//! One connection, from the accepted socket to its end, in its own task.

use std::{
    convert::Infallible,
    error::Error as StdError,
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::{Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::{
    Limits, Times,
    alarm::Alarm,
    closing::Closing,
    deadline::{Deadline, Stage},
    refusal::NOT_TLS,
    socket::Socket,
};

/// What answers the requests of a port.
pub(super) trait Handler: Send + Sync + 'static {
    /// The bodies it answers with.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static;

    /// Answers one request of the connection whose deadline this is.
    fn answer(
        &self,
        request: Request<Incoming>,
        deadline: &Deadline,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// How a port receives its connections.
#[derive(Clone)]
pub(super) struct Door {
    tls: Option<TlsAcceptor>,
    http: http1::Builder,
    times: Times,
}

// === impl Door ===

impl Door {
    pub(super) fn tls(acceptor: TlsAcceptor, limits: Limits, times: Times) -> Self {
        Self {
            tls: Some(acceptor),
            ..Self::plain(limits, times)
        }
    }

    pub(super) fn plain(limits: Limits, times: Times) -> Self {
        let mut http = http1::Builder::new();
        // The deadline watches over heads and idleness; see there.
        http.header_read_timeout(None);
        http.max_buf_size(limits.head.max(8192));
        // Head and body of an answer go into one TLS record, so they are copied together anyway.
        http.writev(false);
        Self {
            tls: None,
            http,
            times,
        }
    }
}

/// Serves `stream` to its end.
pub(super) async fn serve<H: Handler>(
    stream: TcpStream,
    door: &Door,
    handler: &H,
    closing: &Closing,
) {
    // Answers are written whole, so there is nothing to gain from waiting for more.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection is gone");
        return;
    }
    let deadline = Arc::new(Deadline::new(door.times));
    let socket = Socket::new(stream, Arc::clone(&deadline));
    match &door.tls {
        None => talk(socket, door, handler, &deadline, closing).await,
        Some(acceptor) => {
            let Some(stream) = shake_hands(socket, acceptor, door.times).await else {
                return;
            };
            deadline.enter(Stage::Idle);
            talk(stream, door, handler, &deadline, closing).await;
        }
    }
}

async fn shake_hands(
    socket: Socket,
    acceptor: &TlsAcceptor,
    times: Times,
) -> Option<tokio_rustls::server::TlsStream<Socket>> {
    match timeout(times.handshake, acceptor.accept(socket).into_fallible()).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err((error, socket))) => {
            tracing::debug!(%error, "no handshake");
            turn_away(socket, times.linger).await;
            None
        }
        Err(_) => {
            tracing::debug!("no handshake in time");
            None
        }
    }
}

/// Ends a connection on which no handshake was possible; one that speaks HTTP is told why.
async fn turn_away(mut socket: Socket, linger: Duration) {
    let speaks_http = socket
        .first_byte()
        .is_some_and(|byte| byte.is_ascii_uppercase());
    let goodbye = async {
        if speaks_http {
            socket.write_all(NOT_TLS).await?;
        }
        socket.shutdown().await
    };
    // The peer may be gone, and there is nothing left to do for it.
    let _ = timeout(linger, goodbye).await;
}

async fn talk<IO, H>(io: IO, door: &Door, handler: &H, deadline: &Deadline, closing: &Closing)
where
    IO: AsyncRead + AsyncWrite + Unpin,
    H: Handler,
{
    let service = service_fn(|request| async move {
        deadline.enter(Stage::Answer);
        let response = handler.answer(request, deadline).await;
        // The idle time covers writing the answer too: a peer that doesn't read it is idle.
        deadline.enter(Stage::Idle);
        Ok::<_, Infallible>(response)
    });
    let mut connection = pin!(door.http.serve_connection(TokioIo::new(io), service));
    let mut closed = pin!(closing.wakes());
    let mut listens = false;
    let mut told = false;
    let mut alarm = Alarm::new(deadline);

    let end = poll_fn(|context| {
        loop {
            if let Poll::Ready(end) = connection.as_mut().poll(context) {
                return Poll::Ready(end);
            }
            // A task's waker stays the same for its life, so leaving it there once is enough.
            if !listens {
                listens = true;
                let _ = closed.as_mut().poll(context);
            }
            if !told && closing.has_begun() {
                told = true;
                connection.as_mut().graceful_shutdown();
                continue;
            }
            ready!(alarm.poll(deadline, context));
            match deadline.stage() {
                Stage::Body => deadline.enter(Stage::Late),
                Stage::Idle => {
                    deadline.enter(Stage::Linger);
                    connection.as_mut().graceful_shutdown();
                }
                Stage::Head | Stage::Late | Stage::Linger | Stage::Answer => {
                    return Poll::Ready(Ok(()));
                }
            }
        }
    });
    if let Err(error) = end.await {
        tracing::debug!(%error, "connection ended");
    }
}
