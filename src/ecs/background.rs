//! Work for which nobody waits, on threads of its own that stand back for all others.
//!
//! With few cores a thread that computes makes the ones that answer reviews wait for its time slice to end.

use std::{io, thread};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
};

/// A runtime that stands back; its tasks end with it.
#[derive(Debug)]
pub struct Background(Option<Runtime>);

impl Background {
    /// One with one thread.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("background")
            .on_thread_start(stand_back)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Where to start its tasks.
    #[must_use]
    pub fn handle(&self) -> Option<Handle> {
        self.0.as_ref().map(|runtime| runtime.handle().clone())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // A runtime that waits for its tasks must not be dropped by a task.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

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
