//! The `?timeout=` that the API server adds, in the notation of Go's `time.Duration`.
//!
//! Read leniently: it can only shorten what the reviewer takes for granted, so what can't be read is as good as
//! nothing, and no request is refused for it.

use std::time::Duration;

/// What `query` states as the time-out.
pub(super) fn stated(query: Option<&str>) -> Option<Duration> {
    query?
        .split('&')
        .find_map(|pair| pair.strip_prefix("timeout="))
        .and_then(duration)
}

/// `10s`, `1m30s`, `1.5h`, `500ms`: one or more numbers with a unit each.
fn duration(mut text: &str) -> Option<Duration> {
    if text.is_empty() || 64 < text.len() {
        return None;
    }
    let mut seconds = 0.0;
    while !text.is_empty() {
        let (number, rest) = split(text, |c| !c.is_ascii_digit() && c != '.');
        let (unit, rest) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let number: f64 = number.parse().ok()?;
        seconds += number * seconds_in(unit)?;
        text = rest;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

fn split(text: &str, at: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(at).unwrap_or(text.len()))
}

fn seconds_in(unit: &str) -> Option<f64> {
    match unit {
        "h" => Some(3600.0),
        "m" => Some(60.0),
        "s" => Some(1.0),
        "ms" => Some(1e-3),
        // Go writes the micro sign, which a URL has percent-encoded.
        "us" | "%C2%B5s" => Some(1e-6),
        "ns" => Some(1e-9),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_writes_is_read() {
        for (query, milliseconds) in [
            ("timeout=10s", 10_000),
            ("timeout=1m30s", 90_000),
            ("timeout=1.5h", 5_400_000),
            ("timeout=500ms", 500),
            ("dryRun=All&timeout=2s", 2_000),
            ("timeout=1h0m0.25s", 3_600_250),
        ] {
            assert_eq!(
                stated(Some(query)),
                Some(Duration::from_millis(milliseconds)),
                "{query}"
            );
        }
    }

    #[test]
    fn nonsense_is_as_good_as_nothing() {
        for query in [
            "",
            "timeout",
            "timeout=",
            "timeout=10",
            "timeout=s",
            "timeout=-5s",
            "timeout=1e9s",
            "timeout=1.2.3s",
            "timeout=10 s",
            "timeout=99999999999999999999999999999999h",
            "timeouts=10s",
            "timeout=\u{e9}s",
        ] {
            assert_eq!(stated(Some(query)), None, "{query}");
        }
        assert_eq!(stated(None), None);
    }
}
