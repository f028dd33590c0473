//! The walk over one file: chunks, JSON streams and lists down to single documents.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::chunks::{Chunk, Chunks};
use super::error::Error;
use super::header::Header;
use super::json::{Stream, Text};
use super::node::{Entry, Node, Value};
use super::place::{Place, Walk};
use super::yaml::{self, Budget};
use super::{Body, Document, skim, text};

/// Lists in lists; kubectl makes none.
const DEEPEST_LIST: usize = 4;

/// The manifests of one file, front to back; an error stands for one that can't be read.
///
/// One document is held at a time, so a file of many documents needs little more memory than its text.
pub struct Documents<'a> {
    source: &'a str,
    chunks: Chunks<'a>,
    stream: Option<Stream<'a>>,
    queue: VecDeque<Result<Item<'a>, Error>>,
    budget: Budget,
}

/// Something that may be a document, or hold some.
struct Item<'a> {
    body: Body<'a>,
    frame: Frame<'a>,
}

/// What the lists around an item say about it.
#[derive(Clone, Default)]
struct Frame<'a> {
    depth: usize,
    api_version: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
}

// === impl Documents ===

impl<'a> Documents<'a> {
    pub(super) fn new(source: &'a str, bytes: &'a [u8]) -> Self {
        let mut documents = Self {
            source,
            chunks: Chunks::new(""),
            stream: None,
            queue: VecDeque::new(),
            budget: Budget::default(),
        };
        match text::text(source, bytes) {
            Err(error) => documents.queue.push_back(Err(error)),
            Ok(text) if is_json_name(source) => {
                documents.stream = Some(Stream::new(text, Place::START));
            }
            Ok(text) => documents.chunks = Chunks::new(text),
        }
        documents
    }

    /// Reads a chunk as what it looks like; JSON that can't be read may still be YAML, as for kubectl.
    fn start(&mut self, chunk: Chunk<'a>) {
        if let Some(text) = looks_like_json(chunk) {
            let mut stream = Stream::new(text.text, text.place);
            match stream.next(self.source) {
                None => return,
                Some(Ok(text)) => {
                    self.queue.push_back(Ok(Item::new(Body::Json(text))));
                    self.stream = Some(stream);
                    return;
                }
                Some(Err(error)) => {
                    let nodes = yaml::read(self.source, chunk, &mut self.budget);
                    if nodes.iter().all(Result::is_ok) {
                        self.enqueue(nodes);
                    } else {
                        self.queue.push_back(Err(error));
                        self.stream = Some(stream);
                    }
                    return;
                }
            }
        }
        let nodes = yaml::read(self.source, chunk, &mut self.budget);
        self.enqueue(nodes);
    }

    fn enqueue(&mut self, nodes: Vec<Result<Node<'a>, Error>>) {
        let items = nodes
            .into_iter()
            .map(|node| Ok(Item::new(Body::Node(node?))));
        self.queue.extend(items);
    }

    /// The document that an item is; an item that holds others puts them first in the queue instead.
    fn open(&mut self, item: Item<'a>) -> Option<Result<Document<'a>, Error>> {
        let Item { body, frame } = item;
        if frame.depth > DEEPEST_LIST {
            let message = format!("lists nested more than {DEEPEST_LIST} deep");
            return Some(Err(Error::at(self.source, body.place(), message)));
        }
        match body {
            Body::Json(text) => self.open_json(text, frame),
            Body::Node(node) => self.open_node(node, frame),
        }
    }

    fn open_json(
        &mut self,
        text: Text<'a>,
        frame: Frame<'a>,
    ) -> Option<Result<Document<'a>, Error>> {
        if text.is_array() {
            self.push_front(text.elements().into_iter().map(Body::Json), &frame.inner());
            return None;
        }
        if !text.is_object() {
            return self.stray(text.place, text.describe());
        }
        let skimmed = match skim::skim(text.text) {
            Ok(skimmed) => skimmed,
            Err(error) => return Some(Err(self.json_error(text, &error))),
        };
        let header = skimmed.header;
        if let Some(raw) = skimmed.items {
            let items = Text {
                text: raw.get(),
                place: Walk::new(text.text, text.place).to(raw.get()),
            };
            if header.is_list() && (items.is_array() || items.text == "null") {
                self.push_front(
                    items.elements().into_iter().map(Body::Json),
                    &frame.below(&header),
                );
                return None;
            }
            if let Err(error) = skim::check(items.text) {
                return Some(Err(self.json_error(items, &error)));
            }
        }
        if frame.adds_to(&header) {
            return match text.node(self.source) {
                Ok(node) => self.open_node(node, frame),
                Err(error) => Some(Err(error)),
            };
        }
        Some(Ok(Document::new(self.source, Body::Json(text), header)))
    }

    fn open_node(
        &mut self,
        mut node: Node<'a>,
        frame: Frame<'a>,
    ) -> Option<Result<Document<'a>, Error>> {
        let mut header = Header::of(&node);
        match node.value {
            Value::Sequence(nodes) => {
                self.push_front(nodes.into_iter().map(Body::Node), &frame.inner());
                return None;
            }
            Value::Mapping(entries) if header.is_list() && has_items(&entries) => {
                let items = entries.into_iter().find(|entry| entry.key == "items");
                if let Some(Value::Sequence(nodes)) = items.map(|entry| entry.node.value) {
                    self.push_front(nodes.into_iter().map(Body::Node), &frame.below(&header));
                }
                return None;
            }
            Value::Mapping(entries) => {
                node.value = Value::Mapping(frame.add_to(entries, &mut header, node.place));
            }
            other => return self.stray(node.place, other.describe()),
        }
        Some(Ok(Document::new(self.source, Body::Node(node), header)))
    }

    fn stray(&self, place: Place, what: &str) -> Option<Result<Document<'a>, Error>> {
        match what {
            // An empty document, as templates render it.
            "null" => None,
            what => Some(Err(Error::at(self.source, place, not_an_object(what)))),
        }
    }

    /// serde_json stops at the place where it notices; the nodes know both places of a duplicate key.
    fn json_error(&self, text: Text<'a>, error: &serde_json::Error) -> Error {
        let better = match error.is_data() {
            true => text.node(self.source).err(),
            false => None,
        };
        better.unwrap_or_else(|| text.error(self.source, error))
    }

    /// Items that are no objects share one error: a file of a million numbers is one mistake.
    fn push_front(&mut self, bodies: impl IntoIterator<Item = Body<'a>>, frame: &Frame<'a>) {
        let mut items = Vec::new();
        let mut strays: Option<(usize, Place, &str, usize)> = None;
        for body in bodies {
            match &mut strays {
                _ if body.is_object() => items.push(Ok(Item {
                    body,
                    frame: frame.clone(),
                })),
                None => strays = Some((items.len(), body.place(), body.describe(), 0)),
                Some((_, _, _, more)) => *more += 1,
            }
        }
        if let Some((index, place, what, more)) = strays {
            let mut message = not_an_object(what);
            if more > 0 {
                message.push_str(&format!(" (and {more} more)"));
            }
            items.insert(index, Err(Error::at(self.source, place, message)));
        }
        for item in items.into_iter().rev() {
            self.queue.push_front(item);
        }
    }
}

impl<'a> Iterator for Documents<'a> {
    type Item = Result<Document<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                match item.map(|item| self.open(item)) {
                    Ok(None) => {}
                    Ok(Some(document)) => return Some(document),
                    Err(error) => return Some(Err(error)),
                }
            } else if let Some(stream) = &mut self.stream {
                match stream.next(self.source) {
                    None => self.stream = None,
                    Some(text) => {
                        self.queue
                            .push_back(text.map(|text| Item::new(Body::Json(text))));
                    }
                }
            } else {
                let chunk = self.chunks.next()?;
                self.start(chunk);
            }
        }
    }
}

impl std::iter::FusedIterator for Documents<'_> {}

// === impl Item ===

impl<'a> Item<'a> {
    fn new(body: Body<'a>) -> Self {
        Self {
            body,
            frame: Frame::default(),
        }
    }
}

// === impl Frame ===

impl<'a> Frame<'a> {
    /// For the items of an array, which says nothing about them.
    fn inner(&self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self.clone()
        }
    }

    /// For the items of a list: an API server leaves out what the list's own kind tells.
    fn below(&self, list: &Header<'a>) -> Self {
        let kind = list.item_kind();
        let api_version = kind.as_ref().and(list.api_version.clone());
        Self {
            depth: self.depth + 1,
            api_version,
            kind,
        }
    }

    fn adds_to(&self, header: &Header<'_>) -> bool {
        self.kind.is_some() && header.kind.is_none() && header.api_version.is_none()
    }

    fn add_to(
        &self,
        entries: Box<[Entry<'a>]>,
        header: &mut Header<'a>,
        place: Place,
    ) -> Box<[Entry<'a>]> {
        if !self.adds_to(header) {
            return entries;
        }
        header.api_version.clone_from(&self.api_version);
        header.kind.clone_from(&self.kind);
        let mut entries = entries.into_vec();
        for (key, text) in [("apiVersion", &self.api_version), ("kind", &self.kind)] {
            let Some(text) = text else { continue };
            let node = Node {
                place,
                value: Value::Text(text.clone()),
            };
            entries.retain(|entry| entry.key != key);
            entries.push(Entry {
                key: Cow::Borrowed(key),
                place,
                node,
            });
        }
        entries.into_boxed_slice()
    }
}

fn not_an_object(what: &str) -> String {
    format!("not a Kubernetes object but {what}")
}

fn has_items(entries: &[Entry<'_>]) -> bool {
    entries.iter().any(|entry| {
        entry.key == "items" && matches!(entry.node.value, Value::Sequence(_) | Value::Null)
    })
}

fn is_json_name(source: &str) -> bool {
    source
        .rsplit_once('.')
        .is_some_and(|(_, suffix)| matches!(suffix, "json" | "jsonl" | "ndjson"))
}

/// The JSON in a chunk, by its first two characters; `{{` begins a template, `{a` YAML.
fn looks_like_json(chunk: Chunk<'_>) -> Option<Text<'_>> {
    let whole = chunk.text;
    let text = whole.strip_prefix('\u{feff}').unwrap_or(whole);
    let text = text.strip_prefix("---").unwrap_or(text).trim_start();
    let inner = text.get(1..).unwrap_or_default().trim_start();
    let json = match text.as_bytes().first() {
        Some(b'{') => inner.starts_with(['"', '}']),
        Some(b'[') => inner.starts_with(['{', ']']),
        _ => false,
    };
    let place = Walk::new(whole, Place::new(chunk.line, 1)).to(text);
    let text = text.trim_end();
    let text = text.strip_suffix("\n...").unwrap_or(text);
    json.then_some(Text { text, place })
}
