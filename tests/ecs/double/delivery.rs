//! How the body of an answer is sent: whole, slowly, in part, or until the connection breaks.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};

/// The manner of sending.
#[derive(Clone, Copy, Debug)]
pub(super) enum Manner {
    Whole,
    Reset,
    Stall,
    Slow(Duration),
}

/// Set to have a connection end with a reset.
#[derive(Clone, Default)]
pub(super) struct ResetSwitch(Arc<AtomicBool>);

/// A connection that can end with a reset.
pub(super) struct Wire {
    stream: TcpStream,
    switch: ResetSwitch,
}

/// A body on its way.
pub(super) struct Delivery {
    length: u64,
    pieces: VecDeque<Bytes>,
    pause: Option<Pin<Box<Sleep>>>,
    manner: Manner,
    has_yielded: bool,
    switch: ResetSwitch,
}

const PIECES: usize = 8;

impl ResetSwitch {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Delivery {
    pub(super) fn new(body: Bytes, manner: Manner, switch: ResetSwitch) -> Self {
        let length = body.len();
        let half = body.slice(..length / 2);
        let pieces = match manner {
            Manner::Whole => VecDeque::from([body]),
            Manner::Reset | Manner::Stall => VecDeque::from([half]),
            Manner::Slow(_) => {
                let size = length.div_ceil(PIECES).max(1);
                let begins = (0..length).step_by(size);
                begins
                    .map(|begin| body.slice(begin..length.min(begin + size)))
                    .collect()
            }
        };
        Self {
            length: length as u64,
            pieces,
            pause: None,
            manner,
            has_yielded: false,
            switch,
        }
    }
}

impl Body for Delivery {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let (Manner::Slow(pause), false) = (self.manner, self.pieces.is_empty()) {
            let sleep = self
                .pause
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            ready!(sleep.as_mut().poll(context));
            self.pause = None;
        }
        if let Some(piece) = self.pieces.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match self.manner {
            Manner::Whole | Manner::Slow(_) => Poll::Ready(None),
            Manner::Stall => Poll::Pending,
            // A turn first, in which what there is gets sent.
            Manner::Reset if !self.has_yielded => {
                self.has_yielded = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Manner::Reset => {
                self.switch.set();
                Poll::Ready(Some(Err(io::Error::other("as the fault wants"))))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

impl Wire {
    pub(super) fn new(stream: TcpStream, switch: ResetSwitch) -> Self {
        Self { stream, switch }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.switch.0.load(Ordering::SeqCst) {
            // Closing then sends a reset.
            _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A shutdown would be a proper end, where a reset is wanted.
        match self.switch.0.load(Ordering::SeqCst) {
            true => Poll::Ready(Ok(())),
            false => Pin::new(&mut self.stream).poll_shutdown(context),
        }
    }
}
