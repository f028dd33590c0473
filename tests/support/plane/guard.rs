//! Processes that can't outlive the test binary, be it that a test panics or that the binary is killed.
//!
//! Rust runs no destructor for a `static` and none on SIGKILL, so the watching is left to a shell: it holds the reading end of
//! a pipe whose only writing end is in the test binary. When the binary is gone, for whatever reason, the pipe closes; the
//! shell then kills the program and removes the folder. It has a process group of its own, so that Ctrl-C does not reach it first.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

const WATCH: &str = r#"
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & program=$!
trap 'kill -KILL "$program"; wait "$program"; rm -rf -- "$folder"; exit 0' TERM
(read -r _ <&3; kill -TERM $$) & watcher=$!
exec 3<&-
wait "$program"; status=$?
kill -KILL "$watcher"
exit "$status"
"#;

/// A program that ends when this value, or the process that holds it, ends.
pub(crate) struct Guarded {
    shell: Child,
    log: PathBuf,
}

impl Guarded {
    /// Starts `program`, its output going to `log`; `folder` is removed when it has been ended by the guard.
    pub(crate) fn start(
        program: &Path,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        folder: &Path,
        log: PathBuf,
    ) -> Result<Self, String> {
        let output = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = output.try_clone().map_err(|error| error.to_string())?;
        let shell = Command::new("sh")
            .args(["-c", WATCH, "guard"])
            .arg(folder)
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("sh, to guard {}: {error}", program.display()))?;
        Ok(Self { shell, log })
    }

    /// What it printed last, if it has ended by itself.
    pub(crate) fn ended(&mut self) -> Option<String> {
        match self.shell.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(format!("{status}\n{}", self.last_words())),
            Err(error) => Some(error.to_string()),
        }
    }

    /// Ends it as the end of the test binary would, and waits until it is gone.
    pub(crate) fn end(mut self) -> std::io::Result<ExitStatus> {
        self.shell.wait()
    }

    /// The process id of the program itself, once it runs and as long as it does.
    pub(crate) fn program(&self) -> Option<u32> {
        let shell = self.shell.id();
        let executable = |id: u32| fs::read_link(format!("/proc/{id}/exe")).ok();
        let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).ok()?;
        let mut ids = children.split_whitespace().filter_map(|id| id.parse().ok());
        // The other child is a shell too: the one that waits for the end of the test binary.
        ids.find(|id| executable(*id).is_some_and(|path| Some(path) != executable(shell)))
    }

    fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let mut lines: Vec<_> = text.lines().rev().take(12).collect();
        lines.reverse();
        lines.join("\n")
    }
}
