//! Everything that this process logs, at every level.

use std::{
    io,
    sync::{Mutex, Once},
};

use tracing::level_filters::LevelFilter;

static TEXT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static BEGIN: Once = Once::new();

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TEXT.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps all of it from now on: one subscriber for all tests, for one of a single test misses what another one's
/// thread was the first to log.
pub(crate) fn begin() {
    BEGIN.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(|| Writer);
        subscriber.init();
    });
}

pub(crate) fn text() -> String {
    String::from_utf8_lossy(&TEXT.lock().unwrap()).into_owned()
}
