//! One program of the plane: it can be ended and started anew on the same ports and data, and be held still.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::guard::Guarded;
use super::wait::within;

/// So long a program may take to end.
const GRACE: Duration = Duration::from_secs(3);

/// A program that the plane runs.
pub(crate) struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    running: Guarded,
}

impl Process {
    /// Starts `program`; its log is in `folder`, which goes when the test binary goes.
    pub(super) fn start(
        program: PathBuf,
        arguments: Vec<String>,
        folder: PathBuf,
    ) -> Result<Self, String> {
        let running = run(&program, &arguments, &folder)?;
        Ok(Self {
            program,
            arguments,
            folder,
            running,
        })
    }

    /// What it printed last, if it has ended by itself.
    pub(super) fn ended(&mut self) -> Option<String> {
        self.running.ended()
    }

    /// Asks it to end, makes it end if it takes too long, and starts it anew.
    ///
    /// An API server waits for everyone who watches by HTTP/1.1, as a kubelet would not.
    pub(super) async fn restart(&mut self) {
        signal(&self.running, Signal::TERM);
        if self.gone(GRACE).await.is_err() {
            signal(&self.running, Signal::KILL);
            self.gone(GRACE).await.unwrap();
        }
        self.running = run(&self.program, &self.arguments, &self.folder).unwrap();
    }

    async fn gone(&mut self, limit: Duration) -> Result<(), String> {
        let program = self.program.display().to_string();
        within(limit, async || match self.running.ended() {
            Some(_) => Ok(()),
            None => Err(format!("{program} runs on")),
        })
        .await
    }

    /// Holds it still.
    pub(super) fn pause(&self) {
        signal(&self.running, Signal::STOP);
    }

    /// Lets it go on.
    pub(super) fn resume(&self) {
        signal(&self.running, Signal::CONT);
    }
}

/// Sends a signal to the program itself; one that is gone gets none.
pub(crate) fn signal(running: &Guarded, signal: Signal) {
    let id = running
        .program()
        .and_then(|id| Pid::from_raw(id.try_into().unwrap()));
    if let Some(id) = id {
        // It may be ending in this very moment.
        _ = kill_process(id, signal);
    }
}

fn run(program: &Path, arguments: &[String], folder: &Path) -> Result<Guarded, String> {
    let name = program.file_name().unwrap_or_default();
    let log = folder.join(name).with_extension("log");
    Guarded::start(program, arguments, folder, log)
}
