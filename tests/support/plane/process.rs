//! One program of the plane: it can be ended and started anew on the same ports and data, and be held still.

use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

use super::guard::Guarded;
use super::wait::until;

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

    /// Asks it to end, waits until it has, and starts it anew.
    pub(super) async fn restart(&mut self) {
        signal(&self.running, Signal::TERM);
        until("a program of the plane to end", async || {
            match self.running.ended() {
                Some(_) => Ok(()),
                None => Err("it runs on".to_owned()),
            }
        })
        .await;
        self.running = run(&self.program, &self.arguments, &self.folder).unwrap();
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
