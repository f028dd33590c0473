//! The commands, run as a user runs them.

#![expect(clippy::unwrap_used, reason = "a test ends where it can't go on")]

mod check;
mod demo;
#[path = "../ecs/double.rs"]
mod double;
mod examples;
mod lint;
mod live;
mod matrix;

use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// What a command came to.
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs `arrears` with these arguments and this standard input.
fn arrears(arguments: &[&str], stdin: &str) -> Ran {
    let output = Command::cargo_bin("arrears")
        .unwrap()
        .args(arguments)
        .env_remove("RUST_LOG")
        .env_remove("ARREARS_CONFIG")
        .write_stdin(stdin)
        .output()
        .unwrap();
    Ran::of(output)
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

#[test]
fn completions_are_for_the_shell_that_is_named() {
    let ran = arrears(&["completions", "bash"], "");
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.contains("complete -F _arrears"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_command_that_does_not_exist_is_told_with_exit_code_two() {
    let ran = arrears(&["chek"], "");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("'check'"), "{}", ran.stderr);
}
