//! A service on a real socket that answers by a script, and says what it was sent.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

/// What is done with a request.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Answered with this status, these header lines and this body.
    Answer(u16, &'static str, String),
    /// Answered with fewer bytes than are promised, and then the end.
    Cut(String),
    /// Answered with so many bytes.
    Endless(usize),
    /// Closed without an answer.
    Close,
    /// Not answered as long as the service lives.
    Hang,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Its method and target, without the version.
    pub(super) line: String,
    /// Its headers in lower case, in the order in which they came.
    pub(super) headers: Vec<(String, String)>,
}

/// The service; it ends when this is dropped.
pub(super) struct Service {
    address: SocketAddr,
    requests: mpsc::UnboundedReceiver<Request>,
    task: JoinHandle<()>,
}

impl Service {
    /// Does with each request what its number, from 0, says.
    pub(super) async fn start(script: impl Fn(usize) -> Act + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut hanging = Vec::new();
            for number in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                let Some(request) = read(&mut stream).await else {
                    continue;
                };
                sender.send(request).unwrap();
                match script(number) {
                    Act::Hang => hanging.push(stream),
                    act => answer(stream, act).await,
                }
            }
        });
        Self {
            address,
            requests,
            task,
        }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn host(&self) -> String {
        self.address.to_string()
    }

    /// Everything that came since this was last asked.
    pub(super) fn requests(&mut self) -> Vec<Request> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Request {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(given, _)| given == name);
        &found.unwrap_or_else(|| panic!("no {name} in {self:?}")).1
    }

    pub(super) fn path(&self) -> &str {
        let target = self.line.strip_prefix("POST ").unwrap();
        target.split_once('?').unwrap().0
    }

    pub(super) fn query(&self) -> Vec<(String, String)> {
        let target = self.line.strip_prefix("POST ").unwrap();
        let url = reqwest::Url::parse(&format!("http://h{target}")).unwrap();
        url.query_pairs().into_owned().collect()
    }

    pub(super) fn parameter(&self, name: &str) -> String {
        let found = self.query().into_iter().find(|(given, _)| given == name);
        found.unwrap_or_else(|| panic!("no {name} in {self:?}")).1
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.trim_end().lines();
    let line = lines.next().unwrap().strip_suffix(" HTTP/1.1").unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    });
    Some(Request {
        line: line.to_owned(),
        headers: headers.collect(),
    })
}

/// What the client does not want to read any more it need not.
async fn answer(mut stream: TcpStream, act: Act) {
    let head = |status: u16, headers: &str, length: usize| {
        format!(
            "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n"
        )
    };
    let bytes = match act {
        Act::Answer(status, headers, body) => head(status, headers, body.len()) + &body,
        Act::Cut(body) => head(200, "", body.len() + 1) + &body,
        Act::Endless(length) => head(200, "", length) + &" ".repeat(length),
        Act::Close | Act::Hang => String::new(),
    };
    let _ = stream.write_all(bytes.as_bytes()).await;
    let _ = stream.shutdown().await;
}
