//! A TCP stream that tells its connection's deadline what happens on it, and that closes without losing an answer.
//!
//! What arrives in bulk is read ahead, into memory that is held only until it is passed on.
//!
//! Closing a socket with unread bytes in it makes the kernel reset the connection, and a reset can overtake the
//! answer on its way to the peer. So the write side is closed first, and what still comes is thrown away until the
//! peer closes too or the deadline cuts the connection.

use std::{
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BufMut as _, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::deadline::{Deadline, Stage};

/// How much is read ahead when a read left no room: rustls asks for 4 KiB at the beginning of each burst, so that a
/// review of 30 KB would take six calls.
const AHEAD: usize = 32 * 1024;

/// Enough to empty a full receive buffer in a few calls.
const DISCARD: usize = 4096;

/// An accepted connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    deadline: Arc<Deadline>,
    /// What was read ahead; without memory of its own when empty.
    ahead: BytesMut,
    /// Whether the last read left no room, so that more is likely to be waiting.
    filled: bool,
    first: Option<u8>,
    shut: bool,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, deadline: Arc<Deadline>) -> Self {
        Self {
            stream,
            deadline,
            ahead: BytesMut::new(),
            filled: false,
            first: None,
            shut: false,
        }
    }

    /// The first byte the peer sent: a TLS record begins with a 22, an HTTP request with a capital letter.
    pub(super) fn first_byte(&self) -> Option<u8> {
        self.first
    }

    /// Reads ahead; takes memory only for what is there.
    fn poll_read_ahead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut ahead = BytesMut::with_capacity(AHEAD);
        ready!(pin!(self.stream.read_buf(&mut ahead)).poll(context))?;
        self.ahead = ahead;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if this.ahead.is_empty() && this.filled {
            ready!(this.poll_read_ahead(context))?;
        }
        match this.ahead.len() {
            0 => ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?,
            _ => buffer.put(Buf::take(&mut this.ahead, buffer.remaining())),
        }
        if this.ahead.is_empty() {
            this.ahead = BytesMut::new();
        }
        this.filled = buffer.remaining() == 0;
        if let Some(first) = buffer.filled().get(before) {
            this.first.get_or_insert(*first);
            this.deadline.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.get_mut().stream);
        match slices {
            // An answer is one TLS record, and sending one slice is less work for the kernel than gathering it.
            [bytes] => stream.poll_write(context, bytes),
            _ => stream.poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.shut {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            this.shut = true;
            this.deadline.enter(Stage::Linger);
        }
        let mut discard = [0; DISCARD];
        loop {
            let mut buffer = ReadBuf::new(&mut discard);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::{io::AsyncWriteExt as _, net::TcpListener};

    use super::*;
    use crate::server::Times;

    #[tokio::test]
    async fn bulk_is_read_ahead_comes_in_order_and_leaves_no_memory_behind() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let sent: Vec<u8> = (0..20_000_u32).map(|number| (number % 251) as u8).collect();
        peer.write_all(&sent).await.unwrap();
        drop(peer);
        let mut arrived = vec![0; sent.len()];
        while stream.peek(&mut arrived).await.unwrap() < sent.len() {}

        let mut socket = Socket::new(stream, Arc::new(Deadline::new(Times::default())));
        let mut received = Vec::new();
        let mut ahead = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let length = socket.read(&mut piece).await.unwrap();
            received.extend_from_slice(&piece[..length]);
            ahead.push(socket.ahead.len());
            if length == 0 {
                break;
            }
        }
        assert_eq!(received, sent);
        assert_eq!(ahead, [0, 11_808, 7_712, 3_616, 0, 0]);
        assert_eq!(socket.ahead.capacity(), 0);
    }
}
