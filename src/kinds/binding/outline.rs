//! What a path costs, and which part of an object it looks at: read from its text, before it is ever evaluated.
//!
//! Whoever may write a bound object must not be able to make it expensive to look at. So a path is refused whose
//! work could grow faster than the object: each node is then visited at most [`MOST_VISITS`] times for it.

/// How often a path may come by one node.
const MOST_VISITS: usize = 48;

/// A path as far as its cost and its reach go.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outline {
    /// The names that lead to everything it can find: `$.spec.disks.*.id` finds nothing outside `spec.disks`.
    pub(super) names: Vec<String>,
    /// How often it can come by one node.
    pub(super) visits: usize,
    descends: bool,
    filters: bool,
}

// === impl Outline ===

impl Outline {
    /// Reads the text of a path that is known to be one of RFC 9535.
    pub(super) fn of(path: &str) -> Result<Self, &'static str> {
        let mut outline = Self::default();
        let mut fan = 1usize;
        let mut leads = true;
        let mut rest = path.trim_start_matches('$').trim_start();
        while !rest.is_empty() {
            let segment = Segment::first(rest).ok_or(UNREADABLE)?;
            rest = segment.rest.trim_start();
            if segment.descends {
                outline.descend()?;
            }
            let mut tests = 0;
            for selector in &segment.selectors {
                if let Selector::Filter(test) = selector {
                    outline.filters = true;
                    tests += terms(test)?;
                }
            }
            fan = fan.saturating_mul(segment.selectors.len());
            outline.visits = outline.visits.saturating_add(fan.saturating_mul(1 + tests));
            match segment.selectors.as_slice() {
                [Selector::Name(name)] if leads && !segment.descends => {
                    outline.names.push((*name).to_owned());
                }
                _ => leads = false,
            }
        }
        outline.bounded()
    }

    fn descend(&mut self) -> Result<(), &'static str> {
        if self.descends {
            return Err(
                "`..` can be used once in a path: twice, its work grows faster than the object",
            );
        }
        self.descends = true;
        Ok(())
    }

    fn bounded(self) -> Result<Self, &'static str> {
        if self.descends && self.filters {
            Err("`..` and a filter can't be used in one path: name the members on the way")
        } else if MOST_VISITS < self.visits {
            Err("it takes too many steps: use fewer segments, selectors or tests")
        } else {
            Ok(self)
        }
    }
}

const UNREADABLE: &str =
    "it is spelled in a way that is not understood here: use `.name` and `['name']`";

#[derive(Debug, PartialEq)]
enum Selector<'a> {
    /// A name without escapes.
    Name(&'a str),
    /// A filter's test.
    Filter(&'a str),
    /// A wildcard, an index, a slice, or a name with escapes.
    Other,
}

struct Segment<'a> {
    descends: bool,
    selectors: Vec<Selector<'a>>,
    rest: &'a str,
}

// === impl Segment ===

impl<'a> Segment<'a> {
    fn first(text: &'a str) -> Option<Self> {
        let (descends, text) = match text.strip_prefix("..") {
            Some(text) => (true, text),
            None => (false, text.strip_prefix('.').unwrap_or(text)),
        };
        let (selectors, rest) = match text.strip_prefix('[') {
            Some(inside) => bracketed(inside)?,
            None => {
                let end = text
                    .find(['.', '[', ' ', '\t', '\n', '\r'])
                    .unwrap_or(text.len());
                let (name, rest) = text.split_at(end);
                let selector = match name {
                    "" => return None,
                    "*" => Selector::Other,
                    name => Selector::Name(name),
                };
                (vec![selector], rest)
            }
        };
        Some(Self {
            descends,
            selectors,
            rest,
        })
    }
}

/// The selectors up to the bracket that closes, and what follows it.
fn bracketed(text: &str) -> Option<(Vec<Selector<'_>>, &str)> {
    let mut selectors = Vec::new();
    let mut start = 0;
    let mut depth = 0usize;
    for (at, symbol) in symbols(text) {
        match symbol {
            '[' | '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            ']' if depth == 0 => {
                selectors.push(Selector::of(text.get(start..at)?));
                return Some((selectors, text.get(at + 1..)?));
            }
            ']' => depth -= 1,
            ',' if depth == 0 => {
                selectors.push(Selector::of(text.get(start..at)?));
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

// === impl Selector ===

impl<'a> Selector<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.trim();
        if let Some(test) = text.strip_prefix('?') {
            return Self::Filter(test);
        }
        let quoted = ['\'', '"']
            .iter()
            .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
        match quoted {
            Some(name) if !name.contains('\\') => Self::Name(name),
            _ => Self::Other,
        }
    }
}

/// How many paths a filter's test follows; each must lead to one node of the tested one.
fn terms(test: &str) -> Result<usize, &'static str> {
    let mut terms = 0;
    let mut before = ' ';
    for (_, symbol) in symbols(test) {
        match (before, symbol) {
            (_, '@') => terms += 1,
            (_, '$') => {
                return Err(
                    "a filter can look only at the tested node (`@`), not at the object (`$`)",
                );
            }
            (_, '?') => return Err("a filter within a filter can't be used"),
            ('.', '.') | (_, '*' | ':' | ',') => {
                return Err("a path within a filter must lead to one node: use names and indexes");
            }
            (before, '(') if before.is_ascii_alphanumeric() || before == '_' => {
                return Err("functions can't be used in a filter");
            }
            _ => {}
        }
        before = symbol;
    }
    Ok(terms)
}

/// The characters outside quotes and where they are; a quoted text counts as one opening quote.
fn symbols(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut escaped = false;
    text.char_indices().filter(move |(_, symbol)| match quote {
        Some(_) if escaped => {
            escaped = false;
            false
        }
        Some(_) if *symbol == '\\' => {
            escaped = true;
            false
        }
        Some(end) => {
            if *symbol == end {
                quote = None;
            }
            false
        }
        None => {
            if matches!(symbol, '\'' | '"') {
                quote = Some(*symbol);
            }
            true
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(path: &str) -> Result<(String, usize), &'static str> {
        serde_json_path::JsonPath::parse(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Outline::of(path).map(|outline| (outline.names.join("/"), outline.visits))
    }

    #[test]
    fn a_path_leads_by_names_to_all_that_it_can_find() {
        for (path, names, visits) in [
            ("$", "", 0),
            ("$.spec", "spec", 1),
            ("$.spec.region", "spec/region", 2),
            ("$['spec'][\"region\"]", "spec/region", 2),
            ("$.spec['a.b[0]'].c", "spec/a.b[0]/c", 3),
            (
                "$.metadata.annotations['acme.example/id']",
                "metadata/annotations/acme.example/id",
                3,
            ),
            (r"$.spec['a\'b'].c", "spec", 3),
            ("$.spec.disks.*.id", "spec/disks", 4),
            ("$.spec.disks[*].id", "spec/disks", 4),
            ("$.spec.disks[0].id", "spec/disks", 4),
            ("$.spec.disks[1:3].id", "spec/disks", 4),
            ("$.spec['a','b'].id", "spec", 5),
            ("$..id", "", 1),
            ("$.spec..id", "spec", 2),
            ("$.*", "", 1),
            ("$.spec.disks[?@.kind=='data' && @.id].id", "spec/disks", 6),
            (
                "$.spec.disks[?(@.kind=='a,]*..$?(' || !@['x'])].id",
                "spec/disks",
                6,
            ),
            ("$.spec.disks[?@.size > 1.5].id", "spec/disks", 5),
            ("$[?@.class && !@.providerID]", "", 3),
            ("$.spec.größe", "spec/größe", 2),
        ] {
            assert_eq!(outline(path), Ok((names.to_owned(), visits)), "{path}");
        }
    }

    #[test]
    fn a_path_whose_work_could_outgrow_the_object_is_refused() {
        for (path, says) in [
            ("$..a..b", "once"),
            ("$..*..*", "once"),
            ("$..[?@.a]", "`..` and a filter"),
            ("$.a[?@.b]..c", "`..` and a filter"),
            ("$[?@.a[?@.b]]", "within a filter"),
            ("$[?$.a == @.b]", "not at the object"),
            ("$[?@..a]", "one node"),
            ("$[?@.*]", "one node"),
            ("$[?@[0:1]]", "one node"),
            ("$[?@['a','b']]", "one node"),
            ("$[?match(@.a, 'x+')]", "functions"),
            ("$[?count(@.a) > 1]", "functions"),
            ("$[?length(@.a) > 1]", "functions"),
            (
                "$['a','a']['b','b']['c','c']['d','d']['e','e']",
                "too many steps",
            ),
        ] {
            let error = outline(path).unwrap_err();
            assert!(error.contains(says), "{path}: {error}");
        }
        let long = format!("${}", ".*".repeat(MOST_VISITS + 1));
        assert!(outline(&long).is_err());
        assert!(outline(long.trim_end_matches(".*")).is_ok());
    }

    /// The worst that is accepted, on the trees that make a path repeat itself.
    #[test]
    fn an_accepted_path_comes_by_a_node_no_more_often_than_is_said() {
        let mut deep = serde_json::json!([1, {"a": 2}, 3]);
        for _ in 0..60 {
            deep = serde_json::json!({"a": deep, "b": [0]});
        }
        let nodes = 60 * 3 + 5;
        for path in [
            "$..*",
            "$..*.*.*.*.*.*.*.*",
            "$..[*,*,*,*,*,*,*,*]",
            "$..[*,*].*.*.*[*,*]",
            "$.a['a','a']['a','a'][*,*].a.a",
            "$..['a','a','b'].*[*,*]",
        ] {
            let outline = Outline::of(path).unwrap();
            let found = serde_json_path::JsonPath::parse(path)
                .unwrap()
                .query(&deep)
                .len();
            assert!(
                0 < found && found <= outline.visits * nodes,
                "{path}: {found}"
            );
        }
    }
}
