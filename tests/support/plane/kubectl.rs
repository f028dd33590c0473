//! kubectl as a user runs it: its exit status and what it prints.

use std::io::Write;
use std::process::{Command, Stdio};

use super::Plane;

/// What one run of kubectl came to.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// The exit status; -1 when a signal ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Plane {
    /// Runs kubectl against the plane as the administrator, or as another user by `--context`.
    ///
    /// It runs beside the runtime: a webhook server of the same test can answer meanwhile.
    pub(crate) async fn kubectl(&self, arguments: &[&str], stdin: &str) -> Output {
        let mut command = Command::new(self.programs.path("kubectl"));
        command
            .args(arguments)
            .env("KUBECONFIG", self.kubeconfig())
            .env("HOME", self.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let stdin = stdin.to_owned();
        tokio::task::spawn_blocking(move || run(command, &stdin))
            .await
            .unwrap()
            .unwrap_or_else(|error| panic!("kubectl can't be run: {error}"))
    }
}

impl Output {
    /// What it printed, where it ended well; otherwise the test fails with what it complained about.
    pub(crate) fn text(self) -> String {
        assert_eq!(self.code, 0, "kubectl: {}", self.stderr);
        self.stdout
    }
}

fn run(mut command: Command, stdin: &str) -> std::io::Result<Output> {
    let mut kubectl = command.spawn()?;
    if let Some(mut pipe) = kubectl.stdin.take() {
        // A kubectl that reads no standard input may be gone already.
        _ = pipe.write_all(stdin.as_bytes());
    }
    let output = kubectl.wait_with_output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Output {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    })
}
