//! `arrears check`: judges manifests before they are applied, by the same rules as the webhook.

mod input;
mod judge;
mod report;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::bail;
use jiff::Timestamp;

use self::{
    input::Source,
    judge::{Base, Judgement},
    report::Report,
};
use super::{
    once::{Once, block_on},
    output,
};
use crate::{admission::Told, config, decision::Basis, manifest};

/// For all that is in doubt at one time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Each answer can bring up the next target.
const ROUNDS: usize = 8;

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
        let configuration = config::load(self.config.as_deref(), &self.snapshot, Timestamp::now())?;
        let mut problems = Vec::new();
        let before = read_all(&self.base, &mut problems);
        let after = read_all(&self.paths, &mut problems);
        let bindings = Arc::clone(&configuration.basis.bindings);
        let base = Base::new(&before, &self.namespace, &bindings, &mut problems);

        let once = Once::new(configuration);
        let judge = |basis: &Basis| self.judge(&after, &base, basis);
        let (judgements, unread) = match once.polled.is_empty() {
            true => judge(&once.board.basis().load()),
            false => block_on(async {
                problems.extend(once.survey().await);
                Ok(settle(&once, judge).await)
            })?,
        };
        problems.extend(unread);
        let mut report = Report::default();
        for judgement in judgements {
            report.add(judgement);
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

/// What is found of every manifest, and what can't be read.
type Judged = (Vec<Option<Judgement>>, Vec<String>);

impl Check {
    fn judge(&self, sources: &[Source], base: &Base, basis: &Basis) -> Judged {
        let now = Timestamp::now();
        let mut judgements = Vec::new();
        let mut problems = Vec::new();
        for source in sources {
            for document in manifest::documents(&source.name, &source.bytes) {
                let judged = document.and_then(|document| {
                    Judgement::of(&document, base, &self.namespace, basis, now)
                });
                match judged {
                    Ok(judgement) => judgements.push(judgement),
                    Err(error) => problems.push(error.to_string()),
                }
            }
        }
        (judgements, problems)
    }
}

/// Judges, and asks the cloud about what is in doubt, as the webhook would.
async fn settle(once: &Once, judge: impl Fn(&Basis) -> Judged) -> Judged {
    let confirmer = once.confirmer();
    for _ in 0..ROUNDS {
        let judged = judge(&once.board.basis().load());
        let judgements = judged.0.iter().flatten();
        let questions: Vec<_> = judgements
            .flat_map(|judgement| judgement.questions.iter().cloned())
            .collect();
        if questions.is_empty() || confirmer.confirm(questions, PATIENCE).await != Told::News {
            return judged;
        }
    }
    judge(&once.board.basis().load())
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
