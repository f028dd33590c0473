//! `arrears manifests lint`: proves of webhook configurations that they can't hold back what a cluster lives on.
//!
//! Guarantees: a configuration that is found clean can match no core type, no type of Kubernetes' own, no deletion, no
//! subresource, no configuration of arrears' own and, but for the probe, nothing in the namespace that arrears runs in.
//! What can't be proven from the rules and the namespace selector alone is a finding.

mod entry;
mod rules;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;

use crate::{cli::output, manifest};

#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    /// Files of any manifests, YAML or JSON, of which the ValidatingWebhookConfigurations are looked at; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What is wrong with one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file and the line of the entry.
    pub place: String,
    /// The configuration's name and the entry's.
    pub entry: String,
    /// What can be matched, or what is set otherwise than it should be.
    pub problem: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// Whether it is only advice, and no danger.
    pub is_advice: bool,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linted {
    /// How many configurations there were.
    pub configurations: usize,
    /// How many entries they had.
    pub entries: usize,
    /// What is wrong, in the order of the files.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub unreadable: Vec<String>,
}

impl LintArgs {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut linted = Linted::default();
        for file in &self.files {
            match read(file) {
                Ok(bytes) => linted.add(&file.display().to_string(), &bytes),
                Err(error) => linted.unreadable.push(format!("{error:#}")),
            }
        }
        output::print(&linted.text())?;
        for problem in &linted.unreadable {
            output::error(&anyhow::anyhow!("{problem}"));
        }
        Ok(if !linted.unreadable.is_empty() {
            ExitCode::from(2)
        } else if linted.is_clean() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn read(file: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)
            .context("standard input")?;
        return Ok(bytes);
    }
    std::fs::read(file).with_context(|| file.display().to_string())
}

// === impl Linted ===

impl Linted {
    /// Looks at the configurations among the manifests of a file.
    pub fn add(&mut self, file: &str, bytes: &[u8]) {
        for document in manifest::documents(file, bytes) {
            let added = document.and_then(|document| self.add_document(&document));
            if let Err(error) = added {
                self.unreadable.push(error.to_string());
            }
        }
    }

    fn add_document(&mut self, document: &manifest::Document<'_>) -> Result<(), manifest::Error> {
        let header = document.header();
        let is_one = header.kind.as_deref() == Some("ValidatingWebhookConfiguration")
            && header.group() == Some("admissionregistration.k8s.io");
        if !is_one {
            return Ok(());
        }
        let configuration: ValidatingWebhookConfiguration = document.parse()?;
        self.configurations += 1;
        let name = configuration.metadata.name.unwrap_or_default();
        for (index, entry) in configuration.webhooks.iter().flatten().enumerate() {
            self.entries += 1;
            let line = document.line_of(&format!("webhooks[{index}]"));
            let place = format!("{}:{line}", document.source());
            self.findings
                .extend(entry::problems(entry).into_iter().map(|problem| Finding {
                    place: place.clone(),
                    entry: format!("{name} {}", entry.name),
                    problem: problem.text,
                    remedy: problem.remedy,
                    is_advice: problem.is_advice,
                }));
        }
        Ok(())
    }

    /// Whether there is nothing but advice.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| finding.is_advice)
    }

    /// A line for each finding, and one for all.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let Finding {
                place,
                entry,
                problem,
                remedy,
                is_advice,
            } = finding;
            let kind = if *is_advice { "advice" } else { "finding" };
            text.push_str(&format!("{place}: {kind}: {entry}: {problem}; {remedy}\n"));
        }
        let dangers = self.findings.iter().filter(|finding| !finding.is_advice);
        text.push_str(&format!(
            "{} configurations, {} entries: {} findings\n",
            self.configurations,
            self.entries,
            dangers.count()
        ));
        text
    }
}
