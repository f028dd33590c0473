//! Reads one chunk of YAML into nodes: aliases and merge keys expanded within a budget, keys unique and strings.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_saphyr::granit_parser::{
    Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput, Tag,
};

use super::chunks::Chunk;
use super::error::Error;
use super::node::{DEEPEST, Entry, Node, Value, duplicate, duplicate_key};
use super::place::Place;
use super::scalar::{self, Kind};
use super::trouble;

/// What all aliases of one file together may copy; real manifests copy a few kilobytes.
const COPIES: usize = 64 << 20;

/// A generous guess at what a copied node takes besides its text.
const NODE: usize = 64;

const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// How many bytes aliases may still copy.
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(COPIES)
    }
}

/// The documents of a chunk, empty ones left out; an error ends it.
pub(super) fn read<'a>(
    source: &str,
    chunk: Chunk<'a>,
    budget: &mut Budget,
) -> Vec<Result<Node<'a>, Error>> {
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(chunk.text, options()),
        chunk,
        source,
        // Remembering what no alias can ask for would be waste.
        anchors: chunk.text.contains('*').then(HashMap::new),
        budget,
    };
    let mut documents = Vec::new();
    loop {
        match reader.document() {
            Ok(Some(Node {
                value: Value::Null, ..
            })) => {}
            Ok(Some(node)) => documents.push(Ok(node)),
            Ok(None) => return documents,
            Err(error) => {
                documents.push(Err(error));
                return documents;
            }
        }
    }
}

fn options() -> Options {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEEPEST;
    options.block_nesting_limit = DEEPEST;
    // As libyaml does, and with it kubectl.
    options.block_scalar_eof_without_line_feed = true;
    options
}

struct Reader<'a, 'r> {
    parser: Parser<'a, StrInput<'a>>,
    chunk: Chunk<'a>,
    source: &'r str,
    anchors: Option<HashMap<usize, Node<'a>>>,
    budget: &'r mut Budget,
}

/// A key, or the `<<` that stands for the keys of other mappings.
enum Key<'a> {
    Own(Cow<'a, str>),
    Merge,
}

// === impl Reader ===

impl<'a> Reader<'a, '_> {
    fn document(&mut self) -> Result<Option<Node<'a>>, Error> {
        loop {
            let Some((event, place)) = self.next()? else {
                return Ok(None);
            };
            match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(None),
                event => {
                    let node = self.node(event, place, 0)?;
                    // Not before its end is in sight is it a document.
                    self.next()?;
                    return Ok(Some(node));
                }
            }
        }
    }

    fn node(&mut self, event: Event<'a>, place: Place, depth: usize) -> Result<Node<'a>, Error> {
        if depth > DEEPEST {
            return Err(self.error(place, too_deep()));
        }
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(text, style, tag.as_deref())
                    .map_err(|message| self.error(place, message))?;
                (value, anchor)
            }
            Event::SequenceStart(_, anchor, _) => (self.sequence(place, depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.mapping(place, depth)?, anchor),
            Event::Alias(anchor) => return self.alias(anchor, place, depth),
            _ => return Err(self.error(place, "unexpected end of the document")),
        };
        let node = Node { place, value };
        if anchor != 0 && self.anchors.is_some() {
            self.charge(&node, place, depth)?;
            if let Some(anchors) = &mut self.anchors {
                anchors.insert(anchor, node.clone());
            }
        }
        Ok(node)
    }

    fn sequence(&mut self, place: Place, depth: usize) -> Result<Value<'a>, Error> {
        let mut nodes = Vec::new();
        loop {
            match self.expect_next(place)? {
                (Event::SequenceEnd, _) => {
                    return Ok(Value::Sequence(nodes.into_boxed_slice()));
                }
                (event, place) => nodes.push(self.node(event, place, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, place: Place, depth: usize) -> Result<Value<'a>, Error> {
        let mut entries = Vec::new();
        let mut merged = Vec::new();
        loop {
            let (event, key_place) = self.expect_next(place)?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.key(event, key_place, depth)?;
            let (event, value_place) = self.expect_next(key_place)?;
            let node = self.node(event, value_place, depth + 1)?;
            match key {
                Key::Own(key) => entries.push(Entry {
                    key,
                    place: key_place,
                    node,
                }),
                Key::Merge => self.merge(node, key_place, &mut merged)?,
            }
        }
        if let Some((first, second)) = duplicate(&entries) {
            let places = entries.get(first).zip(entries.get(second));
            if let Some((first, second)) = places {
                return Err(self.error(second.place, duplicate_key(&second.key, first.place)));
            }
        }
        if !merged.is_empty() {
            let mut seen: HashSet<Cow<'a, str>> =
                entries.iter().map(|entry| entry.key.clone()).collect();
            entries.extend(
                merged
                    .into_iter()
                    .filter(|entry| seen.insert(entry.key.clone())),
            );
        }
        Ok(Value::Mapping(entries.into_boxed_slice()))
    }

    /// Keys become strings the way sigs.k8s.io/yaml makes them, but for one: `on:` stays `on` and doesn't become `true`,
    /// which no Kubernetes object has as a field, and which an OperationBinding could otherwise not be written with.
    fn key(&mut self, event: Event<'a>, place: Place, depth: usize) -> Result<Key<'a>, Error> {
        if let Event::Scalar(text, style, _, tag) = &event {
            let merge = match tag {
                None => *style == ScalarStyle::Plain,
                Some(tag) => tag.suffix_in_namespace(YAML_TAGS).as_deref() == Some("merge"),
            };
            if merge && text == "<<" {
                return Ok(Key::Merge);
            }
        }
        let written = match &event {
            Event::Scalar(text, ..) => text.clone(),
            _ => Cow::default(),
        };
        let node = self.node(event, place, depth + 1)?;
        Ok(Key::Own(match node.value {
            Value::Text(text) => text,
            Value::Bool(_) => written,
            Value::Int(int) => Cow::Owned(int.to_string()),
            Value::Uint(uint) => Cow::Owned(uint.to_string()),
            Value::Float(float) => Cow::Owned(float.to_string()),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) => {
                let kind = node.value.describe();
                return Err(self.error(place, format_args!("a key must be a string, not {kind}")));
            }
        }))
    }

    fn merge(
        &self,
        node: Node<'a>,
        place: Place,
        merged: &mut Vec<Entry<'a>>,
    ) -> Result<(), Error> {
        let wrong = |value: &Value<'_>| {
            let kind = value.describe();
            self.error(
                place,
                format_args!("`<<` takes an object or a list of objects, not {kind}"),
            )
        };
        match node.value {
            Value::Mapping(entries) => merged.extend(entries),
            Value::Sequence(nodes) => {
                for node in nodes {
                    match node.value {
                        Value::Mapping(entries) => merged.extend(entries),
                        other => return Err(wrong(&other)),
                    }
                }
            }
            other => return Err(wrong(&other)),
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, place: Place, depth: usize) -> Result<Node<'a>, Error> {
        let target = self
            .anchors
            .as_mut()
            .and_then(|anchors| anchors.remove(&anchor));
        let Some(target) = target else {
            return Err(self.error(place, "an alias inside of what it stands for"));
        };
        self.charge(&target, place, depth)?;
        let copy = Node {
            place,
            value: target.value.clone(),
        };
        if let Some(anchors) = &mut self.anchors {
            anchors.insert(anchor, target);
        }
        Ok(copy)
    }

    fn charge(&mut self, node: &Node<'a>, place: Place, depth: usize) -> Result<(), Error> {
        match cost(node, depth, self.budget.0) {
            Ok(cost) => {
                self.budget.0 -= cost;
                Ok(())
            }
            Err(Overrun::Depth) => Err(self.error(place, too_deep())),
            Err(Overrun::Size) => Err(self.error(
                place,
                format_args!(
                    "aliases copy more than {} MiB: write the values out",
                    COPIES >> 20
                ),
            )),
        }
    }

    fn expect_next(&mut self, place: Place) -> Result<(Event<'a>, Place), Error> {
        match self.next()? {
            Some(next) => Ok(next),
            None => Err(self.error(place, "unexpected end of the document")),
        }
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, Place)>, Error> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, self.place(&span)))),
            Some(Err(error)) => Err(self.scan_error(&error)),
        }
    }

    fn place(&self, span: &Span) -> Place {
        Place::new(
            self.chunk.line - 1 + span.start.line(),
            span.start.col() + 1,
        )
    }

    fn scan_error(&self, error: &ScanError) -> Error {
        let marker = error.marker();
        let place = Place::new(self.chunk.line - 1 + marker.line(), marker.col() + 1);
        self.error(place, trouble::explain(error.kind()))
    }

    fn error(&self, place: Place, message: impl std::fmt::Display) -> Error {
        trouble::error(self.source, self.chunk, place, message)
    }
}

fn scalar<'a>(
    text: Cow<'a, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
) -> Result<Value<'a>, String> {
    let Some(tag) = tag else {
        return match style {
            ScalarStyle::Plain => scalar::resolve(Kind::Untagged, text),
            _ => Ok(Value::Text(text)),
        };
    };
    match tag.suffix_in_namespace(YAML_TAGS).as_deref() {
        Some("int") => scalar::resolve(Kind::Int, text),
        Some("float") => scalar::resolve(Kind::Float, text),
        Some("bool") => scalar::resolve(Kind::Bool, text),
        Some("null") => scalar::resolve(Kind::Null, text),
        Some("binary") => Err("tagged !!binary: write it as a string".to_owned()),
        // A tag of an application says nothing to kubectl either.
        _ => Ok(Value::Text(text)),
    }
}

enum Overrun {
    Depth,
    Size,
}

fn cost(node: &Node<'_>, depth: usize, limit: usize) -> Result<usize, Overrun> {
    if depth > DEEPEST {
        return Err(Overrun::Depth);
    }
    let mut sum = NODE;
    match &node.value {
        Value::Text(text) => sum += text.len(),
        Value::Sequence(nodes) => {
            for node in nodes {
                sum += cost(node, depth + 1, limit.saturating_sub(sum))?;
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                sum += entry.key.len();
                sum += cost(&entry.node, depth + 1, limit.saturating_sub(sum))?;
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) => {}
    }
    if sum <= limit {
        Ok(sum)
    } else {
        Err(Overrun::Size)
    }
}

pub(super) fn too_deep() -> String {
    format!("nested more than {DEEPEST} levels deep")
}
