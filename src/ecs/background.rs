//! Work for which nobody waits, on threads of its own that stand back for all others.
//!
//! With few cores a thread that computes makes the ones that answer reviews wait for its time slice to end.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime that stands back, with the threads on which its tasks let others compute; its tasks end with it.
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

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_the_threads_of_the_work_stand_back() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let before = priority();
        let background = Background::start().unwrap();
        let handle = background.handle().unwrap();
        assert_eq!(handle.spawn(async move { priority() }).await.unwrap(), NICE);
        assert_eq!(handle.spawn_blocking(priority).await.unwrap(), NICE);
        assert_eq!(priority(), before);
    }
}
