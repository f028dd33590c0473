//! STS, the metadata service and credentials URIs on a real socket, answering as a test says.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    /// Method and path.
    pub(super) line: String,
    pub(super) query: HashMap<String, String>,
    /// By lower-case name.
    pub(super) headers: HashMap<String, String>,
    pub(super) form: HashMap<String, String>,
}

/// An answer; none = the connection is closed.
pub(super) type Answer = Option<(u16, String)>;

/// The service; it ends when this is dropped.
pub(super) struct Service {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    arrived: watch::Receiver<usize>,
    is_open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Service {
    pub(super) async fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let (count, arrived) = watch::channel(0);
        let is_open = watch::Sender::new(true);
        let mut door = is_open.subscribe();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mut stream = BufReader::new(stream);
                let request = read(&mut stream).await;
                seen.lock().unwrap().push(request.clone());
                count.send_modify(|count| *count += 1);
                door.wait_for(|is_open| *is_open).await.unwrap();
                answer(stream.into_inner(), script(&request)).await;
            }
        });
        Self {
            address,
            requests,
            arrived,
            is_open,
            task,
        }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers nobody from now on, or whoever waits and everybody.
    pub(super) fn open(&self, is_open: bool) {
        self.is_open.send_replace(is_open);
    }

    /// Waits until so many have come since the service began.
    pub(super) async fn arrived(&self, count: usize) {
        let mut arrived = self.arrived.clone();
        arrived.wait_for(|arrived| count <= *arrived).await.unwrap();
    }

    /// Everything that came since this was last asked.
    pub(super) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    /// The same, as methods and paths.
    pub(super) fn lines(&self) -> Vec<String> {
        let requests = self.requests().into_iter();
        requests.map(|request| request.line).collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Request {
    let mut request = Request::default();
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    let target = line.trim_end().strip_suffix(" HTTP/1.1").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    request.line = path.to_owned();
    request.query = pairs(query);
    loop {
        line.clear();
        stream.read_line(&mut line).await.unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let name = name.to_ascii_lowercase();
        request.headers.insert(name, value.to_owned());
    }
    let length = request.headers.get("content-length");
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    request.form = pairs(&String::from_utf8(body).unwrap());
    request
}

fn pairs(text: &str) -> HashMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://h/?{text}")).unwrap();
    url.query_pairs().into_owned().collect()
}

async fn answer(mut stream: TcpStream, answer: Answer) {
    if let Some((status, body)) = answer {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        // Who asked may be gone.
        let _ = stream.write_all(text.as_bytes()).await;
    }
    let _ = stream.shutdown().await;
}
