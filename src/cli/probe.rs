//! `arrears probe`: whether reviews reach arrears, as `helm test` asks.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, anyhow};
use tokio::time::{Instant, sleep, timeout};

use super::{once::block_on, output};
use crate::{
    api::GoDuration,
    cluster::{Installation, client, reach},
};

/// A leader needs a moment to register, and an API server one to take that in.
const PAUSE: Duration = Duration::from_secs(1);

/// The API server gives a webhook 30 s at most, and needs some itself.
const LONGEST: Duration = Duration::from_secs(45);

/// Options of `arrears probe`.
#[derive(Debug, clap::Args)]
pub(super) struct Probe {
    /// Namespace of the installation
    #[arg(
        long,
        value_name = "NAMESPACE",
        default_value = "arrears-system",
        env = "ARREARS_NAMESPACE"
    )]
    namespace: String,

    /// Name of the installation: that of its ValidatingWebhookConfiguration
    #[arg(
        long,
        value_name = "NAME",
        default_value = "arrears",
        env = "ARREARS_NAME"
    )]
    name: String,

    /// How long to go on asking before the answer is no
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    patience: GoDuration,
}

impl Probe {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        block_on(self.ask())
    }

    async fn ask(self) -> anyhow::Result<ExitCode> {
        let ends = Instant::now() + self.patience.as_duration();
        let installation = Installation {
            namespace: self.namespace,
            name: self.name,
            identity: String::new(),
        };
        let client = client().await?;
        let reason = loop {
            let asked = timeout(LONGEST, reach(&client, &installation)).await;
            let asked = asked.context("the API server did not answer in time");
            match asked.and_then(|asked| asked.context("the API server can't be asked")) {
                Ok(Ok(())) => {
                    output::print("a review through the API server has reached arrears\n")?;
                    return Ok(ExitCode::SUCCESS);
                }
                outcome if ends <= Instant::now() + PAUSE => break outcome?,
                _ => sleep(PAUSE).await,
            }
        };
        if let Err(reason) = reason {
            output::error(&anyhow!(reason));
        }
        Ok(ExitCode::FAILURE)
    }
}
