//! Helm: the program that `ARREARS_TEST_HELM` names, or else one built by `tests/helm/go.mod`.
//!
//! A build happens once for each version, whatever the number of test binaries: they queue at a file lock, and a stamp
//! that is written last tells a finished build from an interrupted one.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Instant;

const VARIABLE: &str = "ARREARS_TEST_HELM";
const PACKAGE: &str = "helm.sh/helm/v4/cmd/helm";

/// Runs Helm with these arguments: what it prints, or what it complains about.
///
/// A Helm that can't be had fails every test with the same text: what is missing and how to get it.
pub(crate) fn helm(
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    variables: &[(&str, &OsStr)],
) -> Result<String, String> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let program = match FOUND.get_or_init(find) {
        Ok(program) => program,
        Err(reason) => panic!("no helm to test with: {reason}"),
    };
    // Plugins, repositories and settings of whoever runs the tests are nobody's business here.
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("helm-home");
    let output = Command::new(program)
        .args(arguments)
        .env_remove("KUBECONFIG")
        .env("HELM_CACHE_HOME", home.join("cache"))
        .env("HELM_CONFIG_HOME", home.join("config"))
        .env("HELM_DATA_HOME", home.join("data"))
        .envs(variables.iter().copied())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        // `helm lint` complains on standard output.
        false => Err(text(&output.stderr) + &text(&output.stdout)),
    }
}

fn find() -> Result<PathBuf, String> {
    match std::env::var_os(VARIABLE).map(PathBuf::from) {
        Some(program) if program.is_file() => Ok(program),
        Some(program) => Err(format!(
            "{VARIABLE} is {}, which is no file; unset it to have Helm built with Go",
            program.display()
        )),
        None => built(),
    }
}

fn built() -> Result<PathBuf, String> {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/helm");
    let read = |name: &str| {
        let path = module.join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let recipe = read("go.mod")? + &read("go.sum")?;
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (program, stamp) = (target.join("helm"), target.join("helm.built-from"));

    let lock = File::create(target.join("helm.lock")).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    if program.is_file() && fs::read_to_string(&stamp).is_ok_and(|built_from| built_from == recipe)
    {
        return Ok(program);
    }
    _ = fs::remove_file(&stamp);
    notice(&format!(
        "building it once, into {} (1.5 minutes on 2 idle cores); set {VARIABLE} to a Helm 3 or 4 to skip this",
        target.display()
    ));
    let begin = Instant::now();
    build(&module, &program)?;
    notice(&format!("built in {:.0} s", begin.elapsed().as_secs_f64()));
    fs::write(&stamp, &recipe).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(program)
}

fn build(module: &Path, program: &Path) -> Result<(), String> {
    let build = Command::new("go")
        .current_dir(module)
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off")
        .args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false"])
        .args(["-ldflags", "-s -w", "-o"])
        .arg(program)
        .arg(PACKAGE)
        .output();
    match build {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "`go build {PACKAGE}` in tests/helm failed ({}):\n{}\nGo 1.26 or newer is needed, and its module proxy for the \
             first build; or set {VARIABLE} to a helm program",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end(),
        )),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(format!(
            "these tests run Helm, and there is no `go` to build it with: install Go 1.26 or newer and have it in PATH, \
             or set {VARIABLE} to a helm program"
        )),
        Err(error) => Err(format!("`go build`: {error}")),
    }
}

/// Tells whoever runs the tests; the test harness would hold back what `eprintln!` prints.
fn notice(text: &str) {
    _ = writeln!(std::io::stderr(), "helm: {text}");
}
