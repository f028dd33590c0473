//! The two programs that drive the vendor's SDKs, built or installed once for each version of what they are made from.
//!
//! Test binaries queue at a file lock, and a stamp that is written last tells a finished build from an interrupted one.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ecs/sdk");

/// A program that can be started.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) command: Command,
}

/// Why one can't be had here, which is no fault of ours.
pub(super) struct Unavailable {
    name: &'static str,
    reason: String,
}

impl Unavailable {
    /// Tells whoever runs the tests; the test harness would hold back what `eprintln!` prints.
    pub(super) fn tell(&self) {
        let Self { name, reason } = self;
        notice(&format!(
            "passing over the check against {name}, which can't be had: {reason}"
        ));
    }
}

/// The driver of the vendor's Go runtime.
pub(super) fn go() -> Result<Program, Unavailable> {
    let name = "the vendor's Go runtime";
    let sources = Path::new(SOURCES).join("go");
    let recipe = ["main.go", "go.mod", "go.sum"].map(|file| sources.join(file));
    let go = |arguments: &[&OsStr]| {
        let mut command = Command::new("go");
        command
            .current_dir(&sources)
            .env("GOWORK", "off")
            .env("CGO_ENABLED", "0");
        command.args(arguments);
        command
    };
    let folder = made("go", &recipe, |folder| {
        notice(&format!(
            "building a program on {name} once, into {}",
            folder.display()
        ));
        run(go(&["mod".as_ref(), "download".as_ref()]))
            .map_err(|reason| Unavailable { name, reason })?;
        let program = folder.join("sdk");
        let arguments = [
            "build",
            "-mod=readonly",
            "-trimpath",
            "-buildvcs=false",
            "-o",
        ]
        .map(OsStr::new);
        // With all modules at hand it is our program that is wrong.
        run(go(&[&arguments[..], &[program.as_ref()]].concat()))
            .expect("tests/ecs/sdk/go can be built");
        Ok(())
    })?;
    let command = Command::new(folder.join("sdk"));
    Ok(Program { name, command })
}

/// The driver of the vendor's Python SDK.
pub(super) fn python() -> Result<Program, Unavailable> {
    let name = "the vendor's Python SDK";
    let sources = Path::new(SOURCES).join("python");
    let requirements = sources.join("requirements.txt");
    let folder = made("python", std::slice::from_ref(&requirements), |folder| {
        notice(&format!(
            "installing {name} once, into {} (90 MB)",
            folder.display()
        ));
        let unavailable = |reason| Unavailable { name, reason };
        let mut environment = Command::new("python3");
        environment.args(["-m", "venv"]).arg(folder);
        run(environment).map_err(unavailable)?;
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ]);
        pip.arg(&requirements);
        run(pip).map_err(unavailable)
    })?;
    let mut command = Command::new(folder.join("bin/python"));
    command.arg(sources.join("main.py"));
    Ok(Program { name, command })
}

/// A folder that was made by this recipe, be it now or before.
fn made(
    name: &str,
    recipe: &[PathBuf],
    make: impl FnOnce(&Path) -> Result<(), Unavailable>,
) -> Result<PathBuf, Unavailable> {
    let text: String = recipe
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.join(format!("sdk-{name}"));
    let lock = File::create(target.join(format!("sdk-{name}.lock"))).unwrap();
    lock.lock().unwrap();

    let stamp = folder.join("made-from");
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == text) {
        return Ok(folder);
    }
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    make(&folder)?;
    fs::write(&stamp, text).unwrap();
    Ok(folder)
}

fn run(mut command: Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("`{program}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last: Vec<_> = said.trim_end().lines().rev().take(6).collect();
    let last: Vec<_> = last.into_iter().rev().collect();
    Err(format!(
        "`{program}` failed ({}): {}",
        output.status,
        last.join(" | ")
    ))
}

fn notice(text: &str) {
    _ = writeln!(std::io::stderr(), "sdk: {text}");
}
