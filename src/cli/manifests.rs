//! `arrears manifests`: the Kubernetes objects that arrears needs, made from the same tables that it runs on.

mod lint;
mod output;
mod rbac;

pub use lint::{Finding, Linted};
pub use output::{Document, custom_resource_definitions};
pub use rbac::{CertificateSource, GRANTS, Grant, Names, Permissions, Place};

use crate::api::OperationBinding;
use crate::cluster::{Backend, CaBundle, FailurePolicy, WebhookOptions, webhook_configuration};
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write the Kubernetes objects that arrears needs.
#[derive(Debug, clap::Args)]
pub struct Manifests {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The definitions of the arrears.dev kinds.
    Crds(CrdsArgs),
    /// The webhook's registration with the API server.
    Webhook(WebhookArgs),
    /// The rights that `serve --cluster` needs: roles and their bindings.
    Rbac(rbac::RbacArgs),
    /// Prove of webhook configurations that they can't hold back what a cluster lives on.
    Lint(lint::LintArgs),
}

#[derive(Debug, clap::Args)]
struct CrdsArgs {
    /// Write one file per definition into this directory instead of to standard output.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct WebhookArgs {
    #[command(flatten)]
    backend: BackendArgs,
    /// The certificates (PEM) that the API server shall trust.
    #[arg(long, value_name = "FILE")]
    ca_bundle: PathBuf,
    /// Also register for the OperationBindings of this configuration directory.
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,
    /// What the API server does when arrears can't be asked.
    #[arg(long, value_enum, default_value_t)]
    failure_policy: FailurePolicy,
    /// How long the API server waits for an answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..=30))]
    timeout_seconds: i32,
    /// Write a file into this directory instead of to standard output.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct BackendArgs {
    /// Where arrears listens, for API servers that reach it by address: https://HOST[:PORT][/PATH].
    #[arg(long, value_name = "URL", value_parser = Backend::from_url)]
    url: Option<Backend>,
    /// The Service in front of arrears; its namespace is left out of all reviews.
    #[arg(long, value_name = "NAMESPACE/NAME[:PORT]", value_parser = Backend::from_service)]
    service: Option<Backend>,
}

impl Manifests {
    /// Writes what is asked for; `read_bindings` reads the OperationBindings of a configuration directory.
    ///
    /// # Errors
    ///
    /// When an input can't be read or used, or the output can't be written.
    pub fn run(
        self,
        read_bindings: impl FnOnce(&Path) -> anyhow::Result<Vec<OperationBinding>>,
    ) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Crds(CrdsArgs { out }) => {
                output::write(&custom_resource_definitions()?, out.as_deref())
            }
            What::Webhook(args) => args.run(read_bindings),
            What::Rbac(args) => args.run(),
            What::Lint(args) => return args.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

impl WebhookArgs {
    fn run(
        self,
        read_bindings: impl FnOnce(&Path) -> anyhow::Result<Vec<OperationBinding>>,
    ) -> anyhow::Result<()> {
        let Self {
            backend,
            ca_bundle,
            config,
            failure_policy,
            timeout_seconds,
            out,
        } = self;
        let backend = backend
            .url
            .or(backend.service)
            .context("--url or --service is needed")?;
        let pem = std::fs::read(&ca_bundle).with_context(|| ca_bundle.display().to_string())?;
        let ca_bundle = CaBundle::from_pem(pem).with_context(|| ca_bundle.display().to_string())?;
        let bindings = match config {
            Some(directory) => read_bindings(&directory)?,
            None => Vec::new(),
        };
        let options = WebhookOptions {
            backend,
            ca_bundle,
            failure_policy,
            timeout_seconds,
        };
        let configuration = webhook_configuration(options, &bindings)?;
        output::write(
            &[Document::new("webhook.yaml", &configuration)?],
            out.as_deref(),
        )
    }
}

#[cfg(test)]
mod tests;
