//! The server: a thread of its own with a runtime of its own, so that it answers whatever the runtime of the test is at.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use http_body_util::BodyExt;
use hyper::{Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
};

use super::{
    calls::Log,
    delivery::{Delivery, Manner, ResetSwitch, Wire},
    fault::{Effect, Trouble},
    keys::World,
    request::Request,
    visit::Visit,
};

/// What the server and the test share.
pub(super) struct Shared {
    pub(super) world: Mutex<World>,
    pub(super) log: Log,
    pub(super) troubles: Mutex<Vec<Trouble>>,
    pub(super) clock: Mutex<Clock>,
}

/// What time it is in the cloud.
pub(super) struct Clock {
    pub(super) source: Box<dyn Fn() -> Timestamp + Send>,
    pub(super) ahead: SignedDuration,
}

/// The way to the server's thread, which ends with this.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    commands: UnboundedSender<(Door, mpsc::Sender<()>)>,
    /// Keeps the port while nobody listens.
    _reservation: TcpSocket,
}

/// Whether connections are taken.
#[derive(Clone, Copy)]
pub(super) enum Door {
    Open,
    /// They are refused, and those that there are get closed.
    Closed,
}

impl Server {
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let reservation = socket(SocketAddr::from(([127, 0, 0, 1], 0)));
        let address = reservation.local_addr().unwrap();
        let (commands, receiver) = unbounded_channel();
        thread::Builder::new()
            .name("cloud double".to_owned())
            .spawn(move || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap()
                    .block_on(run(address, receiver, shared));
            })
            .unwrap();
        let server = Self {
            address,
            commands,
            _reservation: reservation,
        };
        server.set(Door::Open);
        server
    }

    /// Returns when it is done.
    pub(super) fn set(&self, door: Door) {
        let (done, wait) = mpsc::channel();
        self.commands.send((door, done)).unwrap();
        wait.recv().unwrap();
    }
}

fn socket(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    // Two may be bound to one port as long as one listens at most.
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

async fn run(
    address: SocketAddr,
    mut commands: UnboundedReceiver<(Door, mpsc::Sender<()>)>,
    shared: Arc<Shared>,
) {
    let mut listener: Option<TcpListener> = None;
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                None => return,
                Some((door, done)) => {
                    listener = match (door, listener) {
                        (Door::Open, Some(open)) => Some(open),
                        (Door::Open, None) => Some(socket(address).listen(1024).unwrap()),
                        (Door::Closed, _) => None,
                    };
                    if listener.is_none() {
                        connections.shutdown().await;
                    }
                    _ = done.send(());
                }
            },
            stream = accept(listener.as_ref()) => {
                connections.spawn(converse(stream, Arc::clone(&shared)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    match listener {
        Some(listener) => loop {
            if let Ok((stream, _)) = listener.accept().await {
                return stream;
            }
        },
        None => std::future::pending().await,
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    _ = stream.set_nodelay(true);
    let switch = ResetSwitch::default();
    let wire = TokioIo::new(Wire::new(stream, switch.clone()));
    let service = service_fn(|request| answer(request, &shared, switch.clone()));
    // The client may leave at any time.
    _ = http1::Builder::new().serve_connection(wire, service).await;
}

/// The connection is to be reset.
#[derive(Debug, thiserror::Error)]
#[error("as the fault wants")]
struct Reset;

async fn answer(
    request: hyper::Request<Incoming>,
    shared: &Shared,
    switch: ResetSwitch,
) -> Result<Response<Delivery>, Reset> {
    let request = read(request).await.map_err(|_| Reset)?;
    let visit = Visit::new(request, shared);
    let number = shared.log.arrived(visit.call.clone());
    let trouble = shared.trouble(&visit);
    let effect = trouble.as_ref().map(Trouble::effect);

    let mut manner = Manner::Whole;
    let answer = match effect {
        None | Some(Effect::HoldAnswer) => visit.answer(shared),
        Some(Effect::HoldCall) => {
            over(trouble.as_ref()).await;
            visit.answer(shared)
        }
        Some(Effect::Refuse(refusal)) => visit.refused(refusal(&visit.call)),
        Some(Effect::Instead(answer)) => answer.clone(),
        Some(Effect::Change(change)) => change(&visit.call, visit.answer(shared)),
        Some(Effect::Shift(by)) => visit.shifted(*by).answer(shared),
        Some(Effect::Send(how)) => {
            manner = *how;
            visit.answer(shared)
        }
        Some(Effect::Hang) => std::future::pending().await,
        Some(Effect::Reset) => {
            switch.set();
            return Err(Reset);
        }
    };
    if let Some(Effect::HoldAnswer) = effect {
        over(trouble.as_ref()).await;
    }
    shared
        .log
        .answered(number, answer.status, answer.code.as_ref());

    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    let body = Delivery::new(answer.body, manner, switch);
    Ok(response.body(body).unwrap())
}

async fn over(trouble: Option<&Trouble>) {
    if let Some(trouble) = trouble {
        trouble.over().await;
    }
}

async fn read(request: hyper::Request<Incoming>) -> Result<Request, hyper::Error> {
    let (head, body) = request.into_parts();
    let text =
        |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: body.collect().await?.to_bytes(),
    })
}

impl Shared {
    pub(super) fn now(&self) -> Timestamp {
        let clock = self.clock.lock().unwrap();
        (clock.source)() + clock.ahead
    }

    /// What goes wrong with a call: a call that is refused at the gate counts for no fault of a service.
    fn trouble(&self, visit: &Visit) -> Option<Trouble> {
        if !visit.is_accepted() {
            return None;
        }
        let mut met = None;
        for trouble in self.troubles.lock().unwrap().iter() {
            // All of them count, the first one that is met has its way.
            if trouble.meets(&visit.call) {
                met.get_or_insert_with(|| trouble.clone());
            }
        }
        if let Some(trouble) = &met {
            trouble.met();
        }
        met
    }
}
