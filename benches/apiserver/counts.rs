//! What the API server itself counts: how often the webhook was really asked.
//!
//! It keeps no such count for policies that have nothing to object to.

use anyhow::{Context, ensure};

use crate::{client::Connection, registration};

/// The metric that counts a webhook's calls, whatever came of them.
const METRIC: &str = "apiserver_admission_webhook_request_total{";

/// How many reviews the API server has sent since it was started.
pub(crate) async fn reviews(connection: &mut Connection) -> anyhow::Result<u64> {
    let answer = connection.get("/metrics").await?;
    ensure!(
        answer.code == 200,
        "/metrics is answered with {}",
        answer.code
    );
    let text = str::from_utf8(&answer.body).context("metrics that are no text")?;
    let label = format!("name=\"{}\"", registration::ENTRY);
    let mut total = 0;
    for series in text.lines().filter_map(|line| line.strip_prefix(METRIC)) {
        if let Some((labels, value)) = series.rsplit_once("} ")
            && labels.contains(&label)
        {
            // Go writes large ones with an exponent.
            total += value.parse::<f64>()? as u64;
        }
    }
    Ok(total)
}
