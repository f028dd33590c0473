//! The way from one replica to the API server, which can be cut.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::relay::relay;

/// What becomes of connections on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// They pass.
    Whole,
    /// They pass, and each is cut when it is that old.
    CutAfter(Duration),
    /// None passes, and those that there are have been cut.
    Cut,
}

/// A replica's own way to the API server.
pub(crate) struct Wire {
    port: u16,
    state: watch::Sender<State>,
}

impl Wire {
    /// A whole one to the API server at `target`.
    pub(crate) async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = watch::Sender::new(State::Whole);
        tokio::spawn(accept(listener, target, state.subscribe()));
        Self { port, state }
    }

    /// Where the replica's end is.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Changes it, standing connections included.
    pub(crate) fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, state: watch::Receiver<State>) {
    let mut relays = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while relays.try_join_next().is_some() {}
        let state = state.clone();
        relays.spawn(async move {
            tokio::select! {
                () = relay(client, target) => {}
                () = cut(state) => {}
            }
        });
    }
}

/// Resolves when a connection that begins now has to end.
async fn cut(mut state: watch::Receiver<State>) {
    loop {
        let now = *state.borrow_and_update();
        let age = async {
            match now {
                State::Whole => std::future::pending().await,
                State::CutAfter(age) => sleep(age).await,
                State::Cut => {}
            }
        };
        tokio::select! {
            () = age => return,
            changed = state.changed() => if changed.is_err() { return },
        }
    }
}
