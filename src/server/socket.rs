//! A TCP stream that tells its connection's deadline what happens on it, and that closes without losing an answer.
//!
//! Closing a socket with unread bytes in it makes the kernel reset the connection, and a reset can overtake the
//! answer on its way to the peer. So the write side is closed first, and what still comes is thrown away until the
//! peer closes too or the deadline cuts the connection.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::deadline::{Deadline, Stage};

/// Enough to empty a full receive buffer in a few calls.
const DISCARD: usize = 4096;

/// An accepted connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    deadline: Arc<Deadline>,
    first: Option<u8>,
    shut: bool,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, deadline: Arc<Deadline>) -> Self {
        Self {
            stream,
            deadline,
            first: None,
            shut: false,
        }
    }

    /// The first byte the peer sent: a TLS record begins with a 22, an HTTP request with a capital letter.
    pub(super) fn first_byte(&self) -> Option<u8> {
        self.first
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
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
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
