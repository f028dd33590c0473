//! Where kube-apiserver, etcd and kubectl come from: the folder `KUBEBUILDER_ASSETS`, or else `tests/controlplane/go.mod`.
//!
//! A build happens once for each version and recipe, whatever the number of test binaries: they queue at a file lock, and a
//! stamp that is written last tells a finished build from an interrupted one.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const VARIABLE: &str = "KUBEBUILDER_ASSETS";
const WAITING: &str = "another process has the build of the control plane in hand; waiting for it";
const PACKAGES: [(&str, &str); 3] = [
    ("etcd", "go.etcd.io/etcd/server/v3"),
    ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
    ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
];

/// A folder with the three programs.
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs, built if need be; the error says what to install or to set.
    pub(crate) fn find() -> Result<Self, String> {
        match std::env::var_os(VARIABLE) {
            Some(folder) => Self::given(PathBuf::from(folder)),
            None => Self::built(),
        }
    }

    /// The path of one of `etcd`, `kube-apiserver`, `kubectl`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn given(folder: PathBuf) -> Result<Self, String> {
        let programs = Self { folder };
        match PACKAGES
            .iter()
            .find(|(name, _)| !programs.path(name).is_file())
        {
            None => Ok(programs),
            Some((name, _)) => Err(format!(
                "{VARIABLE} is {}, and there is no `{name}` in it: the folder must hold etcd, kube-apiserver and kubectl; \
                 unset it to have them built with Go",
                programs.folder.display()
            )),
        }
    }

    fn built() -> Result<Self, String> {
        let recipe = Recipe::read()?;
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let name = format!("controlplane-{}", recipe.version);
        let folder = target.join(&name);
        let _lock = queue(&target.join(name + ".lock"))?;

        let stamp = folder.join("built-from");
        if fs::read_to_string(&stamp).is_ok_and(|built_from| built_from == recipe.text) {
            return Self::given(folder);
        }
        // All of it: `go build` overwrites no file that it does not take for a program.
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        recipe.build(&folder)?;
        fs::write(&stamp, &recipe.text).map_err(|error| format!("{}: {error}", stamp.display()))?;
        Self::given(folder)
    }
}

/// Everything a build depends on.
struct Recipe {
    module: PathBuf,
    version: String,
    flags: String,
    text: String,
}

impl Recipe {
    fn read() -> Result<Self, String> {
        let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/controlplane");
        let read = |name: &str| {
            let path = module.join(name);
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let requirements = read("go.mod")?;
        let version = requirements
            .lines()
            .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes "))
            .and_then(|rest| rest.split(' ').next())
            .ok_or("tests/controlplane/go.mod does not require k8s.io/kubernetes")?
            .to_owned();
        // Without a version of its own kubectl refuses to print one, and the API server calls itself v0.0.0.
        let flags = format!("-s -w -X k8s.io/component-base/version.gitVersion={version}");
        let text = format!("{flags}\n{PACKAGES:?}\n{requirements}\n{}", read("go.sum")?);
        Ok(Self {
            module,
            version,
            flags,
            text,
        })
    }

    fn build(&self, folder: &Path) -> Result<(), String> {
        let version = &self.version;
        notice(&format!(
            "building etcd, kube-apiserver and kubectl {version} once, into {} (3 minutes on 2 idle cores, longer on busy ones, and 2.5 GB of Go's build cache); \
             set {VARIABLE} to a folder that has them to skip this",
            folder.display()
        ));
        for (name, package) in PACKAGES {
            let begin = Instant::now();
            self.build_one(&folder.join(name), package)?;
            notice(&format!(
                "built {name} in {:.0} s",
                begin.elapsed().as_secs_f64()
            ));
        }
        Ok(())
    }

    fn build_one(&self, program: &Path, package: &str) -> Result<(), String> {
        let build = Command::new("go")
            .current_dir(&self.module)
            .env("CGO_ENABLED", "0")
            .env("GOWORK", "off")
            .args([
                "build",
                "-mod=readonly",
                "-trimpath",
                "-buildvcs=false",
                "-ldflags",
                &self.flags,
                "-o",
            ])
            .arg(program)
            .arg(package)
            .output();
        match build {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(format!(
                "`go build {package}` in tests/controlplane failed ({}):\n{}\nGo 1.26 or newer is needed, and its module proxy for the \
                 first build; or set {VARIABLE} to a folder that holds etcd, kube-apiserver and kubectl",
                output.status,
                String::from_utf8_lossy(&output.stderr).trim_end(),
            )),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(format!(
                "these tests run a real kube-apiserver, and there is no `go` to build it with: install Go 1.26 or newer and have it in PATH, \
                 or set {VARIABLE} to a folder that holds etcd, kube-apiserver and kubectl (`setup-envtest use -p path` prints such a folder)"
            )),
            Err(error) => Err(format!("`go build`: {error}")),
        }
    }
}

/// Waits for its turn; the lock ends with the value, or with the process.
fn queue(path: &Path) -> Result<File, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let lock = File::create(path).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => return Ok(lock),
        Err(TryLockError::WouldBlock) => notice(WAITING),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    lock.lock().map_err(failed)?;
    Ok(lock)
}

/// Tells whoever runs the tests; the test harness would hold back what `eprintln!` prints.
fn notice(text: &str) {
    _ = writeln!(std::io::stderr(), "control plane: {text}");
}
