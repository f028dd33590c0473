//! `arrears check`: judges manifests before they are applied, by the same rules as the webhook.

mod input;
mod judge;
mod report;

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use jiff::Timestamp;

use self::{
    input::Source,
    judge::{Base, Judgement},
    report::Report,
};
use super::output;
use crate::{config, manifest};

/// Options of `arrears check`.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// Manifests: YAML or JSON files, directories of them, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Directory of configuration files, as for `serve`
    #[arg(long, value_name = "DIR", env = "ARREARS_CONFIG")]
    config: Option<PathBuf>,

    /// A LockSnapshot file; may be given again
    #[arg(long, value_name = "FILE")]
    snapshot: Vec<PathBuf>,

    /// The state before: what is here too is judged as an update, what is not as a creation;
    /// the output of `kubectl get -o yaml` will do
    #[arg(long, value_name = "PATH")]
    base: Vec<PathBuf>,

    /// Namespace of namespaced objects that name none
    #[arg(short, long, default_value = "default")]
    namespace: String,

    /// The form
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,

    /// What makes the exit code 1
    #[arg(long, value_enum, default_value_t)]
    fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Form {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum FailOn {
    /// Anything that the webhook would refuse.
    #[default]
    Deny,
    /// Anything that the webhook would so much as warn about.
    Warn,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        if self.config.is_none() && self.snapshot.is_empty() {
            bail!("no lock facts: give --snapshot FILE (a LockSnapshot) or --config DIR");
        }
        let now = Timestamp::now();
        let basis = config::load(self.config.as_deref(), &self.snapshot, now)?;
        let mut problems = Vec::new();
        let before = read_all(&self.base, &mut problems);
        let after = read_all(&self.paths, &mut problems);
        let base = Base::new(&before, &self.namespace, &basis.bindings, &mut problems);

        let mut report = Report::default();
        for source in &after {
            for document in manifest::documents(&source.name, &source.bytes) {
                let judged = document.and_then(|document| {
                    Judgement::of(&document, &base, &self.namespace, &basis, now)
                });
                match judged {
                    Ok(judgement) => report.add(judgement),
                    Err(error) => problems.push(error.to_string()),
                }
            }
        }
        output::print(&match self.output {
            Form::Text => report.text(),
            Form::Json => report.json()?,
        })?;
        for problem in &problems {
            output::error(&anyhow::anyhow!("{problem}"));
        }
        Ok(if !problems.is_empty() {
            ExitCode::from(2)
        } else if report.is_failure(self.fail_on) {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

fn read_all(paths: &[PathBuf], problems: &mut Vec<String>) -> Vec<Source> {
    let mut sources = Vec::new();
    for path in paths {
        match input::read(path) {
            Ok(read) => sources.extend(read),
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    sources
}
