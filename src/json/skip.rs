//! Passing values without looking into them.

/// What is between the quotes of a string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strand<'a> {
    pub(super) bytes: &'a [u8],
    /// Whether the bytes say what they are, without escapes.
    pub(super) is_plain: bool,
}

/// The brackets that are open, innermost last: a bit for each, set for a brace.
#[derive(Clone, Copy)]
struct Open(u128);

/// Where the value ends that begins at a place or behind white space there. `None` where there is none, or one that
/// nests deeper than anybody's.
pub(super) fn value(text: &[u8], mut at: usize) -> Option<usize> {
    let mut open = Open::NONE;
    loop {
        at = space(text, at);
        let first = *text.get(at)?;
        at += 1;
        match first {
            b'"' => at = string_end(text, at)?,
            b'{' => {
                at = space(text, at);
                if *text.get(at)? != b'}' {
                    open = open.and(true)?;
                    at = key(text, at)?;
                    continue;
                }
                at += 1;
            }
            b'[' => {
                at = space(text, at);
                if *text.get(at)? != b']' {
                    open = open.and(false)?;
                    continue;
                }
                at += 1;
            }
            b't' => at = word(text, at, b"rue")?,
            b'f' => at = word(text, at, b"alse")?,
            b'n' => at = word(text, at, b"ull")?,
            b'-' => at = number(text, at)?,
            b'0'..=b'9' => at = number(text, at - 1)?,
            _ => return None,
        }
        loop {
            if open.is_none() {
                return Some(at);
            }
            at = space(text, at);
            let next = *text.get(at)?;
            at += 1;
            match (next, open.is_brace()) {
                (b',', true) => {
                    at = key(text, space(text, at))?;
                    break;
                }
                (b',', false) => break,
                (b'}', true) | (b']', false) => open = open.without(),
                _ => return None,
            }
        }
    }
}

/// The next place without white space.
#[inline]
pub(super) fn space(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// The rest of a string from behind its first quote.
pub(super) fn strand(text: &[u8], begin: usize) -> Option<Strand<'_>> {
    let mut at = mark(text, begin)?;
    let is_plain = *text.get(at)? == b'"';
    if !is_plain {
        at = string_end(text, at)? - 1;
    }
    let bytes = text.get(begin..at)?;
    Some(Strand { bytes, is_plain })
}

/// The place behind the quote that ends a string.
#[inline]
fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = mark(text, at)?;
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at = escape(text, at + 1)?,
            _ => return None,
        }
    }
}

/// The next quote, backslash or control character.
#[inline]
fn mark(text: &[u8], at: usize) -> Option<usize> {
    const EACH: u64 = u64::MAX / 255;
    // Mycroft's test for a zero byte, eight at a time: exact up to the first one, and that is the one wanted.
    let zero = |word: u64| word.wrapping_sub(EACH) & !word;
    let (words, tail) = text.get(at..)?.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = zero(word ^ (EACH * u64::from(b'"')));
        let backslash = zero(word ^ (EACH * u64::from(b'\\')));
        let control = word.wrapping_sub(EACH * 0x20) & !word;
        let marks = (quote | backslash | control) & (EACH << 7);
        if marks != 0 {
            return Some(at + index * 8 + marks.trailing_zeros() as usize / 8);
        }
    }
    let is_mark = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    Some(at + words.len() * 8 + tail.iter().position(is_mark)?)
}

/// The place behind an escape, from behind its backslash.
fn escape(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => {
            let digits = text.get(at + 1..at + 5)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 5)
        }
        _ => None,
    }
}

/// The place behind a key and its colon.
fn key(text: &[u8], at: usize) -> Option<usize> {
    if *text.get(at)? != b'"' {
        return None;
    }
    let at = space(text, string_end(text, at + 1)?);
    (*text.get(at)? == b':').then_some(at + 1)
}

fn word(text: &[u8], at: usize, rest: &[u8]) -> Option<usize> {
    let end = at + rest.len();
    (text.get(at..end)? == rest).then_some(end)
}

/// The place behind a number, from behind its sign.
fn number(text: &[u8], at: usize) -> Option<usize> {
    let mut at = match text.get(at)? {
        b'0' => at + 1,
        _ => digits(text, at)?,
    };
    if let Some(b'.') = text.get(at) {
        at = digits(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = text.get(at) {
            at += 1;
        }
        at = digits(text, at)?;
    }
    Some(at)
}

/// The place behind one or more digits.
fn digits(text: &[u8], begin: usize) -> Option<usize> {
    let mut at = begin;
    while let Some(b'0'..=b'9') = text.get(at) {
        at += 1;
    }
    (begin < at).then_some(at)
}

// === impl Open ===

impl Open {
    /// The bit above all brackets tells how many there are.
    const NONE: Self = Self(1);

    fn is_none(self) -> bool {
        self.0 == 1
    }

    fn is_brace(self) -> bool {
        self.0 & 1 == 1
    }

    fn and(self, is_brace: bool) -> Option<Self> {
        (self.0.leading_zeros() != 0).then_some(Self(self.0 << 1 | u128::from(is_brace)))
    }

    fn without(self) -> Self {
        Self(self.0 >> 1)
    }
}
