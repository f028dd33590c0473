//! Waiting for something that tells nobody when it happens: looked at often, with a deadline, never a fixed sleep.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(20);
const DEADLINE: Duration = Duration::from_secs(30);

/// Looks until there is something to see; the test fails with the last reason when 30 s bring nothing.
pub(crate) async fn until<T>(what: &str, look: impl AsyncFnMut() -> Result<T, String>) -> T {
    within(DEADLINE, look)
        .await
        .unwrap_or_else(|last| panic!("waited {DEADLINE:?} for {what}: {last}"))
}

/// Looks until there is something to see, or gives the last reason why there was not.
pub(crate) async fn within<T>(
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> Result<T, String> {
    let begin = Instant::now();
    loop {
        match look().await {
            Ok(seen) => return Ok(seen),
            Err(last) if limit <= begin.elapsed() => return Err(last),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
