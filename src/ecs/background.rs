//! Work that takes long, on a thread of its own that stands back for all others.
//!
//! With few cores a thread that computes makes the ones that answer reviews wait for its time slice to end.

use std::thread;

use tokio::sync::oneshot;

/// Does the work there; none where no thread can be had, or the work broke off.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    let thread = thread::Builder::new().name("background".to_owned());
    let started = thread.spawn(move || {
        stand_back();
        // Whoever wanted it may be gone.
        let _ = sender.send(work());
    });
    started.ok()?;
    receiver.await.ok()
}

/// A tenth of the time where others want all of it: enough to get done.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// On Linux the priority is the calling thread's own. Where it can't be had, the work is done at the usual one.
#[cfg(target_os = "linux")]
fn stand_back() {
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(not(target_os = "linux"))]
fn stand_back() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_and_what_breaks_off_is_none() {
        assert_eq!(in_background(|| 7).await, Some(7));
        assert_eq!(in_background(|| panic!("a bug")).await, None::<u8>);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_the_thread_of_the_work_stands_back() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let before = priority();
        assert_eq!(in_background(priority).await, Some(NICE));
        assert_eq!(priority(), before);
    }
}
