//! A program on the vendor's SDK, given a call as a line of JSON and answering with a line.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use serde::{Deserialize, Serialize};

use super::programs::Program;

/// A call to make.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Job {
    pub(super) endpoint: String,
    pub(super) key: String,
    pub(super) secret: String,
    pub(super) token: String,
    pub(super) action: String,
    pub(super) parameters: BTreeMap<String, String>,
}

/// What the SDK made of the answers.
#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    pub(super) items: Option<Vec<Item>>,
    pub(super) pages: usize,
    pub(super) error: Option<Failure>,
}

/// An instance or a disk as the SDK read it.
#[derive(Debug, Deserialize)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) locks: Option<Vec<String>>,
    pub(super) instances: Option<Vec<String>>,
}

/// The SDK's error.
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    pub(super) kind: String,
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) auth_action: String,
    pub(super) retry_after: Option<u64>,
    pub(super) request_id: String,
}

/// The running program.
pub(super) struct Driver {
    program: Child,
    jobs: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Driver {
    pub(super) fn start(mut program: Program) -> Self {
        let command = program.command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // The double is on this machine, whatever the way to the world.
        command
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1");
        let mut program = command.spawn().unwrap();
        Self {
            jobs: program.stdin.take(),
            answers: BufReader::new(program.stdout.take().unwrap()),
            program,
        }
    }

    /// Has the call made.
    pub(super) fn ask(&mut self, job: &Job) -> Outcome {
        let jobs = self.jobs.as_mut().unwrap();
        writeln!(jobs, "{}", serde_json::to_string(job).unwrap()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{job:?}: {error}: {answer}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It ends when there can be no more jobs.
        drop(self.jobs.take());
        _ = self.program.wait();
    }
}
