//! Figures as people read them.

use std::{
    io::{self, Write},
    time::Duration,
};

/// Writes one line to standard output, at once.
pub(crate) fn line(text: impl AsRef<str>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.as_ref())?;
    out.flush()
}

/// Microseconds below ten milliseconds, then milliseconds.
pub(crate) fn duration(duration: Duration) -> String {
    let microseconds = duration.as_secs_f64() * 1e6;
    if microseconds < 10_000.0 {
        format!("{microseconds:.1} us")
    } else {
        format!("{:.1} ms", microseconds / 1e3)
    }
}

/// Bytes as megabytes (10^6), as the goals are meant.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// The middle one; the upper of the two middle ones where their number is even.
pub(crate) fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable_by(|left, right| {
        left.partial_cmp(right).unwrap_or(std::cmp::Ordering::Equal)
    });
    values.get(values.len() / 2).copied()
}

/// The value below which this share of the sorted values lies.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}
