//! A directory of files, and what is in force of it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, in which a surprise is a failure"
)]

use std::{fs, path::PathBuf};

use arrears::{
    api::Response,
    config::{Directory, Error, Look, Notice, Refresh, Severity},
    decision::Basis,
};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// A directory with files in it.
pub(crate) struct Files {
    dir: TempDir,
}

/// A directory that has been opened, and what is in force.
pub(crate) struct Watched {
    pub(crate) files: Files,
    pub(crate) basis: Basis,
    pub(crate) now: Timestamp,
    directory: Directory,
}

/// An EcsAccount with more of its `spec`.
pub(crate) fn account(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: arrears.dev/v1alpha1\nkind: EcsAccount\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"
    )
}

/// The policy that rules, with this for facts that are unknown.
pub(crate) fn policy(unknown: &str) -> String {
    format!(
        "apiVersion: arrears.dev/v1alpha1\nkind: OverduePolicy\nmetadata: {{name: default}}\nspec: {{unknown: {unknown}}}\n"
    )
}

/// A listing of account prod in Hangzhou, with more of its `spec`.
pub(crate) fn locks(spec: &str, instances: &[&str]) -> String {
    locks_of("prod", spec, instances)
}

/// A listing of an account in Hangzhou, with more of its `spec`.
pub(crate) fn locks_of(account: &str, spec: &str, instances: &[&str]) -> String {
    listing(&format!("{account}.cn-hangzhou"), account, spec, instances)
}

/// One shard of the listing of account prod in Hangzhou.
pub(crate) fn shard(index: u32, count: u32, observed_at: &str, instances: &[&str]) -> String {
    let name = match index {
        0 => "prod.cn-hangzhou".to_owned(),
        _ => format!("prod.cn-hangzhou.{index}"),
    };
    let spec =
        format!("shard: {{index: {index}, count: {count}}}, observedAt: \"{observed_at}\", ");
    listing(&name, "prod", &spec, instances)
}

fn listing(name: &str, account: &str, spec: &str, instances: &[&str]) -> String {
    let instances: Vec<_> = instances
        .iter()
        .map(|id| format!("{id}: {{reasons: [financial]}}"))
        .collect();
    format!(
        "apiVersion: arrears.dev/v1alpha1\nkind: LockSnapshot\nmetadata: {{name: {name}}}\nspec: {{account: {account}, region: cn-hangzhou, {spec}instances: {{{}}}}}\n",
        instances.join(", ")
    )
}

// === impl Files ===

impl Files {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("conf")).unwrap();
        let this = Self { dir };
        for (name, text) in files {
            this.write(name, text);
        }
        this
    }

    /// The configuration directory.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("conf")
    }

    /// A place outside of it.
    pub(crate) fn aside(&self) -> PathBuf {
        self.dir.path().join("aside")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// What a start would fail with, the directory's own path left out.
    pub(crate) fn errors(&self) -> Vec<String> {
        match Directory::open(&self.root(), Timestamp::now()) {
            Ok(_) => Vec::new(),
            Err(Error::Invalid(problems)) => problems
                .iter()
                .map(|problem| self.shorten(&problem.to_string()))
                .collect(),
            Err(error @ Error::Directory { .. }) => vec![self.shorten(&error.to_string())],
        }
    }

    pub(crate) fn open(self) -> Watched {
        let now = Timestamp::now();
        let (directory, configuration) =
            Directory::open(&self.root(), now).unwrap_or_else(|error| panic!("{error}"));
        Watched {
            files: self,
            basis: configuration.basis,
            now,
            directory,
        }
    }

    fn shorten(&self, text: &str) -> String {
        let root = self.root().display().to_string();
        text.replace(&format!("{root}/"), "").replace(&root, "conf")
    }
}

// === impl Watched ===

impl Watched {
    /// Looks until everything has settled; tells whether anything has changed.
    ///
    /// Thoroughly, because a test can write twice between two ticks of the file system's clock.
    pub(crate) fn look(&mut self) -> bool {
        self.look_as(Look::Thorough)
    }

    /// As [`Self::look`], so closely.
    pub(crate) fn look_as(&mut self, look: Look) -> bool {
        loop {
            match self.look_once(look) {
                Refresh::Unsettled => {}
                Refresh::Unchanged => return false,
                Refresh::Changed(configuration) => {
                    self.basis = configuration.basis;
                    return true;
                }
                Refresh::Refused => panic!("refused: {:?}", self.directory.notices()),
            }
        }
    }

    /// Looks once.
    pub(crate) fn look_once(&mut self, look: Look) -> Refresh {
        self.directory.refresh(self.now, look)
    }

    /// Lets time go by.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// Whether an instance of account prod in Hangzhou is locked; none where that is unknown.
    pub(crate) fn is_locked(&self, instance: &str) -> Option<bool> {
        let region = self.basis.locks.region("prod", "cn-hangzhou")?;
        let locks = region.usable(self.now, &self.basis.policy.freshness).ok()?;
        Some(locks.instance(instance))
    }

    /// From when on the facts of account prod in Hangzhou age.
    pub(crate) fn observed_at(&self) -> Timestamp {
        let region = self.basis.locks.region("prod", "cn-hangzhou").unwrap();
        region.locks().unwrap().observed_at()
    }

    /// What the policy makes of unknown facts.
    pub(crate) fn unknown(&self) -> Response {
        self.basis.policy.unknown
    }

    /// What is wrong at present.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.notices(Severity::Problem)
    }

    /// What is remarkable and not wrong.
    pub(crate) fn remarks(&self) -> Vec<String> {
        self.notices(Severity::Remark)
    }

    fn notices(&self, severity: Severity) -> Vec<String> {
        let notices = self.directory.notices().into_iter();
        notices
            .filter(|notice| notice.severity == severity)
            .map(|Notice { about, message, .. }| self.files.shorten(&format!("{about}: {message}")))
            .collect()
    }
}
